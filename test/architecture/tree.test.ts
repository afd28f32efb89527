import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import config from "../../vitest.config.ts";

/** What must hold of the tree as a whole, file by file. */
const ROOT = join(import.meta.dirname, "../..");
/** In the repository, or about to be; a file that was just removed is none. */
const FILES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "")
  .filter((path) => readIfThere(path) !== null);

function readIfThere(path: string): string | null {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return null;
  }
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

const SOURCES = FILES.filter((path) => /\.(ts|js|cjs|sql|proto)$/.test(path) && !path.startsWith("proto/generated/"));

describe("the tree", () => {
  it("has source files to look at", () => {
    expect(SOURCES.length).toBeGreaterThan(100);
    expect(SOURCES).toContain("node/egress/gate.ts");
  });

  // A suite tells one story in many short tests: the bound is for the code it tests.
  it("has no source file of 400 lines or more beside the tests", () => {
    const long = SOURCES.filter((path) => !path.startsWith("test/") && read(path).split("\n").length > 400);
    expect(long).toEqual([]);
  });

  it("has every folder of tests in vitest.config.ts", () => {
    const folders = new Set(FILES.flatMap((path) => /^test\/([^/]+)\/.*\.test\.ts$/.exec(path)?.[1] ?? []));
    const projects = (config.test?.projects ?? []) as { test: { name: string; include: string[] } }[];
    expect(projects.map(({ test }) => test.name)).toEqual(expect.arrayContaining([...folders]));
    for (const { test } of projects) expect(test.include).toEqual([`test/${test.name}/**/*.test.ts`]);
  });

  it("names a file after what it holds, in kebab-case", () => {
    const odd = SOURCES.filter((path) => !/^(\.?[a-z0-9]+([.-][a-z0-9]+)*\/)*\.?[a-z0-9]+([.-][a-z0-9]+)*$/.test(path));
    expect(odd).toEqual([]);
  });

  it("has no test that was left alone or left out", () => {
    const tests = SOURCES.filter((path) => path.endsWith(".test.ts"));
    const left = tests.filter((path) => /\b(it|test|describe)\.(only|skip|todo|fails)\(/.test(read(path)));
    expect(left).toEqual([]);
  });
});

/** A path of one machine, an address of a registry. Built from parts, so that this file is not found by itself. */
const MACHINE_PATH = new RegExp(`(^|[\\s"'\`(=:])/(${["home", "root", "Users", "work"].join("|")})/`, "m");
const PACKAGE_SOURCE = new RegExp(["regis" + "try\\.[a-z]", "npm" + "js\\.", "arti" + "factory"].join("|"), "i");

describe("every tracked file", () => {
  it("is free of paths of one machine and addresses of registries", () => {
    const found = FILES.filter((path) => {
      const text = read(path);
      return MACHINE_PATH.test(text) || PACKAGE_SOURCE.test(text);
    });
    expect(found).toEqual([]);
  });

  it("would be found out if it were not", () => {
    expect(MACHINE_PATH.test(`import "${["", "home", "me", "x.ts"].join("/")}"`)).toBe(true);
    expect(PACKAGE_SOURCE.test(`"resolved": "https://${["regis" + "try", "example"].join(".")}/x.tgz"`)).toBe(true);
  });
});

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly engines: { readonly node: string };
}
interface Lock {
  readonly packages: Readonly<
    Record<string, { resolved?: string; integrity?: string; link?: boolean; hasInstallScript?: boolean }>
  >;
}

describe("installing", () => {
  const manifest = JSON.parse(read("package.json")) as Manifest;
  const lock = JSON.parse(read("package-lock.json")) as Lock;
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "");

  it("asks nobody but the registry: versions only, no addresses, no files", () => {
    const versions = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(versions)) expect(version, name).toMatch(/^[\^~]?\d+\.\d+\.\d+$/);
  });

  it("takes only packages whose content the lock file fixes", () => {
    expect(packages.length).toBeGreaterThan(100);
    for (const [path, { resolved, integrity, link }] of packages) {
      expect(resolved, path).toBeUndefined();
      expect(link, path).toBeUndefined();
      expect(integrity, path).toMatch(/^sha512-/);
    }
  });

  it("runs no script of ours, and of others only those that were looked at", () => {
    const hooks = ["preinstall", "install", "postinstall", "prepare", "prepublish"];
    expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([]);
    const withScripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const names = withScripts.map(([path]) => path.split("node_modules/").at(-1));
    // fsevents is for macOS alone.
    expect(names.filter((name) => name !== "fsevents").sort()).toEqual(Object.keys(manifest.allowScripts).sort());
  });

  it("starts programs through files that exist, never through a package runner", () => {
    for (const [name, script] of Object.entries(manifest.scripts)) {
      expect(script, name).not.toMatch(/\bnpx\b|\btsx\b/);
      for (const file of script.match(/\bscripts\/[\w./-]+/g) ?? []) expect(FILES, name).toContain(file);
    }
  });

  it("admits the Node that is asked for", () => {
    expect(manifest.engines.node).toBe(">=20.19");
  });
});
