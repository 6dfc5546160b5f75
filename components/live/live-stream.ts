// One SSE connection per tab: resumes by Last-Event-ID, watches the heartbeat, backs off, and reconnects after sleep.
"use client";
import { loadShapes } from "@/lib/api/client";
import type { DeskEvent } from "@/lib/api/events";
import { STREAM_PATH } from "@/lib/api/stream-path";
import { onSessionChange } from "./session-tabs";
import { createSseParser } from "./sse-parser";
import { readStream, setStream } from "./stream-store";

type Shapes = Awaited<ReturnType<typeof loadShapes>>;

/** The server sends something at least every 15 s (stream.ts); two of them missed and a margin. */
const SILENCE_MS = 35_000;
const WATCH_MS = 1_000;
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;

export interface LiveHandlers {
  readonly onEvent: (event: DeskEvent) => void;
  /** Everything visible must be read again: first connection, gap too long, or after a break. */
  readonly onRefetch: () => void;
}

/** Starts the stream; the returned function ends it. */
export function startLiveStream(handlers: LiveHandlers): () => void {
  let isOver = false;
  let attempt = 0;
  let lastId: string | null = null;
  let controller = new AbortController();
  let retry: ReturnType<typeof setTimeout> | null = null;
  let wasLost = false;

  const lose = (): void => {
    wasLost = true;
    if (readStream().status !== "lost") setStream({ status: "lost", lostSinceMs: Date.now() });
  };

  const again = (): void => {
    if (isOver || retry !== null) return;
    const wait = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)] ?? 10_000;
    attempt += 1;
    retry = setTimeout(
      () => {
        retry = null;
        void connect();
      },
      wait * (0.75 + Math.random() / 2),
    );
  };

  const connect = async (): Promise<void> => {
    controller.abort();
    const mine = new AbortController();
    controller = mine;
    let shapes: Shapes | null = null;
    const parser = createSseParser({
      life: () => setStream({ lastAtMs: Date.now() }),
      message: (message) => {
        if (message.id !== null) lastId = message.id;
        if (message.event === "signed_out") setStream({ isEnded: true });
        if (message.event === "refetch" || message.event === "signed_out") handlers.onRefetch();
        if (message.event === "refetch" || message.event === "signed_out" || message.event === "hello") return;
        const event = shapes === null ? null : parseEvent(shapes, message.data);
        if (event === null) return;
        if (event.type === "clock") {
          setStream({ clock: { marketNowMs: event.marketNowMs, speed: event.speed, receivedAtMs: Date.now() } });
        }
        handlers.onEvent(event);
      },
    });
    try {
      shapes = await loadShapes();
      const response = await fetch(STREAM_PATH, {
        headers: { accept: "text/event-stream", ...(lastId === null ? {} : { "last-event-id": lastId }) },
        cache: "no-store",
        signal: mine.signal,
      });
      if (response.status === 401) {
        setStream({ status: "signed_out", lostSinceMs: null });
        return;
      }
      if (!response.ok || response.body === null) throw new Error(`the stream answered ${response.status}`);
      attempt = 0;
      setStream({ status: "live", lastAtMs: Date.now(), lostSinceMs: null });
      if (wasLost) {
        wasLost = false;
        handlers.onRefetch();
      }
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        parser.push(value);
      }
      throw new Error("the stream ended");
    } catch {
      // Aborted by ourselves: another connection has taken over. Anything else: say so and try again.
      if (mine !== controller || isOver) return;
      lose();
      again();
    }
  };

  const watch = setInterval(() => {
    const { status, lastAtMs } = readStream();
    if (status === "live" && lastAtMs !== null && Date.now() - lastAtMs > SILENCE_MS) {
      lose();
      void connect();
    }
  }, WATCH_MS);

  const anew = (): void => {
    attempt = 0;
    if (retry !== null) clearTimeout(retry);
    retry = null;
    void connect();
  };

  const wake = (): void => {
    if (document.visibilityState !== "visible") return;
    const { status, lastAtMs } = readStream();
    if (status === "lost") {
      anew();
    } else if (lastAtMs !== null && Date.now() - lastAtMs > SILENCE_MS) {
      lose();
      void connect();
    }
  };
  // The stream belongs to a session, so another one needs another stream.
  const stopSession = onSessionChange((isSignedIn) => {
    setStream({ isEnded: !isSignedIn });
    handlers.onRefetch();
    anew();
  });
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  void connect();

  return () => {
    isOver = true;
    controller.abort();
    stopSession();
    clearInterval(watch);
    if (retry !== null) clearTimeout(retry);
    document.removeEventListener("visibilitychange", wake);
    window.removeEventListener("online", wake);
  };
}

function parseEvent({ eventSchema }: Shapes, data: string): DeskEvent | null {
  try {
    const parsed = eventSchema.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : null;
  } catch {
    // A newer server may send what this page does not know; the next reading of the view covers it.
    return null;
  }
}
