import type { Pair as _portmoot_v1_Pair, Pair__Output as _portmoot_v1_Pair__Output } from '../../portmoot/v1/Pair.ts';
import type { Long } from '@grpc/proto-loader';

export interface Header {
  'messageId'?: (Buffer | Uint8Array | string);
  'type'?: (string);
  'round'?: (Buffer | Uint8Array | string);
  'attempt'?: (number);
  'to'?: (string);
  'pair'?: (_portmoot_v1_Pair | null);
  'sizeBytes'?: (number | string | Long);
  'sha256'?: (Buffer | Uint8Array | string);
  'offset'?: (number | string | Long);
}

export interface Header__Output {
  'messageId': (Buffer);
  'type': (string);
  'round': (Buffer);
  'attempt': (number);
  'to': (string);
  'pair': (_portmoot_v1_Pair__Output | null);
  'sizeBytes': (number);
  'sha256': (Buffer);
  'offset': (number);
}
