import { loadProto } from "../../proto/loader.ts";
import type { EnrolReply__Output } from "../../proto/generated/portmoot/v1/EnrolReply.ts";
import type { Clock } from "../../shared/base/clock.ts";
import { pinnedChannel, SHORT_CALL_MS, wireError } from "./channel.ts";

/**
 * The one call a node makes before it has a certificate. TLS 1.3 with the authority pinned that `readAuthority`
 * returned, so that the request, with the invitation's secret in it, reaches only who wrote the invitation.
 */
export interface EnrolCall {
  /** host:port of the enrolment listener. */
  readonly address: string;
  /** From `readAuthority`. */
  readonly caDer: Uint8Array;
  /** As the ledger has it. */
  readonly body: Uint8Array;
  readonly clock: Clock;
}

/** @returns the reply's body @throws ProtocolError as the coordinator answers, or "unavailable" */
export async function requestEnrolment({ address, caDer, body, clock }: EnrolCall): Promise<Uint8Array> {
  const client = new (loadProto().Enrolment)(...pinnedChannel(address, caDer, null));
  try {
    const reply = await new Promise<EnrolReply__Output>((resolve, reject) => {
      client.enrol({ body }, { deadline: clock.nowMs() + SHORT_CALL_MS }, (error, value) => {
        if (error !== null || value === undefined) reject(wireError("enrol", error));
        else resolve(value);
      });
    });
    return new Uint8Array(reply.body);
  } finally {
    client.close();
  }
}
