import type { Long } from '@grpc/proto-loader';

export interface FetchRequest {
  'messageId'?: (Buffer | Uint8Array | string);
  'offset'?: (number | string | Long);
}

export interface FetchRequest__Output {
  'messageId': (Buffer);
  'offset': (number);
}
