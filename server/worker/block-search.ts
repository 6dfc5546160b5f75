// Finds a block by time with few reads: from two known blocks it guesses by their pace, and halves where the guess does not help.
import { ok, type Result } from "@/lib/errors/result";
import type { ChainError } from "@/lib/errors/tidegate-error";
import type { BlockView } from "./ports";

/** `gap`: no block in that time; `before_first`: the chain is younger. */
export type FoundBlock =
  { readonly kind: "found"; readonly block: BlockView } | { readonly kind: "gap" } | { readonly kind: "before_first" };

export interface BlockSearch {
  /** A block with fromMs <= time < toMs, near to `fromMs` where few reads find one. */
  find(input: {
    readonly fromMs: number;
    readonly toMs: number;
    /** Any known block at or after `fromMs`. */
    readonly after: BlockView;
  }): Promise<Result<FoundBlock, ChainError>>;
}

export interface BlockSearchDeps {
  readonly readBlock: (number: bigint) => Promise<Result<BlockView, ChainError>>;
  /** The chain's usual time between blocks, for the first guess. */
  readonly blockTimeMs: number;
}

/** Enough to halve a hundred thousand blocks in every second probe. */
const MAX_PROBES = 40;
/** From here on every second probe halves: guesses by pace can creep when the pace changed in between. */
const HALVE_FROM_PROBE = 3;
/** Near enough to the wanted instant; a look at the next block before would gain nothing. */
const NEAR_MS = 30_000;

export function createBlockSearch(deps: BlockSearchDeps): BlockSearch {
  return {
    async find({ fromMs, toMs, after }) {
      let upper = after;
      let lower: BlockView | null = null;
      for (let probe = 0; probe < MAX_PROBES; probe += 1) {
        if (upper.timestampAtMs < fromMs) return ok({ kind: "gap" });
        if (upper.timestampAtMs < toMs && upper.timestampAtMs - fromMs <= NEAR_MS) {
          return ok({ kind: "found", block: upper });
        }
        const number = nextProbe({ upper, lower, fromMs, blockTimeMs: deps.blockTimeMs, probe });
        if (number === null) break;
        const block = await deps.readBlock(number);
        if (!block.ok) return block;
        if (block.value.timestampAtMs >= fromMs) upper = block.value;
        else lower = block.value;
      }
      if (upper.timestampAtMs >= fromMs && upper.timestampAtMs < toMs) return ok({ kind: "found", block: upper });
      return ok({ kind: upper.number === 0n ? "before_first" : "gap" });
    },
  };
}

/** Null when nothing lies between the two. */
function nextProbe(input: {
  readonly upper: BlockView;
  readonly lower: BlockView | null;
  readonly fromMs: number;
  readonly blockTimeMs: number;
  readonly probe: number;
}): bigint | null {
  const { upper, lower, fromMs, blockTimeMs, probe } = input;
  const lowest = lower === null ? 0n : lower.number + 1n;
  const highest = upper.number - 1n;
  if (highest < lowest) return null;
  if (lower !== null && probe >= HALVE_FROM_PROBE && probe % 2 === 1) return (lowest + highest) / 2n;
  const paceMs =
    lower === null
      ? Math.max(1, blockTimeMs)
      : Math.max(1, (upper.timestampAtMs - lower.timestampAtMs) / Number(upper.number - lower.number));
  const back = BigInt(Math.max(1, Math.ceil((upper.timestampAtMs - fromMs) / paceMs)));
  const guess = upper.number - back;
  if (guess < lowest) return lower === null ? lowest : (lowest + highest) / 2n;
  return guess > highest ? highest : guess;
}
