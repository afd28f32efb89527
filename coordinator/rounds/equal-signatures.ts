/** How many openers must sign the same bytes. */
export const EQUAL_SIGNATURES = 2;
