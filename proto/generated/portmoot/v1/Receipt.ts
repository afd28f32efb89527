import type { Long } from '@grpc/proto-loader';

export interface Receipt {
  'messageId'?: (Buffer | Uint8Array | string);
  'sha256'?: (Buffer | Uint8Array | string);
  'atMs'?: (number | string | Long);
  'signature'?: (Buffer | Uint8Array | string);
}

export interface Receipt__Output {
  'messageId': (Buffer);
  'sha256': (Buffer);
  'atMs': (number);
  'signature': (Buffer);
}
