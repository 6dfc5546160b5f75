// A decision in words, and its gates in the order of evaluation with what would change it.
"use client";
import type { ReactNode } from "react";
import { reasonWords } from "@/components/shell/words";
import { cx } from "@/components/ui/cx";
import { GateList } from "@/components/ui/gate-list";
import { Status } from "@/components/ui/status";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatFeePips } from "@/lib/format/percent";
import { counterfactualSentence, gateItems, verdictOf } from "./gate-items";
import { cashSentence } from "./tuning-words";

export function Verdict({ epoch, sentence }: { readonly epoch: EpochRecord; readonly sentence: string }): ReactNode {
  const { decision, error } = epoch;
  if (decision === null) {
    return (
      <>
        <Status tone="warn" className="text-stat">
          The cycle did not finish
        </Status>
        <p className="mt-1 text-ink-2">
          {error === null
            ? "No decision was recorded."
            : `It ended in step ${error.step} (${error.code}): ${error.message}`}{" "}
          Nothing was sent.
        </p>
      </>
    );
  }
  const cash = cashSentence(epoch, (pool) => `${pool.dexName} ${formatFeePips(pool.feeFrac * 1_000_000)}`);
  return (
    <>
      <p className={cx("text-stat font-medium", decision.kind !== "HOLD" && "text-prop")} data-testid="verdict">
        {verdictOf(decision)}
      </p>
      <p className="mt-0.5 text-ink-2">
        {decision.kind}, reason <b className="font-title">{reasonWords(decision.reason)}</b>
        {sentence === "" ? "." : `: ${bareSentence(sentence)}.`}
        {decision.killSwitch !== null && ` Default parameters serve: ${reasonWords(decision.killSwitch)}.`}
      </p>
      {cash !== null && (
        <p className="mt-1.5" data-testid="cash-choice">
          {cash}
        </p>
      )}
    </>
  );
}

/** Without the verdict in front: it stands above already. */
function bareSentence(sentence: string): string {
  return sentence.replace(/^(HOLD|Shift the range|Re-allocate): /, "").replace(/\.$/, "");
}

export function Gates({ epoch }: { readonly epoch: EpochRecord }): ReactNode {
  const { decision } = epoch;
  if (decision === null) return null;
  const sentences = decision.counterfactual.map(counterfactualSentence).filter((text) => text !== "");
  return (
    <>
      <GateList label="Gates in the order of evaluation" items={gateItems(decision, epoch.mode)} />
      {sentences.length > 0 && (
        <ul className="border-t px-3.5 py-2.5 text-dense text-ink-2 desk:px-4">
          {sentences.map((text) => (
            <li key={text} className="py-0.5">
              {text}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
