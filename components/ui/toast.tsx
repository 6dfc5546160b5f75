// Toasts say what is true now; never the only record of it.
"use client";
import { X } from "lucide-react";
import { useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { cx } from "./cx";
import { StatusShape, type StatusTone } from "./status";

interface Entry {
  readonly id: number;
  readonly tone: StatusTone;
  readonly title: string;
  readonly detail: string | null;
  /** Stays until it is closed. */
  readonly isLasting: boolean;
}

const SHOWN_MAX = 3;
const SHOWN_MS = 8_000;
const NONE: readonly Entry[] = [];
const listeners = new Set<() => void>();
let entries: readonly Entry[] = NONE;
let lastId = 0;

function change(next: readonly Entry[]): void {
  entries = next;
  for (const listener of listeners) listener();
}

function closeToast(id: number): void {
  change(entries.filter((entry) => entry.id !== id));
}

/** Shows a sentence for 8 s; warnings and worse stay until they are closed. */
export function showToast(tone: StatusTone, title: string, detail?: string): void {
  lastId += 1;
  const isLasting = tone === "crit" || tone === "warn";
  change([...entries, { id: lastId, tone, title, detail: detail ?? null, isLasting }].slice(-SHOWN_MAX));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function ToastArea(): ReactNode {
  const shown = useSyncExternalStore(
    subscribe,
    () => entries,
    () => NONE,
  );
  return (
    <div
      role="region"
      aria-label="Notices"
      className="pointer-events-none fixed right-3 bottom-[70px] left-3 z-50 flex flex-col gap-2 desk:right-6 desk:bottom-6 desk:left-auto desk:w-[380px]"
    >
      {/* Both regions are there from the start: what comes into them is read out. */}
      <div aria-live="polite" className="contents">
        {shown.map((entry) => (entry.isLasting ? null : <Toast key={entry.id} entry={entry} />))}
      </div>
      <div aria-live="assertive" className="contents">
        {shown.map((entry) => (entry.isLasting ? <Toast key={entry.id} entry={entry} /> : null))}
      </div>
    </div>
  );
}

function Toast({ entry }: { readonly entry: Entry }): ReactNode {
  const { id, tone, title, detail, isLasting } = entry;
  // Who reads it or has the focus in it keeps it.
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isLasting || isHeld) return;
    const timer = setTimeout(() => closeToast(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, isLasting, isHeld]);
  return (
    <div
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      onKeyDown={(event) => {
        if (event.key === "Escape") closeToast(id);
      }}
      className="pointer-events-auto flex w-full items-start gap-3 rounded-dialog border border-line-2 bg-raised px-3.5 py-2.5 shadow-float"
    >
      <span className={cx("mt-[3px]", tone === "warn" && "text-warn", tone === "crit" && "text-crit")}>
        <StatusShape tone={tone} />
      </span>
      <div className="min-w-0 flex-1">
        <p className="text-body font-strong wrap-anywhere">{title}</p>
        {detail !== null && <p className="text-dense wrap-anywhere text-ink-2">{detail}</p>}
      </div>
      <button
        type="button"
        aria-label="Close"
        onClick={() => closeToast(id)}
        className="-mr-1.5 grid size-7 place-items-center rounded-control text-ink-3 hover:bg-hover hover:text-ink"
      >
        <X size={14} aria-hidden="true" />
      </button>
    </div>
  );
}
