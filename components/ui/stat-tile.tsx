// A label, a value and one line of context; never a value without its context.
import type { ReactNode } from "react";
import { cx } from "./cx";

export function StatTile({
  label,
  value,
  context,
  shape,
  className,
}: {
  readonly label: ReactNode;
  readonly value: ReactNode;
  readonly context: ReactNode;
  readonly shape?: ReactNode;
  readonly className?: string | undefined;
}): ReactNode {
  return (
    <div className={cx("min-w-0", className)}>
      <div className="flex items-center gap-1.5 text-micro text-ink-3">
        {shape}
        {label}
      </div>
      <div className="mt-0.5 text-lead font-title">{value}</div>
      <div className="mt-0.5 text-dense text-ink-2">{context}</div>
    </div>
  );
}
