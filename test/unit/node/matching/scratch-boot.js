import { register } from "tsx/esm/api";

register();
const { openScratch } = await import("../../../../node/matching/scratch-files.ts");
const { systemRandom } = await import("../../../../shared/host/random.ts");

/** Writes a scratch file and waits to be killed, or says how the writing failed. */
const [, , folder, bytes = "4096"] = process.argv;
process.on("SIGXFSZ", () => undefined);
const file = openScratch(folder, systemRandom).open();
try {
  for (let written = 0; written < Number(bytes); written += 4096) file.append(new Uint8Array(4096));
  process.send?.("written");
  setInterval(() => undefined, 1000);
} catch (error) {
  process.stdout.write(JSON.stringify({ code: error.code, hint: error.hint }));
}
