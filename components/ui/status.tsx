// A state as shape, word and colour together: readable without colour, and words come first for screen readers.
import type { ReactNode } from "react";
import { cx } from "./cx";

export type StatusTone = "ok" | "warn" | "crit" | "unknown" | "paused" | "prop";

const COLOUR: Readonly<Record<StatusTone, string>> = {
  ok: "text-ink-2",
  warn: "text-warn font-strong",
  crit: "text-crit font-strong",
  unknown: "text-ink-3 font-strong",
  paused: "text-ink-3 font-strong",
  prop: "text-prop font-strong",
};

/** Only the shape; decorative, so give the word beside it. */
export function StatusShape({ tone, size = 12 }: { readonly tone: StatusTone; readonly size?: number }): ReactNode {
  return (
    <svg
      viewBox="0 0 12 12"
      width={size}
      height={size}
      aria-hidden="true"
      className={cx("shrink-0", tone === "ok" && "text-tide")}
    >
      {tone === "ok" && <circle cx="6" cy="6" r="4" fill="currentColor" />}
      {tone === "warn" && <path d="M6 1.2 11.6 11H.4z" fill="currentColor" />}
      {tone === "crit" && (
        <>
          <path d="M3.7.5h4.6l3.2 3.2v4.6l-3.2 3.2H3.7L.5 8.3V3.7z" fill="currentColor" />
          <path d="M6 3v3.6M6 8.2v1.1" stroke="var(--bg)" strokeWidth="1.5" />
        </>
      )}
      {tone === "unknown" && (
        <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2 1.6" />
      )}
      {tone === "paused" && <path d="M3 2h2v8H3zM7 2h2v8H7z" fill="currentColor" />}
      {tone === "prop" && <path d="M6 1.2 10.8 6 6 10.8 1.2 6z" fill="none" stroke="currentColor" strokeWidth="1.4" />}
    </svg>
  );
}

export function Status({
  tone,
  children,
  title,
  className,
}: {
  readonly tone: StatusTone;
  readonly children: ReactNode;
  readonly title?: string | undefined;
  readonly className?: string | undefined;
}): ReactNode {
  return (
    <span title={title} className={cx("inline-flex items-center gap-1.5 whitespace-nowrap", COLOUR[tone], className)}>
      <StatusShape tone={tone} size={tone === "crit" ? 14 : 12} />
      {children}
    </span>
  );
}
