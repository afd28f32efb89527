export interface Pair {
  'left'?: (number);
  'right'?: (number);
}

export interface Pair__Output {
  'left': (number);
  'right': (number);
}
