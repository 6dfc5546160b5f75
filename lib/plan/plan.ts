// The plan: ordered typed steps with bounds and a hash; what an operator approves is byte for byte what is executed.
import { concatHex, keccak256, sliceHex, stringToHex } from "viem";
import * as z from "zod";
import { addressSchema, bytes32Schema, familySchema, hexSchema, pairIdSchema } from "@/lib/registry/schema";
import type { Hex, PlanId } from "@/lib/units";
import { canonicalJson } from "./canonical-json";

/** Raw token amount: bigint in memory, decimal string on every wire and in every hash. */
export const rawAmountSchema = z.codec(
  z.string().regex(/^\d{1,78}$/, "expected a decimal integer string"),
  z.bigint(),
  {
    decode: (text) => BigInt(text),
    encode: (value) => value.toString(),
  },
);

const chainIdSchema = z.number().int().positive();
/** A pool tick, or a Liquidity Book bin id (0..2^24 - 1). */
const tickSchema = z.number().int().min(-887_272).max(16_777_215);
const slippageSchema = z.number().int().min(1).max(500);

/** Close a position: decrease all liquidity, collect everything, burn the token, in one multicall; minimums from the live price band. */
export const burnStepSchema = z.object({
  kind: z.literal("burn"),
  chainId: chainIdSchema,
  family: familySchema,
  pool: z.string(),
  positionManager: addressSchema,
  tokenId: rawAmountSchema,
  token0: addressSchema,
  token1: addressSchema,
  tickLower: tickSchema,
  tickUpper: tickSchema,
  liquidityRaw: rawAmountSchema,
  /** What the burn pays at the plan's block, fees included; evidence for the card, not a bound. */
  amount0ExpectedRaw: rawAmountSchema,
  amount1ExpectedRaw: rawAmountSchema,
  maxSlippageBps: slippageSchema,
});

/** Take part of a position's liquidity out and collect what it earned; the position stays. Liquidity 0 only collects. */
export const decreaseStepSchema = burnStepSchema.extend({ kind: z.literal("decrease") });

/** Missing: a plain ERC-20 allowance. `permit2`: an allowance inside Permit2. `operator`: Liquidity Book's approveForAll, `token` is the pair. */
const grantFields = {
  grant: z.enum(["permit2", "operator"]).optional(),
  /** The Permit2 contract of a `permit2` grant. */
  permit2: addressSchema.optional(),
};

/** Allow exactly `amountRaw` (a cap: the signer may approve less, never more). An `operator` grant has amount 1. */
export const approveStepSchema = z.object({
  kind: z.literal("approve"),
  chainId: chainIdSchema,
  token: addressSchema,
  spender: addressSchema,
  amountRaw: rawAmountSchema,
  forStep: z.number().int().min(0),
  ...grantFields,
});

/** Swap by a provider's quote, fetched at execution and verified before anything is approved (safety.md section 3.9). */
export const swapStepSchema = z.object({
  kind: z.literal("swap"),
  chainId: chainIdSchema,
  /** `lifi`: an aggregator's quote. `pool`: straight through one pool's router, encoded by the signer itself. */
  provider: z.enum(["lifi", "pool"]),
  router: addressSchema,
  /** Pool of a `pool` swap; it must be a registry pool of the pair. */
  pool: z.string().optional(),
  /** A second way with the same bounds: the better one at the moment of the swap is taken, the other's allowance is never given. */
  other: z
    .object({ provider: z.enum(["lifi", "pool"]), router: addressSchema, pool: z.string().optional() })
    .optional(),
  tokenIn: addressSchema,
  tokenOut: addressSchema,
  /** What the route takes as the plan was made, US dollars: pool fee, aggregator fee, expected slippage. */
  feeUsd: z.number().min(0).optional(),
  /** Cap on what leaves the wallet. */
  amountInRaw: rawAmountSchema,
  /** Our own minimum from two prices for the full amountIn; scaled down with it. */
  minAmountOutRaw: rawAmountSchema,
});

/** Move one token to another chain through a bridge; the destination is always our own wallet (safety.md section 3.9). */
export const bridgeStepSchema = z.object({
  kind: z.literal("bridge"),
  chainId: chainIdSchema,
  provider: z.literal("lifi"),
  router: addressSchema,
  tokenIn: addressSchema,
  toChainId: chainIdSchema,
  tokenOut: addressSchema,
  /** Cap on what leaves the wallet. */
  amountInRaw: rawAmountSchema,
  /** Least that must arrive for the full amountIn; scaled down with it. */
  minAmountOutRaw: rawAmountSchema,
  /** Bridge tools that may be used, by the provider's keys. */
  bridges: z.array(z.string().min(1)).min(1),
  /** What the provider's quote said when the plan was made; the fee in the native coin is part of it. */
  feeUsd: z.number().min(0),
  /** Cap on the source chain's own coin that goes along as the bridge's fee, and what was quoted; missing: none. */
  nativeFeeMaxRaw: rawAmountSchema.optional(),
  nativeFeeUsd: z.number().min(0).optional(),
  expectedSec: z.number().min(0),
});

/** Open a position; amounts are caps, the desired amounts at execution come from what is really there. */
export const mintStepSchema = z.object({
  kind: z.literal("mint"),
  chainId: chainIdSchema,
  family: familySchema,
  pool: z.string(),
  positionManager: addressSchema,
  token0: addressSchema,
  token1: addressSchema,
  feePips: z.number().int().min(0).max(1_000_000),
  tickSpacing: z.number().int().min(1),
  tickLower: tickSchema,
  tickUpper: tickSchema,
  amount0MaxRaw: rawAmountSchema,
  amount1MaxRaw: rawAmountSchema,
  maxSlippageBps: slippageSchema,
  /** Liquidity Book: how the liquidity is laid over the bins; missing means `spot`. */
  shape: z.enum(["spot", "curve", "bid_ask"]).optional(),
});

/** Take an allowance back to zero; skipped (recorded as such) when it is zero already. */
export const revokeStepSchema = z.object({
  kind: z.literal("revoke"),
  chainId: chainIdSchema,
  token: addressSchema,
  spender: addressSchema,
  ...grantFields,
});

export const stepSchema = z.discriminatedUnion("kind", [
  burnStepSchema,
  decreaseStepSchema,
  approveStepSchema,
  swapStepSchema,
  bridgeStepSchema,
  mintStepSchema,
  revokeStepSchema,
]);
export type Step = z.output<typeof stepSchema>;
export type StepWire = z.input<typeof stepSchema>;
export type BurnStep = z.output<typeof burnStepSchema>;
export type DecreaseStep = z.output<typeof decreaseStepSchema>;
export type BridgeStep = z.output<typeof bridgeStepSchema>;
export type ApproveStep = z.output<typeof approveStepSchema>;
export type SwapStep = z.output<typeof swapStepSchema>;
export type MintStep = z.output<typeof mintStepSchema>;
export type RevokeStep = z.output<typeof revokeStepSchema>;

/** Where the plan came from: the strategy's own decision or an operator's signed command. */
export const originSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("strategy") }),
  z.object({ kind: z.literal("command"), commandId: bytes32Schema }),
]);
export type PlanOrigin = z.infer<typeof originSchema>;

/** Expected state: leaving any of these voids the plan and names the bound. */
export const boundsSchema = z.object({
  /** QUOTE per BASE in human units when the plan was made. */
  referencePrice: z.number().positive(),
  maxPriceMoveFrac: z.number().positive().max(0.2),
  maxSlippageBps: slippageSchema,
  deadlineSec: z.number().int().positive().max(120),
  maxPlanAgeMs: z.number().int().positive(),
  poolTicks: z.array(z.object({ pool: z.string(), tick: tickSchema, maxTickMove: z.number().int().positive() })),
  /** Active liquidity of each pool the plan enters; it may fall to `minFrac` of it. */
  poolLiquidity: z
    .array(z.object({ pool: z.string(), liquidityRaw: rawAmountSchema, minFrac: z.number().min(0).max(1) }))
    .optional(),
  /** Free balances of the pair's account the plan counts on. */
  balances: z.array(z.object({ chainId: chainIdSchema, token: addressSchema, minRaw: rawAmountSchema })).optional(),
  maxFeePerGasWei: z.array(z.object({ chainId: chainIdSchema, wei: rawAmountSchema })),
});

const usd = z.number();

/** The model's forecast shown on the card; a model, not a promise. */
export const forecastSchema = z.object({
  feesUsdPerDayBefore: usd,
  feesUsdPerDayAfter: usd,
  lvrUsdPerDayAfter: usd,
  gainUsdPerYear: usd,
  gasUsd: usd,
  swapFeeUsd: usd,
  slippageUsd: usd,
  costUsd: usd,
  /** Null when the gain is not positive. */
  paybackDays: z.number().nullable(),
  net7dUsd: usd,
  net7dLowUsd: usd,
  net7dHighUsd: usd,
  /** What bridges take of what they move; missing when nothing moves between chains. */
  bridgeFeeUsd: usd.optional(),
  /** `gasUsd` by chain, when there are several. */
  gasByChain: z.array(z.object({ chainId: chainIdSchema, usd })).optional(),
});

/** Of a plan that nobody makes for its gain, such as an exit. */
export const NO_FORECAST: z.infer<typeof forecastSchema> = {
  feesUsdPerDayBefore: 0,
  feesUsdPerDayAfter: 0,
  lvrUsdPerDayAfter: 0,
  gainUsdPerYear: 0,
  gasUsd: 0,
  swapFeeUsd: 0,
  slippageUsd: 0,
  costUsd: 0,
  paybackDays: null,
  net7dUsd: 0,
  net7dLowUsd: 0,
  net7dHighUsd: 0,
};

/** One position or wallet line of the before and after table. */
export const holdingSchema = z.object({
  label: z.string(),
  pool: z.string().nullable(),
  chainId: chainIdSchema,
  baseRaw: rawAmountSchema,
  quoteRaw: rawAmountSchema,
  valueUsd: usd,
  /** Effective price range QUOTE per BASE, null for wallet lines. */
  priceLower: z.number().nullable(),
  priceUpper: z.number().nullable(),
});

const chainTokenSchema = z.object({ address: addressSchema, decimals: z.number().int() });

export const planSchema = z.object({
  version: z.literal(1),
  pairId: pairIdSchema,
  epoch: z.number().int().min(0),
  kind: z.enum(["PRA", "RS"]),
  reason: z.string(),
  origin: originSchema,
  /** Config version (signer's) the plan was made under. */
  configVersion: z.number().int().min(0),
  /** Block per chain whose state the plan was made from. */
  blocks: z.array(z.object({ chainId: chainIdSchema, number: rawAmountSchema, hash: hexSchema })),
  notionalUsd: z.number().min(0),
  base: z.object({ symbol: z.string(), decimals: z.number().int(), address: addressSchema }),
  quote: z.object({ symbol: z.string(), decimals: z.number().int(), address: addressSchema }),
  before: z.array(holdingSchema),
  after: z.array(holdingSchema),
  forecast: forecastSchema,
  bounds: boundsSchema,
  steps: z.array(stepSchema).min(1).max(64),
  /** The pair's tokens on every chain the plan touches, when there are several: decimals may differ. */
  tokens: z.array(z.object({ chainId: chainIdSchema, base: chainTokenSchema, quote: chainTokenSchema })).optional(),
  /** Choices of the plan that its steps do not say: what was left out and why. */
  notes: z.array(z.string()).optional(),
});
export type Plan = z.output<typeof planSchema>;
export type PlanWire = z.input<typeof planSchema>;

/** keccak256 of the canonical JSON of the plan in wire form (safety.md section 3.2). */
export function planHash(plan: Plan): Hex {
  return keccak256(stringToHex(canonicalJson(plan)));
}

/** First 16 bytes of keccak256(deploymentId, pairId, epoch, origin, planHash) (safety.md section 3.2). */
export function planId(deploymentId: Hex, plan: Plan): PlanId {
  const origin = plan.origin.kind === "strategy" ? "strategy" : plan.origin.commandId;
  const text = canonicalJson([plan.pairId, plan.epoch, origin]);
  const digest = keccak256(concatHex([deploymentId, stringToHex(text), planHash(plan)]));
  return sliceHex(digest, 0, 16) as PlanId;
}

/** Identity of one operation: the plan and the step's index. */
export function opId(id: PlanId | string, index: number): string {
  return `${id}/${index}`;
}
