export interface AcknowledgeRequest {
  'messageId'?: (Buffer | Uint8Array | string);
  'sha256'?: (Buffer | Uint8Array | string);
}

export interface AcknowledgeRequest__Output {
  'messageId': (Buffer);
  'sha256': (Buffer);
}
