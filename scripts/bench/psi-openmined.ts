import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ProtocolError } from "../../shared/base/errors.ts";
import type { PsiContestant } from "./psi-contestant.ts";

/**
 * The peer: @openmined/psi.js, elliptic-curve private set intersection (cardinality) in WebAssembly. It is no dependency
 * of this package, because its installation downloads more than the package itself; it is installed here without
 * scripts, into a folder that git ignores, and only where somebody runs this suite.
 */
const PEER = "@openmined/psi.js";
const VERSION = "2.0.6";
const FOLDER = join(import.meta.dirname, "../../.bench");
/** Low enough that no run counts a value too many; the library cannot write both sizes over it beyond 2^63. */
const FALSE_POSITIVE_RATE = 1e-6;

/** What is used of the library. Objects live in its own memory until they are deleted. */
interface Library {
  readonly server: { createWithNewKey(revealIntersection: boolean): Server };
  readonly client: { createWithNewKey(revealIntersection: boolean): Client };
  readonly serverSetup: Decoder;
  readonly request: Decoder;
  readonly response: Decoder;
}
interface Message {
  serializeBinary(): Uint8Array;
}
interface Decoder {
  deserializeBinary(bytes: Uint8Array): Message;
}
interface Server {
  createSetupMessage(falsePositiveRate: number, clientValues: number, values: readonly string[]): Message;
  processRequest(request: Message): Message;
  delete(): void;
}
interface Client {
  createRequest(values: readonly string[]): Message;
  getIntersectionSize(setup: Message, response: Message): number;
  delete(): void;
}

/** @throws ProtocolError "unavailable" where it is not there and cannot be installed */
export async function loadOpenminedPsi(note: (text: string) => void): Promise<PsiContestant> {
  if (installedVersion() !== VERSION) {
    note(`psi: installing ${PEER} ${VERSION} into .bench/`);
    install();
  }
  const load = createRequire(join(FOLDER, "index.js"));
  const library = await (load(PEER) as () => Promise<Library>)();
  return { name: `${PEER} ${VERSION}`, countCommon: (left, right) => countWith(library, left, right) };
}

/** Left is the server; every message goes through its bytes, as it would between two machines. */
function countWith(library: Library, left: readonly string[], right: readonly string[]): number {
  const server = library.server.createWithNewKey(false);
  const client = library.client.createWithNewKey(false);
  const setup = server.createSetupMessage(FALSE_POSITIVE_RATE, right.length, left).serializeBinary();
  const request = client.createRequest(right).serializeBinary();
  const response = server.processRequest(library.request.deserializeBinary(request)).serializeBinary();
  const count = client.getIntersectionSize(
    library.serverSetup.deserializeBinary(setup),
    library.response.deserializeBinary(response),
  );
  server.delete();
  client.delete();
  return count;
}

function installedVersion(): string | null {
  try {
    const manifest = readFileSync(join(FOLDER, "node_modules", PEER, "package.json"), "utf8");
    return (JSON.parse(manifest) as { version: string }).version;
  } catch {
    return null;
  }
}

function install(): void {
  mkdirSync(FOLDER, { recursive: true });
  const { status } = spawnSync(
    "npm",
    ["install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--prefix", FOLDER, `${PEER}@${VERSION}`],
    // Standard output is for facts.
    { stdio: ["ignore", process.stderr, process.stderr] },
  );
  if (status !== 0 || installedVersion() !== VERSION) {
    throw new ProtocolError("unavailable", `${PEER} ${VERSION} could not be installed`, {
      hint: "check that npm reaches its packages, or run the suites that need none: portmoot bench",
    });
  }
}
