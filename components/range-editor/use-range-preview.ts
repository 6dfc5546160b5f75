// The newest epoch's inputs for the editor, read once when it opens: they are megabytes, and a preview that changes by itself confuses.
"use client";
import { useMemo, useState } from "react";
import { useApi } from "@/components/live/use-api";
import { readPreviewInput } from "@/components/preview/preview-model";
import type { PreviewInput } from "@/lib/api/schemas";
import { createRangePreview, type RangePreview } from "./range-preview";

export type RangePreviewState =
  | { readonly state: "reading" }
  | { readonly state: "ready"; readonly preview: RangePreview; readonly epoch: number; readonly price: number }
  | { readonly state: "none"; readonly reason: string };

export function useRangePreview(pairId: string, positionId: string): RangePreviewState {
  const query = useApi("pairPreviewInput", { params: { id: pairId } }, { refetchMs: Number.POSITIVE_INFINITY });
  const [pinned, setPinned] = useState<PreviewInput | null>(null);
  if (pinned === null && query.data !== undefined) setPinned(query.data);
  const { error } = query;
  return useMemo(() => {
    if (pinned === null) {
      return error === null ? { state: "reading" } : { state: "none", reason: error.message };
    }
    try {
      const base = readPreviewInput(pinned);
      const preview = createRangePreview(base, positionId);
      return preview === null
        ? { state: "none", reason: "The newest epoch was decided before this position was there; the next one has it." }
        : { state: "ready", preview, epoch: pinned.epoch, price: base.snapshot.price };
    } catch (cause) {
      return { state: "none", reason: cause instanceof Error ? cause.message : "The inputs could not be read." };
    }
  }, [pinned, error, positionId]);
}
