// How far something is, as a bar with its figure; the words stand beside it.
import type { ReactNode } from "react";

export function ProgressBar({ label, doneFrac }: { readonly label: string; readonly doneFrac: number }): ReactNode {
  const percent = Math.round(Math.min(1, Math.max(0, doneFrac)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="h-1.5 w-full rounded-chip bg-hover"
    >
      <div className="h-full rounded-chip bg-tide" style={{ width: `${percent}%` }} />
    </div>
  );
}
