// Shape of the registry (chains, tokens, DEXes, pools, pairs) and of an overlay file; every entry is a claim checked on chain at start.
import * as z from "zod";
import { isPlainText } from "@/lib/format/plain-text";

export const FAMILIES = [
  "uniswap-v3",
  "pancakeswap-v3",
  "algebra-integral",
  "algebra-v1",
  "camelot-v3",
  "slipstream",
  "ramses-v3",
  "uniswap-v4",
  "pancakeswap-infinity",
  "liquidity-book",
] as const;
export const familySchema = z.enum(FAMILIES);
export type Family = z.infer<typeof familySchema>;

/** 20-byte address, any case; compared case-insensitively. */
export const addressSchema = z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]{40}$/)]);
export const bytes32Schema = z.templateLiteral(["0x", z.string().regex(/^[0-9a-fA-F]{64}$/)]);
export const hexSchema = z.templateLiteral(["0x", z.string().regex(/^([0-9a-fA-F]{2})*$/)]);
export const pairIdSchema = z.string().regex(/^[A-Z0-9.]{1,16}-[A-Z0-9.]{1,16}$/, "expected BASE-QUOTE in upper case");

/** Names are shown beside money: what they hold is what is seen. */
function plain(text: z.ZodString): z.ZodString {
  return text.refine(isPlainText, "expected text without invisible characters");
}

/** How well a fact is supported: recomputed from the deployment rule, two or more independent sources, or one. */
export const VERIFIED = ["derived", "twice", "single"] as const;
/** Where an entry is from; an overlay may leave it out. `sources` are keys of `./sources`, or words of the operator. */
const provenance = {
  sources: z.array(z.string()).optional(),
  verified: z.enum(VERIFIED).optional(),
  note: z.string().optional(),
};

/** When an included transaction counts as final (safety.md section 3.6). */
export const settleSchema = z.object({
  tag: z.enum(["finalized", "safe", "depth"]),
  /** Blocks after which it is final where the tag is not served. */
  depth: z.number().int().min(1),
});

export const chainSchema = z.object({
  id: z.number().int().positive(),
  name: plain(z.string().min(1).max(48)),
  nativeSymbol: z.string().min(1).max(12),
  nativeDecimals: z.number().int().min(0).max(36),
  wrappedNative: addressSchema,
  blockTimeMs: z.number().int().positive(),
  /** GeckoTerminal network slug, null when not covered. */
  geckoSlug: z.string().nullable(),
  explorer: z.string().nullable(),
  rpcUrls: z.array(z.string().min(1)).default([]),
  multicall3: addressSchema,
  permit2: addressSchema.nullable(),
  lifiDiamond: addressSchema.nullable(),
  feeModel: z.enum(["eip1559", "legacy"]),
  /** Blocks on top before an included transaction counts as CONFIRMED. */
  softDepth: z.number().int().min(1),
  settle: settleSchema,
  /** Chain seconds per wall second: 1 on every real chain; the deadline window is multiplied by it (safety.md section 3.8c). */
  timeScale: z.number().min(1).default(1),
  /** True when every endpoint of this chain is on loopback: built-in wallets may be offered. */
  isLocal: z.boolean().default(false),
  bumpAllowed: z.boolean().default(true),
  /** Gas that one transaction may use where a block takes less than the usual (HyperEVM's small blocks). */
  maxTxGas: z.number().int().positive().optional(),
  /** Highest fee per gas that the signer will pay, wei. */
  maxFeePerGasWei: z.string().regex(/^\d+$/).default("500000000000"),
});
export type Chain = z.infer<typeof chainSchema>;

export const tokenSchema = z.object({
  chainId: z.number().int().positive(),
  symbol: plain(z.string().min(1).max(16)),
  address: addressSchema,
  decimals: z.number().int().min(0).max(36),
  kind: z.enum(["native", "bridged", "wrapped"]),
  /** Currency the token is pegged to (`USD`), null when it floats; "stable" pairs have the same peg on both sides. */
  pegCurrency: z.string().nullable().default(null),
  /** Other texts that the contract's symbol() may answer; differences of case, `.e`, `0` and the `₮` need none. */
  symbolsOnChain: z.array(z.string().min(1)).optional(),
  ...provenance,
});
export type Token = z.infer<typeof tokenSchema>;

/**
 * Contracts of a DEX on one chain. `factory` is where pools come from (V4: PoolManager, Infinity: CLPoolManager, Liquidity Book:
 * LBFactory); `positionManager` is where positions are opened and closed (Liquidity Book: LBRouter).
 */
export const dexContractsSchema = z.object({
  factory: addressSchema,
  positionManager: addressSchema,
  quoterV2: addressSchema.nullable().default(null),
  swapRouter: addressSchema.nullable().default(null),
  /** Who creates the pools where that is not the factory (PancakeSwap V3, Algebra): the CREATE2 sender. */
  poolDeployer: addressSchema.nullable().default(null),
  /** Uniswap V4 StateView. */
  stateView: addressSchema.nullable().default(null),
  /** Infinity's Vault. */
  vault: addressSchema.nullable().default(null),
  /** Permit2 of this DEX; null: the chain's canonical one. PancakeSwap Infinity has its own. */
  permit2: addressSchema.nullable().default(null),
  /** What the pools are clones of (Slipstream). */
  poolImplementation: addressSchema.optional(),
  /** A second manager that is in use for the same pools; ours is `positionManager`. */
  otherPositionManager: addressSchema.optional(),
});
export type DexContracts = z.infer<typeof dexContractsSchema>;

export const dexSchema = z.object({
  id: z.string().min(1),
  name: plain(z.string().min(1)),
  family: familySchema,
  /** True when contracts imitate the family because the real bytecode is not available; shown wherever the pool is shown. */
  isStandIn: z.boolean().default(false),
  initCodeHash: bytes32Schema.nullable().default(null),
  /** Generation within a family whose contracts differ: Liquidity Book `2.0`, `2.1`, `2.2`. */
  variant: z.string().nullable().default(null),
  /** Hook contracts of pool-id families that a position may be opened under; the zero address (no hook) is always allowed. */
  hooksAllowed: z.array(addressSchema).default([]),
  /** Tick spacing that the factory gives each fee, where the fee decides it. */
  feeToTickSpacing: z.record(z.string(), z.number().int().positive()).optional(),
  /** Tick spacings in use, where pools are keyed by them. */
  tickSpacings: z.array(z.number().int().positive()).optional(),
  /** Custom pool deployers by tick spacing (Algebra Integral forks whose pools are all custom). */
  customDeployers: z.record(z.string(), addressSchema).optional(),
  note: z.string().optional(),
  chains: z.record(z.string(), dexContractsSchema),
});
export type Dex = z.infer<typeof dexSchema>;
/** As written in a registry: fields with a default may be missing. */
export type DexEntry = z.input<typeof dexSchema>;

export const poolSchema = z.object({
  pair: pairIdSchema,
  chainId: z.number().int().positive(),
  dex: z.string().min(1),
  /** Pool address, or 32-byte pool id for V4-style pools. */
  id: hexSchema,
  /**
   * Symbols; order as given by the source, never token0/token1 by assumption (Liquidity Book: tokenX first). `NATIVE` is the chain's
   * coin. Null: not known, which needs `disabled`.
   */
  tokens: z.tuple([z.string(), z.string()]).nullable(),
  /** Fee in 1/1 000 000; null = dynamic, read from the pool. */
  fee: z.number().int().nullable(),
  tickSpacing: z.number().int().nullable(),
  /** Hook contract of a V4-style pool key; null for families without hooks. */
  hooks: addressSchema.nullable().default(null),
  /** Custom pool deployer of an Algebra Integral pool; null or zero: the base factory's. */
  deployer: addressSchema.nullable().default(null),
  /** Liquidity Book bin step, 1/10 000. */
  binStep: z.number().int().positive().nullable().default(null),
  /** Infinity pool key's parameters word (hook bitmap, tick spacing from bit 16). */
  parameters: bytes32Schema.nullable().default(null),
  /** Why the entry is not used; it stays in the registry and is shown with the reason. */
  disabled: z.string().min(1).optional(),
  ...provenance,
});
export type Pool = z.infer<typeof poolSchema>;
export type PoolEntry = z.input<typeof poolSchema>;

export const VENUES = ["binance", "bybit", "okx", "mexc", "gate", "bitget"] as const;
export const venueSchema = z.enum(VENUES);
export type Venue = z.infer<typeof venueSchema>;

export const pairSchema = z.object({
  id: pairIdSchema,
  base: z.string(),
  quote: z.string(),
  /** CEX instrument per venue: unified ccxt symbol, for example `ETH/USDC`, and its weight in the merge. */
  sources: z
    .array(
      z.object({ venue: venueSchema, base: z.string(), quote: z.string(), weight: z.number().positive().default(1) }),
    )
    .min(1),
});
export type Pair = z.infer<typeof pairSchema>;

export const registrySchema = z.object({
  version: z.literal(1),
  chains: z.array(chainSchema),
  tokens: z.array(tokenSchema),
  dexes: z.array(dexSchema),
  pools: z.array(poolSchema),
  pairs: z.array(pairSchema),
});
export type Registry = z.infer<typeof registrySchema>;
