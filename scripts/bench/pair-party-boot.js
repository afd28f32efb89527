// A party of the `pair` suite in a process of its own: registers the loader, then waits for its task.
import { register } from "tsx/esm/api";

register();
await import("./pair-party.ts");
