// All pages of the manual: a side list on a desk, one that opens on a phone.
import Link from "next/link";
import type { ReactNode } from "react";
import { cx } from "@/components/ui/cx";

interface Entry {
  readonly slug: string;
  readonly title: string;
  readonly group: "manual" | "decisions";
}

export function manualHref(slug: string): string {
  return slug === "" ? "/docs" : `/docs/${slug}`;
}

export function ManualNav({
  entries,
  current,
}: {
  readonly entries: readonly Entry[];
  readonly current: string;
}): ReactNode {
  const list = (
    <>
      <Group entries={entries.filter((entry) => entry.group === "manual")} current={current} />
      {entries.some((entry) => entry.group === "decisions") && (
        <>
          <h2 className="mt-4 mb-1 px-3.5 text-micro font-text text-ink-3 desk:px-2">Decision records</h2>
          <Group entries={entries.filter((entry) => entry.group === "decisions")} current={current} />
        </>
      )}
    </>
  );
  return (
    <>
      <nav aria-label="Pages of the manual" className="hidden desk:sticky desk:top-16 desk:block">
        {list}
      </nav>
      <details className="border-y bg-panel desk:hidden">
        <summary className="flex min-h-11 items-center px-3.5 font-strong">All pages</summary>
        <nav aria-label="Pages of the manual, phone" className="pb-2">
          {list}
        </nav>
      </details>
    </>
  );
}

function Group({ entries, current }: { readonly entries: readonly Entry[]; readonly current: string }): ReactNode {
  return (
    <ul>
      {entries.map((entry) => (
        <li key={entry.slug}>
          <Link
            href={manualHref(entry.slug)}
            aria-current={entry.slug === current ? "page" : undefined}
            className={cx(
              "flex min-h-11 items-center rounded-control px-3.5 py-1 hover:bg-hover desk:min-h-[30px] desk:px-2",
              entry.slug === current
                ? "bg-raised font-strong text-ink shadow-[inset_2px_0_0_var(--tide)]"
                : "text-ink-2",
            )}
          >
            {entry.title}
          </Link>
        </li>
      ))}
    </ul>
  );
}
