#!/usr/bin/env node
// TypeScript runs as it is: registers the loader, then starts the generator.
import { register } from "tsx/esm/api";

register();
await import("./generate-residents.ts");
