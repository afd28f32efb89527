import type { Command } from "commander";
import { bytesToHex } from "../../shared/base/bytes.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { fingerprintWords, verifyFingerprint } from "../../shared/protocol/fingerprint-words.ts";
import { rootKeyText } from "../../shared/protocol/identity.ts";
import { verifyRoster } from "../../shared/protocol/roster.ts";
import { createConsentStore } from "../data/consent-store.ts";
import type { NodeContext } from "./context.ts";
import { requirePerson } from "./people.ts";

/** `node peers list | trust`: other boroughs' keys count once people here compared them by voice. */
export function addPeerCommands(node: Command, context: () => NodeContext): void {
  const peers = node
    .command("peers")
    .description("other boroughs' root keys, and which of them people here have confirmed");

  peers
    .command("list")
    .description("everybody on the roster, with the words to read out")
    .addHelpText("after", "\nExample:\n  portmoot node peers list --home ./camden")
    .action(() => {
      const { name, output, ledgerTrust, db } = context();
      const { rootKey } = ledgerTrust();
      const confirmed = new Set(
        createConsentStore(db)
          .peers()
          .map((peer) => `${peer.name} ${bytesToHex(peer.rootKey)}`),
      );
      const others = readRosterParties(context())
        .filter((party) => party.name !== name)
        .map((party) => ({
          name: party.name,
          rootKey: rootKeyText(party.rootKey),
          fingerprint: fingerprintWords(party.rootKey),
          confirmed: confirmed.has(`${party.name} ${bytesToHex(party.rootKey)}`),
        }));
      const self = { name, rootKey: rootKeyText(rootKey), fingerprint: fingerprintWords(rootKey) };
      const lines = others.map(
        (peer) => `${peer.name.padEnd(24)} ${peer.confirmed ? "confirmed  " : "UNCONFIRMED"}  ${peer.fingerprint}`,
      );
      output.facts(
        { self, peers: others },
        [`this node, to read out to others:`, `  ${self.fingerprint}`, "", ...lines].join("\n"),
      );
    });

  peers
    .command("trust")
    .argument("<name>")
    .argument("<words...>", "the twelve words that the other borough reads out")
    .option("--as <person>", "who compared the words, as in `people list`")
    .description("confirm a peer's key by the words its people read out")
    .addHelpText("after", "\nExample:\n  portmoot node peers trust newham bado fela … --as jane-smith --home ./camden")
    .action((name: string, words: string[], { as: by }: { as?: string }) => {
      const { db, clock, output } = context();
      const store = createConsentStore(db);
      const party = readRosterParties(context()).find((each) => each.name === name);
      if (party === undefined) {
        throw new ProtocolError("not-found", `${name} is not on the roster`, { hint: "portmoot node peers list" });
      }
      verifyFingerprint(party.rootKey, words.join(" "));
      const person = by === undefined ? null : requirePerson(store, by).name;
      store.confirmPeer(name, party.rootKey, clock.nowMs(), person);
      output.facts({ name, confirmed: true, by: person }, `${name}'s key is confirmed`);
    });
}

function readRosterParties({ db, ledgerTrust }: NodeContext) {
  const newest = createConsentStore(db).roster();
  const { coordinatorKey } = ledgerTrust();
  if (newest === null || coordinatorKey === null) {
    throw new ProtocolError("bad-input", "roster: this node has not enrolled yet", {
      hint: "portmoot node enrol INVITATION",
    });
  }
  return verifyRoster(coordinatorKey, newest.body, newest.version).parties;
}
