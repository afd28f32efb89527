// A party of the `pair` and `london` suites in a process of its own: registers the loader, then waits for its tasks.
import { register } from "tsx/esm/api";

register();
await import("./party.ts");
