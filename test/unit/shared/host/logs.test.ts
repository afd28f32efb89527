import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../../../shared/base/errors.ts";
import { createLog, type Log } from "../../../../shared/host/logs.ts";

function openLog(): { log: Log; text: () => string; last: () => Record<string, unknown> } {
  const lines: string[] = [];
  const log = createLog("node", { write: (line: string) => void lines.push(line) });
  return {
    log,
    text: () => lines.join(""),
    last: () => JSON.parse(lines.at(-1) ?? "{}") as Record<string, unknown>,
  };
}

const key = randomBytes(32);
const tag = randomBytes(16);
const SECRETS = [
  "Oyelaran",
  "OYELARAN-BRIGHT",
  "Siân O'Connor",
  "QQ123456C",
  "qq123456c",
  "E1 6AN",
  "12/03/1984",
  "100023336956",
  key.toString("hex"),
  key.toString("base64url"),
  `ed25519:${key.toString("base64url")}`,
  tag.toString("hex"),
  tag.toString("hex").toUpperCase(),
];
const KNOWN_TEXT_FIELDS = ["type", "state", "event", "code", "party", "rule", "round", "address", "version"];
const KNOWN_NUMBER_FIELDS = ["attempt", "failures", "port", "number", "ms", "bytes"];
const UNKNOWN_FIELDS = ["surname", "row", "value", "detail", "msg", "constructor"];

describe("logs", () => {
  it("writes one line of JSON with program, level, time, known fields and message", () => {
    const { log, last } = openLog();
    log.warn(
      { type: "masked-input", party: "tower-hamlets", attempt: 2, rule: "policy.fields.nino" },
      "notice refused",
    );
    expect(last()).toEqual({
      program: "node",
      level: "warn",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      type: "masked-input",
      party: "tower-hamlets",
      attempt: 2,
      rule: "policy.fields.nino",
      msg: "notice refused",
    });
  });

  it("shows a planted word that is allowed to stand there, so that the search below can find one", () => {
    const { log, text } = openLog();
    log.info({ party: "barnet" }, "coordinator serves");
    expect(text()).toContain("barnet");
  });

  it.each([...KNOWN_TEXT_FIELDS, ...KNOWN_NUMBER_FIELDS, ...UNKNOWN_FIELDS])(
    "passes no secret in the field %s",
    (field) => {
      const { log, text } = openLog();
      for (const secret of SECRETS) {
        log.info({ [field]: secret }, "import done");
        log.info({ [field]: { deep: [secret] } }, "import done");
        log.info({ [field]: `refused: ${secret}` }, "import done");
      }
      for (const secret of SECRETS) expect(text()).not.toContain(secret);
    },
  );

  it("passes no bytes, in whatever form JSON would give them", () => {
    const { log, text } = openLog();
    for (const field of [...KNOWN_TEXT_FIELDS, ...UNKNOWN_FIELDS, "err"]) {
      log.info({ [field]: key }, "import done");
      log.info({ [field]: new Uint8Array(tag) }, "import done");
      log.info({ [field]: new BigUint64Array([0x1122334455667788n]) }, "import done");
    }
    expect(text()).not.toContain(key.toString("hex"));
    expect(text()).not.toContain([...tag].slice(0, 4).join(","));
    expect(text()).not.toContain(`"0":`);
    expect(text()).not.toContain("1234605616436508552");
  });

  it("passes no number but where a number is known to stand", () => {
    const { log, text } = openLog();
    log.info({ total: 41_237, count: 41_237, nino: 41_237, party: 41_237 }, "import done");
    expect(text()).not.toContain("41237");
  });

  it("shows a round by its first eight digits", () => {
    const { log, last } = openLog();
    log.info({ round: tag.toString("hex") }, "import done");
    expect(last()["round"]).toBe(tag.toString("hex").slice(0, 8));
  });

  it("passes a message only as a constant sentence", () => {
    const { log, text, last } = openLog();
    for (const secret of SECRETS) {
      log.info({ type: "list" }, `imported ${secret}`);
    }
    for (const secret of SECRETS) expect(text()).not.toContain(secret);
    expect(last()).toMatchObject({ type: "list", msg: "[redacted]" });
  });

  it("tells an error of ours by code and message, and its causes by kind alone", () => {
    const { log, text, last } = openLog();
    const cause = new SyntaxError("Unexpected token 'Oyelaran' in JSON");
    log.error(
      { err: new ProtocolError("integrity", "keys entry: party: expected a number", { cause }) },
      "notice refused",
    );
    expect(last()["err"]).toMatchObject({
      kind: "ProtocolError",
      code: "integrity",
      message: "keys entry: party: expected a number",
      cause: { kind: "SyntaxError", message: "[redacted]" },
    });
    expect(text()).not.toContain("Oyelaran");
  });

  it("passes no secret in an error's message, stack, name or fields", () => {
    const { log, text } = openLog();
    for (const secret of SECRETS) {
      const foreign = Object.assign(new Error(`row ${secret}\n    at ${secret}`), {
        row: secret,
        code: secret,
        name: secret,
      });
      log.error({ err: foreign }, "call failed by a bug");
      log.error({ err: new Error("x", { cause: foreign }) }, "call failed by a bug");
      log.error({ err: secret }, "call failed by a bug");
    }
    for (const secret of SECRETS) expect(text()).not.toContain(secret);
  });

  it("takes keys, tags and numbers out of a message of ours, should one ever stand there", () => {
    const { log, text } = openLog();
    const shaped = SECRETS.filter((secret) => /^\S*(\d{6}|[\da-f]{32}|ed25519)\S*$/i.test(secret));
    expect(shaped.length).toBeGreaterThan(5);
    for (const secret of shaped)
      log.error({ err: new ProtocolError("integrity", `tag ${secret} twice`) }, "notice refused");
    for (const secret of shaped) expect(text()).not.toContain(secret);
  });

  it("names the place of an error without the machine's folders", () => {
    const { log, last } = openLog();
    log.error({ err: new Error("x") }, "call failed by a bug");
    const { at } = last()["err"] as { at: string[] };
    expect(at[0]).toMatch(/^logs\.test\.ts:\d+:\d+$/);
    expect(at.join()).not.toContain("/");
  });

  it("passes no secret as the name of a field", () => {
    const { log, text } = openLog();
    for (const secret of SECRETS) log.info({ [secret]: 1 }, "import done");
    for (const secret of SECRETS) expect(text()).not.toContain(secret);
  });

  it("never throws, and writes valid JSON, whatever is logged", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), fc.string(), (fields, message) => {
        const { log, last } = openLog();
        log.info(fields, message);
        expect(typeof last()["msg"]).toBe("string");
      }),
    );
  });
});
