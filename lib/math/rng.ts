// Seeded generators: the only randomness of the strategy, the same on every machine.

/** Draws numbers in [0, 1). */
export type Rng = () => number;

/** mulberry32: 32-bit integer arithmetic, result / 2^32 (strategy.md section 1). */
export function mulberry32(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Approximately normal draw: twelve uniform draws added left to right, minus 6. */
export function gauss12(draw: Rng): number {
  let sum = 0;
  for (let count = 0; count < 12; count += 1) sum += draw();
  return sum - 6;
}

/** 32-bit FNV-1a hash of the UTF-8 bytes of a text. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
