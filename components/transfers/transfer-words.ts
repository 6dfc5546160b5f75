// Bridge transfers in the desk's words: the state with its tone, and one sentence with amounts in whole tokens.
import type { StatusTone } from "@/components/ui/status";
import type { TransferDto } from "@/lib/api/money-schemas";
import { formatToken } from "@/lib/format/token";

export const TRANSFER_STATE: Readonly<
  Record<TransferDto["state"], { readonly word: string; readonly tone: StatusTone }>
> = {
  pending: { word: "In transit", tone: "prop" },
  done: { word: "Arrived", tone: "ok" },
  partial: { word: "Arrived in part", tone: "warn" },
  refunded: { word: "Refunded", tone: "warn" },
  failed: { word: "Written off", tone: "crit" },
};

type Amount = TransferDto["sent"];

export function amountText({ raw, decimals, symbol }: Amount): string {
  return `${formatToken(raw, decimals)} ${symbol}`;
}

/** Something is still between the chains: also of a transfer that arrived in part. */
export function isUnderWay(transfer: Pick<TransferDto, "inTransit">): boolean {
  return transfer.inTransit.raw !== "0";
}

export function transferSentence(transfer: TransferDto): string {
  const { state, sent, inTransit, leastToArrive, receipts, fromChain, toChain } = transfer;
  const sum = (kind: "arrival" | "refund"): string =>
    receipts
      .filter((receipt) => receipt.kind === kind)
      .map(({ amount }) => amountText(amount))
      .join(" and ");
  const rest = isUnderWay(transfer) ? ` ${amountText(inTransit)} is still in transit.` : "";
  switch (state) {
    case "pending":
      return `Counted as in transit until its receipt on ${toChain}, or a refund on ${fromChain}, is read.`;
    case "done":
      return `${sum("arrival")} arrived on ${toChain}; at least ${amountText(leastToArrive)} was promised.`;
    case "partial": {
      const refunds = sum("refund");
      return `${sum("arrival")} arrived on ${toChain}, where at least ${amountText(leastToArrive)} was promised${refunds === "" ? "" : `; ${refunds} came back`}.${rest}`;
    }
    case "refunded":
      return `${sum("refund")} of ${amountText(sent)} came back on ${fromChain}.${rest}`;
    case "failed": {
      // The signer's sentence ends with who said so and why.
      const by = / written off by (.+)$/s.exec(transfer.detail)?.[1];
      return `${amountText(sent)} left the books${by === undefined ? "" : `, by ${by}`}.`;
    }
  }
}
