// A hash or an address in mono, four and four; one press copies all of it.
"use client";
import { Check, Copy } from "lucide-react";
import { useState, type ReactNode } from "react";

export function Copyable({
  value,
  shown,
  what,
}: {
  readonly value: string;
  readonly shown: string;
  /** "plan hash", "address": what the button copies. */
  readonly what: string;
}): ReactNode {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const copy = (): void => {
    navigator.clipboard.writeText(value).then(
      () => setState("copied"),
      // Without clipboard permission the full value is still on the page as the title.
      () => setState("failed"),
    );
  };
  return (
    <button
      type="button"
      title={value}
      onClick={copy}
      onBlur={() => setState("idle")}
      aria-label={`Copy ${what} ${shown}`}
      className="inline-flex min-h-6 items-center gap-1.5 rounded-chip font-hash text-dense text-ink-2 hover:text-ink"
    >
      {shown}
      {state === "copied" ? (
        <Check size={12} aria-hidden="true" className="text-tide" />
      ) : (
        <Copy size={12} aria-hidden="true" className="text-ink-3" />
      )}
      <span role="status" className="sr-only">
        {state === "copied" ? "Copied" : state === "failed" ? "Copying is not allowed here" : ""}
      </span>
    </button>
  );
}
