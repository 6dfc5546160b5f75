// Fees under the chain's and the plan's cap, their raise for a replacement, gas limits, and what a rollup takes for its data.
import { concatHex, decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { Address, Hex } from "@/lib/units";
import { SignerError, type BlockRef, type ChainPort, type FeePair } from "./ports";

/** Share added to an estimate: a clean simulation can need more one block later (measured, devnet.md section 8). */
const GAS_MARGIN_PERCENT = 150n;
/** Most gas of one transaction: the protocol's own limit on Ethereum since 2025; none of our operations needs a fifth of it. */
const MAX_TX_GAS = 16_777_216n;
/** Raise per replacement; nodes ask for at least 12.5 % (safety.md section 3.5). */
const BUMP_PERCENT = 120n;
/** A cancel may pass the cap by one minimal raise: it must replace a transaction that is already at the cap. */
const CANCEL_OVER_CAP_PERCENT = 113n;
/** A tip above both the base fee and this is a node's mistake, not a market: it is cut. Choice: above Polygon's usual 30 gwei. */
const TIP_CEILING_WEI = 50_000_000_000n;

/** Chains of the OP stack: the receipt's l1Fee comes on top of gas; the oracle is a predeploy at the same address on all. */
const L1_FEE_CHAINS: ReadonlySet<number> = new Set([10, 8453]);
const L1_FEE_ORACLE: Address = "0x420000000000000000000000000000000000000F";
const L1_FEE_ABI = parseAbi(["function getL1Fee(bytes data) view returns (uint256)"]);
/** Bytes around the calldata in a signed transaction: fields and signature, rounded up; incompressible, as the signature is. */
const ENVELOPE: Hex = `0x${"ff".repeat(160)}`;
/** The L1 price moves between the estimate and the block. */
const L1_MARGIN_PERCENT = 150n;

/**
 * Gas limit from an estimate. `failedGas`: limit of an attempt at the same purpose that reverted; the next one gets half as much again,
 * because it may have run out. Refuses what no operation of ours can need.
 */
export function gasLimitOf(
  estimate: bigint,
  chain: { readonly maxTxGas?: number | undefined },
  failedGas = 0n,
): bigint {
  const most = chain.maxTxGas === undefined ? MAX_TX_GAS : BigInt(chain.maxTxGas);
  if (estimate > most) {
    throw SignerError.refuse("gas", `the gas estimate is ${estimate}, one transaction may use at most ${most}`);
  }
  const wanted = (estimate * GAS_MARGIN_PERCENT) / 100n;
  const again = (failedGas * GAS_MARGIN_PERCENT) / 100n;
  const limit = wanted > again ? wanted : again;
  return limit < most ? limit : most;
}

/** Base fee twice plus the node's tip, under the cap; refuses (retryable) when the next block would not take it. */
export async function readFees(port: ChainPort, block: BlockRef, capWei: bigint): Promise<FeePair> {
  if (port.chain.feeModel === "legacy" || block.baseFeePerGasWei === null) {
    const gasPriceWei = await port.readGasPriceWei();
    if (gasPriceWei > capWei) throw tooHigh(port, gasPriceWei, capWei);
    return { kind: "legacy", gasPriceWei };
  }
  const baseWei = block.baseFeePerGasWei;
  const tipWei = smaller(await port.readPriorityFeeWei(), baseWei > TIP_CEILING_WEI ? baseWei : TIP_CEILING_WEI);
  if (baseWei + tipWei > capWei) throw tooHigh(port, baseWei + tipWei, capWei);
  const maxFeePerGasWei = smaller(baseWei * 2n + tipWei, capWei);
  return { kind: "eip1559", maxFeePerGasWei, maxPriorityFeePerGasWei: smaller(tipWei, maxFeePerGasWei) };
}

/** What the chain takes for posting the bytes, 0 where gas is all; with a margin, because the price is that of the moment. */
export async function readL1FeeWei(port: ChainPort, data: Hex): Promise<bigint> {
  if (!L1_FEE_CHAINS.has(port.chain.id)) return 0n;
  const call = encodeFunctionData({ abi: L1_FEE_ABI, functionName: "getL1Fee", args: [concatHex([data, ENVELOPE])] });
  const answer = await port.call({ to: L1_FEE_ORACLE, data: call }, "latest");
  try {
    const feeWei = decodeFunctionResult({ abi: L1_FEE_ABI, functionName: "getL1Fee", data: answer });
    return (feeWei * L1_MARGIN_PERCENT) / 100n;
  } catch (cause) {
    throw new ChainError({
      code: "bad_data",
      retryable: true,
      message: `the gas price oracle of ${port.chain.name} (${port.chain.id}) answered no fee`,
      cause,
    });
  }
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
    `the fee on ${port.chain.name} is ${foundWei} wei per gas, the cap is ${capWei}; waiting until it falls`,
    { chainId: port.chain.id },
  );
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
