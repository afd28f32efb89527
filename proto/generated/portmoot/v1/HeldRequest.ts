export interface HeldRequest {
  'messageId'?: (Buffer | Uint8Array | string);
}

export interface HeldRequest__Output {
  'messageId': (Buffer);
}
