// From an intended act to a signed command at the API: checks the role, builds the EIP-712 message, has it signed, posts it.
"use client";
import * as z from "zod";
import { api } from "@/components/live/api";
import {
  buildCommand,
  COMMAND_ROLES,
  commandParamsSchemas,
  commandTypedData,
  roleAtLeast,
  type CommandAction,
} from "@/lib/api/commands";
import type { RouteResponse } from "@/lib/api/contract";
import { bytes32Schema, hexSchema } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import { shortHex } from "@/lib/format/address";
import { announceDemoWallet, DEMO_WALLET_RDNS, selectDemoAccount } from "./demo-wallet";
import { askForSignIn } from "./wallet-store";

/** Commands may live five minutes (safety.md section 6); a minute is left for clocks that differ. */
const EXPIRES_IN_SEC = 240;

export interface CommandRequest<A extends CommandAction = CommandAction> {
  readonly action: A;
  /** Pair id, plan id or `system`. */
  readonly target: string;
  readonly params: z.input<(typeof commandParamsSchemas)[A]>;
  readonly planHash?: string | undefined;
  readonly configVersion?: number | undefined;
  /** A plan's own expiry, unix ms; the command ends no later. */
  readonly notAfterMs?: number | null | undefined;
}

/** An act that could not be sent; the message says why and what to do. */
export class CommandStop extends Error {}

const paramsSchema = z.record(z.string(), z.unknown());

export async function sendCommand<A extends CommandAction>(
  request: CommandRequest<A>,
  onPhase: (phase: "wallet" | "signature" | "sending") => void,
): Promise<RouteResponse<"commands">> {
  onPhase("wallet");
  const [environment, session] = await Promise.all([api.call("environment"), signedInSession(request.action)]);
  const { signCommand, connectedAddress, connectWallet, listWallets } = await import("./wallet-engine");

  let account = await connectedAddress();
  const isSandboxAccount = environment.sandbox?.accounts.some((one) => isSame(one.address, session.address)) === true;
  if (account === null && isSandboxAccount) {
    selectDemoAccount(session.address);
    announceDemoWallet(environment.sandbox?.label ?? "Demo wallet");
    const demo = listWallets().find((wallet) => wallet.id === DEMO_WALLET_RDNS);
    if (demo !== undefined) account = (await connectWallet(demo.uid)).address;
  }
  if (account === null) {
    const again = await askForSignIn("Connect the wallet that signs this.");
    account = again ? await connectedAddress() : null;
    if (account === null) throw new CommandStop("No wallet is connected. Connect one and repeat the action.");
  }
  if (!isSame(account, session.address)) {
    throw new CommandStop(
      `The wallet has ${shortHex(account)} selected, but you are signed in as ${shortHex(session.address)}. Select that account or sign in again.`,
    );
  }

  const params = paramsSchema.parse((await schemaOf(request.action)).parse(request.params));
  const nowSec = Math.floor(Date.now() / 1000);
  const notAfterSec = Math.floor((request.notAfterMs ?? Number.POSITIVE_INFINITY) / 1000);
  const command = buildCommand({
    action: request.action,
    target: request.target,
    params,
    ...(request.planHash === undefined ? {} : { planHash: bytes32Schema.parse(request.planHash) }),
    ...(request.configVersion === undefined ? {} : { configVersion: request.configVersion }),
    nonce: randomNonce(),
    expiresAtSec: Math.min(nowSec + EXPIRES_IN_SEC, notAfterSec),
  });
  onPhase("signature");
  const signature = await within(
    Number(command.expiresAt) * 1000 - Date.now(),
    signCommand(commandTypedData(hexSchema.parse(environment.deploymentId), command), account),
  );
  onPhase("sending");
  return api.call("commands", { body: { command, params, address: account, signature } });
}

/** Large parameters are known to their own pages only (lib/api/commands.ts). */
async function schemaOf(action: CommandAction): Promise<z.ZodType> {
  const { authorityParamsSchemas, isAuthorityAction } = await import("@/lib/api/authority-settings");
  return isAuthorityAction(action) ? authorityParamsSchemas[action] : commandParamsSchemas[action];
}

/** A locked wallet may never answer; after the command's own end its signature would be worth nothing. */
function within<T>(limitMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new CommandStop("The wallet has not answered in time. Unlock it, then repeat the action. Nothing was sent."),
      );
    }, limitMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function signedInSession(action: CommandAction): Promise<{ readonly address: string }> {
  let session = await api.call("session");
  if (!session.signedIn) {
    const isSignedIn = await askForSignIn("Sign in first; then the wallet asks for the signature of this action.");
    if (isSignedIn) session = await api.call("session");
  }
  if (!session.signedIn || session.address === null) throw new CommandStop("Nobody is signed in. Nothing was sent.");
  const needed = COMMAND_ROLES[action];
  if (session.role === null || !roleAtLeast(session.role, needed)) {
    throw new CommandStop(
      `This needs the role ${needed}; ${shortHex(session.address)} is ${session.role === null ? "not on the list" : `signed in as ${session.role}`}. Sign in with another account or ask an owner.`,
    );
  }
  return { address: session.address };
}

function isSame(a: string, b: string | null): boolean {
  return b !== null && a.toLowerCase() === b.toLowerCase();
}

function randomNonce(): Hex {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
