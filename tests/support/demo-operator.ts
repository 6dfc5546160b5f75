// An operator of a running demo without a browser: commands signed by the sandbox's unlocked accounts, straight to the signer's control socket.
import { randomBytes } from "node:crypto";
import * as z from "zod";
import {
  buildCommand,
  commandParamsSchemas,
  commandTypedData,
  type CommandAction,
  type CommandRecord,
} from "@/lib/api/commands";
import type { Authority, PlanRecord } from "@/lib/api/signer-contract";
import { hexSchema } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import { readSandbox } from "@/server/cli/opening-commands";
import { readDeploymentId } from "@/server/config/deployment";
import { createControlClient, type ControlClient } from "@/server/infra/signer-link/client";
import { socketPaths } from "@/server/infra/signer-link/paths";
import type { RunningDemo } from "./running-demo";

export interface SubmitInput {
  readonly action: CommandAction;
  readonly target: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly planHash?: Hex;
  readonly by?: "owner" | "approver";
}

export interface DemoOperator {
  readonly control: ControlClient;
  authority(): Promise<Authority>;
  openPlans(pairId: string): Promise<readonly PlanRecord[]>;
  plan(planId: string): Promise<PlanRecord>;
  submit(input: SubmitInput): Promise<{ readonly record: CommandRecord; readonly ackMs: number }>;
  close(): void;
}

const CALL_TIMEOUT_MS = 15_000;
const EIP712_DOMAIN_FIELDS = [
  { name: "name", type: "string" },
  { name: "version", type: "string" },
  { name: "salt", type: "bytes32" },
];

export async function openOperator(demo: RunningDemo): Promise<DemoOperator> {
  const deploymentId = readDeploymentId(demo.dataDir);
  if (!deploymentId.ok) throw deploymentId.error;
  const paths = socketPaths(demo.dataDir);
  if (!paths.ok) throw paths.error;
  const { accounts } = await readSandbox(demo.ready.devnet.replace(/\/$/, ""));
  const control = createControlClient({
    socketPath: paths.value.control,
    deploymentId: deploymentId.value,
    peer: "test operator",
    timeoutMs: CALL_TIMEOUT_MS,
  });

  async function authority(): Promise<Authority> {
    const answer = await control.call("authority.get", {});
    if (!answer.ok) throw answer.error;
    return answer.value;
  }

  return {
    control,
    authority,
    async openPlans(pairId) {
      const answer = await control.call("plans.list", { pairId, open: true, limit: 50 });
      if (!answer.ok) throw answer.error;
      return answer.value.plans;
    },
    async plan(planId) {
      const answer = await control.call("plan.get", { planId });
      if (!answer.ok) throw answer.error;
      return answer.value;
    },
    async submit({ action, target, params, planHash, by = "owner" }) {
      const parsed = commandParamsSchemas[action].parse(params);
      const { configVersion } = await authority();
      const address = by === "owner" ? accounts.demoOwner : accounts.demoApprover;
      const command = buildCommand({
        action,
        target,
        params: parsed,
        configVersion,
        nonce: hexSchema.parse(`0x${randomBytes(32).toString("hex")}`),
        expiresAtSec: Date.now() / 1000 + 120,
        ...(planHash === undefined ? {} : { planHash }),
      });
      const typed = commandTypedData(deploymentId.value, command);
      const text = JSON.stringify(
        {
          domain: typed.domain,
          types: { EIP712Domain: EIP712_DOMAIN_FIELDS, ...typed.types },
          primaryType: typed.primaryType,
          message: typed.message,
        },
        (_key, value: unknown) => (typeof value === "bigint" ? value.toString() : value),
      );
      const signature = hexSchema.parse(await demo.rpc("eth_signTypedData_v4", [address, text]));
      const sentMonoMs = performance.now();
      const answer = await control.call("command.submit", {
        command,
        params: z.record(z.string(), z.unknown()).parse(parsed),
        address,
        signature,
      });
      if (!answer.ok) throw answer.error;
      return { record: answer.value, ackMs: performance.now() - sentMonoMs };
    },
    close: () => control.close(),
  };
}
