import type { Long } from '@grpc/proto-loader';

export interface HeldReply {
  'sizeBytes'?: (number | string | Long);
}

export interface HeldReply__Output {
  'sizeBytes': (number);
}
