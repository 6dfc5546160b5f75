// Beside the forecast: how often the model was right about this pair, from the score cards of its plans.
"use client";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { TextLink } from "@/components/ui/text-link";
import { formatFixed } from "@/lib/format/number";
import { HIT_RATE_CALLS, hitRate, type HitRate } from "@/lib/portfolio/hit-rate";

export function PlanTrackRecord({ pairId }: { readonly pairId: string }): ReactNode {
  const pnl = useApi("pairPnl", { params: { id: pairId } });
  return (
    <p className="mt-2 text-dense text-ink-3" data-testid="hit-rate">
      {pnl.data === undefined ? (
        pnl.isError ? (
          "How often the model was right about this pair cannot be read now."
        ) : (
          "Reading how often the model was right…"
        )
      ) : (
        <>
          {trackRecordWords(hitRate(pnl.data.scores))}{" "}
          <TextLink href={`/reports?pair=${encodeURIComponent(pairId)}`}>Score cards</TextLink>
        </>
      )}
    </p>
  );
}

function trackRecordWords({ calls, hits, feesRatioMedian }: HitRate): string {
  if (calls === 0) return "No plan of this pair is a day old yet: how often the model is right about it is not known.";
  const judged =
    calls === 1
      ? `The one judged plan of this pair ${hits === 1 ? "earned" : "did not earn"}`
      : `${hits} of the last ${calls} judged plans of this pair earned`;
  const ratio =
    feesRatioMedian === null
      ? ""
      : `; fees came to ${formatFixed(feesRatioMedian, 2)} times the forecast, the middle one`;
  return `${judged} more in the first day than divergence and cost took${ratio}. At most ${HIT_RATE_CALLS} count.`;
}
