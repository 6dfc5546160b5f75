// The mode in words; the more it may do, the heavier it looks.
import type { ReactNode } from "react";
import { cx } from "./cx";

export type ModeName = "observe" | "approve" | "auto" | "paused" | "halted" | "stopped";

const LOOK: Readonly<Record<ModeName, string>> = {
  observe: "border-line-2 text-ink-2",
  approve: "border-prop text-prop",
  auto: "border-ink bg-ink text-bg",
  paused: "border-line-2 text-ink-3",
  halted: "border-crit bg-crit text-on-crit",
  stopped: "border-crit bg-crit text-on-crit",
};

const MEANING: Readonly<Record<ModeName, string>> = {
  observe: "Decides and shows, sends nothing",
  approve: "A plan waits for a signed approval, otherwise HOLD",
  auto: "Acts on its own within its limits",
  paused: "Paused by a person",
  halted: "Halted until a person looks",
  stopped: "Signing is stopped",
};

export function ModeBadge({
  mode,
  count,
}: {
  readonly mode: ModeName;
  readonly count?: number | undefined;
}): ReactNode {
  return (
    <span
      title={MEANING[mode]}
      className={cx(
        "inline-flex h-5 items-center gap-1.5 rounded-chip border px-[7px] text-micro font-title tracking-[.06em] whitespace-nowrap uppercase",
        LOOK[mode],
      )}
    >
      {mode}
      {count !== undefined && <span className="font-strong tracking-normal">{count}</span>}
    </span>
  );
}
