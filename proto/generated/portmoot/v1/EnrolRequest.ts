export interface EnrolRequest {
  'body'?: (Buffer | Uint8Array | string);
}

export interface EnrolRequest__Output {
  'body': (Buffer);
}
