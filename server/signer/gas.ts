// Fees under the chain's and the plan's cap, and their raise for a replacement.
import { SignerError, type BlockRef, type ChainPort, type FeePair } from "./ports";

/** Share added to an estimate: a clean simulation can need more one block later (measured, devnet.md section 8). */
const GAS_MARGIN_PERCENT = 150n;
/** Raise per replacement; nodes ask for at least 12.5 % (safety.md section 3.5). */
const BUMP_PERCENT = 120n;
/** A cancel may pass the cap by one minimal raise: it must replace a transaction that is already at the cap. */
const CANCEL_OVER_CAP_PERCENT = 113n;

export function gasLimitOf(estimate: bigint): bigint {
  return (estimate * GAS_MARGIN_PERCENT) / 100n;
}

/** Base fee twice plus the node's tip, under the cap; refuses (retryable) when the next block would not take it. */
export async function readFees(port: ChainPort, block: BlockRef, capWei: bigint): Promise<FeePair> {
  if (port.chain.feeModel === "legacy" || block.baseFeePerGasWei === null) {
    const gasPriceWei = await port.readGasPriceWei();
    if (gasPriceWei > capWei) throw tooHigh(port, gasPriceWei, capWei);
    return { kind: "legacy", gasPriceWei };
  }
  const tipWei = await port.readPriorityFeeWei();
  const baseWei = block.baseFeePerGasWei;
  if (baseWei + tipWei > capWei) throw tooHigh(port, baseWei + tipWei, capWei);
  const wanted = baseWei * 2n + tipWei;
  const maxFeePerGasWei = wanted < capWei ? wanted : capWei;
  return {
    kind: "eip1559",
    maxFeePerGasWei,
    maxPriorityFeePerGasWei: tipWei < maxFeePerGasWei ? tipWei : maxFeePerGasWei,
  };
}

/** +20 % on both fees; null when that passes the cap. */
export function bumpFees(fees: FeePair, capWei: bigint): FeePair | null {
  const next = raise(fees, BUMP_PERCENT);
  return feeCeilingWei(next) <= capWei ? next : null;
}

/** Fees for a cancel of a transaction with `fees`: +20 %, or the least raise that replaces it at the cap. */
export function cancelFees(fees: FeePair, capWei: bigint): FeePair {
  return bumpFees(fees, capWei) ?? raise(fees, CANCEL_OVER_CAP_PERCENT);
}

/** Most that one unit of gas can cost. */
export function feeCeilingWei(fees: FeePair): bigint {
  return fees.kind === "legacy" ? fees.gasPriceWei : fees.maxFeePerGasWei;
}

function raise(fees: FeePair, percent: bigint): FeePair {
  const up = (wei: bigint): bigint => (wei * percent + 99n) / 100n;
  return fees.kind === "legacy"
    ? { kind: "legacy", gasPriceWei: up(fees.gasPriceWei) }
    : {
        kind: "eip1559",
        maxFeePerGasWei: up(fees.maxFeePerGasWei),
        maxPriorityFeePerGasWei: up(fees.maxPriorityFeePerGasWei),
      };
}

function tooHigh(port: ChainPort, foundWei: bigint, capWei: bigint): SignerError {
  return SignerError.later(
    "gas",
    `the fee on ${port.chain.name} is ${foundWei} wei per gas, the cap is ${capWei}; wait until it falls`,
    { chainId: port.chain.id },
  );
}
