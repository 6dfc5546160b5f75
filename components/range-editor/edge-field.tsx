// One edge by keyboard and by press: type a price, step with arrow keys or buttons; it snaps when left.
"use client";
import { Minus, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { TextField } from "@/components/ui/field";

export function EdgeField({
  name,
  unit,
  stepName,
  shown,
  note,
  onPrice,
  onStep,
}: {
  readonly name: string;
  readonly unit: string;
  /** `one tick spacing`. */
  readonly stepName: string;
  readonly shown: string;
  readonly note: string;
  /** A typed price, in the page's direction. */
  readonly onPrice: (price: number) => void;
  readonly onStep: (steps: number) => void;
}): ReactNode {
  const [draft, setDraft] = useState<string | null>(null);
  const step = (steps: number): void => {
    setDraft(null);
    onStep(steps);
  };
  const take = (): void => {
    if (draft === null) return;
    const typed = Number(draft.replaceAll(",", "").trim());
    setDraft(null);
    if (typed > 0 && Number.isFinite(typed)) onPrice(typed);
  };
  return (
    <div>
      <div className="flex items-end gap-1.5">
        <TextField
          className="min-w-0 flex-1"
          label={`${name}, ${unit}`}
          inputMode="decimal"
          value={draft ?? shown}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === "Enter" && draft !== null) {
              event.preventDefault();
              take();
            }
            if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
            event.preventDefault();
            step((event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1));
          }}
        />
        <Button
          className="w-11 px-0! desk:h-9! desk:w-9"
          aria-label={`${name}: ${stepName} down`}
          onClick={() => step(-1)}
        >
          <Minus size={14} aria-hidden="true" />
        </Button>
        <Button
          className="w-11 px-0! desk:h-9! desk:w-9"
          aria-label={`${name}: ${stepName} up`}
          onClick={() => step(1)}
        >
          <Plus size={14} aria-hidden="true" />
        </Button>
      </div>
      <p className="mt-0.5 text-micro text-ink-3">{note}</p>
    </div>
  );
}
