// The one word of a page about health: large, with its shape.
import type { ReactNode } from "react";
import { cx } from "./cx";
import { StatusShape, type StatusTone } from "./status";

/** Colour of a large word, and of a shape on its own. */
export const TONE_INK: Readonly<Record<StatusTone, string>> = {
  ok: "text-ink",
  warn: "text-warn",
  crit: "text-crit",
  unknown: "text-ink-2",
  paused: "text-ink-2",
  prop: "text-prop",
};

export function HeadStatus({ tone, children }: { readonly tone: StatusTone; readonly children: string }): ReactNode {
  return (
    <p className={cx("flex items-center gap-3 text-head font-medium tracking-[-.012em]", TONE_INK[tone])}>
      <StatusShape tone={tone} size={22} />
      {children}
    </p>
  );
}
