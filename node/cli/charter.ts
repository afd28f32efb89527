import type { Command } from "commander";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { decodeCharter, type Charter } from "../../shared/protocol/charter.ts";
import { DECISION_LABEL, openDecision, signDecision } from "../../shared/protocol/decision.ts";
import { explainCharter } from "../../shared/protocol/explain.ts";
import { explanationText } from "../../shared/protocol/explain-text.ts";
import { decidePolicy } from "../../shared/protocol/policy.ts";
import { parseRehearsalText, rehearsalDigest, type Rehearsal } from "../../shared/protocol/rehearsal.ts";
import { decideRehearsal } from "../../shared/protocol/rehearsal-decision.ts";
import { COORDINATOR } from "../../shared/protocol/relay.ts";
import { readDocument } from "../../shared/host/config.ts";
import { createConsentStore, type StoredCharter } from "../data/consent-store.ts";
import { homeFiles } from "../home.ts";
import { lackOf } from "../learning/held-model.ts";
import { unconfirmedPeers } from "../policy/consent.ts";
import { readPolicyFile } from "../policy/policy-file.ts";
import type { NodeContext } from "./context.ts";
import { personKeyFile, readPersonKey, requirePerson } from "./people.ts";

/**
 * `node charter list | explain | approve | refuse`: what is asked of this borough, in plain words, and its answer.
 * @returns the command that they stand under
 */
export function addCharterCommands(node: Command, context: () => NodeContext): Command {
  const charter = node.command("charter").description("charters put before this borough");

  charter
    .command("list")
    .description("every charter received, and what was decided here")
    .addHelpText("after", "\nExample:\n  portmoot node charter list --home ./camden")
    .action(() => {
      const { db, output } = context();
      const store = createConsentStore(db);
      const charters = store.charters().map(({ id, version, digest, body }) => {
        const decided = store.decision(digest);
        const { title, validFrom, validTo } = decodeCharter(body);
        return {
          id,
          version,
          title,
          validFrom,
          validTo,
          digest: bytesToHex(digest),
          decision: decided?.decision ?? "none",
          person: decided?.person ?? null,
          rehearsal: decided === null ? null : rehearsalOf(decided.statement),
        };
      });
      const lines = charters.map(
        ({ id, version, decision, person, rehearsal, title }) =>
          `${id} version ${version}  ${decision}${person === null ? "" : ` by ${person}`}${rehearsal === null ? "" : `, rehearsal ${rehearsal.slice(0, 16)}`}  ${title}`,
      );
      output.facts(charters, lines.length === 0 ? "no charters yet" : lines.join("\n"));
    });

  charter
    .command("explain")
    .argument("<id>", "charter id, or id@version")
    .description("what would leave this building, to whom, and who could open it")
    .addHelpText("after", "\nExample:\n  portmoot node charter explain council-tax-double-residence --home ./camden")
    .action((id: string) => {
      const { db, home, name, output } = context();
      const store = createConsentStore(db);
      const { parsed, stored } = findCharter(db, id);
      const explanation = explainCharter(parsed, name);
      const strangers = unconfirmedPeers(store, parsed, name);
      const warning =
        strangers.length === 0
          ? ""
          : `\n\nNot yet confirmed here: ${strangers.join(", ")}. See: portmoot node peers list`;
      const policy = decidePolicy(parsed, readPolicyFile(homeFiles(home).policy), name);
      const own = policy.allowed ? "" : `\n\nThis node would refuse to act on it: ${policy.rule}: ${policy.detail}.`;
      const lacks = lackOf(db, parsed);
      const without = lacks === null ? "" : `\n\nThis node has nothing to contribute yet. ${lacks}.`;
      output.facts(
        { ...explanation, digest: bytesToHex(stored.digest), unconfirmed: strangers, policy, lacks },
        `${explanationText(parsed, explanation)}${warning}${own}${without}\n\nDigest, which an approval signs: ${bytesToHex(stored.digest)}`,
      );
    });

  for (const decision of ["approve", "refuse"] as const) {
    const command = charter
      .command(decision)
      .argument("<id>", "charter id, or id@version")
      .requiredOption("--as <name>", "who decides, as in `people list`")
      .option("--key <file>", "the person's key file, if it is kept elsewhere")
      .description(
        decision === "approve" ? "approve exactly this document, with a named person's key" : "refuse it, saying why",
      )
      .addHelpText(
        "after",
        `\nExample:\n  portmoot node charter ${decision} council-tax-double-residence --as jane-smith${decision === "refuse" ? ' --reason "no lawful basis"' : ""} --home ./camden`,
      );
    if (decision === "refuse") command.requiredOption("--reason <text>", "why, for the operator to read");
    else command.option("--rehearsal <file>", "what `portmoot rehearse` wrote, where the charter asks for a rehearsal");
    command.action((id: string, options: DecideOptions) => {
      decide(context(), id, decision, options);
    });
  }
  return charter;
}

interface DecideOptions {
  readonly as: string;
  readonly key?: string;
  readonly reason?: string;
  readonly rehearsal?: string;
}

function decide(context: NodeContext, id: string, decision: "approve" | "refuse", options: DecideOptions): void {
  const { home, name, db, clock, output, personPassphrase } = context;
  const store = createConsentStore(db);
  const { stored, parsed } = findCharter(db, id);
  const person = requirePerson(store, options.as);
  const strangers = unconfirmedPeers(store, parsed, name);
  if (decision === "approve" && strangers.length > 0) {
    throw new ProtocolError(
      "refused",
      `peers.unconfirmed.${strangers[0]!}: nobody here has confirmed the keys of ${strangers.join(", ")}`,
      {
        hint: `portmoot node peers trust ${strangers[0]!} WORDS, read out by that borough`,
      },
    );
  }
  const rehearsal = options.rehearsal === undefined ? null : parseRehearsalText(readDocument(options.rehearsal));
  if (decision === "approve") requireRehearsal(parsed, rehearsal);
  const policy = decidePolicy(parsed, readPolicyFile(homeFiles(home).policy), name);
  const secretKey = readPersonKey(options.key ?? personKeyFile(home, person.name), person.publicKey, personPassphrase);
  const atMs = clock.nowMs();
  const statement = signDecision(secretKey, {
    charter: stored.digest,
    party: name,
    person: person.name,
    role: person.role,
    personKey: person.publicKey,
    decision,
    reason: options.reason ?? "",
    atMs,
    ...(rehearsal === null ? {} : { rehearsal: rehearsalDigest(rehearsal) }),
  });
  secretKey.fill(0);
  const { gate, signer } = context.core();
  const record = db.transaction(() => {
    store.addDecision(stored.digest, { decision, person: person.name, statement, decidedMs: atMs });
    gate.send({
      type: "decision",
      to: COORDINATOR,
      round: null,
      attempt: 0,
      pair: null,
      charterDigest: stored.digest,
      jobKey: null,
      content: { kind: "final", body: signer.sign(DECISION_LABEL, statement) },
    });
    // A refusal after an approval ends what rests on it.
    if (decision === "refuse") gate.withdraw(stored.digest);
  });
  record.immediate();
  if (decision === "approve" && !policy.allowed) {
    output.note(`note: this node still refuses to act on it: ${policy.rule}: ${policy.detail}`);
  }
  const lacks = decision === "approve" ? lackOf(db, parsed) : null;
  if (lacks !== null) output.note(`note: this node has nothing to contribute yet: ${lacks}`);
  for (const note of rehearsal === null ? [] : leftOutOf(rehearsal)) output.note(`note: ${note}`);
  output.facts(
    {
      id: stored.id,
      version: stored.version,
      decision,
      person: person.name,
      digest: bytesToHex(stored.digest),
      rehearsal: rehearsal === null ? null : bytesToHex(rehearsalDigest(rehearsal)),
    },
    `${stored.id} version ${stored.version}: ${decision === "approve" ? "approved" : "refused"} by ${person.name}`,
  );
}

/** @throws ProtocolError "refused" naming the rule, the trait, the groups and their figures, which are of made-up people */
function requireRehearsal(charter: Charter, rehearsal: Rehearsal | null): void {
  const decided = decideRehearsal(charter, rehearsal);
  if (!decided.allowed)
    throw new ProtocolError("refused", `${decided.rule}: ${decided.detail}`, { hint: decided.next });
}

/** What an approval should know that the figures do not show. */
function leftOutOf({ notRehearsed: { keys, filters } }: Rehearsal): string[] {
  return [
    ...(keys.length === 0 ? [] : [`not rehearsed, since made-up people lack a field: ${keys.join(", ")}`]),
    ...(filters.length === 0 ? [] : [`rehearsed without choosing rows by ${filters.join(", ")}`]),
  ];
}

/** Digest of the rehearsal that a stored decision names, in hexadecimal. */
function rehearsalOf(statement: Uint8Array): string | null {
  const { rehearsal } = openDecision(statement);
  return rehearsal === undefined ? null : bytesToHex(rehearsal);
}

/**
 * The charter of that id, or exactly `id@version`. Where several versions are here the version must be said: one that
 * came in after somebody read another must not be what they approve.
 */
export function findCharter(db: NodeContext["db"], reference: string): { stored: StoredCharter; parsed: Charter } {
  const [id, version] = reference.split("@");
  const [found, ...others] = createConsentStore(db)
    .charters()
    .filter((charter) => charter.id === id && (version === undefined || String(charter.version) === version));
  if (found === undefined) {
    throw new ProtocolError("not-found", `charter ${reference} is not here`, { hint: "portmoot node charter list" });
  }
  if (others.length > 0) {
    const versions = [found, ...others].map((each) => `${each.id}@${each.version}`);
    throw new ProtocolError("bad-input", `charter ${reference}: several versions are here, say which`, {
      hint: versions.join(" or "),
    });
  }
  return { stored: found, parsed: decodeCharter(found.body) };
}
