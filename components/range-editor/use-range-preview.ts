// The newest epoch's inputs for the editor, read once when it opens: they are megabytes, and a preview that changes by itself confuses.
"use client";
import { useMemo, useState } from "react";
import { useApi } from "@/components/live/use-api";
import { readPreviewInput } from "@/components/preview/preview-model";
import type { PositionDto, PreviewInput } from "@/lib/api/schemas";
import { createRangePreview, type RangePreview } from "./range-preview";

export type RangePreviewState =
  | { readonly state: "reading" }
  | { readonly state: "ready"; readonly preview: RangePreview; readonly epoch: number; readonly price: number }
  | { readonly state: "none"; readonly reason: string; readonly onRetry: () => void };

export function useRangePreview(pairId: string, position: PositionDto): RangePreviewState {
  const query = useApi("pairPreviewInput", { params: { id: pairId } }, { refetchMs: Number.POSITIVE_INFINITY });
  const [pinned, setPinned] = useState<PreviewInput | null>(null);
  if (pinned === null && query.data !== undefined) setPinned(query.data);
  const { error, refetch } = query;
  return useMemo(() => {
    const none = (reason: string): RangePreviewState => ({
      state: "none",
      reason,
      onRetry: () => {
        setPinned(null);
        void refetch();
      },
    });
    if (pinned === null) {
      return error === null ? { state: "reading" } : none(error.message);
    }
    try {
      const base = readPreviewInput(pinned);
      const preview = createRangePreview(base, position);
      return preview === null
        ? none("Its pool was not read in the newest epoch.")
        : { state: "ready", preview, epoch: pinned.epoch, price: base.snapshot.price };
    } catch (cause) {
      return none(cause instanceof Error ? cause.message : "The inputs could not be read.");
    }
  }, [pinned, error, position, refetch]);
}
