// What is known about the live stream: connected or lost since when, and the market clock it carries.
"use client";
import { useSyncExternalStore } from "react";

export interface StreamState {
  readonly status: "connecting" | "live" | "lost" | "signed_out";
  /** Wall time of the last byte, unix ms. */
  readonly lastAtMs: number | null;
  readonly lostSinceMs: number | null;
  /** The server has ended the session that this stream belonged to. */
  readonly isEnded: boolean;
  readonly clock: { readonly marketNowMs: number; readonly speed: number; readonly receivedAtMs: number } | null;
}

let state: StreamState = { status: "connecting", lastAtMs: null, lostSinceMs: null, isEnded: false, clock: null };
const INITIAL = state;
const listeners = new Set<() => void>();

export function setStream(patch: Partial<StreamState>): void {
  state = { ...state, ...patch };
  for (const call of listeners) call();
}

export function readStream(): StreamState {
  return state;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useStream(): StreamState {
  return useSyncExternalStore(subscribe, readStream, () => INITIAL);
}

/** Only the status: does not change with every message. */
export function useStreamStatus(): StreamState["status"] {
  return useSyncExternalStore(
    subscribe,
    () => state.status,
    () => INITIAL.status,
  );
}

/** Only the market clock's last reading. */
export function useStreamClock(): StreamState["clock"] {
  return useSyncExternalStore(
    subscribe,
    () => state.clock,
    () => INITIAL.clock,
  );
}
