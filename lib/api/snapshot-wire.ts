// A market snapshot as JSON: what the worker keeps of each epoch's inputs and what the browser's preview starts from.
import * as z from "zod";
import type { MarketSnapshot } from "@/lib/market/snapshot";
import { rawAmountSchema } from "@/lib/plan/plan";
import { addressSchema } from "@/lib/registry/schema";
import { isPairId, pairId, poolKey, positionId } from "@/lib/units";

/** JSON has neither NaN nor Infinity: both arrive as null and count as NaN. */
const number = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const nullableNumber = z.number().nullable();

const poolKeyWire = z
  .string()
  .regex(/^\d+:[a-z0-9-]+:0x[0-9a-f]+$/, "expected chainId:family:pool")
  .transform((text) => {
    const [chainId = "", family = "", id = ""] = text.split(":");
    return poolKey(Number(chainId), family, id);
  });
const positionIdWire = z
  .string()
  .regex(/^\d+:[a-z0-9-]+:0x[0-9a-f]+:\d+$/, "expected chainId:family:positionManager:tokenId")
  .transform((text) => {
    const [chainId = "", family = "", manager = "", tokenId = "0"] = text.split(":");
    return positionId(Number(chainId), family, manager, BigInt(tokenId));
  });
const pairIdWire = z.string().refine(isPairId, "expected BASE-QUOTE in upper case").transform(pairId);

const token = z.object({ symbol: z.string(), address: addressSchema, decimals: z.number().int() });

const poolBase = {
  poolKey: poolKeyWire,
  chainId: z.number().int(),
  family: z.string(),
  dexName: z.string(),
  address: addressSchema,
  base: token,
  quote: token,
  baseIsToken0: z.boolean(),
  feePips: number,
  protocolShareFrac: number,
  tvlUsd: nullableNumber,
  volumeH1Usd: nullableNumber,
  volumeH6Usd: nullableNumber,
  volumeH24Usd: nullableNumber,
  gasOpenUsd: number,
  gasCloseUsd: number,
  gasRsUsd: number,
  observedAtMs: z.number(),
  blockNumber: rawAmountSchema,
};

const pool = z.discriminatedUnion("kind", [
  z.object({
    ...poolBase,
    kind: z.literal("ticks"),
    tickSpacing: z.number().int(),
    sqrtPriceX96: rawAmountSchema,
    tick: z.number().int(),
    activeLiquidityRaw: rawAmountSchema.nullable(),
    ownLiquidityInRangeRaw: rawAmountSchema,
  }),
  z.object({
    ...poolBase,
    kind: z.literal("bins"),
    binStepBps: z.number(),
    activeBinId: z.number().int(),
    activeBinOthersBaseRaw: rawAmountSchema.nullable(),
    activeBinOthersQuoteRaw: rawAmountSchema.nullable(),
  }),
]);

const position = z.object({
  positionId: positionIdWire,
  poolKey: poolKeyWire,
  chainId: z.number().int(),
  family: z.string(),
  tokenId: rawAmountSchema,
  range: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("ticks"), tickLower: z.number().int(), tickUpper: z.number().int() }),
    z.object({ kind: z.literal("bins"), lowerBinId: z.number().int(), upperBinId: z.number().int() }),
  ]),
  liquidityRaw: rawAmountSchema,
  baseRaw: rawAmountSchema,
  quoteRaw: rawAmountSchema,
  uncollectedBaseRaw: rawAmountSchema,
  uncollectedQuoteRaw: rawAmountSchema,
  openedAtMs: z.number(),
  observedAtMs: z.number(),
  blockNumber: rawAmountSchema,
});

const wallet = z.object({
  chainId: z.number().int(),
  base: token,
  quote: token,
  baseRaw: rawAmountSchema,
  quoteRaw: rawAmountSchema,
  nativeRaw: rawAmountSchema,
  nativeUsd: number,
});

const freshness = z.object({
  input: z.string(),
  source: z.string(),
  observedAtMs: nullableNumber,
  ageMs: nullableNumber,
  maxAgeMs: z.number(),
  ok: z.boolean(),
  rule: z.string(),
  detail: z.string(),
  isAdvisory: z.boolean().default(false),
});

/** Everything of a snapshot but candles and pool samples, which travel as columns. */
export const snapshotWireSchema = z.object({
  pairId: pairIdWire,
  epoch: z.number().int(),
  observedAtMs: z.number(),
  price: number,
  quoteUsd: number,
  isStablePair: z.boolean(),
  pegPrice: nullableNumber,
  cycleSec: z.number(),
  pools: z.array(pool),
  positions: z.array(position),
  capital: z.object({
    wallets: z.array(wallet),
    idleBase: number,
    idleQuote: number,
    idleUsd: number,
    positionsUsd: number,
    totalUsd: number,
  }),
  bridgeTerms: z
    .array(z.object({ fromChainId: z.number().int(), toChainId: z.number().int(), feeFrac: number, fixedUsd: number }))
    .default([]),
  history: z.object({
    lastPraAtMs: nullableNumber,
    lastCloseEpochs: z.record(z.string(), z.number()).default({}),
    rangeShiftAtMs: z.array(z.number()),
    epochNetUsd: z.array(number),
    gas24hUsd: number,
    suppressUntilEpoch: z.number(),
  }),
  freshness: z.array(freshness),
});
/** As it travels: whole numbers are decimal strings. */
export type SnapshotWire = z.input<typeof snapshotWireSchema>;

/** The snapshot as the strategy takes it; throws where the text is not one (`safeParse` of the schema says why). */
export function readSnapshot(
  wire: SnapshotWire,
  series: Pick<MarketSnapshot, "candles" | "poolSamples">,
): MarketSnapshot {
  return { ...snapshotWireSchema.parse(wire), ...series };
}
