// A small set of exclusive choices side by side, such as the time window of a chart.
"use client";
import type { ReactNode } from "react";
import { cx } from "./cx";

export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
}): ReactNode {
  return (
    <div
      role="group"
      aria-label={label}
      className="inline-flex overflow-hidden rounded-control border border-line-2 [&>button+button]:border-l [&>button+button]:border-line"
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={cx(
            "h-9 px-3 text-dense -outline-offset-2 desk:h-6 desk:px-[9px]",
            option.value === value ? "bg-raised font-strong text-ink" : "text-ink-3 hover:text-ink",
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
