// The one price path of the devnet: seeded or replayed, advanced on a 12 s grid, written into candle books.
import * as z from "zod";
import { fnv1a32 } from "@/lib/math/rng";
import { createCandleBook, type CandleBook } from "./candle-book";
import { PHASE_NAMES, nextPhase, type Phase } from "./phases";
import type { Replay } from "./replay";
import { createResumableRng, type ResumableRng } from "./resumable-rng";
import { HISTORY_DAYS, MARKET_START_AT_MS, PAIRS, PAIR_IDS, TICK_MS, type DevnetPairId } from "./setup";

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** Yearly volatility in a calm phase, and the pull towards the anchor price (half-life). Choices, see setup.ts. */
const CHARACTER: Readonly<Record<DevnetPairId, { readonly sigmaPerYear: number; readonly halfLifeMs: number }>> = {
  "WETH-USDC": { sigmaPerYear: 0.25, halfLifeMs: 12 * 24 * HOUR_MS },
  "USDC-USDT": { sigmaPerYear: 0.014, halfLifeMs: 4 * HOUR_MS },
};
/** Volatility of volatility: log factor with this spread, forgetting with this half-life. */
const LOG_VOL_SPREAD = 0.22;
const LOG_VOL_HALF_LIFE_MS = 6 * HOUR_MS;
/** Around the start volatility stays near its norm, so that the first decisions are not suppressed as a volatility spike. */
const OPENING = {
  fromMs: MARKET_START_AT_MS - 3 * HOUR_MS,
  toMs: MARKET_START_AT_MS + 5 * HOUR_MS,
  spread: 0.08,
  halfLifeMs: HOUR_MS,
};

const phaseSchema = z.object({
  name: z.enum(PHASE_NAMES),
  endsAtMs: z.number(),
  driftPerHour: z.number(),
  volatilityFactor: z.number(),
  volumeFactor: z.number(),
  jump: z.number(),
  pegOffset: z.number(),
});
const pairStateSchema = z.object({
  atMs: z.number(),
  logPrice: z.number(),
  anchorLog: z.number(),
  logVol: z.number(),
  rngState: z.number(),
  phase: phaseSchema,
  volatilityFactor: z.number(),
  volumeFactor: z.number(),
});
export const pathStateSchema = z.record(z.enum(PAIR_IDS), pairStateSchema);
type PathState = z.infer<typeof pathStateSchema>;
type PairState = z.infer<typeof pairStateSchema>;

export interface PricePath {
  /** Generates every tick up to a market time on the grid. */
  advanceTo(atMs: number): void;
  price(pairId: DevnetPairId): number;
  phase(pairId: DevnetPairId): Phase;
  /** Flow relative to a normal day: the phase's times the operator's. */
  volumeFactor(pairId: DevnetPairId): number;
  factors(pairId: DevnetPairId): { readonly volatilityFactor: number; readonly volumeFactor: number };
  book(pairId: DevnetPairId): CandleBook;
  /** Moves the price at once and for good by a fraction of itself. */
  move(pairId: DevnetPairId, moveFrac: number): void;
  setVolatilityFactor(pairId: DevnetPairId, factor: number): void;
  setVolumeFactor(pairId: DevnetPairId, factor: number): void;
  state(): PathState;
}

export interface SavedPath {
  readonly state: PathState;
  readonly books: Readonly<Record<DevnetPairId, Buffer>>;
}

/** A path with 30 days of history before the market start, or the continuation of a saved one. */
export function createPricePath(input: {
  readonly seed: number;
  readonly saved?: SavedPath;
  readonly replay?: Replay;
}): PricePath {
  const historyFromMs = MARKET_START_AT_MS - HISTORY_DAYS * 24 * HOUR_MS;
  const pairs = {
    "WETH-USDC": createPair("WETH-USDC", input, historyFromMs),
    "USDC-USDT": createPair("USDC-USDT", input, historyFromMs),
  };
  const path: PricePath = {
    advanceTo(atMs) {
      for (const pairId of PAIR_IDS) {
        const pair = pairs[pairId];
        while (pair.state.atMs + TICK_MS <= atMs) tick(pairId, pair);
      }
    },
    price: (pairId) => Math.exp(pairs[pairId].state.logPrice),
    phase: (pairId) => pairs[pairId].state.phase,
    volumeFactor: (pairId) => pairs[pairId].state.phase.volumeFactor * pairs[pairId].state.volumeFactor,
    factors: (pairId) => ({
      volatilityFactor: pairs[pairId].state.volatilityFactor,
      volumeFactor: pairs[pairId].state.volumeFactor,
    }),
    book: (pairId) => pairs[pairId].book,
    move(pairId, moveFrac) {
      const { state, book } = pairs[pairId];
      const shift = Math.log(1 + moveFrac);
      state.logPrice += shift;
      state.anchorLog += shift;
      book.touch(Math.exp(state.logPrice));
    },
    setVolatilityFactor(pairId, factor) {
      pairs[pairId].state.volatilityFactor = factor;
    },
    setVolumeFactor(pairId, factor) {
      pairs[pairId].state.volumeFactor = factor;
    },
    state: () => ({
      "WETH-USDC": savedState(pairs["WETH-USDC"]),
      "USDC-USDT": savedState(pairs["USDC-USDT"]),
    }),
  };
  if (input.saved === undefined) path.advanceTo(MARKET_START_AT_MS);
  return path;
}

interface RunningPair {
  readonly state: PairState;
  readonly rng: ResumableRng;
  readonly book: CandleBook;
  readonly replay: Replay | undefined;
}

function savedState(pair: RunningPair): PairState {
  return { ...pair.state, rngState: pair.rng.state() };
}

function createPair(
  pairId: DevnetPairId,
  input: { readonly seed: number; readonly saved?: SavedPath; readonly replay?: Replay },
  historyFromMs: number,
): RunningPair {
  const replay = pairId === "WETH-USDC" ? input.replay : undefined;
  if (input.saved !== undefined) {
    const state = { ...input.saved.state[pairId] };
    const book = createCandleBook(historyFromMs, input.saved.books[pairId]);
    return { state, rng: createResumableRng(state.rngState), book, replay };
  }
  const rng = createResumableRng((input.seed ^ fnv1a32(pairId)) >>> 0);
  const logPrice = Math.log(PAIRS[pairId].startPrice);
  const state: PairState = {
    atMs: historyFromMs,
    logPrice,
    anchorLog: logPrice,
    logVol: 0,
    rngState: rng.state(),
    phase: nextPhase(pairId, historyFromMs, MARKET_START_AT_MS, rng.draw),
    volatilityFactor: 1,
    volumeFactor: 1,
  };
  return { state, rng, book: createCandleBook(historyFromMs), replay };
}

function tick(pairId: DevnetPairId, pair: RunningPair): void {
  const { state, rng, book } = pair;
  const fromMs = state.atMs;
  const replayed = pair.replay?.at(fromMs);
  if (replayed !== undefined) {
    state.logPrice = Math.log(replayed.price);
    state.anchorLog = state.logPrice;
    state.phase = {
      ...state.phase,
      name: "replay",
      endsAtMs: fromMs + TICK_MS,
      volumeFactor: 1,
      driftPerHour: 0,
      pegOffset: 0,
    };
    state.atMs += TICK_MS;
    book.add(fromMs, replayed.price, replayed.volume);
    return;
  }
  let jump = 0;
  if (fromMs >= state.phase.endsAtMs) {
    state.phase = nextPhase(pairId, fromMs, MARKET_START_AT_MS, rng.draw);
    jump = state.phase.jump;
  }
  const { sigmaPerYear, halfLifeMs } = CHARACTER[pairId];
  const { phase } = state;
  const isOpening = fromMs >= OPENING.fromMs && fromMs < OPENING.toMs;
  const keep = 2 ** (-TICK_MS / (isOpening ? OPENING.halfLifeMs : LOG_VOL_HALF_LIFE_MS));
  state.logVol =
    state.logVol * keep + (isOpening ? OPENING.spread : LOG_VOL_SPREAD) * Math.sqrt(1 - keep * keep) * rng.gauss();
  const sigma = sigmaPerYear * phase.volatilityFactor * state.volatilityFactor * Math.exp(state.logVol);
  const pull = (1 - 2 ** (-TICK_MS / halfLifeMs)) * (state.anchorLog + phase.pegOffset - state.logPrice);
  // The operator's factor 0 is a market that stands still, but for the pull.
  const pushed = (jump + (phase.driftPerHour * TICK_MS) / HOUR_MS) * state.volatilityFactor;
  state.logPrice += pull + pushed + sigma * Math.sqrt(TICK_MS / YEAR_MS) * rng.gauss();
  state.atMs += TICK_MS;
  const perTick = (PAIRS[pairId].cexVolumePerDay * TICK_MS) / (24 * HOUR_MS);
  book.add(
    fromMs,
    Math.exp(state.logPrice),
    perTick * phase.volumeFactor * state.volumeFactor * (0.25 + 1.5 * rng.draw()),
  );
}
