// Messages that cannot be lost: each is an entry of a capped stream, pub/sub only says "look now", and followers re-read after a gap.
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { encodeJson } from "./codec";

export interface StreamEntry {
  /** `<ms>-<n>`, grows within a stream; the resume point. */
  readonly id: string;
  /** JSON text, not yet checked. */
  readonly json: string;
}

/** Appends to the stream and wakes the followers, in one script. Returns the entry's id. */
export function appendToStream(
  store: StoreClient,
  input: { readonly stream: string; readonly channel: string; readonly keptCount: number; readonly value: unknown },
): Promise<Result<string, StoreError>> {
  return store.script("appendEvent", [input.stream], [input.keptCount, input.channel, encodeJson(input.value)]);
}

/** Entries after `afterId` (exclusive; "0" = from the oldest kept), oldest first. */
export async function readStream(
  store: StoreClient,
  input: { readonly stream: string; readonly afterId: string; readonly limit: number },
): Promise<Result<readonly StreamEntry[], StoreError>> {
  const from = input.afterId === "0" ? "-" : `(${input.afterId}`;
  const reply = await store.call(`read the stream ${input.stream}`, (redis) =>
    redis.xrange(input.stream, from, "+", "COUNT", input.limit),
  );
  return reply.ok ? ok(reply.value.map(toEntry)) : reply;
}

/** Newest first. */
export async function readStreamTail(
  store: StoreClient,
  input: { readonly stream: string; readonly limit: number; readonly beforeId?: string | undefined },
): Promise<Result<readonly StreamEntry[], StoreError>> {
  const from = input.beforeId === undefined ? "+" : `(${input.beforeId}`;
  const reply = await store.call(`read the stream ${input.stream}`, (redis) =>
    redis.xrevrange(input.stream, from, "-", "COUNT", input.limit),
  );
  return reply.ok ? ok(reply.value.map(toEntry)) : reply;
}

/** Id of the newest entry, "0" when the stream is empty. */
export async function readLastStreamId(store: StoreClient, stream: string): Promise<Result<string, StoreError>> {
  const tail = await readStreamTail(store, { stream, limit: 1 });
  return tail.ok ? ok(tail.value[0]?.id ?? "0") : tail;
}

export interface StreamFollower {
  /** Id of the last entry handed over. */
  lastId(): string;
  stop(): void;
}

const READ_BATCH_COUNT = 500;
/** Also without any message: a lost wake-up costs at most this. */
const FALLBACK_POLL_MS = 2_000;

/**
 * Hands over every entry after `afterId` once and in order, across reconnects and lost messages.
 * `onError` hears of reads that failed; they are tried again.
 */
export function followStream(
  store: StoreClient,
  input: {
    readonly stream: string;
    readonly channel: string;
    readonly afterId: string;
    readonly onEntry: (entry: StreamEntry) => void | Promise<void>;
    readonly onError?: (error: StoreError) => void;
  },
): StreamFollower {
  const subscriber = store.subscriber();
  const at = { lastId: input.afterId, stopped: false, reading: false, again: false };

  async function drain(): Promise<void> {
    if (at.reading || at.stopped) {
      at.again = true;
      return;
    }
    at.reading = true;
    try {
      do {
        at.again = false;
        const batch = await readStream(store, { stream: input.stream, afterId: at.lastId, limit: READ_BATCH_COUNT });
        if (!batch.ok) {
          input.onError?.(batch.error);
          return;
        }
        for (const entry of batch.value) {
          if (at.stopped) return;
          at.lastId = entry.id;
          await input.onEntry(entry);
        }
        if (batch.value.length === READ_BATCH_COUNT) at.again = true;
        if (batch.value.length === 0) await restartAfterFlush();
      } while (at.again && !at.stopped);
    } finally {
      at.reading = false;
    }
  }

  /** A flushed store whose clock went back numbers below our resume point: begin again with what is there. */
  async function restartAfterFlush(): Promise<void> {
    if (at.lastId === "0") return;
    const newest = await readLastStreamId(store, input.stream);
    if (newest.ok && newest.value !== "0" && compareStreamIds(newest.value, at.lastId) < 0) {
      at.lastId = "0";
      at.again = true;
    }
  }

  const onMessage = (channel: string): void => {
    if (channel === input.channel) void drain();
  };
  const onReady = (): void => void drain();
  subscriber.on("message", onMessage);
  subscriber.on("ready", onReady);
  // A failed SUBSCRIBE is repeated by ioredis after the reconnect; until then the poll below reads.
  subscriber.subscribe(input.channel).then(onReady, () => undefined);
  const timer = setInterval(onReady, FALLBACK_POLL_MS);
  timer.unref();
  void drain();

  return {
    lastId: () => at.lastId,
    stop() {
      at.stopped = true;
      clearInterval(timer);
      subscriber.off("message", onMessage);
      subscriber.off("ready", onReady);
    },
  };
}

/** Plain messages, at most once: for wake-ups whose content is readable state elsewhere. */
export function onChannelMessage(store: StoreClient, channel: string, listener: (message: string) => void): () => void {
  const subscriber = store.subscriber();
  const onMessage = (from: string, message: string): void => {
    if (from === channel) listener(message);
  };
  subscriber.on("message", onMessage);
  // As above: ioredis subscribes again when it is connected.
  subscriber.subscribe(channel).catch(() => undefined);
  return () => void subscriber.off("message", onMessage);
}

export function compareStreamIds(left: string, right: string): number {
  const [leftMs = "0", leftSeq = "0"] = left.split("-");
  const [rightMs = "0", rightSeq = "0"] = right.split("-");
  return Number(leftMs) - Number(rightMs) || Number(leftSeq) - Number(rightSeq);
}

function toEntry([id, fields]: readonly [string, readonly string[]]): StreamEntry {
  const at = fields.indexOf("json");
  return { id, json: at % 2 === 0 ? (fields[at + 1] ?? "null") : "null" };
}
