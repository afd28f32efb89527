import type { Long } from '@grpc/proto-loader';

export interface Notice {
  'number'?: (number | string | Long);
  'type'?: (string);
  'round'?: (Buffer | Uint8Array | string);
  'attempt'?: (number);
  'body'?: (Buffer | Uint8Array | string);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface Notice__Output {
  'number': (number);
  'type': (string);
  'round': (Buffer);
  'attempt': (number);
  'body': (Buffer);
  'signature': (Buffer);
}
