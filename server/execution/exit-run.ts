// Drives the way out over the signer alone: reads the chains, proposes one plan per pair, follows each to its end, compares ledger and chain.
import type { ExitSlippage } from "@/lib/api/commands";
import type { KnownPosition, PairState, PlanRecord } from "@/lib/api/signer-contract";
import type { ExecutionReport } from "@/lib/epoch/execution-report";
import { err, ok, type Result } from "@/lib/errors/result";
import { ExecutionError, type TidegateError } from "@/lib/errors/tidegate-error";
import type { Plan } from "@/lib/plan/plan";
import { findPoolRef, poolRefOf } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { executePlan } from "@/server/execution/execute-plan";
import { createLiveReads } from "@/server/execution/live-reads";
import { createCallPort } from "@/server/infra/chain/call-port";
import type { ChainClients } from "@/server/infra/chain/clients";
import { wallClock } from "@/server/infra/clock";
import type { ControlClient, IntentClient } from "@/server/infra/signer-link/client";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { buildExitPlan, readyPool, type ExitPool, type ExitPosition } from "./exit-plan";

export interface ExitRunDeps {
  readonly control: ControlClient;
  readonly intents: IntentClient;
  readonly clients: ChainClients;
  readonly registry: {
    readonly registry: Parameters<typeof findPoolRef>[0] & { readonly pairs: readonly { readonly id: string }[] };
    poolsOf(pairId: string): readonly ResolvedPool[];
  };
  readonly wallet: Address;
  readonly say: (sentence: string) => void;
  /** Market time, unix ms. */
  readonly nowMs: () => number;
}

/** One pair's way out: the state it starts from and what the order asks for. */
export interface PairExitInput {
  readonly pairState: PairState;
  readonly into: string | null;
  readonly slippage: ExitSlippage;
  readonly commandId: Hex;
}

export interface PairExit {
  readonly pairId: string;
  readonly planId: string | null;
  readonly outcome: "done" | "partial" | "voided" | "interrupted" | "nothing" | "failed";
  readonly reason: string;
  readonly transactions: readonly { readonly kind: string; readonly chainId: number; readonly hash: string }[];
  /** Positions that could not be read or closed, in words. */
  readonly left: readonly string[];
}

/** The plan of a pair's way out; null with the reasons when there is nothing to do. */
export async function planExit(
  deps: ExitRunDeps,
  input: PairExitInput,
): Promise<{ readonly plan: Plan | null; readonly left: readonly string[] }> {
  const { pairState } = input;
  const facts = deps.registry.poolsOf(pairState.pairId);
  const left: string[] = [];
  const pools: ExitPool[] = [];
  const positions: ExitPosition[] = [];
  const blocks: { chainId: number; number: bigint; hash: Hex }[] = [];
  const needed = new Set(pairState.positions.map(({ chainId }) => chainId));
  for (const { chainId } of pairState.account) needed.add(chainId);
  for (const chainId of needed) {
    const client = deps.clients.get(chainId);
    const block = client.ok ? await client.value.readBlock() : client;
    if (!client.ok || !block.ok) {
      left.push(`chain ${chainId} cannot be read: ${block.ok ? "" : block.error.message}`);
      continue;
    }
    blocks.push({ chainId, number: block.value.number, hash: block.value.hash });
    const port = createCallPort(client.value);
    for (const each of facts.filter((pool) => pool.chain.id === chainId)) {
      const ref = findPoolRef(deps.registry.registry, chainId, each.pool.id);
      if (ref === null) continue;
      try {
        pools.push(readyPool(each, await FAMILY_ADAPTERS[ref.family].reads.readPool(port, ref, block.value.number)));
      } catch (error) {
        if (heldIn(pairState, each.pool.id)) left.push(`pool ${each.pool.id} cannot be read: ${String(error)}`);
      }
    }
    for (const known of pairState.positions.filter((position) => position.chainId === chainId)) {
      const read = await readKnown(known, pools, (pool) =>
        FAMILY_ADAPTERS[pool.ref.family].reads.readPosition(
          port,
          pool.ref,
          known.tokenId,
          block.value.number,
          deps.wallet,
        ),
      );
      if (read.ok) positions.push(read.value);
      else left.push(read.error);
    }
  }
  const plan = buildExitPlan({
    pairState,
    positions,
    pools,
    into: input.into,
    slippage: input.slippage,
    commandId: input.commandId,
    blocks,
    nowMs: deps.nowMs(),
  });
  return { plan, left };
}

function heldIn(pairState: PairState, pool: string): boolean {
  return pairState.positions.some((position) => position.pool.toLowerCase() === pool.toLowerCase());
}

async function readKnown(
  known: KnownPosition,
  pools: readonly ExitPool[],
  read: (pool: ExitPool) => Promise<ExitPosition["live"] | null>,
): Promise<Result<ExitPosition, string>> {
  const name = `position #${known.tokenId} in ${known.pool} on chain ${known.chainId}`;
  const pool = pools.find(
    ({ ref }) => ref.chainId === known.chainId && ref.pool.toLowerCase() === known.pool.toLowerCase(),
  );
  if (pool === undefined) return err(`${name}: its pool is not in the registry or cannot be read`);
  try {
    const live = await read(pool);
    return live === null ? err(`${name} is not on the chain any more`) : ok({ known, pool, live });
  } catch (error) {
    return err(`${name} cannot be read: ${String(error)}`);
  }
}

export interface ExitDriver {
  readonly proposedBy: string;
  /** The pair's writer already holds a token; missing: one is leased, and whoever wrote for the pair before is fenced out. */
  readonly token?: number;
  readonly shouldStop: () => boolean;
}

/** A step that moved this lately has a driver; after that its driver is taken for dead. */
const DRIVEN_MS = 60_000;
const FOLLOW_MS = 500;

/** The open plan of an order that somebody else drives (the pair's worker, a person's command line); null when nobody does. */
export async function findDriven(
  { intents }: Pick<ExitRunDeps, "intents">,
  input: { readonly pairId: string; readonly commandId: Hex; readonly proposedBy: string },
): Promise<PlanRecord | null> {
  const state = await intents.call("pair.state", { pairId: input.pairId });
  const planId = state.ok ? state.value.openPlanId : null;
  const found = planId === null ? null : await intents.call("plan.get", { planId });
  if (found === null || !found.ok) return null;
  const { plan, proposedBy, createdAtMs, ops } = found.value;
  const isOfOrder = plan.origin.kind === "command" && plan.origin.commandId === input.commandId;
  const movedAtMs = Math.max(createdAtMs, ...ops.map(({ stateAtMs }) => stateAtMs));
  const isDriven = wallClock.nowMs() - movedAtMs < DRIVEN_MS;
  return isOfOrder && isDriven && proposedBy !== input.proposedBy ? found.value : null;
}

/** Two drivers of one order would fence each other out: the second one watches the first to its end. */
async function follow(deps: ExitRunDeps, first: PlanRecord, driver: ExitDriver): Promise<PairExit> {
  const { pairId, origin } = first.plan;
  const commandId = origin.kind === "command" ? origin.commandId : "0x";
  deps.say(`${pairId}: ${first.proposedBy} carries the order out, plan ${first.planId}`);
  let record = first;
  while (record.endedAtMs === null && !driver.shouldStop()) {
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    const now = await deps.intents.call("plan.get", { planId: first.planId });
    if (now.ok) record = now.value;
    if ((await findDriven(deps, { pairId, commandId, proposedBy: driver.proposedBy })) === null) break;
  }
  const last = await deps.intents.call("plan.get", { planId: first.planId });
  if (last.ok) record = last.value;
  const isEnded = record.endedAtMs !== null;
  return {
    pairId,
    planId: record.planId,
    outcome: !isEnded ? "interrupted" : record.status === "done" ? "done" : "partial",
    reason: isEnded ? record.statusReason : `${record.proposedBy} does not go on with it`,
    transactions: record.ops.flatMap(({ txHash, kind, chainId }) =>
      txHash === null ? [] : [{ kind, chainId, hash: txHash }],
    ),
    left: [],
  };
}

/** One pair from its plan to its end; never throws for what the outside did. */
export async function exitPair(deps: ExitRunDeps, input: PairExitInput, driver: ExitDriver): Promise<PairExit> {
  const { pairId } = input.pairState;
  const nothing = { pairId, planId: null, transactions: [] };
  const other = await findDriven(deps, { pairId, commandId: input.commandId, proposedBy: driver.proposedBy });
  if (other !== null) return follow(deps, other, driver);
  const { plan, left } = await planExit(deps, input);
  if (plan === null) {
    const reason = left.length === 0 ? "nothing is open" : "nothing could be planned";
    return { ...nothing, outcome: left.length === 0 ? "nothing" : "failed", reason, left };
  }
  const lease =
    driver.token === undefined
      ? await deps.intents.call("fence.lease", { pairId, workerId: `exit.${process.pid}` })
      : ok({ token: driver.token });
  if (!lease.ok) return { ...nothing, outcome: "failed", reason: lease.error.message, left };
  const { token } = lease.value;
  await endOpenPlan(deps, pairId, token);
  const proposed = await deps.intents.call("plan.propose", {
    pairId,
    token,
    plan,
    proposedBy: driver.proposedBy,
    marketAtMs: deps.nowMs(),
  });
  if (!proposed.ok) return { ...nothing, outcome: "failed", reason: proposed.error.message, left };
  deps.say(
    `${pairId}: ${plan.steps.filter(({ kind }) => kind === "burn").length} positions, ${plan.steps.length} steps`,
  );
  const report = await drive(deps, { planId: proposed.value.planId, token, shouldStop: driver.shouldStop });
  if (!report.ok)
    return { ...nothing, planId: proposed.value.planId, outcome: "failed", reason: report.error.message, left };
  const { outcome, reason, ops } = report.value;
  return {
    pairId,
    planId: proposed.value.planId,
    outcome,
    reason,
    transactions: ops.flatMap(({ txHash, kind, index }) =>
      txHash === null ? [] : [{ kind, chainId: plan.steps[index]?.chainId ?? 0, hash: txHash }],
    ),
    left,
  };
}

/** What a worker left half done is ended first: one plan of a pair at a time. */
async function endOpenPlan(deps: ExitRunDeps, pairId: string, token: number): Promise<void> {
  const state = await deps.intents.call("pair.state", { pairId });
  const planId = state.ok ? state.value.openPlanId : null;
  if (planId === null) return;
  const ended = await deps.intents.call(
    "plan.finish",
    { pairId, token, planId, outcome: "partial", reason: "an exit was ordered" },
    { timeoutMs: 60_000 },
  );
  deps.say(
    ended.ok
      ? `${pairId}: open plan ${planId} ended first`
      : `${pairId}: open plan ${planId} could not be ended: ${ended.error.message}`,
  );
}

async function drive(
  deps: ExitRunDeps,
  input: { readonly planId: string; readonly token: number; readonly shouldStop: () => boolean },
): Promise<Result<ExecutionReport, TidegateError>> {
  const record = await deps.intents.call("plan.get", { planId: input.planId });
  if (!record.ok) return record;
  const { plan } = record.value;
  const reads = createLiveReads(deps.clients, (chainId, pool) => findPoolRef(deps.registry.registry, chainId, pool));
  return ok(
    await executePlan(
      {
        signer: deps.intents,
        reads,
        wallet: deps.wallet,
        wall: wallClock,
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        log: silentLogger,
        // An exit asks nobody outside: it sells through a pool or not at all.
        quotes: {
          fetchQuote: async () =>
            err(new ExecutionError({ code: "quote_refused", message: "an exit asks no aggregator", retryable: false })),
        },
        readPrices: async (chainId) => {
          const step = plan.steps.find((each) => each.chainId === chainId && "pool" in each);
          const pool = step !== undefined && "pool" in step ? step.pool : undefined;
          const ref = pool === undefined ? null : findPoolRef(deps.registry.registry, chainId, pool);
          const facts = deps.registry.poolsOf(plan.pairId).find((each) => each.pool.id === ref?.pool);
          if (ref === null || facts === undefined) {
            return err(
              new ExecutionError({
                code: "refused",
                message: `no pool of chain ${chainId} in the plan`,
                retryable: false,
              }),
            );
          }
          const live = await reads.readPool({ chainId, pool: ref.pool });
          if (!live.ok) return live;
          const { price } = readyPool(facts, live.value);
          // The pool's own price: with everything else down it is the only one, and minimums are made from it at signing.
          const nativeUsd = await readNativeUsd(deps, reads, facts, price);
          return ok({ price, priceAtMarketMs: deps.nowMs(), quoteUsd: 1, nativeUsd });
        },
      },
      { record: record.value, token: input.token, shouldStop: input.shouldStop },
    ),
  );
}

/** Pools asked for the coin's price, of any pair on the chain; more would only cost time on the way out. */
const NATIVE_POOLS_ASKED = 3;

/** The coin by a pool of the wrapped coin, of the pair itself or of another one on its chain; 1 only where there is none to ask. */
async function readNativeUsd(
  deps: Pick<ExitRunDeps, "registry" | "say">,
  reads: Pick<ReturnType<typeof createLiveReads>, "readPool">,
  facts: ResolvedPool,
  price: number,
): Promise<number> {
  const wrapped = facts.chain.wrappedNative.toLowerCase();
  if (facts.base.address.toLowerCase() === wrapped) return price;
  const others = deps.registry.registry.pairs
    .flatMap(({ id }) => deps.registry.poolsOf(id))
    .filter(({ chain, base }) => chain.id === facts.chain.id && base.address.toLowerCase() === wrapped);
  for (const other of others.slice(0, NATIVE_POOLS_ASKED)) {
    const live = await reads.readPool({ chainId: other.chain.id, pool: poolRefOf(other).pool });
    if (live.ok) return readyPool(other, live.value).price;
  }
  deps.say(`no pool tells the price of ${facts.chain.nativeSymbol}: its gas is counted at 1 US dollar per coin`);
  return 1;
}
