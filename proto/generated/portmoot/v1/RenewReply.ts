export interface RenewReply {
  'certificateDer'?: (Buffer | Uint8Array | string);
}

export interface RenewReply__Output {
  'certificateDer': (Buffer);
}
