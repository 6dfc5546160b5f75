// A word that explains itself: pressing it shows what it means, its formula, and the formula with live numbers.
"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useId, useRef, useState, type ReactNode } from "react";
import { lazyPart } from "@/components/ui/lazy-part";
import { Skeleton } from "@/components/ui/states";
import type { TermId } from "./live-terms";

const LiveTerm = dynamic(
  lazyPart(() => import("./live-term").then((module) => module.LiveTerm)),
  {
    ssr: false,
    loading: () => <Skeleton className="h-24 w-full" />,
  },
);

const WIDTH_PX = 360;
const EDGE_PX = 12;
/** Below this room under the word it opens above it. */
const HEIGHT_PX = 220;

export function Term({ id, children }: { readonly id: TermId; readonly children: ReactNode }): ReactNode {
  const popoverId = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [place, setPlace] = useState<{ readonly left: number; readonly top?: number; readonly bottom?: number } | null>(
    null,
  );
  return (
    <>
      <button
        ref={button}
        type="button"
        popoverTarget={popoverId}
        className="relative -my-[5px] min-h-6 cursor-help rounded-chip underline decoration-dotted decoration-ink-3 underline-offset-2 hover:text-ink"
      >
        {children}
      </button>
      <div
        id={popoverId}
        popover="auto"
        role="dialog"
        aria-label="What this means"
        onBeforeToggle={(event) => {
          const rect = button.current?.getBoundingClientRect();
          if (event.newState !== "open" || rect === undefined) return setPlace(null);
          const left = Math.max(EDGE_PX, Math.min(rect.left, window.innerWidth - WIDTH_PX - EDGE_PX));
          const isLow = window.innerHeight - rect.bottom < HEIGHT_PX;
          setPlace(isLow ? { left, bottom: window.innerHeight - rect.top + 6 } : { left, top: rect.bottom + 6 });
        }}
        style={{
          margin: 0,
          inset: "auto",
          width: `min(${WIDTH_PX}px, calc(100vw - ${2 * EDGE_PX}px))`,
          left: place?.left ?? 0,
          ...(place?.top === undefined ? {} : { top: place.top }),
          ...(place?.bottom === undefined ? {} : { bottom: place.bottom }),
        }}
        className="fixed rounded-dialog border border-line-2 bg-raised p-3.5 text-left font-text text-ink shadow-float outline-none"
      >
        {place !== null && (
          <>
            <LiveTerm id={id} isBare />
            <p className="mt-2 text-dense">
              <Link href="/docs/glossary" className="text-tide underline underline-offset-2">
                Glossary
              </Link>
            </p>
          </>
        )}
      </div>
    </>
  );
}
