/**
 * For each rule of .dependency-cruiser.cjs, files that break it and nothing else of note: the rule must name the file.
 * A rule without an entry here fails the test, and so does an entry without a rule.
 */
export interface Plant {
  /** The file that the rule must name. */
  readonly from: string;
  /** Path → content, beside the base tree below. */
  readonly files: Readonly<Record<string, string>>;
}

/** A small lawful tree that the plants are put into: it must break no rule. */
export const LAWFUL_TREE: Readonly<Record<string, string>> = {
  "shared/base/bytes.ts": `export const empty = new Uint8Array();`,
  "shared/crypto/hash.ts": `import { createHash } from "node:crypto"; import "../base/bytes.ts"; export const hash = createHash;`,
  "shared/aggregation/client.ts": `import "../crypto/hash.ts"; export const sum = 0;`,
  "shared/matching/list.ts": `import "../crypto/hash.ts"; export const list = 0;`,
  "shared/protocol/charter.ts": `import "../matching/list.ts"; import "../aggregation/client.ts"; export const charter = 0;`,
  "shared/host/clock.ts": `import "../base/bytes.ts"; export const clock = 0;`,
  "node/data/rows.ts": `import "better-sqlite3"; export const rows = 0;`,
  "node/wire/outbox.ts": `import "@grpc/grpc-js"; import "node:tls"; import "../../shared/protocol/charter.ts"; export const post = 0;`,
  "node/egress/gate.ts": `import "../wire/outbox.ts"; export const gate = 0;`,
  "node/learning/score.ts": `import "../data/rows.ts"; export const score = 0;`,
  "node/policy/consent.ts": `import "../data/rows.ts"; export const consent = 0;`,
  "node/main.ts": `import "./egress/gate.ts"; import "./policy/consent.ts"; import "./learning/score.ts"; import "../shared/host/clock.ts"; export {};`,
  "coordinator/store/store.ts": `import "better-sqlite3"; export const store = 0;`,
  "coordinator/wire/server.ts": `import "@grpc/grpc-js"; export const serve = 0;`,
  "coordinator/main.ts": `import "./wire/server.ts"; import "./store/store.ts"; export {};`,
  "scripts/demo.ts": `import "../node/main.ts"; import "../coordinator/main.ts"; export {};`,
};

const uses = (...specifiers: string[]) => `${specifiers.map((each) => `import "${each}";`).join(" ")} export {};`;
/** Used from a main program, so that it is not merely an orphan. */
const one = (from: string, ...specifiers: string[]): Plant => ({ from, files: { [from]: uses(...specifiers) } });

export const PLANTS: Readonly<Record<string, Plant>> = {
  "no-cycles": {
    from: "shared/disclosure/one.ts",
    files: { "shared/disclosure/one.ts": uses("./other.ts"), "shared/disclosure/other.ts": uses("./one.ts") },
  },
  "no-orphans": { from: "shared/learning/forgotten.ts", files: { "shared/learning/forgotten.ts": "export {};" } },
  resolvable: one("shared/learning/lost.ts", "./nowhere.ts"),
  "node-knows-no-coordinator": one("node/round/nosy.ts", "../../coordinator/store/store.ts"),
  "coordinator-knows-no-node": one("coordinator/rounds/nosy.ts", "../../node/policy/consent.ts"),
  "shared-knows-nobody": one("shared/protocol/nosy.ts", "../../node/data/rows.ts"),
  "nothing-imports-tests-or-scripts": one("node/round/test-seam.ts", "../../scripts/demo.ts"),
  "host-is-the-programs-own": one("shared/protocol/timed.ts", "../host/clock.ts"),
  "shared-is-pure": one("shared/matching/file-reader.ts", "node:fs"),
  "crypto-uses-only-crypto": one("shared/crypto/key-file.ts", "node:fs"),
  "shared-siblings-apart": one("shared/aggregation/matches.ts", "../matching/list.ts"),
  "only-the-gate-sends": one("node/round/short-cut.ts", "../wire/outbox.ts"),
  // Not a direct import: through a file that may lawfully reach data.
  "wire-cannot-reach-data": one("node/wire/curious.ts", "../policy/consent.ts"),
  "scores-stay-home": one("node/round/boaster.ts", "../learning/score.ts"),
  // Not a direct import: through the gate.
  "web-cannot-reach-outbox": one("node/web/impatient.ts", "../egress/gate.ts"),
  "network-door": one("node/matching/caller.ts", "node:https"),
  "workers-cannot-send": one("node/matching/list-worker.ts", "../egress/gate.ts"),
  "grpc-door": one("node/round/dialler.ts", "@grpc/grpc-js"),
  "sqlite-door": one("node/round/reader.ts", "better-sqlite3"),
  "postgres-door": one("coordinator/rounds/reader.ts", "pg"),
  "crypto-door": one("node/round/home-made.ts", "node:crypto"),
  "sound-codes-door": one("shared/matching/second-opinion.ts", "double-metaphone"),
};

/** Other ways to break the same promises, which a single plant a rule would not show. */
export const MORE_PLANTS: readonly { readonly rule: string; readonly plant: Plant }[] = [
  { rule: "only-the-gate-sends", plant: one("node/egress/side-door.ts", "../wire/outbox.ts") },
  { rule: "only-the-gate-sends", plant: one("node/cli/short-cut.ts", "../wire/outbox.ts") },
  { rule: "wire-cannot-reach-data", plant: one("node/wire/direct.ts", "../data/rows.ts") },
  { rule: "web-cannot-reach-outbox", plant: one("node/web/direct.ts", "../wire/outbox.ts") },
  { rule: "workers-cannot-send", plant: one("node/matching/tag-task.ts", "../wire/outbox.ts") },
  { rule: "network-door", plant: one("node/data/uploader.ts", "node:net") },
  { rule: "network-door", plant: one("shared/protocol/uploader.ts", "node:http2") },
  { rule: "network-door", plant: one("node/egress/shell.ts", "node:child_process") },
  { rule: "network-door", plant: one("node/policy/resolver.ts", "dns/promises") },
  { rule: "network-door", plant: one("node/round/loader.ts", "node:module") },
  {
    rule: "network-door",
    plant: {
      from: "node/matching/late-caller.ts",
      files: { "node/matching/late-caller.ts": `export const call = () => import("node:https");` },
    },
  },
  { rule: "crypto-door", plant: one("coordinator/rounds/home-made.ts", "@noble/hashes") },
  { rule: "grpc-door", plant: one("coordinator/rounds/dialler.ts", "@grpc/grpc-js") },
  {
    rule: "only-the-gate-sends",
    plant: {
      from: "node/round/by-type.ts",
      files: {
        "node/round/by-type.ts": `import type { post } from "../wire/outbox.ts"; export type Post = typeof post;`,
      },
    },
  },
];

/** Packages that the plants name, so that nothing but the rule in question can be at fault. */
export const STAND_IN_PACKAGES = [
  "better-sqlite3",
  "@grpc/grpc-js",
  "pg",
  "@noble/hashes",
  "double-metaphone",
] as const;
