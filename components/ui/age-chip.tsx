// How old a value is: a dot when fresh, a ring from two periods, hatched from four.
import type { ReactNode } from "react";
import { cx } from "./cx";

export type AgeLevel = "fresh" | "late" | "stale";

export function AgeChip({
  level,
  title,
  children,
}: {
  readonly level: AgeLevel;
  readonly title?: string | undefined;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <span
      title={title}
      className={cx(
        "inline-flex items-center gap-[5px] text-micro whitespace-nowrap",
        level === "fresh" ? "text-ink-3" : "text-warn",
        level === "stale" && "hatch-stale px-1.5 py-px",
      )}
    >
      <span
        aria-hidden="true"
        className={cx(
          "inline-block size-[6px]",
          level === "fresh" && "rounded-full bg-tide",
          level === "late" && "rounded-full border-[1.5px] border-warn",
          level === "stale" && "border-[1.5px] border-warn",
        )}
      />
      {children}
      {level !== "fresh" && <span className="sr-only">{level === "late" ? "late" : "too old to act on"}</span>}
    </span>
  );
}
