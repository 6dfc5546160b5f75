// The preview stays closed, and its code unloaded, until somebody asks for it.
"use client";
import dynamic from "next/dynamic";
import { parseAsBoolean, useQueryState } from "nuqs";
import { memo, type ReactNode } from "react";
import type { PriceView } from "@/components/pairs/use-price-direction";
import { Button } from "@/components/ui/button";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";

const PreviewPanel = dynamic(
  lazyPart(() => import("./preview-panel").then((module) => module.PreviewPanel), "onDemand"),
  {
    ssr: false,
    loading: () => (
      <Panel title="Preview" flush>
        <SkeletonRows rows={8} height={44} label="the preview" />
      </Panel>
    ),
  },
);

export const PreviewSection = memo(function PreviewSection({
  pairId,
  latestEpoch,
  prices,
}: {
  readonly pairId: string;
  readonly latestEpoch: number | null;
  readonly prices: PriceView;
}): ReactNode {
  const [isOpen, setOpen] = useQueryState("preview", parseAsBoolean.withDefault(false));
  if (isOpen)
    return (
      <PreviewPanel pairId={pairId} latestEpoch={latestEpoch} prices={prices} onClose={() => void setOpen(null)} />
    );
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3.5 desk:px-0">
      <Button onClick={() => void setOpen(true)}>Preview another price or parameters</Button>
      <span className="text-dense text-ink-3">
        Runs the strategy in this browser on the newest epoch. Nothing is sent.
      </span>
    </div>
  );
});
