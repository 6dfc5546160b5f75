// Checks in two columns: tick = holds, triangle = does not, dashed ring = cannot be known now, dot = set and checked later.
"use client";
import type { ReactNode } from "react";
import { cx } from "@/components/ui/cx";
import { StatusShape } from "@/components/ui/status";

export interface CheckItem {
  readonly id: string;
  readonly label: string;
  /** A sentence below the label. */
  readonly detail?: string | undefined;
  readonly value: string;
  readonly limit: string | null;
  readonly state: "holds" | "fails" | "unknown" | "later";
}

const WORD = { holds: "holds", fails: "does not hold", unknown: "unknown", later: "checked when signing" } as const;

export function CheckList({
  items,
  label,
}: {
  readonly items: readonly CheckItem[];
  readonly label: string;
}): ReactNode {
  return (
    <ul aria-label={label} className="grid gap-x-6 desk:grid-cols-2">
      {items.map((item) => (
        <li
          key={item.id}
          className={cx(
            "grid min-h-8 grid-cols-[16px_minmax(0,1fr)_auto] items-center gap-x-2 border-b py-1 text-dense",
            item.state === "fails" && "bg-warn-soft",
          )}
        >
          <Mark state={item.state} />
          <span className="min-w-0 wrap-anywhere text-ink-2">
            {item.label}
            <span className="sr-only">, {WORD[item.state]}</span>
            {item.detail !== undefined && <span className="block text-micro text-ink-3">{item.detail}</span>}
          </span>
          <span className={cx("max-w-44 text-right", item.state === "fails" && "text-warn")}>
            <b className="font-strong">{item.value}</b>
            {item.limit !== null && <span className="text-ink-3"> / {item.limit}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Mark({ state }: { readonly state: CheckItem["state"] }): ReactNode {
  if (state === "holds") {
    return (
      <svg
        viewBox="0 0 12 12"
        width="12"
        height="12"
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        className="text-tide"
      >
        <path d="m1.5 6.5 3 3 6-7" />
      </svg>
    );
  }
  if (state === "later") return <span aria-hidden="true" className="ml-[3px] size-1.5 rounded-full bg-ink-3" />;
  return (
    <span className={state === "fails" ? "text-warn" : "text-ink-3"}>
      <StatusShape tone={state === "fails" ? "warn" : "unknown"} />
    </span>
  );
}
