// Plain words for decisions and states: the one place where a reason code becomes a sentence.
import { distrustWords } from "@/lib/epoch/distrust";
import type { EpochRecord, PaperRecord } from "@/lib/epoch/epoch-record";
import { formatPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";

const HOLD_TEXT: Readonly<Record<string, string>> = {
  regime: "the market is not calm enough to act",
  no_data: "an input cannot be trusted",
  no_gain: "no move pays for itself",
  min_age: "an action is due but what it touches is too young",
  low_kappa: "no pool pays enough for what providing liquidity loses, so cash is right",
};
const PRA_TEXT: Readonly<Record<string, string>> = {
  better_allocation: "another split over the pools earns more",
  deploy_idle: "idle capital can earn",
  to_cash: "every position is expected to lose against holding",
  close_to_cash: "the pool pays too little for what providing liquidity loses",
  close_and_restore: "the price left the range and the pool is not worth entering again",
  open: "a pool without a position is worth entering",
};
const RS_TEXT: Readonly<Record<string, string>> = {
  range_shift_out: "the price left it and the pool is worth entering again",
  range_shift_width: "another width earns more than the shift costs",
};

/** One sentence for a decision, with the number that decided it. */
export function decisionSentence(record: EpochRecord): string {
  if (record.status === "failed") {
    return record.error === null
      ? "The cycle failed"
      : `The cycle failed at ${record.error.step}: ${record.error.message}`;
  }
  const { decision } = record;
  if (decision === null) return "No decision was made";
  switch (decision.kind) {
    case "HOLD": {
      const why = HOLD_TEXT[decision.reason] ?? decision.reason;
      if (decision.reason === "no_data" && decision.detail !== null)
        return `HOLD: ${why}: ${distrustWords(decision.detail, record)}`;
      if (decision.reason === "regime" && record.regime !== null)
        return `HOLD: ${why} (${record.regime.reason.replaceAll("_", " ")})`;
      const nearest = decision.gates.find((gate) => gate.status === "fail");
      return nearest === undefined ? `HOLD: ${why}` : `HOLD: ${why} (${nearest.label.toLowerCase()} not met)`;
    }
    case "RS": {
      const why = RS_TEXT[decision.reason];
      if (why !== undefined) return `Shift the range: ${why}`;
      const worst = Math.max(0, ...record.positions.map((position) => position.divergence));
      return `Shift the range: divergence ${worst.toFixed(2)}${record.params === null ? "" : ` / ${record.params.rsThreshold.toFixed(2)}`}`;
    }
    case "PRA": {
      const gain = decision.gainUsdPerYear === null ? "" : `, ${formatUsd(decision.gainUsdPerYear)} a year expected`;
      const improvement =
        decision.improvementFrac === null ? "" : ` (${formatPercent(decision.improvementFrac)} better)`;
      return `Re-allocate: ${PRA_TEXT[decision.reason] ?? decision.reason}${gain}${improvement}`;
    }
  }
}

/** The same words for a decision that was carried out on paper only. */
export function paperSentence(decision: PaperRecord["decision"]): string {
  const { kind, reason, detail } = decision;
  switch (kind) {
    case "HOLD":
      return `HOLD: ${HOLD_TEXT[reason] ?? reason}${detail === "" ? "" : ` (${detail})`}`;
    case "RS":
      return `Shift the range: ${RS_TEXT[reason] ?? "another range earns more than the shift costs"}`;
    case "PRA":
      return `Re-allocate: ${PRA_TEXT[reason] ?? reason}`;
  }
}
