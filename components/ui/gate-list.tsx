// Gates in the order of evaluation: tick = met, dash = not met, ring = not reached, diamond = waits for a person.
import type { ReactNode } from "react";
import { cx } from "./cx";

export interface GateItem {
  readonly id: string;
  readonly label: string;
  readonly detail?: string | undefined;
  readonly value: string;
  readonly threshold: string | null;
  readonly state: "met" | "unmet" | "unreached" | "waits";
  /** Where value and threshold lie on the bar, 0..1; null draws no bar. */
  readonly bar: { readonly valueFrac: number; readonly thresholdFrac: number } | null;
}

const WORD = { met: "met", unmet: "not met", unreached: "not reached", waits: "waits for a person" } as const;

export function GateList({ items, label }: { readonly items: readonly GateItem[]; readonly label: string }): ReactNode {
  return (
    <ul aria-label={label}>
      {items.map((item) => (
        <li
          key={item.id}
          className={cx(
            "grid grid-cols-[16px_minmax(0,1fr)_auto] items-center gap-x-2.5 gap-y-0.5 border-b px-3.5 py-[7px] text-dense last:border-b-0 desk:px-4",
            item.state === "waits" && "bg-prop-soft",
          )}
        >
          <GateMark state={item.state} />
          <div className="min-w-0">
            <span className={item.state === "met" || item.state === "waits" ? undefined : "text-ink-2"}>
              {item.label}
            </span>
            <span className="sr-only">, {WORD[item.state]}</span>
            {item.detail !== undefined && item.detail !== "" && (
              <span className="block text-micro break-words text-ink-3">{item.detail}</span>
            )}
          </div>
          <div className="text-right whitespace-nowrap">
            <b className="font-title">{item.value}</b>
            {item.threshold !== null && <span className="text-ink-3"> / {item.threshold}</span>}
          </div>
          {item.bar !== null && (
            <div aria-hidden="true" className="relative col-span-2 col-start-2 mt-0.5 h-[3px] bg-line">
              <span
                className="absolute inset-y-0 left-0 bg-ink-3"
                style={{ width: `${clamp(item.bar.valueFrac) * 100}%` }}
              />
              <span
                className="absolute -inset-y-[3px] w-[1.5px] bg-ink"
                style={{ left: `calc(${clamp(item.bar.thresholdFrac) * 100}% - 1px)` }}
              />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

function clamp(frac: number): number {
  return Number.isFinite(frac) ? Math.min(1, Math.max(0, frac)) : 0;
}

function GateMark({ state }: { readonly state: GateItem["state"] }): ReactNode {
  return (
    <svg
      viewBox="0 0 12 12"
      width="12"
      height="12"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      className={state === "met" ? "text-tide" : state === "waits" ? "text-prop" : "text-ink-3"}
    >
      {state === "met" && <path d="m1.5 6.5 3 3 6-7" />}
      {state === "unmet" && <path d="M2 6h8" />}
      {state === "unreached" && <circle cx="6" cy="6" r="4" strokeWidth="1.3" strokeDasharray="2 1.6" />}
      {state === "waits" && <path d="M6 1.2 10.8 6 6 10.8 1.2 6z" strokeWidth="1.3" />}
    </svg>
  );
}
