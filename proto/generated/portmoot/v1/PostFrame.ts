import type { Header as _portmoot_v1_Header, Header__Output as _portmoot_v1_Header__Output } from '../../portmoot/v1/Header.ts';

export interface PostFrame {
  'header'?: (_portmoot_v1_Header | null);
  'data'?: (Buffer | Uint8Array | string);
  'part'?: "header"|"data";
}

export interface PostFrame__Output {
  'header'?: (_portmoot_v1_Header__Output | null);
  'data'?: (Buffer);
  'part'?: "header"|"data";
}
