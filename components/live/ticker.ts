// One shared clock for everything that shows an age or counts down: wall time, read once a second.
"use client";
import { useSyncExternalStore } from "react";

const TICK_MS = 1_000;
let nowMs = 0;
let timer: ReturnType<typeof setInterval> | null = null;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === null) {
    nowMs = Date.now();
    timer = setInterval(() => {
      nowMs = Date.now();
      for (const call of listeners) call();
    }, TICK_MS);
    queueMicrotask(listener);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** Wall time, unix ms; 0 while rendering on the server and during hydration. */
export function useWallNow(): number {
  return useSyncExternalStore(
    subscribe,
    () => nowMs,
    () => 0,
  );
}
