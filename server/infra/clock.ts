// The two clocks: wall time for leases, timeouts and rates; market time for epochs, candles and data age (safety.md 3.8c).
import * as z from "zod";
import { invariant } from "@/lib/errors/invariant";
import { errorText } from "@/lib/errors/tidegate-error";

export interface WallClock {
  /** Unix milliseconds; may jump when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start; never goes back. Durations and deadlines use this one. */
  monotonicMs(): number;
}

export interface ClockTick {
  readonly seq: number;
  readonly nowMs: number;
  /** Market seconds per wall second. */
  readonly speed: number;
}

export interface MarketClockStatus {
  readonly kind: "wall" | "remote";
  readonly state: "live" | "connecting" | "away";
  /** Wall milliseconds since the last tick was received; 0 for the wall clock. */
  readonly ageMs: number;
  readonly lastSeq: number;
  readonly lastError: string | null;
}

export interface MarketClock {
  /** Market time, unix milliseconds. A remote clock stands still between two ticks; before its first tick (see ready) this throws. */
  nowMs(): number;
  speed(): number;
  /** Called for each step of the market; returns the function that ends it. */
  onTick(listener: (tick: ClockTick) => void): () => void;
  /** Tells the owner of the clock that `participant` has done its work for step `seq`; failures are shown in status(). */
  ack(seq: number, participant: string): Promise<void>;
  status(): MarketClockStatus;
  /** Resolves with the first known time, or rejects after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void>;
  close(): void;
}

export const wallClock: WallClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** Wall ticks come once a second, numbered by the second, so that listeners work the same on both clocks. */
const WALL_TICK_MS = 1_000;
const RECONNECT_MIN_MS = 100;
const RECONNECT_MAX_MS = 5_000;
const ACK_TIMEOUT_MS = 2_000;
const MAX_LINE_BYTES = 4_096;

const tickSchema = z.object({
  seq: z.number().int(),
  nowMs: z.number().int().positive(),
  speed: z.number().nonnegative(),
});

export interface MarketClockSettings {
  /** Base address of a market clock service; absent means market time is wall time. */
  readonly url?: string | undefined;
  readonly wall?: WallClock;
  readonly fetch?: typeof fetch;
}

export function createMarketClock(settings: MarketClockSettings = {}): MarketClock {
  const wall = settings.wall ?? wallClock;
  if (settings.url === undefined || settings.url === "") return createWallMarketClock(wall);
  return createRemoteMarketClock(settings.url.replace(/\/+$/, ""), wall, settings.fetch ?? fetch);
}

function createWallMarketClock(wall: WallClock): MarketClock {
  const listeners = new Set<(tick: ClockTick) => void>();
  let timer: ReturnType<typeof setInterval> | null = null;
  let lastSeq = 0;
  const stopTimer = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    nowMs: () => wall.nowMs(),
    speed: () => 1,
    onTick(listener) {
      listeners.add(listener);
      timer ??= setInterval(() => {
        const nowMs = wall.nowMs();
        lastSeq = Math.floor(nowMs / WALL_TICK_MS);
        for (const each of listeners) each({ seq: lastSeq, nowMs, speed: 1 });
      }, WALL_TICK_MS);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stopTimer();
      };
    },
    ack: () => Promise.resolve(),
    status: () => ({ kind: "wall", state: "live", ageMs: 0, lastSeq, lastError: null }),
    ready: () => Promise.resolve(),
    close: () => {
      listeners.clear();
      stopTimer();
    },
  };
}

function createRemoteMarketClock(url: string, wall: WallClock, fetchFn: typeof fetch): MarketClock {
  const listeners = new Set<(tick: ClockTick) => void>();
  const waiters = new Set<() => void>();
  const abort = new AbortController();
  let last: ClockTick | null = null;
  let receivedAtMonoMs = wall.monotonicMs();
  let state: MarketClockStatus["state"] = "connecting";
  let lastError: string | null = null;

  function accept(line: string): void {
    const tick = parseTick(line);
    if (tick === null) {
      lastError = `the market clock at ${url}/clock sent a line that is not {"seq","nowMs","speed"}: ${line.slice(0, 120)}`;
      return;
    }
    receivedAtMonoMs = wall.monotonicMs();
    state = "live";
    // Market time never goes back within one process, also when the service restarts on an older state.
    if (last !== null && tick.nowMs < last.nowMs) {
      lastError = `the market clock at ${url}/clock went back from ${last.nowMs} to ${tick.nowMs}; the later time is kept`;
      return;
    }
    lastError = null;
    last = tick;
    for (const wake of waiters) wake();
    waiters.clear();
    for (const listener of listeners) listener(tick);
  }

  async function readStream(): Promise<void> {
    const response = await fetchFn(`${url}/clock`, {
      signal: abort.signal,
      headers: { accept: "application/x-ndjson" },
    });
    if (!response.ok || response.body === null) {
      throw new Error(`GET ${url}/clock answered ${response.status}; expected a 200 stream of ticks`);
    }
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    let pending = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`the stream ${url}/clock ended; it is opened again`);
      pending += decoder.decode(value, { stream: true });
      const lines = pending.split("\n");
      pending = lines.pop() ?? "";
      if (pending.length > MAX_LINE_BYTES)
        throw new Error(`the stream ${url}/clock sent a line over ${MAX_LINE_BYTES} bytes`);
      for (const line of lines) if (line.trim() !== "") accept(line);
    }
  }

  async function keepReading(): Promise<void> {
    let waitMs = RECONNECT_MIN_MS;
    while (!abort.signal.aborted) {
      const startedAtMonoMs = wall.monotonicMs();
      try {
        await readStream();
      } catch (error) {
        if (abort.signal.aborted) return;
        lastError = errorText(error);
      }
      state = "away";
      if (wall.monotonicMs() - startedAtMonoMs > RECONNECT_MAX_MS) waitMs = RECONNECT_MIN_MS;
      await sleep(waitMs * (0.75 + Math.random() * 0.5), abort.signal);
      waitMs = Math.min(waitMs * 2, RECONNECT_MAX_MS);
    }
  }

  void keepReading();
  return {
    nowMs: () => {
      invariant(last !== null, "market time was asked for before the first tick; await ready() first", { url });
      return last.nowMs;
    },
    speed: () => last?.speed ?? 1,
    onTick(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async ack(seq, participant) {
      try {
        const response = await fetchFn(`${url}/clock/ack`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ seq, participant }),
          signal: AbortSignal.any([abort.signal, AbortSignal.timeout(ACK_TIMEOUT_MS)]),
        });
        await response.arrayBuffer();
        if (!response.ok) lastError = `POST ${url}/clock/ack answered ${response.status} for step ${seq}`;
      } catch (error) {
        // Going on is safe: the owner of the clock waits a bounded time for a participant and then steps without it.
        lastError = `POST ${url}/clock/ack failed for step ${seq}: ${errorText(error)}`;
      }
    },
    status: () => ({
      kind: "remote",
      state,
      ageMs: Math.round(wall.monotonicMs() - receivedAtMonoMs),
      lastSeq: last?.seq ?? 0,
      lastError,
    }),
    ready: (timeoutMs) =>
      new Promise((resolve, reject) => {
        if (last !== null) return resolve();
        const timer = setTimeout(() => {
          waiters.delete(wake);
          reject(
            new Error(`no market time from ${url}/clock within ${timeoutMs} ms (${lastError ?? "no answer yet"})`),
          );
        }, timeoutMs);
        const wake = (): void => {
          clearTimeout(timer);
          resolve();
        };
        waiters.add(wake);
      }),
    close: () => {
      listeners.clear();
      abort.abort();
    },
  };
}

function parseTick(line: string): ClockTick | null {
  try {
    const parsed = tickSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, durationMs);
    signal.addEventListener("abort", end, { once: true });
  });
}
