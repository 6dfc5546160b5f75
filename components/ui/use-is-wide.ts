// Whether the window is at least as wide as one of the desk's steps; for what cannot be said in a style sheet.
"use client";
import { useSyncExternalStore } from "react";

interface Step {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly isReached: () => boolean;
}

function stepAt(widthPx: number): Step {
  const query = `(min-width: ${widthPx}px)`;
  return {
    subscribe(onChange) {
      const list = window.matchMedia(query);
      list.addEventListener("change", onChange);
      return () => list.removeEventListener("change", onChange);
    },
    isReached: () => window.matchMedia(query).matches,
  };
}

/** The same widths as in the style sheet. */
const STEPS = { desk: stepAt(900), mid: stepAt(1240) } as const;

export function useIsWide(from: keyof typeof STEPS = "desk"): boolean {
  const { subscribe, isReached } = STEPS[from];
  return useSyncExternalStore(subscribe, isReached, () => true);
}
