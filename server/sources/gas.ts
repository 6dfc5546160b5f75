// What transactions cost on a chain now: gas units per DEX family (measured, then learnt from receipts) times price times the native token's USD price.
import { ok, type Result } from "@/lib/errors/result";
import type { ChainError } from "@/lib/errors/tidegate-error";
import type { Step } from "@/lib/plan/plan";
import type { Family } from "@/lib/registry/schema";
import type { ChainClient } from "@/server/infra/chain/clients";

/** Kinds of transactions a plan makes. */
export const GAS_KINDS = ["approve", "swap", "mint", "burn"] as const;
export type GasKind = (typeof GAS_KINDS)[number];
export type GasUnits = Readonly<Record<GasKind, number>>;

/** Close = decrease + collect + burn in one multicall; sums of the measured parts (devnet.md section 7). Approve: a usual ERC-20. */
const V3_UNITS: GasUnits = { approve: 50_000, swap: 120_000, mint: 602_914, burn: 372_239 };
const PANCAKE_V3_UNITS: GasUnits = { approve: 50_000, swap: 147_000, mint: 583_299, burn: 374_242 };
const ALGEBRA_UNITS: GasUnits = { approve: 50_000, swap: 150_000, mint: 608_234, burn: 401_111 };
const V4_UNITS: GasUnits = { approve: 50_000, swap: 135_000, mint: 420_558, burn: 132_932 };
const INFINITY_UNITS: GasUnits = { approve: 50_000, swap: 141_000, mint: 522_618, burn: 153_367 };
const SLIPSTREAM_UNITS: GasUnits = { approve: 50_000, swap: 150_000, mint: 602_914, burn: 440_077 };
const LB_UNITS: GasUnits = { approve: 50_000, swap: 173_000, mint: 1_079_327, burn: 267_752 };

export const DEFAULT_GAS_UNITS: Readonly<Record<Family, GasUnits>> = {
  "uniswap-v3": V3_UNITS,
  "pancakeswap-v3": PANCAKE_V3_UNITS,
  "algebra-integral": ALGEBRA_UNITS,
  "algebra-v1": ALGEBRA_UNITS,
  "camelot-v3": ALGEBRA_UNITS,
  slipstream: SLIPSTREAM_UNITS,
  "ramses-v3": V3_UNITS,
  "uniswap-v4": V4_UNITS,
  "pancakeswap-infinity": INFINITY_UNITS,
  "liquidity-book": LB_UNITS,
};

/** Weight of a new receipt in the running mean of a kind. */
const LEARN_WEIGHT = 0.2;
/** A receipt outside this band around the mean is counted at its edge: one odd transaction must not move the costs. */
const LEARN_BAND = 3;

export interface GasUnitsBook {
  units(family: Family): GasUnits;
  /** Gas used by an included transaction. */
  learn(family: Family, kind: GasKind, gasUsed: bigint): void;
}

export function createGasUnitsBook(): GasUnitsBook {
  const learnt = new Map<Family, GasUnits>();
  return {
    units: (family) => learnt.get(family) ?? DEFAULT_GAS_UNITS[family],
    learn(family, kind, gasUsed) {
      const known = learnt.get(family) ?? DEFAULT_GAS_UNITS[family];
      const clamped = Math.max(known[kind] / LEARN_BAND, Math.min(known[kind] * LEARN_BAND, Number(gasUsed)));
      if (!(clamped > 0)) return;
      learnt.set(family, { ...known, [kind]: known[kind] + LEARN_WEIGHT * (clamped - known[kind]) });
    },
  };
}

/** Price of one unit of gas as a transaction of ours would pay it: twice the base fee is the cap, base fee plus tip the price. */
export async function readGasPriceWei(client: ChainClient): Promise<Result<bigint, ChainError>> {
  const price = await client.call("gas price", (reader) => reader.getGasPrice());
  if (!price.ok) return price;
  const cap = BigInt(client.chain.maxFeePerGasWei);
  return ok(price.value > cap ? cap : price.value);
}

/** Usual gas where no family of ours is asked: through an aggregator, through one pool, into a bridge. */
const AGGREGATOR_SWAP_UNITS = 320_000;
const POOL_SWAP_UNITS = 170_000;
const BRIDGE_UNITS = 300_000;
/** Liquidity Book by the bin, fresh ones included; from 11 bins measured (devnet.md section 7) with a seventh of it as the call itself. */
const LB_CALL_UNITS = 80_000;
const LB_MINT_BIN_UNITS = 91_000;
const LB_BURN_BIN_UNITS = 17_000;

/** Expected gas of one step of a plan. */
export function stepGasUnits(book: Pick<GasUnitsBook, "units">, step: Step): number {
  switch (step.kind) {
    case "approve":
    case "revoke":
      return V3_UNITS.approve;
    case "swap":
      return step.provider === "lifi" || step.other?.provider === "lifi" ? AGGREGATOR_SWAP_UNITS : POOL_SWAP_UNITS;
    case "bridge":
      return BRIDGE_UNITS;
    case "mint":
    case "burn":
    case "decrease": {
      const kind = step.kind === "mint" ? "mint" : "burn";
      if (step.family !== "liquidity-book") return book.units(step.family)[kind];
      const bins = step.tickUpper - step.tickLower + 1;
      return LB_CALL_UNITS + bins * (kind === "mint" ? LB_MINT_BIN_UNITS : LB_BURN_BIN_UNITS);
    }
  }
}

/** What opening, closing and shifting a position costs now, US dollars. */
export interface FamilyGasUsd {
  readonly openUsd: number;
  readonly closeUsd: number;
  readonly shiftUsd: number;
}

export function computeFamilyGasUsd(input: {
  readonly units: GasUnits;
  readonly gasPriceWei: bigint;
  readonly nativeDecimals: number;
  readonly nativeUsd: number;
}): FamilyGasUsd {
  const { units } = input;
  const usdPerUnit = (Number(input.gasPriceWei) / 10 ** input.nativeDecimals) * input.nativeUsd;
  // Three approvals and three revocations: one for the swap, one per side of the mint; a revocation costs no more than an approval.
  const openUnits = 6 * units.approve + units.swap + units.mint;
  return {
    openUsd: openUnits * usdPerUnit,
    closeUsd: units.burn * usdPerUnit,
    shiftUsd: (openUnits + units.burn) * usdPerUnit,
  };
}

/**
 * US dollars per native token: the pair's own price when its BASE or QUOTE is the wrapped native token, else a price the pool
 * service gave for the wrapped token. Null when none is known; then no cost can be stated and nothing is opened.
 */
export function computeNativeUsd(input: {
  readonly wrappedNative: string;
  readonly base: string;
  readonly quote: string;
  readonly price: number;
  readonly quoteUsd: number;
  readonly servicePricesUsd: ReadonlyMap<string, number>;
}): number | null {
  const native = input.wrappedNative.toLowerCase();
  if (native === input.base.toLowerCase()) return positive(input.price * input.quoteUsd);
  if (native === input.quote.toLowerCase()) return positive(input.quoteUsd);
  return positive(input.servicePricesUsd.get(native) ?? Number.NaN);
}

function positive(value: number): number | null {
  return Number.isFinite(value) && value > 0 ? value : null;
}
