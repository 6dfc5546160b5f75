// A slider with its value beside its name; moved ones are marked.
"use client";
import { useId, type ReactNode } from "react";
import { cx } from "@/components/ui/cx";

export function Knob({
  label,
  text,
  valueText,
  value,
  min,
  max,
  step,
  isMoved,
  onChange,
}: {
  readonly label: string;
  readonly text: string;
  /** What a screen reader says instead of the slider's own number. */
  readonly valueText: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly isMoved: boolean;
  readonly onChange: (value: number) => void;
}): ReactNode {
  const id = useId();
  return (
    <div>
      <div className="flex items-baseline justify-between gap-3 text-dense">
        <label htmlFor={id} className="text-ink-2">
          {label}
        </label>
        <span className={cx(isMoved ? "font-strong text-prop" : "text-ink")}>{text}</span>
      </div>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={valueText}
        onChange={(event) => onChange(Number(event.target.value))}
        className={cx("h-11 w-full desk:h-6", isMoved ? "accent-prop" : "accent-tide")}
      />
    </div>
  );
}
