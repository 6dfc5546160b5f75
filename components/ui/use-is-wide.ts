// Whether the window is at least as wide as the desk's own frame (900 px); for what cannot be said in a style sheet.
"use client";
import { useSyncExternalStore } from "react";

const QUERY = "(min-width: 900px)";

function subscribe(onChange: () => void): () => void {
  const list = window.matchMedia(QUERY);
  list.addEventListener("change", onChange);
  return () => list.removeEventListener("change", onChange);
}

export function useIsWide(): boolean {
  return useSyncExternalStore(
    subscribe,
    () => window.matchMedia(QUERY).matches,
    () => true,
  );
}
