// The demo's first signed commands, made with the sandbox's own unlocked owner account: capital per pair, modes, role of the approver.
import { randomBytes } from "node:crypto";
import { parseUnits } from "viem";
import * as z from "zod";
import {
  buildCommand,
  commandParamsSchemas,
  commandTypedData,
  type CommandAction,
  type SignedCommand,
} from "@/lib/api/commands";
import type { Authority } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText, type TidegateError } from "@/lib/errors/tidegate-error";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import type { RegistryView } from "@/server/config/registry";
import type { ControlClient } from "@/server/infra/signer-link/client";

/** Human amounts of the demo wallet that each pair may use; together they are what the sandbox funds the wallet with. */
const DEMO_CAPITAL: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "WETH-USDC": { WETH: "20", USDC: "60000" },
  "USDC-USDT": { USDC: "50000", USDT: "50000" },
};
const DEMO_MODES: Readonly<Record<string, "auto" | "approve">> = { "WETH-USDC": "auto", "USDC-USDT": "approve" };
const COMMAND_LIFE_SEC = 240;

export const sandboxStateSchema = z.looseObject({
  chainId: z.number().int(),
  nowMs: z.number(),
  accounts: z.looseObject({ demoOwner: addressSchema, demoApprover: addressSchema }),
});
export type SandboxState = z.infer<typeof sandboxStateSchema>;

export async function readSandbox(controlUrl: string): Promise<SandboxState> {
  const response = await fetch(`${controlUrl}/state`, { signal: AbortSignal.timeout(10_000) });
  return sandboxStateSchema.parse(await response.json());
}

export interface OpeningInput {
  readonly control: ControlClient;
  readonly deploymentId: Hex;
  readonly registry: RegistryView;
  readonly pairIds: readonly string[];
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly owner: Address;
  readonly approver: Address;
}

/** Signs only what is missing, so that a second start changes nothing. Returns how many commands were signed. */
export async function signOpeningCommands(input: OpeningInput): Promise<Result<number, TidegateError>> {
  const authority = await input.control.call("authority.get", {});
  if (!authority.ok) return authority;
  const wanted = missingCommands(input, authority.value);
  for (const { action, target, params } of wanted) {
    const signed = await signInSandbox(input, { action, target, params, configVersion: authority.value.configVersion });
    if (!signed.ok) return signed;
    const reply = await input.control.call("command.submit", signed.value);
    if (!reply.ok) return reply;
    if (reply.value.status === "refused")
      return err(failure(`the signer refused ${action} of ${target}: ${reply.value.result}`));
  }
  return ok(wanted.length);
}

export interface Wanted {
  readonly action: CommandAction;
  readonly target: string;
  readonly params: Readonly<Record<string, unknown>>;
}

function missingCommands(input: OpeningInput, authority: Authority): readonly Wanted[] {
  const wanted: Wanted[] = [];
  const hasApprover = authority.roles.some((entry) => entry.address.toLowerCase() === input.approver.toLowerCase());
  if (!hasApprover) {
    const params = { address: input.approver, role: "approver" };
    wanted.push({ action: "role.set", target: "system", params });
  }
  for (const pairId of input.pairIds) {
    const state = authority.pairs.find((pair) => pair.pairId === pairId);
    const hasCapital = (state?.account.length ?? 0) > 0 || (state?.positions.length ?? 0) > 0;
    // A pair that has capital was set up before: its mode is the operator's choice by now.
    if (hasCapital) continue;
    for (const [symbol, amount] of Object.entries(DEMO_CAPITAL[pairId] ?? {})) {
      const token = input.registry.token(input.chainId, symbol);
      if (token === null) continue;
      const amountRaw = parseUnits(amount, token.decimals).toString();
      const params = { pairId, chainId: input.chainId, token: token.address, amountRaw };
      wanted.push({ action: "capital.assign", target: pairId, params });
    }
    const mode = DEMO_MODES[pairId];
    if (mode !== undefined) wanted.push({ action: "pair.mode", target: pairId, params: { pairId, mode } });
  }
  return wanted;
}

/** A command signed by one of the sandbox chain's unlocked accounts; only such a chain can do it. */
export async function signInSandbox(
  input: Pick<OpeningInput, "deploymentId" | "rpcUrl" | "owner">,
  wanted: Wanted & { readonly configVersion: number },
): Promise<Result<SignedCommand, ConfigError>> {
  const { command, params, message } = unsignedCommand(input.deploymentId, wanted);
  try {
    const response = await fetch(input.rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_signTypedData_v4", params: [input.owner, message] }),
      signal: AbortSignal.timeout(10_000),
    });
    const signature = replySchema.parse(await response.json()).result;
    return ok({ command, params, address: input.owner, signature });
  } catch (error) {
    return err(failure(`the sandbox's owner account did not sign ${wanted.action} (${errorText(error)})`));
  }
}

/** A command with its typed data as JSON text, as wallets take it. */
export function unsignedCommand(
  deploymentId: Hex,
  wanted: Wanted & { readonly configVersion: number },
): Pick<SignedCommand, "command" | "params"> & { readonly message: string } {
  const params = commandParamsSchemas[wanted.action].parse(wanted.params);
  const command = buildCommand({
    action: wanted.action,
    target: wanted.target,
    params,
    configVersion: wanted.configVersion,
    nonce: `0x${randomBytes(32).toString("hex")}`,
    expiresAtSec: Date.now() / 1000 + COMMAND_LIFE_SEC,
  });
  const typed = commandTypedData(deploymentId, command);
  const message = JSON.stringify(
    {
      domain: typed.domain,
      types: { EIP712Domain: EIP712_DOMAIN_FIELDS, ...typed.types },
      primaryType: typed.primaryType,
      message: typed.message,
    },
    (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
  );
  return { command, params, message };
}

const EIP712_DOMAIN_FIELDS = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "salt", type: "bytes32" },
] as const;

const replySchema = z.object({ result: hexSchema });

function failure(reason: string): ConfigError {
  return new ConfigError({
    code: "invalid",
    message: `The demo could not be set up: ${reason}. Try "npm run demo -- --fresh".`,
    retryable: false,
  });
}
