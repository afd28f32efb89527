import type { Clock } from "../../shared/base/clock.ts";
import { ProtocolError } from "../../shared/base/errors.ts";
import { isEqualBytes } from "../../shared/base/bytes.ts";
import { CERTIFICATE_DAYS, INVITATION_HOURS } from "../../shared/base/limits.ts";
import type { RandomSource } from "../../shared/base/clock.ts";
import { certificateFacts, issueClientCertificate, type Authority } from "../../shared/crypto/certificates.ts";
import { sha256 } from "../../shared/crypto/hash.ts";
import { encodeEnrolmentReply, openEnrolmentRequest } from "../../shared/protocol/enrolment.ts";
import { verifyDelegation } from "../../shared/protocol/identity.ts";
import { encodeInvitation } from "../../shared/protocol/invitation.ts";
import { COORDINATOR, type RenewRequest } from "../../shared/protocol/relay.ts";
import type { Store } from "../store/store.ts";

/**
 * Who may join: single-use, expiring invitations; a certificate for a key made at the borough; renewal for the same
 * party. The certificate only opens the door; what a party says is signed under its root key.
 */
export interface Enrolment {
  /** The text to hand to the borough by another road. */
  invite(name: string, place: { address: string; hours?: number }): Promise<string>;
  /** @param body the enrolment request, attacker-controlled @returns the reply's body */
  enrol(body: Uint8Array, relayPort: number): Promise<Uint8Array>;
  renew(name: string, request: RenewRequest): Promise<Uint8Array>;
}

export function createEnrolment({
  store,
  authority,
  coordinatorKey,
  clock,
  random,
}: {
  store: Store;
  authority: Authority;
  coordinatorKey: Uint8Array;
  clock: Clock;
  random: RandomSource;
}): Enrolment {
  return {
    async invite(name, { address, hours = INVITATION_HOURS }) {
      // The recipient that headers name the coordinator by: a party of that name would be handed what is sent to it.
      if (name === COORDINATOR)
        throw new ProtocolError("bad-input", `name: ${COORDINATOR} is taken by the coordinator`);
      const secret = random.bytes(32);
      const expiresMs = clock.nowMs() + Math.round(hours * 3_600_000);
      await store.addInvitation({ secretSha256: sha256(secret), name, expiresMs });
      const caSha256 = certificateFacts(authority.certificateDer).sha256;
      return encodeInvitation({ address, caSha256, coordinatorKey, name, secret, expiresMs });
    },

    async enrol(body, relayPort) {
      const nowMs = clock.nowMs();
      const request = openEnrolmentRequest(body, nowMs);
      const secretSha256 = sha256(request.secret);
      // Anybody may call: no certificate is made for a stranger.
      const state = await store.invitationState(secretSha256, nowMs);
      if (state !== "open") throw refusal(state);
      const certificateDer = await issue(request.name, request.csrDer);
      const outcome = await store.enrol({
        secretSha256,
        name: request.name,
        rootKey: request.rootKey,
        certificateSha256: certificateFacts(certificateDer).sha256,
        nowMs,
      });
      if (outcome !== "enrolled") throw refusal(outcome);
      const roster = await store.newestRoster();
      return encodeEnrolmentReply({ certificateDer, caDer: authority.certificateDer, roster: roster!.body, relayPort });
    },

    async renew(name, { csrDer, delegation }) {
      const party = await store.party(name);
      if (party === null) throw new ProtocolError("not-allowed", "renew: not a party");
      verifyDelegation(party.rootKey, delegation, clock.nowMs());
      const certificateDer = await issue(name, csrDer);
      const { sha256: fingerprint } = certificateFacts(certificateDer);
      if (isEqualBytes(fingerprint, party.certificateSha256)) return certificateDer;
      await store.renewCertificate(name, fingerprint);
      return certificateDer;
    },
  };

  function issue(name: string, csrDer: Uint8Array): Promise<Uint8Array> {
    return issueClientCertificate(authority, { csrDer, name, nowMs: clock.nowMs(), days: CERTIFICATE_DAYS });
  }
}

function refusal(outcome: Exclude<Awaited<ReturnType<Store["enrol"]>>, "enrolled">): ProtocolError {
  const hint = "ask the coordinator's operator for a new invitation: portmoot coordinator invite NAME";
  switch (outcome) {
    case "unknown-invitation":
      return new ProtocolError("not-allowed", "enrolment: the invitation is not known here", { hint });
    case "expired":
      return new ProtocolError("expired", "enrolment: the invitation has expired", { hint });
    case "used":
      return new ProtocolError("not-allowed", "enrolment: the invitation was used before", { hint });
    case "other-name":
      return new ProtocolError("not-allowed", "enrolment: the invitation is for another name", { hint });
    case "other-key":
      return new ProtocolError("not-allowed", "enrolment: the name or the key belongs to another enrolment", {
        hint: "a borough that lost its root key enrols under a new name",
      });
  }
}
