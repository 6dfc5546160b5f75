// A small boxed word: dashed for what is proposed, solid fill only for what is critical.
import type { ReactNode } from "react";
import { cx } from "./cx";

export type ChipTone = "plain" | "warn" | "prop" | "crit" | "tide";

const TONE: Readonly<Record<ChipTone, string>> = {
  plain: "border border-line-2 text-ink-2",
  warn: "border border-transparent bg-warn-soft text-warn",
  prop: "border border-dashed border-prop text-prop",
  crit: "border border-crit bg-crit text-on-crit font-title",
  tide: "border border-transparent bg-tide-soft text-tide",
};

export function Chip({
  tone = "plain",
  title,
  children,
}: {
  readonly tone?: ChipTone;
  readonly title?: string | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span
      title={title}
      className={cx(
        "inline-flex h-5 items-center gap-1.5 rounded-chip px-[7px] text-micro whitespace-nowrap",
        TONE[tone],
      )}
    >
      {children}
    </span>
  );
}
