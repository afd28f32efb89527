import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import * as limits from "../../shared/base/limits.ts";
import { FIELD_KINDS } from "../../shared/matching/fields.ts";
import { CASCADES } from "../../shared/matching/library.ts";
import { JOINS, TRANSFORMS } from "../../shared/matching/transforms.ts";

/** Documents and code say the same, where a machine can compare them. */
const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesUnder(path, ending);
    return path.endsWith(ending) ? [path] : [];
  });
}

const DOCUMENTS = ["README.md", "NEWS.md", ...filesUnder("docs", ".md")];

describe("docs/LIMITS.md", () => {
  it("lists every constant with its value, and no other", () => {
    const rows = [...read("docs/LIMITS.md").matchAll(/^\| `([A-Z_]+)` +\| +(\d+) +\|/gm)];
    expect(Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]))).toEqual({ ...limits });
  });
});

describe("docs/PROTOCOL.md", () => {
  it("lists every label that the source uses, and no other", () => {
    const sources = ["shared", "node", "coordinator"].flatMap((folder) => filesUnder(folder, ".ts"));
    const used = sources.flatMap((path) =>
      [...read(path).matchAll(/"(portmoot\/[a-z-]+\/v\d+)"/g)].map(([, label]) => label),
    );
    const table = read("docs/PROTOCOL.md").split("## Labels")[1] ?? "";
    const listed = [...table.matchAll(/`(portmoot\/[a-z-]+\/v\d+)`/g)].map(([, label]) => label);
    expect(listed.length).toBeGreaterThan(20);
    expect([...listed].sort()).toEqual([...new Set(used)].sort());
  });
});

describe("docs/PROTOCOL.md on match keys", () => {
  const section = read("docs/PROTOCOL.md").split("## Standardisation and match keys")[1]?.split("\n## ")[0] ?? "";

  it("has every canonical field in the table of standardisation", () => {
    const fields = [...section.split("_A match key_")[0]!.matchAll(/^\| ([a-z_, ()]+?) +\|/gm)].flatMap(([, cell]) =>
      cell!.replaceAll(/ \([a-z]+\)/g, "").split(", "),
    );
    expect(fields.slice(1).sort()).toEqual(Object.keys(FIELD_KINDS).sort());
  });

  it("has every transform, and no other", () => {
    const table = section.split("_A match key_")[1]!.split("_Diminutives._")[0]!;
    const rows = [...table.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)]);
    const known = [...Object.keys(TRANSFORMS), ...Object.keys(JOINS), "first:N"];
    expect(rows.map(([, name]) => name).sort()).toEqual(known.sort());
  });

  it("has every key of the library under its cascade, in order", () => {
    const library = section.split("_The library._")[1]!.split("_Refused keys._")[0]!;
    const listed = [...library.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!);
    const cascades = Object.entries(CASCADES).flatMap(([name, keys]) => [name, ...keys.map(({ key }) => key)]);
    // The three cascades are named first, then `people` key by key.
    const [first, , , ...inOrder] = listed.filter((name, at) => name !== "people" || at < 3);
    expect(["people", "properties", "businesses"]).toContain(first);
    expect(["people", ...inOrder].slice(0, cascades.length)).toEqual(cascades);
  });
});

describe("docs/ARCHITECTURE.md", () => {
  it("explains every rule that is checked", () => {
    const load = createRequire(import.meta.url);
    const { forbidden } = load(join(ROOT, ".dependency-cruiser.cjs")) as { forbidden: { name: string }[] };
    const text = read("docs/ARCHITECTURE.md");
    expect(forbidden.map(({ name }) => name).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

describe("docs/THREAT_MODEL.md", () => {
  it("names for every claim a module and a test", () => {
    const claims = read("docs/THREAT_MODEL.md")
      .split("\n")
      .filter((line) => /^\| [a-z]/.test(line) && !line.startsWith("| claim"));
    expect(claims.length).toBeGreaterThan(10);
    for (const claim of claims) expect(claim).toMatch(/\| `(shared|node|coordinator)\/.*\| `test\/.*\|$/);
  });
});

describe.each(DOCUMENTS)("%s", (path) => {
  const text = read(path);

  it("names only files that exist", () => {
    const named = [
      ...text.matchAll(/`((?:shared|node|coordinator|test|scripts|proto|docs|examples|\.ci)\/[\w./-]*)`/g),
    ];
    const missing = named.map(([, file]) => file ?? "").filter((file) => !existsSync(join(ROOT, file)));
    expect(missing).toEqual([]);
  });

  it("links only to what exists", () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)(?:#([^)]+))?\)/g)];
    for (const [link, file = "", anchor] of links) {
      const target = join(ROOT, dirname(path), file);
      expect(existsSync(target), link).toBe(true);
      if (anchor === undefined) continue;
      const headings = [...readFileSync(target, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replace(/[^\w\- ]/g, "")
          .replaceAll(" ", "-"),
      );
      expect(headings, link).toContain(anchor);
    }
  });
});
