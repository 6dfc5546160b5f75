// What a signature would change, line by line: before and after in words.
import type { ReactNode } from "react";

export interface Change {
  readonly id: string;
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

export function ChangeList({
  changes,
  caption = "Changes",
}: {
  readonly changes: readonly Change[];
  readonly caption?: string;
}): ReactNode {
  return (
    <ul aria-label={caption} className="grid gap-1.5">
      {changes.map(({ id, label, before, after }) => (
        <li key={id} className="wrap-anywhere">
          <span className="block text-dense text-ink-3">{label}</span>
          {before} <span className="text-ink-3">→</span> <b className="font-title text-prop">{after}</b>
        </li>
      ))}
    </ul>
  );
}
