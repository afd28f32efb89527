import type { Long } from '@grpc/proto-loader';

export interface FollowRequest {
  'after'?: (number | string | Long);
}

export interface FollowRequest__Output {
  'after': (number);
}
