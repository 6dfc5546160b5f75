// One numbered part of the approval card: its name at the left on a desk, above on a phone, where it may start folded.
"use client";
import { ChevronDown } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { cx } from "@/components/ui/cx";

export function PlanSection({
  index,
  title,
  meta,
  children,
  foldOnPhone = false,
  className,
}: {
  readonly index: number;
  readonly title: string;
  /** State or age of the part, under its name. */
  readonly meta?: ReactNode;
  readonly children: ReactNode;
  readonly foldOnPhone?: boolean;
  readonly className?: string;
}): ReactNode {
  const id = useId();
  const [isOpen, setOpen] = useState(!foldOnPhone);
  const name = (
    <>
      <span aria-hidden="true" className="hidden w-3.5 shrink-0 text-micro font-text text-ink-3 desk:inline-block">
        {index}
      </span>
      {title}
    </>
  );
  return (
    <section
      aria-labelledby={`${id}-name`}
      className={cx(
        "gap-4 border-b px-3.5 py-3 desk:grid desk:grid-cols-[132px_minmax(0,1fr)] desk:px-4 desk:py-4",
        className,
      )}
    >
      <div className="flex min-h-6 flex-wrap items-baseline gap-x-3 gap-y-0.5 desk:block">
        <h3 id={`${id}-name`} className="flex items-baseline gap-1.5 text-body font-title">
          {name}
        </h3>
        {meta !== undefined && <div className="ml-auto text-micro text-ink-3 desk:mt-1 desk:ml-5">{meta}</div>}
        {foldOnPhone && (
          <button
            type="button"
            aria-expanded={isOpen}
            aria-controls={`${id}-body`}
            aria-label={`${isOpen ? "Fold" : "Show"} ${title.toLowerCase()}`}
            onClick={() => setOpen(!isOpen)}
            className="-my-2 -mr-2 grid size-11 place-items-center self-center text-ink-2 desk:hidden"
          >
            <ChevronDown size={16} aria-hidden="true" className={isOpen ? "rotate-180" : undefined} />
          </button>
        )}
      </div>
      <div id={`${id}-body`} className={cx("mt-2 min-w-0 desk:mt-0", !isOpen && "hidden desk:block")}>
        {children}
      </div>
    </section>
  );
}
