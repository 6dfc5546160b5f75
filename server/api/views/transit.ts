// Capital between chains in US dollars: what of each transfer has neither arrived nor come back, at the price of its pair now.
import type { Transfer } from "@/lib/api/signer-contract";
import type { WorkerState } from "@/lib/api/worker-state";
import { humanAmount } from "@/lib/amm/human-units";
import type { RegistryView } from "@/server/config/registry";

type Priced = Pick<WorkerState, "price" | "quoteUsd">;

/** All of a pending transfer unless the signer says how much of it is left. */
export function rawInTransit(transfer: Pick<Transfer, "state" | "inTransitRaw" | "amountInRaw">): bigint {
  return transfer.inTransitRaw ?? (transfer.state === "pending" ? transfer.amountInRaw : 0n);
}

/** Null when the token is none of the pair's on that chain or the worker has no price. */
export function usdInTransit(registry: RegistryView, transfer: Transfer, state: Priced | null): number | null {
  const raw = rawInTransit(transfer);
  if (raw === 0n) return 0;
  const quoteUsd = state?.quoteUsd ?? null;
  if (quoteUsd === null) return null;
  const token = transfer.tokenIn.toLowerCase();
  for (const { chain, base, quote } of registry.poolsOf(transfer.pairId)) {
    if (chain.id !== transfer.fromChainId) continue;
    if (quote.address.toLowerCase() === token) return humanAmount(raw, quote.decimals) * quoteUsd;
    if (base.address.toLowerCase() !== token) continue;
    const price = state?.price ?? null;
    return price === null ? null : humanAmount(raw, base.decimals) * price * quoteUsd;
  }
  return null;
}

/** Of one pair; null when the transfers are not known or one of them cannot be priced. */
export function pairInTransitUsd(
  registry: RegistryView,
  pairId: string,
  input: { readonly transfers: readonly Transfer[] | null; readonly state: Priced | null },
): number | null {
  if (input.transfers === null) return null;
  let total = 0;
  for (const transfer of input.transfers) {
    if (transfer.pairId !== pairId) continue;
    const usd = usdInTransit(registry, transfer, input.state);
    if (usd === null) return null;
    total += usd;
  }
  return total;
}
