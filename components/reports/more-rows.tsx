// The end of a long list: how many there are, and the rest of them when asked for.
"use client";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { formatInteger } from "@/lib/format/number";

/** Rows before anybody asks: a screen of them. */
const SHOWN = 12;
/** More at once, so that thousands stay readable. */
const STEP = 200;

export function useMoreRows<T>(rows: readonly T[]): {
  readonly shown: readonly T[];
  readonly more: ReactNode;
} {
  const [count, setCount] = useState(SHOWN);
  const left = rows.length - count;
  return {
    shown: rows.slice(0, count),
    more:
      left <= 0 ? null : (
        <div className="flex flex-wrap items-center justify-between gap-3 border-t px-3.5 py-2 text-micro text-ink-3 desk:px-4">
          <span>
            The newest {formatInteger(count)} of {formatInteger(rows.length)}; the CSV file holds all.
          </span>
          <Button size="small" onClick={() => setCount(count + STEP)}>
            Show {formatInteger(Math.min(STEP, left))} more
          </Button>
        </div>
      ),
  };
}
