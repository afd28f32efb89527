import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** The launcher as a shell starts it. */
const LAUNCHER = join(import.meta.dirname, "../../scripts/portmoot.js");

function portmoot(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], {
    encoding: "utf8",
    cwd: tmpdir(),
  });
  return { status, stdout, stderr };
}

describe("node scripts/portmoot.js", () => {
  it("tells its programs and an example, from any folder", () => {
    const { status, stdout } = portmoot();
    expect(status).toBe(0);
    for (const name of ["coordinator", "node", "demo", "simulate", "bench", "Example:"]) expect(stdout).toContain(name);
  });

  it.each(["coordinator", "node", "demo", "simulate", "bench"])(
    "hands over to %s, which knows its own name",
    (name) => {
      const { status, stdout } = portmoot(name, "--help");
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: portmoot ${name} `));
    },
  );

  it("ends wrong use with 2 and a line on stderr", () => {
    for (const args of [["parliament"], ["node", "import"], ["coordinator", "--nonsense"]]) {
      const { status, stdout, stderr } = portmoot(...args);
      expect(status, args.join(" ")).toBe(2);
      expect(stderr).toMatch(/^error: /);
      expect(stdout).toBe("");
    }
  });

  it("says what to do next where there is no node yet", () => {
    const { status, stderr } = portmoot("node", "datasets", "--home", join(tmpdir(), "portmoot-nobody-made-this"));
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: .*\nnext: .*portmoot node init/);
  });

  it("ends quietly where its reader stops reading", () => {
    const shell = `"${process.execPath}" "${LAUNCHER}" node --help; echo "ended with $?" >&2`;
    const { stderr } = spawnSync("bash", ["-c", `{ ${shell}; } | true`], { encoding: "utf8" });
    expect(stderr).toBe("ended with 0\n");
  });

  it("gives facts and errors as JSON where asked", () => {
    const { status, stdout } = portmoot(
      "node",
      "datasets",
      "--json",
      "--home",
      join(tmpdir(), "portmoot-nobody-made-this"),
    );
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "bad-input" } });
  });
});
