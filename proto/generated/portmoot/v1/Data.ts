export interface Data {
  'bytes'?: (Buffer | Uint8Array | string);
}

export interface Data__Output {
  'bytes': (Buffer);
}
