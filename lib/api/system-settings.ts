// Settings of the whole deployment that owners change by a signed command: own pools and pairs, RPC endpoints per chain, alerts; as signed and as kept.
import { keccak256, stringToHex } from "viem";
import * as z from "zod";
import { alertSettingsSchema } from "@/lib/alerts/settings";
import { isPlainText } from "@/lib/format/plain-text";
import {
  addressSchema,
  bytes32Schema,
  hexSchema,
  pairIdSchema,
  pairSchema,
  poolSchema,
  tokenSchema,
} from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";

/** One command adds one pool and what it needs; more at once could not be read before signing. */
export const registryAdditionSchema = z.object({
  tokens: z.array(tokenSchema).max(2),
  pools: z.array(poolSchema).min(1).max(1),
  /** A pair that is new with this pool: it starts in OBSERVE. */
  pairs: z.array(pairSchema).max(1),
});
export type RegistryAddition = z.output<typeof registryAdditionSchema>;

/** `use`: asked in this order. `drain`: nothing new is asked. `removed`: not asked although the environment or the registry names it. */
export const ENDPOINT_USES = ["use", "drain", "removed"] as const;
export const endpointUseSchema = z.enum(ENDPOINT_USES);
export type EndpointUse = z.infer<typeof endpointUseSchema>;

export const endpointEntrySchema = z.object({
  /** `endpointId` of the address: the address itself may hold a key and stays in a file of this machine. */
  id: bytes32Schema,
  /** The address with everything masked that may be a key. */
  label: z.string().min(1).max(240).refine(isPlainText, "expected text without invisible characters"),
  use: endpointUseSchema,
});
export type EndpointEntry = z.infer<typeof endpointEntrySchema>;

export const chainEndpointsSchema = z.object({
  chainId: z.number().int().positive(),
  /** The whole list in its order. */
  endpoints: z.array(endpointEntrySchema).min(1).max(16),
});

export const alertsConfigSchema = z.object({ settings: alertSettingsSchema });

/** Parameters of the actions that change settings of the whole deployment. */
export const systemParamsSchemas = {
  "registry.add": registryAdditionSchema,
  "chain.endpoints": chainEndpointsSchema,
  "alerts.config": alertsConfigSchema,
} as const;
export type SystemAction = keyof typeof systemParamsSchemas;

export function isSystemAction(action: string): action is SystemAction {
  return action in systemParamsSchemas;
}

/**
 * Names an address without telling it: bound to the deployment, so that the same provider's address has another name elsewhere. A key
 * in it has far more bits than anybody tries; who can guess the whole address knows it already.
 */
export function endpointId(deploymentId: Hex, url: string): Hex {
  return keccak256(stringToHex(`tidegate endpoint:${deploymentId.toLowerCase()}:${url}`));
}

/** What the signer's command log adds up to, as every other process reads it: `<data dir>/signed-settings.json`. */
export const signedSettingsSchema = z.object({
  version: z.literal(1),
  deploymentId: bytes32Schema,
  registry: z.object({
    /** Counts the signed additions. */
    version: z.number().int().min(0),
    tokens: z.array(tokenSchema),
    pools: z.array(poolSchema),
    pairs: z.array(pairSchema),
  }),
  endpoints: z.array(
    z.object({
      chainId: z.number().int().positive(),
      version: z.number().int().min(1),
      changedAtMs: z.number(),
      by: addressSchema,
      endpoints: z.array(endpointEntrySchema),
    }),
  ),
  alerts: z
    .object({
      version: z.number().int().min(1),
      changedAtMs: z.number(),
      by: addressSchema,
      settings: alertSettingsSchema,
    })
    .nullable(),
});
export type SignedSettings = z.output<typeof signedSettingsSchema>;

export function noSignedSettings(deploymentId: Hex): SignedSettings {
  return {
    version: 1,
    deploymentId,
    registry: { version: 0, tokens: [], pools: [], pairs: [] },
    endpoints: [],
    alerts: null,
  };
}

/** A line of an identity check: what was expected, what came, and whether a person may go on. */
export const checkLineSchema = z.object({
  /** `problem` blocks, `note` is for a person to know. */
  kind: z.enum(["ok", "note", "problem"]),
  what: z.string(),
  expected: z.string(),
  came: z.string(),
});
export type CheckLine = z.infer<typeof checkLineSchema>;

const poolIdSchema = z
  .string()
  .regex(/^0x([0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/, "expected a pool address (0x and 40 hex digits) or a pool id (64)")
  .pipe(hexSchema);

export const poolCheckRequestSchema = z.object({
  chainId: z.number().int().positive(),
  id: poolIdSchema,
  /** Null: found by the pool's own factory, where it has one. */
  dexId: z.string().max(60).nullable(),
  /** Null: found by its tokens; a new pair when there is none. */
  pairId: pairIdSchema.nullable(),
  /** Parts of a key that the contracts do not tell (V4 pools nobody opened a position in yet). */
  fee: z.number().int().min(0).max(1_000_000).nullable(),
  tickSpacing: z.number().int().min(1).max(32_767).nullable(),
  hooks: addressSchema.nullable(),
  tokens: z.tuple([z.string().max(16), z.string().max(16)]).nullable(),
});
export type PoolCheckRequest = z.output<typeof poolCheckRequestSchema>;

export const poolCheckSchema = z.object({
  lines: z.array(checkLineSchema),
  /** What would be signed; null when something speaks against it. */
  addition: registryAdditionSchema.nullable(),
  pairId: z.string().nullable(),
  dexId: z.string().nullable(),
  /** Read from the chain with the check; missing where nothing may be added. */
  market: z
    .object({
      /** The larger of both directions, 1/1 000 000. */
      feePips: z.number(),
      /** From 1 % below to 1 % above the price, in the quote token; missing: an older signer looked. */
      depthQuote: z.number().min(0).optional(),
      /** The same in dollars; null where the price of the quote is not known. */
      depthUsd: z.number().min(0).nullable(),
    })
    .nullish(),
  /** The whole check. */
  tookMs: z.number(),
});
export type PoolCheck = z.output<typeof poolCheckSchema>;

export function hasProblem(lines: readonly CheckLine[]): boolean {
  return lines.some(({ kind }) => kind === "problem");
}

export interface EndpointChoice {
  /** In the order they are asked. */
  readonly urls: readonly string[];
  /** Ids of the signed list whose address is not known on this machine. */
  readonly unknown: readonly Hex[];
}

/**
 * Addresses of a chain by its signed list. Configured addresses that the list does not name come last: they were set by whoever runs
 * the machine after it was signed. A list that leads nowhere (another machine, a removed file) never leaves a chain without endpoints.
 */
export function chooseEndpoints(input: {
  readonly deploymentId: Hex;
  readonly configured: readonly string[];
  readonly signed: readonly EndpointEntry[] | null;
  readonly vault: ReadonlyMap<Hex, string>;
}): EndpointChoice {
  const { configured, signed } = input;
  if (signed === null) return { urls: configured, unknown: [] };
  const known = new Map([
    ...input.vault,
    ...configured.map((url): [Hex, string] => [endpointId(input.deploymentId, url), url]),
  ]);
  const named = new Set(signed.map(({ id }) => id));
  const inUse = signed.filter(({ use }) => use === "use");
  const urls = [
    ...inUse.flatMap(({ id }) => known.get(id) ?? []),
    ...configured.filter((url) => !named.has(endpointId(input.deploymentId, url))),
  ];
  return {
    urls: urls.length > 0 ? urls : configured,
    unknown: inUse.flatMap(({ id }) => (known.has(id) ? [] : [id])),
  };
}
