// Owns market time: advances the price path, lets every chain trade and mine the step's block, then tells everybody the time.
import { setTimeout as sleep } from "node:timers/promises";
import { errorText } from "@/lib/errors/tidegate-error";
import type { ChainMarket } from "./chain-market";
import type { ClockHub } from "./clock-hub";
import type { PricePath } from "./price-path";
import { LONG_STEP_MS, TICK_MS } from "./setup";

/** Market seconds per second while somebody's transaction is under way: a deadline of 120 s then leaves at least two seconds of wall time. */
const MAX_SPEED_WITH_TRANSACTIONS = 60;
const ACK_LIMIT_MS = 10_000;
const SPEED_WINDOW_MS = 10_000;

export interface SimulatorStatus {
  readonly nowMs: number;
  readonly seq: number;
  readonly targetSpeed: number;
  readonly realSpeed: number;
  readonly isPaused: boolean;
  /** Of the first chain. */
  readonly blockNumber: bigint;
  /** Blocks with a transaction that is not the market's own: changes when one is mined on any chain. */
  readonly foreignMark: string;
  /** Why steps are short at the moment, or null. */
  readonly shortStepReason: string | null;
  /** Sentence about the last step that failed, or null. */
  readonly lastFailure: string | null;
}

export interface Simulator {
  status(): SimulatorStatus;
  /** One step at once, of at most the given length on the 12 s grid. */
  step(stepMs: number): Promise<void>;
  /** Runs something while no step is under way. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  setSpeed(speed: number): void;
  setPaused(state: "paused" | "running"): void;
  start(): void;
  stop(): Promise<void>;
}

export function createSimulator(deps: {
  readonly markets: readonly ChainMarket[];
  readonly path: PricePath;
  readonly clock: ClockHub;
  readonly speed: number;
}): Simulator {
  const { markets, path, clock } = deps;
  let { nowMs, seq } = clock.last();
  let targetSpeed = deps.speed;
  let isPaused = false;
  const running = { on: false };
  let shortStepReason: string | null = null;
  let lastFailure: string | null = null;
  let samples: { wallMs: number; marketMs: number }[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let loop: Promise<void> = Promise.resolve();

  function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {
      // The failure belongs to the caller, who awaits `mine`; the queue goes on for the others.
    });
    return mine;
  }

  async function stepOnce(stepMs: number): Promise<void> {
    const toMs = nowMs + Math.max(TICK_MS, Math.floor(stepMs / TICK_MS) * TICK_MS);
    path.advanceTo(toMs);
    // Drawn chain by chain in a fixed order; the chains then work side by side.
    const planned = markets.map((market) => ({ market, trades: market.plan(nowMs, toMs) }));
    const done = await Promise.allSettled(planned.map(({ market, trades }) => market.step(trades, toMs)));
    nowMs = toMs;
    for (const one of done) {
      if (one.status === "rejected") throw one.reason;
      lastFailure = one.value ?? lastFailure;
    }
    seq += 1;
    samples = [
      ...samples.filter((one) => one.wallMs > performance.now() - SPEED_WINDOW_MS),
      { wallMs: performance.now(), marketMs: nowMs },
    ];
    clock.publish({ seq, nowMs, speed: realSpeed() });
    await clock.waitForAcks(ACK_LIMIT_MS);
  }

  function realSpeed(): number {
    const first = samples[0];
    const last = samples.at(-1);
    if (first === undefined || last === undefined || last.wallMs - first.wallMs < 500) return targetSpeed;
    return (last.marketMs - first.marketMs) / (last.wallMs - first.wallMs);
  }

  async function findForeignActivity(): Promise<string | null> {
    const reasons = await Promise.all(markets.map((market) => market.findForeignActivity()));
    return reasons.find((reason) => reason !== null) ?? null;
  }

  async function run(): Promise<void> {
    let debtMs = 0;
    let wallMs = performance.now();
    while (running.on) {
      await sleep(Math.max(5, Math.min(200, TICK_MS / targetSpeed)));
      const elapsedMs = performance.now() - wallMs;
      wallMs += elapsedMs;
      if (isPaused) {
        debtMs = 0;
        continue;
      }
      // More than one long step of debt is never made up: a slow machine runs slower, it does not jump.
      const speed = shortStepReason === null ? targetSpeed : Math.min(targetSpeed, MAX_SPEED_WITH_TRANSACTIONS);
      debtMs = Math.min(debtMs + elapsedMs * speed, 2 * LONG_STEP_MS);
      try {
        shortStepReason = await findForeignActivity();
        const wantMs = shortStepReason === null ? LONG_STEP_MS - (nowMs % LONG_STEP_MS) : TICK_MS;
        if (debtMs < wantMs || !running.on) continue;
        // A pause may have come while this one waited for its turn.
        await exclusively(() => (isPaused ? Promise.resolve() : stepOnce(wantMs)));
        debtMs -= wantMs;
      } catch (error) {
        lastFailure = `A market step failed: ${errorText(error)}`;
        await sleep(500);
      }
    }
  }

  return {
    status: () => ({
      nowMs,
      seq,
      targetSpeed,
      realSpeed: isPaused ? 0 : realSpeed(),
      isPaused,
      blockNumber: markets[0]?.blockNumber() ?? 0n,
      foreignMark: markets.map((market) => String(market.lastForeignBlock())).join(","),
      shortStepReason,
      lastFailure,
    }),
    step: (stepMs) => exclusively(() => stepOnce(stepMs)),
    exclusively,
    setSpeed(speed) {
      targetSpeed = speed;
      samples = [];
    },
    setPaused(state) {
      isPaused = state === "paused";
      samples = [];
    },
    start() {
      running.on = true;
      loop = run();
    },
    async stop() {
      // Participants end before the market does: nobody is waited for any more.
      clock.release();
      running.on = false;
      await loop;
      await turn;
    },
  };
}
