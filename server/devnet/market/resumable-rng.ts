// A seeded generator whose position can be saved, so that a second start continues the same sequence.
import { gauss12, mulberry32, type Rng } from "@/lib/math/rng";

/** Increment of mulberry32's counter: its whole state is the seed plus this times the number of draws. */
const STEP = 0x6d2b79f5;

export interface ResumableRng {
  readonly draw: Rng;
  gauss(): number;
  /** Seed of a generator that continues here. */
  state(): number;
}

export function createResumableRng(state: number): ResumableRng {
  const inner = mulberry32(state);
  let counter = state >>> 0;
  const draw = () => {
    counter = (counter + STEP) >>> 0;
    return inner();
  };
  return { draw, gauss: () => gauss12(draw), state: () => counter };
}
