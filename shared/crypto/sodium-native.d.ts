/** What we use of libsodium's binding; the package brings no types. All sizes in bytes. */
declare module "sodium-native" {
  const sodium: {
    /** `point` (32) becomes the Ed25519 encoding of a point of the prime-order group made from `seed` (32). */
    crypto_core_ed25519_from_uniform(point: Uint8Array, seed: Uint8Array): void;
    /** X25519: `product` (32) becomes `scalar` (32, clamped by the function) × `u` (32). Throws where the product is zero. */
    crypto_scalarmult(product: Uint8Array, scalar: Uint8Array, u: Uint8Array): void;
  };
  export default sodium;
}
