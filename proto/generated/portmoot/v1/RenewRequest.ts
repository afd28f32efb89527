export interface RenewRequest {
  'csrDer'?: (Buffer | Uint8Array | string);
  'delegation'?: (Buffer | Uint8Array | string);
}

export interface RenewRequest__Output {
  'csrDer': (Buffer);
  'delegation': (Buffer);
}
