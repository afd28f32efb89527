export interface EnrolReply {
  'body'?: (Buffer | Uint8Array | string);
}

export interface EnrolReply__Output {
  'body': (Buffer);
}
