// An operator over HTTP: signs in with an unlocked account of the sandbox chain and submits signed commands as any client would.
import { randomBytes } from "node:crypto";
import * as z from "zod";
import {
  buildCommand,
  commandParamsSchemas,
  commandTypedData,
  type CommandAction,
  type SignedCommand,
} from "@/lib/api/commands";
import { contract } from "@/lib/api/contract";
import { bytes32Schema, hexSchema } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { RunningDemo } from "@/tests/support/running-demo";

export interface SignInput {
  readonly action: CommandAction;
  readonly target: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** The plan that an approval means. */
  readonly planHash?: Hex;
  /** Seconds from now; negative gives an expired command. */
  readonly lifeSec?: number;
  /** The account whose key signs; the command names the operator's own address all the same. */
  readonly signAs?: string;
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  /** The error's message, or an empty text. */
  readonly message: string;
}

export interface HttpOperator {
  readonly address: string;
  sign(input: SignInput): Promise<SignedCommand>;
  send(signed: unknown): Promise<Reply>;
  get(path: string): Promise<Reply>;
}

const DOMAIN_FIELDS = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "salt", type: "bytes32" },
];
const errorSchema = z.object({ error: z.object({ message: z.string() }) });

export async function openHttpOperator(demo: RunningDemo): Promise<HttpOperator> {
  const environment = await demo.read(contract.environment);
  const address = environment.sandbox?.accounts.find(({ role }) => role === "owner")?.address;
  if (address === undefined) throw new Error("the environment names no account with the role owner");
  const { origin } = environment;
  const deploymentId = bytes32Schema.parse(environment.deploymentId);
  let cookie = "";

  async function call(method: "GET" | "POST", path: string, body?: unknown): Promise<Reply> {
    const response = await fetch(`${demo.apiUrl}${path}`, {
      method,
      headers: { origin, "content-type": "application/json", ...(cookie === "" ? {} : { cookie }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
    const answer: unknown = await response.json();
    const failed = errorSchema.safeParse(answer);
    return { status: response.status, body: answer, message: failed.success ? failed.data.error.message : "" };
  }

  const asked = await call("POST", contract.authNonce.path, {
    address,
    chainId: environment.homeChainId,
  });
  const { message } = contract.authNonce.response.parse(asked.body);
  const signature = await demo.rpc("personal_sign", [`0x${Buffer.from(message).toString("hex")}`, address]);
  const opened = await call("POST", contract.authVerify.path, { message, signature });
  if (opened.status !== 200) throw new Error(`sign-in answered ${opened.status}: ${opened.message}`);

  return {
    address,
    async sign({ action, target, params, planHash, lifeSec = 120, signAs = address }) {
      const parsed: Record<string, unknown> = commandParamsSchemas[action].parse(params);
      const command = buildCommand({
        action,
        target,
        params: parsed,
        ...(planHash === undefined ? {} : { planHash }),
        nonce: hexSchema.parse(`0x${randomBytes(32).toString("hex")}`),
        expiresAtSec: Date.now() / 1000 + lifeSec,
      });
      const typed = commandTypedData(deploymentId, command);
      const text = JSON.stringify(
        {
          domain: typed.domain,
          types: { EIP712Domain: DOMAIN_FIELDS, ...typed.types },
          primaryType: typed.primaryType,
          message: typed.message,
        },
        (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
      );
      const signed = hexSchema.parse(await demo.rpc("eth_signTypedData_v4", [signAs, text]));
      return {
        command,
        params: z.record(z.string(), z.unknown()).parse(parsed),
        address: z.custom<SignedCommand["address"]>().parse(address),
        signature: signed,
      };
    },
    send: (signed) => call("POST", contract.commands.path, signed),
    get: (path) => call("GET", path),
  };
}
