// Kappa with its spread under it and its source on hover; an estimate is marked as one.
import type { ReactNode } from "react";
import { Sub } from "@/components/ui/table";
import { kappaMeaning, kappaSourceWords, kappaSpreadText, kappaText, type RatesLike } from "./kappa-words";

export function KappaFigure({ rates }: { readonly rates: RatesLike | null | undefined }): ReactNode {
  return (
    <span title={`${kappaSourceWords(rates)}; ${kappaMeaning(rates?.kappa)}`}>
      <b className="font-title">{kappaText(rates)}</b>
      {rates?.source === "estimated" && <span className="text-ink-3"> est.</span>}
      <Sub>
        {rates?.kappaSpread === null || rates === null || rates === undefined
          ? rates?.source === "measured"
            ? "one grid"
            : "no spread"
          : kappaSpreadText(rates)}
      </Sub>
    </span>
  );
}
