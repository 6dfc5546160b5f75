// One page of the manual with the list of all at its side.
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { Markdown } from "@/components/docs/markdown";
import { ManualNav } from "@/components/docs/manual-nav";
import { listManual, readManualPage } from "./manual";

export async function ManualView({ parts }: { readonly parts: readonly string[] }): Promise<ReactNode> {
  const [page, entries] = await Promise.all([readManualPage(parts), listManual()]);
  if (page === null) notFound();
  const at = entries.findIndex((entry) => entry.slug === page.slug);
  return (
    <div className="grid items-start gap-4 desk:grid-cols-[208px_minmax(0,1fr)]">
      <ManualNav entries={entries} current={page.slug} />
      <Markdown
        text={page.markdown}
        slug={page.slug}
        pages={entries.map((entry) => entry.slug)}
        previous={entries[at - 1] ?? null}
        next={entries[at + 1] ?? null}
      />
    </div>
  );
}
