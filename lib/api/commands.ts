// Signed commands: one EIP-712 format for every state-changing act, checked by the API and again by the signer (safety.md section 6).
import { keccak256, stringToHex, zeroHash } from "viem";
import * as z from "zod";
import { isPlainText } from "@/lib/format/plain-text";
import { addressSchema, bytes32Schema, hexSchema, pairIdSchema } from "@/lib/registry/schema";
import { capitalAssignmentSchema, modeSchema, pairSettingsSchema, pauseKindSchema } from "@/lib/registry/pair-settings";
import { canonicalJson } from "@/lib/plan/canonical-json";
import type { Hex } from "@/lib/units";
import { LOWEST_ROLES, ROLES, type Role } from "./roles";

export { roleAtLeast, type Role } from "./roles";

export const roleSchema = z.enum(ROLES);

const planIdSchema = z.string().regex(/^0x[0-9a-f]{32}$/, "expected a plan id: 0x and 32 hex digits");
const noteText = z
  .string()
  .max(280)
  .refine(isPlainText, "expected text without invisible characters (control, zero-width, direction marks)");
const note = noteText.default("");
const reason = noteText.min(1);
/** A pool tick, or a Liquidity Book bin id. */
const tickSchema = z.number().int().min(-887_272).max(16_777_215);

/** `normal` for a quiet market; `wide` gets out of a falling one. */
export const EXIT_SLIPPAGES = ["normal", "wide"] as const;
export type ExitSlippage = (typeof EXIT_SLIPPAGES)[number];
/** The tolerance of each below the live price at signing. */
export const EXIT_SLIPPAGE_BPS: Readonly<Record<ExitSlippage, number>> = { normal: 30, wide: 100 };

/** Parameters per action; `target` of the command is the pair id, the plan id or `system`. */
export const commandParamsSchemas = {
  "plan.approve": z.object({ planId: planIdSchema, note }),
  "plan.reject": z.object({ planId: planIdSchema, reason }),
  "pair.pause": z.object({
    pairId: pairIdSchema,
    kind: pauseKindSchema,
    untilAtMs: z.number().int().positive().nullable(),
    reason,
  }),
  "pair.resume": z.object({ pairId: pairIdSchema, note }),
  "pair.mode": z.object({ pairId: pairIdSchema, mode: modeSchema }),
  "pair.config": z.object({ pairId: pairIdSchema, settings: pairSettingsSchema }),
  "pair.unhalt": z.object({ pairId: pairIdSchema, note: reason }),
  /** Manual range shift: ticks null = the strategy's target of the next cycle. */
  "range.shift": z.object({
    pairId: pairIdSchema,
    positionId: z.string(),
    ticks: z.object({ tickLower: tickSchema, tickUpper: tickSchema }).nullable(),
  }),
  "capital.assign": capitalAssignmentSchema,
  "role.set": z.object({ address: addressSchema, role: roleSchema.nullable() }),
  /** Signed on two pages only: `authorityParamsSchemas` holds what these must be, so that not every page carries it. */
  "people.set": z.looseObject({}),
  "limits.set": z.looseObject({}),
  "worker.restart": z.object({ pairId: pairIdSchema }),
  /** An orphan becomes the pair's; what it is worth is booked as a credit of the pair. */
  "orphan.adopt": z.object({ orphanId: z.string().min(1).max(200), pairId: pairIdSchema, note }),
  /** An orphan position is closed into the wallet; the proceeds are a credit. An allowance is taken back. */
  "orphan.close": z.object({ orphanId: z.string().min(1).max(200), note }),
  "orphan.ignore": z.object({ orphanId: z.string().min(1).max(200), note: reason }),
  /** Close everything (or one pair) as it is, or into one token; nothing new is opened. */
  "system.exit": z.object({
    pairId: pairIdSchema.nullable(),
    /** Symbol of the token to end in; null: the tokens as they come. */
    into: z.string().min(1).max(16).nullable(),
    /** How far a minimum may lie below the live price; missing: wide. */
    slippage: z.enum(EXIT_SLIPPAGES).optional(),
    reason,
  }),
  /** A transfer that will never end is written off: its amount leaves the books by a person's word. */
  "transfer.fail": z.object({ transferId: z.string().min(1).max(80), note: reason }),
  "system.stop": z.object({ reason }),
  "system.resume": z.object({ note: reason }),
  /** Large, and signed on a few pages only: `systemParamsSchemas` holds what these must be, so that not every page carries it. */
  "registry.add": z.looseObject({}),
  "chain.endpoints": z.looseObject({}),
  "alerts.config": z.looseObject({}),
} as const;
export type CommandAction = keyof typeof commandParamsSchemas;
export type CommandParams<A extends CommandAction> = z.output<(typeof commandParamsSchemas)[A]>;
export const commandActionSchema = z.enum(Object.keys(commandParamsSchemas) as [CommandAction, ...CommandAction[]]);

/** Lowest role that may sign each action. */
export const COMMAND_ROLES: Readonly<Record<CommandAction, Role>> = LOWEST_ROLES;

export const commandSchema = z.object({
  action: commandActionSchema,
  target: z.string().min(1).max(80),
  paramsHash: bytes32Schema,
  /** Hash of the plan an approval or rejection is about, zero otherwise. */
  planHash: bytes32Schema,
  /** Config version the signer of the command saw, decimal string; zero where it does not matter. */
  configVersion: z.string().regex(/^\d{1,20}$/),
  nonce: bytes32Schema,
  /** Unix seconds, decimal string; at most 5 minutes ahead (plan.approve: at most the plan's own expiry). */
  expiresAt: z.string().regex(/^\d{1,13}$/),
});
export type Command = z.infer<typeof commandSchema>;

/** Deepest nesting of parameters; settings of a pair have 5. Choice. */
const MAX_PARAMS_DEPTH = 12;

/** What has one canonical text: no numbers beyond the finite ones, no nesting without an end. */
function isPlain(value: unknown, depth = 0): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth >= MAX_PARAMS_DEPTH) return false;
  return Object.values(value).every((entry) => isPlain(entry, depth + 1));
}

export const signedCommandSchema = z.object({
  command: commandSchema,
  /** Parameters whose canonical JSON hashes to `paramsHash`. */
  params: z
    .record(z.string(), z.unknown())
    .refine((params) => isPlain(params), "expected plain parameters: finite numbers, at most 12 levels"),
  address: addressSchema,
  signature: hexSchema,
});
export type SignedCommand = z.infer<typeof signedCommandSchema>;

export const COMMAND_TYPES = {
  Command: [
    { name: "action", type: "string" },
    { name: "target", type: "string" },
    { name: "paramsHash", type: "bytes32" },
    { name: "planHash", type: "bytes32" },
    { name: "configVersion", type: "uint256" },
    { name: "nonce", type: "bytes32" },
    { name: "expiresAt", type: "uint64" },
  ],
} as const;

/** EIP-712 domain; no chain id: authority is the deployment's. */
export function commandDomain(deploymentId: Hex): { name: "Tidegate"; version: "1"; salt: Hex } {
  return { name: "Tidegate", version: "1", salt: deploymentId };
}

export function paramsHash(params: Readonly<Record<string, unknown>>): Hex {
  return keccak256(stringToHex(canonicalJson(params)));
}

/** Typed data as every wallet and verifier takes it. */
export function commandTypedData(deploymentId: Hex, command: Command) {
  return {
    domain: commandDomain(deploymentId),
    types: COMMAND_TYPES,
    primaryType: "Command",
    message: {
      action: command.action,
      target: command.target,
      paramsHash: command.paramsHash,
      planHash: command.planHash,
      configVersion: BigInt(command.configVersion),
      nonce: command.nonce,
      expiresAt: BigInt(command.expiresAt),
    },
  } as const;
}

export interface BuildCommandInput {
  readonly action: CommandAction;
  readonly target: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly planHash?: Hex;
  readonly configVersion?: number;
  /** 32 random bytes from the caller. */
  readonly nonce: Hex;
  readonly expiresAtSec: number;
}

/** Fills in the hashes; unused fields are zero. `params` must already be the parsed (defaulted) form. */
export function buildCommand(input: BuildCommandInput): Command {
  return {
    action: input.action,
    target: input.target,
    paramsHash: paramsHash(input.params),
    planHash: input.planHash ?? zeroHash,
    configVersion: String(input.configVersion ?? 0),
    nonce: input.nonce,
    expiresAt: String(Math.floor(input.expiresAtSec)),
  };
}

/** The id under which a command is logged and its result found: keccak256(address, nonce) (deduplication key of safety.md section 6). */
export function commandId(address: string, nonce: Hex): Hex {
  return keccak256(stringToHex(`${address.toLowerCase()}:${nonce.toLowerCase()}`));
}

/** One entry of the hash-chained command log as the API shows it. */
export const commandRecordSchema = z.object({
  seq: z.number().int(),
  commandId: bytes32Schema,
  atMs: z.number(),
  address: addressSchema.nullable(),
  role: roleSchema.nullable(),
  action: z.string(),
  target: z.string(),
  params: z.record(z.string(), z.unknown()),
  status: z.enum(["accepted", "done", "refused"]),
  /** What followed, in one sentence. */
  result: z.string(),
  planId: z.string().nullable(),
  hash: z.string(),
});
export type CommandRecord = z.infer<typeof commandRecordSchema>;
