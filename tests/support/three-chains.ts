// The whole demo on three local chains, driven by an operator without a browser: one pool per chain, plans approved by hand, bridges that misbehave.
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PlanRecord, Transfer } from "@/lib/api/signer-contract";
import { OPEN_PLAN_STATUSES } from "@/lib/plan/plan-status";
import { registrySchema } from "@/lib/registry/schema";
import { openOperator, type DemoOperator, type SubmitInput } from "./demo-operator";
import { proveWhole } from "./prove-whole";
import { startDemo, waitFor, type RunningDemo } from "./running-demo";

export const CHAINS_PAIR = "WETH-USDC";
const FIRST_CHAIN = 901_001;
const PLAN_LIMIT_MS = 240_000;
/** Longer than any transfer that comes takes, the late one included. */
const GIVE_UP_MS = 75_000;
/** No pool takes more than two fifths: the money of the first chain must travel. */
const PARAMS = { poolCapFrac: 0.4, maxPools: 3, minHoldMs: 0 };

/** What a bridge of the devnet does with a transfer, W10 to W12 of safety.md and what else happens. */
export const BRIDGE_FAULTS = ["refund", "never", "twice", "pays_less", "other_token", "partial", "late"] as const;
export type BridgeFault = (typeof BRIDGE_FAULTS)[number];

export interface ThreeChains {
  readonly demo: RunningDemo;
  readonly operator: DemoOperator;
  /** Signs and submits; throws with the signer's words unless it is done. */
  order(input: SubmitInput): Promise<void>;
  /** The next plan that opens on `chains` chains and bridges; what else waits is rejected. */
  nextPlan(chains: number): Promise<PlanRecord>;
  approveToEnd(plan: PlanRecord): Promise<PlanRecord>;
  transfersOf(planId: string): Promise<readonly Transfer[]>;
  close(): Promise<void>;
}

export async function openThreeChains(seed: number): Promise<ThreeChains> {
  const demo = await startDemo({ seed, speed: 600, hasWeb: false, fresh: true, chains: 3 });
  const operator = await openOperator(demo);

  const self: ThreeChains = {
    demo,
    operator,
    async order(input) {
      const { record } = await operator.submit(input);
      if (record.status !== "done") throw new Error(`${input.action} is ${record.status}: ${record.result}`);
    },
    nextPlan: (chains) =>
      waitFor(`a plan over ${chains} chains with a bridge`, PLAN_LIMIT_MS, async () => {
        for (const plan of await operator.openPlans(CHAINS_PAIR)) {
          if (plan.status !== "waiting_approval") continue;
          if (openedChains(plan).length >= chains && plan.plan.steps.some(({ kind }) => kind === "bridge")) {
            // Offered with its rehearsal: the card is what an approver reads.
            if (plan.rehearsal !== undefined) return plan;
            continue;
          }
          const params = { planId: plan.planId, reason: "another way is tried" };
          await operator.submit({ action: "plan.reject", target: plan.planId, params, planHash: plan.planHash });
        }
        return null;
      }),
    async approveToEnd(plan) {
      const { planId, planHash } = plan;
      // Bridges take market hours at this speed: a trend would carry the pools out of the plan's bounds on a slow machine.
      await demo.control("/volatility", { pairId: CHAINS_PAIR, factor: 0 });
      await self.order({ action: "plan.approve", target: planId, params: { planId }, planHash, by: "approver" });
      const ended = await waitFor(`the end of plan ${planId}`, PLAN_LIMIT_MS, async () => {
        const now = await operator.plan(planId);
        return OPEN_PLAN_STATUSES.includes(now.status) ? null : now;
      });
      await demo.control("/volatility", { pairId: CHAINS_PAIR, factor: 1 });
      return ended;
    },
    async transfersOf(planId) {
      const answer = await operator.control.call("transfers.list", { pairId: CHAINS_PAIR });
      if (!answer.ok) throw answer.error;
      return answer.value.transfers.filter((transfer) => transfer.planId === planId);
    },
    async close() {
      operator.close();
      await demo.stop();
      rmSync(demo.dataDir, { recursive: true, force: true });
    },
  };
  try {
    await self.order({ action: "pair.mode", target: CHAINS_PAIR, params: { pairId: CHAINS_PAIR, mode: "approve" } });
    await self.order({ action: "pair.config", target: CHAINS_PAIR, params: await onePoolPerChain(demo, operator) });
  } catch (error) {
    await self.close();
    throw error;
  }
  return self;
}

export function openedChains(plan: PlanRecord): readonly number[] {
  return [...new Set(plan.plan.steps.flatMap((step) => (step.kind === "mint" ? [step.chainId] : [])))].toSorted();
}

async function onePoolPerChain(demo: RunningDemo, operator: DemoOperator): Promise<Record<string, unknown>> {
  const text = readFileSync(join(demo.dataDir, "devnet", "registry.json"), "utf8");
  const own = registrySchema.parse(JSON.parse(text)).pools.filter(({ pair }) => pair === CHAINS_PAIR);
  const pools = demo.ready.chains.map(({ id }) => own.find((pool) => pool.chainId === id)?.id ?? "");
  const { pairs } = await operator.authority();
  const settings = pairs.find(({ pairId }) => pairId === CHAINS_PAIR)?.settings;
  if (settings === undefined) throw new Error(`the signer has no settings of ${CHAINS_PAIR}`);
  return { pairId: CHAINS_PAIR, settings: { ...settings, pools, params: { ...settings.params, ...PARAMS } } };
}

export interface FaultyBridge {
  readonly fault: BridgeFault;
  readonly plan: PlanRecord;
  /** Each word that was said of the plan's transfers on their way. */
  readonly seen: readonly string[];
  readonly transfers: readonly Transfer[];
  readonly unaccountedRaw: bigint;
  readonly doubleEffects: number;
}

/** Fresh money on the first chain, the next bridge misbehaves, the plan runs to its end, what never comes is given up by a signed command; ends with the audit. */
export async function runBridgeFault(world: ThreeChains, fault: BridgeFault): Promise<FaultyBridge> {
  const { demo, operator } = world;
  const { wallet } = await operator.authority();
  await addCapital(world, wallet);
  await demo.control("/transfers/switch", { outcome: fault, fromChain: FIRST_CHAIN, count: 1 });
  const offered = await world.nextPlan(1);
  const ending = world.approveToEnd(offered);
  const seen = await untilEnded(ending, async () => {
    const transfers = await world.transfersOf(offered.planId);
    for (const transfer of transfers) await giveUpLate(world, transfer);
    return transfers;
  });
  const plan = await ending;
  const { unaccountedRaw, doubleEffects } = await proveWhole(`a bridge that does "${fault}"`, demo, operator);
  return { fault, plan, seen, transfers: await world.transfersOf(plan.planId), unaccountedRaw, doubleEffects };
}

/** Every look while the plan runs, each new word once. */
async function untilEnded(
  ending: Promise<PlanRecord>,
  look: () => Promise<readonly Transfer[]>,
): Promise<readonly string[]> {
  const words = new Set<string>();
  for (;;) {
    for (const { state, detail } of await look()) words.add(`${state}: ${detail}`);
    const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), 1_000));
    if (await Promise.race([ending.then(() => true), pause])) return [...words];
  }
}

/** An owner gives up what has been on its way for long; the plan goes on without it. */
async function giveUpLate(world: ThreeChains, transfer: Transfer): Promise<void> {
  const isOpen = transfer.state === "pending" || (transfer.state === "partial" && (transfer.inTransitRaw ?? 0n) > 0n);
  if (!isOpen || Date.now() - transfer.startedAtMs < GIVE_UP_MS) return;
  const params = { transferId: transfer.transferId, note: "the bridge does not answer for it" };
  await world.order({ action: "transfer.fail", target: "system", params });
}

/** 30,000 USDC from outside, assigned to the pair: more than a tenth of every target, so that each must grow. */
async function addCapital(world: ThreeChains, wallet: string): Promise<void> {
  const { demo } = world;
  const text = readFileSync(join(demo.dataDir, "devnet", "registry.json"), "utf8");
  const { tokens } = registrySchema.parse(JSON.parse(text));
  const token = tokens.find(({ chainId, symbol }) => chainId === FIRST_CHAIN && symbol === "USDC")?.address ?? "0x";
  await demo.control("/fund", { chainId: FIRST_CHAIN, address: wallet, tokens: { USDC: "30000" } });
  const params = { pairId: CHAINS_PAIR, chainId: FIRST_CHAIN, token, amountRaw: "30000000000" };
  await waitFor("the new capital", 30_000, async () => {
    await world.order({ action: "capital.assign", target: CHAINS_PAIR, params });
    return true;
  });
}
