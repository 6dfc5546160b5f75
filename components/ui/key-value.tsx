// Pairs of name and value on one line each.
import type { ReactNode } from "react";
import { cx } from "./cx";

export interface KeyValueRow {
  readonly key: string;
  readonly value: ReactNode;
  readonly title?: string | undefined;
  readonly className?: string | undefined;
}

export function KeyValue({
  rows,
  ruled = false,
}: {
  readonly rows: readonly KeyValueRow[];
  readonly ruled?: boolean;
}): ReactNode {
  return (
    <dl className="text-dense">
      {rows.map((row) => (
        <div
          key={row.key}
          title={row.title}
          className={cx(
            "flex items-baseline justify-between gap-4",
            ruled ? "border-t py-2 first:border-t-0" : "py-0.5",
            row.className,
          )}
        >
          <dt className="min-w-0 text-ink-2">{row.key}</dt>
          {/* Does not shrink: a name without end must not break the figure beside it. */}
          <dd className="max-w-[64%] shrink-0 text-right wrap-anywhere">{row.value}</dd>
        </div>
      ))}
    </dl>
  );
}
