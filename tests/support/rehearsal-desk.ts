// The real signer process on a rehearsal lab's chain, and what a worker and an owner do with it: propose, rehearse, approve, carry out.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandAction } from "@/lib/api/commands";
import type { PlanRecord } from "@/lib/api/signer-contract";
import { err, ok } from "@/lib/errors/result";
import { ExecutionError } from "@/lib/errors/tidegate-error";
import { findPoolRef } from "@/lib/registry/pool-ref";
import { pairId as toPairId } from "@/lib/units";
import { executePlan } from "@/server/execution/execute-plan";
import { createLiveReads } from "@/server/execution/live-reads";
import { wallClock } from "@/server/infra/clock";
import { createControlClient, createIntentClient } from "@/server/infra/signer-link/client";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { rehearsePlan } from "@/server/rehearsal/rehearse-plan";
import type { ExecuteDeps } from "@/server/worker/steps/execute";
import { LAB_CHAIN, LAB_PAIR, LAB_PRICE, type RehearsalLab } from "./rehearsal-lab";
import { makeSignerHome, signCommand, startSignerProcess } from "./signer-process";

const ASSIGNED = 50_000n;
/** Longest wait for one answer of the signer: a machine that builds something else at the same time is slow, not wrong. */
const ANSWER_MS = 30_000;

export type RehearsalDesk = Awaited<ReturnType<typeof startRehearsalDesk>>;

export async function startRehearsalDesk(lab: RehearsalLab) {
  const home = await makeSignerHome({
    TG_PAIRS: LAB_PAIR,
    TG_HOME_CHAIN: String(LAB_CHAIN),
    [`TG_RPC_${LAB_CHAIN}`]: lab.url,
  });
  writeFileSync(join(home.dataDir, "registry.json"), JSON.stringify(lab.registry));
  await lab.fund(home.wallet);
  const mining = { isOn: true };
  const miner = mineWaiting(lab, mining);
  const signer = startSignerProcess(home);
  await signer.ready;
  const { deploymentId } = home;
  const control = createControlClient({
    socketPath: home.paths.control,
    deploymentId,
    peer: "owner",
    timeoutMs: ANSWER_MS,
  });
  const intents = createIntentClient({
    socketPath: home.paths.intent,
    deploymentId,
    peer: `worker ${LAB_PAIR}`,
    timeoutMs: ANSWER_MS,
  });

  async function command(action: CommandAction, params: Readonly<Record<string, unknown>>, planHash?: `0x${string}`) {
    const signed = await signCommand(home, home.owner, {
      action,
      params,
      ...(planHash === undefined ? {} : { planHash }),
    });
    const record = await control.call("command.submit", signed);
    if (!record.ok) throw record.error;
    if (record.value.status !== "done") throw new Error(`${action} is ${record.value.status}: ${record.value.result}`);
  }
  for (const { address, decimals } of [lab.chain.low, lab.chain.quote]) {
    const amountRaw = (ASSIGNED * 10n ** BigInt(decimals)).toString();
    await command("capital.assign", { pairId: LAB_PAIR, chainId: LAB_CHAIN, token: address, amountRaw });
  }
  const leased = await intents.call("fence.lease", { pairId: LAB_PAIR, workerId: "w1" });
  if (!leased.ok) throw leased.error;
  const { token } = leased.value;
  const pairId = toPairId(LAB_PAIR);

  const deps: ExecuteDeps = {
    pairId,
    log: silentLogger,
    signer: {
      propose: (plan, proposedBy) =>
        intents.call("plan.propose", { pairId, token, plan, proposedBy, marketAtMs: Date.now() }),
      plan: (planId) => intents.call("plan.get", { planId }),
      finish: (planId, outcome, reason) => intents.call("plan.finish", { pairId, token, planId, outcome, reason }),
      rehearsed: (planId, rehearsal) => intents.call("plan.rehearsed", { pairId, token, planId, rehearsal }),
    },
    rehearse: (plan) => rehearsePlan(lab.rehearsalDeps(lab.url, home.wallet), plan),
    execute: (record, shouldStop) =>
      executePlan(
        {
          signer: intents,
          quotes: { fetchQuote: noQuotes },
          reads: createLiveReads(lab.clients(lab.url), (chainId, pool) => findPoolRef(lab.registry, chainId, pool)),
          readPrices: async () =>
            ok({ price: LAB_PRICE, priceAtMarketMs: Date.now(), quoteUsd: 1, nativeUsd: LAB_PRICE }),
          wallet: home.wallet,
          wall: wallClock,
          sleep: (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs)),
          log: silentLogger,
        },
        { record, token, shouldStop },
      ),
  };

  return {
    deps,
    wallet: home.wallet,
    command,
    approve: (record: PlanRecord) =>
      command("plan.approve", { planId: record.planId, note: "as rehearsed" }, record.planHash),
    async plan(planId: string): Promise<PlanRecord> {
      const found = await control.call("plan.get", { planId });
      if (!found.ok) throw found.error;
      return found.value;
    },
    async pairState() {
      const state = await intents.call("pair.state", { pairId });
      if (!state.ok) throw state.error;
      return state.value;
    },
    async ledger() {
      const check = await control.call("ledger.check", {});
      if (!check.ok) throw check.error;
      return check.value;
    },
    nonce: () => lab.chain.client.getTransactionCount({ address: home.wallet }),
    async stop() {
      intents.close();
      control.close();
      signer.child.stdin?.end();
      await signer.exited;
      mining.isOn = false;
      await miner;
      home.remove();
    },
  };
}

async function noQuotes() {
  return err(new ExecutionError({ code: "quote_unavailable", retryable: false, message: "nobody quotes here" }));
}

/** Mines whatever waits, and two blocks after each that held something, so that it is confirmed and final. */
async function mineWaiting(lab: RehearsalLab, mining: { readonly isOn: boolean }): Promise<void> {
  const { client } = lab.chain;
  while (mining.isOn) {
    const status = await client.request<{ Method: string; Parameters: []; ReturnType: { pending: string } }>({
      method: "txpool_status",
      params: [],
    });
    const latest = await client.getBlock();
    const before = await client.getBlock({ blockNumber: latest.number - 1n });
    if (BigInt(status.pending) > 0n || latest.transactions.length > 0 || before.transactions.length > 0) {
      await lab.exclusive(() => lab.chain.send("Mining", []));
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
