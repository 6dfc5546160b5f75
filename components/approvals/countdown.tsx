// Time left on a plan: a countdown for the eye, announced to screen readers at five minutes, one minute and expiry only.
"use client";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { cx } from "@/components/ui/cx";
import { formatCountdown } from "@/lib/format/age";
import { formatIso } from "@/lib/format/time";

const FIVE_MIN_MS = 300_000;
const ONE_MIN_MS = 60_000;

/** Time left in ms; null before the first tick or without an expiry. */
export function useTimeLeft(expiresAtMs: number | null): number | null {
  const nowMs = useWallNow();
  return expiresAtMs === null || nowMs === 0 ? null : Math.max(0, expiresAtMs - nowMs);
}

export function Countdown({
  expiresAtMs,
  className,
}: {
  readonly expiresAtMs: number;
  readonly className?: string;
}): ReactNode {
  const leftMs = useTimeLeft(expiresAtMs);
  return (
    <span
      role="timer"
      aria-label="Time left"
      title={formatIso(expiresAtMs)}
      className={cx(leftMs !== null && leftMs <= ONE_MIN_MS && "text-warn", className)}
    >
      {formatCountdown(leftMs)}
    </span>
  );
}

/** The share of the waiting time that is left, as a thin bar. */
export function TimeBar({
  createdAtMs,
  expiresAtMs,
  className,
}: {
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly className?: string;
}): ReactNode {
  const leftMs = useTimeLeft(expiresAtMs);
  const total = expiresAtMs - createdAtMs;
  const frac = leftMs === null || total <= 0 ? 0 : Math.min(1, leftMs / total);
  return (
    <div aria-hidden="true" className={cx("h-1 bg-line", className)}>
      <div className="h-full bg-prop" style={{ width: `${frac * 100}%` }} />
    </div>
  );
}

/** The one live region of the countdown; put it once on a page. Its text changes three times in a plan's life. */
export function CountdownAnnouncer({
  expiresAtMs,
  what,
}: {
  readonly expiresAtMs: number;
  /** "Shift the WETH-USDC range". */
  readonly what: string;
}): ReactNode {
  const leftMs = useTimeLeft(expiresAtMs);
  return (
    <span aria-live="assertive" className="sr-only">
      {leftMs === null || leftMs > FIVE_MIN_MS
        ? ""
        : leftMs > ONE_MIN_MS
          ? `${what}: less than 5 minutes left to approve.`
          : leftMs > 0
            ? `${what}: less than 1 minute left to approve.`
            : `${what}: time is up, the plan expires to HOLD.`}
    </span>
  );
}
