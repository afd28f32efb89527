#!/usr/bin/env node
// TypeScript runs as it is: registers the loader, then starts the program.
import { register } from "tsx/esm/api";

register();
await import("./portmoot.ts");
