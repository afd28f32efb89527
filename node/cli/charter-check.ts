import { existsSync } from "node:fs";
import type { Command } from "commander";
import { SaidNo } from "../../shared/host/cli.ts";
import { readDocument } from "../../shared/host/config.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { UNREADABLE_KINDS } from "../../shared/learning/attribute-values.ts";
import { decodeCharter, isMatch, type Charter } from "../../shared/protocol/charter.ts";
import { parseCharterText } from "../../shared/protocol/charter-document.ts";
import { createConsentStore } from "../data/consent-store.ts";
import { checkCharterData, type DataCheck } from "../learning/check.ts";
import type { FieldFigures } from "../learning/measure.ts";
import { findCharter } from "./charter.ts";
import type { NodeContext } from "./context.ts";

/** `node charter check`: whether the rows here are what a charter that learns or evaluates declares. Nothing is sent. */
export function addCharterCheckCommand(charter: Command, context: () => NodeContext): void {
  charter
    .command("check")
    .argument("<charter>", "charter id, id@version or digest, or a file that was handed over")
    .description("field by field: is it here, can it be read as declared, are there enough rows")
    .addHelpText(
      "after",
      "\nEnds with 30 where something fails.\n\nExample:\n  portmoot node charter check hmo-model --home ./camden",
    )
    .action((reference: string) => {
      const { db, output } = context();
      const parsed = readCharter(db, reference);
      const { id, version } = parsed;
      if (isMatch(parsed)) {
        throw new ProtocolError("bad-input", `charter ${id}: nothing is learned under it`, {
          hint: `portmoot node readiness ${parsed.dataset.name}`,
        });
      }
      const check = checkCharterData(db, parsed);
      const failed = check.findings.filter(({ level }) => level === "fail");
      output.facts(
        { charter: id, version, passed: failed.length === 0, ...check },
        [`charter ${id} version ${version}`, checkText(check)].join("\n"),
      );
      if (failed.length > 0) throw new SaidNo("disclosure");
    });
}

/** By digest or name from what came in, or from a file: only a file's name has a dot or a slash. */
function readCharter(db: NodeContext["db"], reference: string): Charter {
  if (/[./]/.test(reference) || existsSync(reference)) return parseCharterText(readDocument(reference));
  const byDigest = createConsentStore(db)
    .charters()
    .find(({ digest }) => bytesToHex(digest) === reference);
  return byDigest === undefined ? findCharter(db, reference).parsed : decodeCharter(byDigest.body);
}

function checkText(check: DataCheck): string {
  const { dataset, rows, usable, minimumRows, classes, coefficients, findings } = check;
  const width = Math.max(9, ...check.fields.map(({ name }) => name.length));
  const failed = findings.filter(({ level }) => level === "fail").length;
  return [
    `dataset ${dataset}: ${count(rows)} rows`,
    "",
    `${"field".padEnd(width)}  as       type        there     missing   unreadable   result`,
    ...check.fields.map((field) => fieldLine(field, check, width)),
    "",
    `usable rows             ${count(usable)}, the charter needs ${count(minimumRows)}`,
    ...(classes === null
      ? []
      : [`  by label              ${count(classes.positive)} positive, ${count(classes.negative)} not`]),
    `coefficients            ${coefficients}`,
    "",
    ...findings.map(({ field, level, text }) => `${level.padEnd(8)} ${field === null ? "" : `${field}: `}${text}`),
    failed === 0
      ? "Nothing stands in the way of taking part here."
      : `${failed} ${failed === 1 ? "thing stands" : "things stand"} in the way. Nothing was sent.`,
  ].join("\n");
}

function fieldLine(field: FieldFigures, { rows, findings }: DataCheck, width: number): string {
  const { name, role, type, readable, missing, unreadable } = field;
  const broken = UNREADABLE_KINDS.reduce((sum, kind) => sum + unreadable[kind], 0);
  const own = findings.filter((finding) => finding.field === name);
  const result = own.some(({ level }) => level === "fail") ? "fail" : own.length > 0 ? "pass, see below" : "pass";
  const shares = [
    share(readable, rows).padStart(8),
    share(missing, rows).padStart(9),
    share(broken, rows).padStart(10),
  ];
  return `${name.padEnd(width)}  ${role.padEnd(7)}  ${type.padEnd(8)}  ${shares.join("   ")}   ${result}`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

function count(value: number): string {
  return value.toLocaleString("en-GB");
}
