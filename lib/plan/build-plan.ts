// Build plan: a decision (or an operator's range) and the state it was made from in, ordered steps with bounds and a forecast out.
import { ok, type Result } from "@/lib/errors/result";
import { buildChainPart, type ChainPart } from "./chain-part";
import { computeForecast } from "./cost";
import { reallocationMovement, shiftMovement } from "./movement";
import type { Plan } from "./plan";
import { refuse, type BuildPlanInput, type PlanRefusal } from "./plan-request";
import { maxPriceMoveFrac, maxTickMove } from "./slippage";

export type {
  AccountBalance,
  BuildPlanInput,
  ManualShift,
  PlanRefusal,
  PlanRefusalCode,
  PlanRequest,
} from "./plan-request";

/** Deadline window of every transaction, chain seconds; the chain's time scale multiplies it (safety.md section 3.8c). */
const DEADLINE_SEC = 120;
/** Longest time between approval (or making, in auto) and the start of a step, wall ms (safety.md section 3.7 R7). */
const MAX_PLAN_AGE_MS = 600_000;
const MAX_STEPS = 64;

export function buildPlan(input: BuildPlanInput): Result<Plan, PlanRefusal> {
  const { snapshot, evaluation, request } = input;
  if (!(snapshot.price > 0) || !Number.isFinite(snapshot.price) || !(snapshot.quoteUsd > 0)) {
    return refuse(
      "no_price",
      `A price above 0 is needed; the snapshot has ${snapshot.price} and ${snapshot.quoteUsd} USD per quote.`,
    );
  }
  const movement = request.kind === "PRA" ? reallocationMovement(input, request) : shiftMovement(input, request);
  if (!movement.ok) return movement;
  const { closings, openings } = movement.value;
  if (closings.length === 0 && openings.length === 0) {
    return refuse("nothing_to_do", "Every target is already in place; no step would change anything.");
  }

  const chainIds = [...new Set([...closings, ...openings].map(({ pool }) => pool.facts.chain.id))].toSorted(
    (left, right) => left - right,
  );
  if (chainIds.length > 1) {
    return refuse(
      "several_chains",
      `The plan would touch chains ${chainIds.join(" and ")}; this version moves money on one chain per plan. Restrict the pair's pools to one chain.`,
    );
  }
  const parts: ChainPart[] = [];
  let stepCount = 0;
  for (const chainId of chainIds) {
    if (!input.blocks.some((block) => block.chainId === chainId)) {
      return refuse(
        "no_block",
        `The snapshot names no block of chain ${chainId}; a plan is made from one block per chain.`,
      );
    }
    const part = buildChainPart(input, movement.value, chainId, stepCount);
    if (!part.ok) return part;
    parts.push(part.value);
    stepCount += part.value.steps.length;
  }
  const steps = parts.flatMap((part) => part.steps);
  if (steps.length === 0) {
    return refuse("nothing_to_do", "What is left to move is below the least amount worth a transaction.");
  }
  if (steps.length > MAX_STEPS) {
    return refuse("too_many_steps", `The plan needs ${steps.length} steps; at most ${MAX_STEPS} fit in one plan.`);
  }

  const anyPool = [...closings, ...openings][0]?.pool;
  if (anyPool === undefined) return refuse("nothing_to_do", "The plan touches no pool.");
  const moveFrac = maxPriceMoveFrac(evaluation.sigmaPerYear);
  const touched = [...new Map([...closings, ...openings].map(({ pool }) => [pool.state.poolKey, pool])).values()];
  const total = (pick: (part: ChainPart) => number): number => parts.reduce((sum, part) => sum + pick(part), 0);
  const swappedUsd = total((part) => part.swappedUsd);
  const { base, quote } = anyPool.facts;
  return ok({
    version: 1,
    pairId: snapshot.pairId,
    epoch: snapshot.epoch,
    kind: movement.value.kind,
    reason: movement.value.reason,
    origin: input.origin,
    configVersion: input.configVersion,
    blocks: input.blocks
      .filter((block) => chainIds.includes(block.chainId))
      .map(({ chainId, number, hash }) => ({ chainId, number, hash })),
    notionalUsd: Math.max(
      total((part) => part.burnedUsd),
      total((part) => part.mintedUsd),
    ),
    base: { symbol: base.symbol, decimals: base.decimals, address: base.address },
    quote: { symbol: quote.symbol, decimals: quote.decimals, address: quote.address },
    before: parts.flatMap((part) => part.before),
    after: parts.flatMap((part) => part.after),
    forecast: computeForecast({
      before: movement.value.before,
      after: movement.value.after,
      gasUsd: total((part) => part.gasUsd),
      swappedUsd,
      swapFeeFrac: swappedUsd > 0 ? total((part) => part.swapFeeFrac * part.swappedUsd) / swappedUsd : 0,
      expectedSlippageFrac: input.params.expectedSlippageFrac,
    }),
    bounds: {
      referencePrice: snapshot.price,
      maxPriceMoveFrac: moveFrac,
      maxSlippageBps: input.params.slippageBps,
      deadlineSec: DEADLINE_SEC,
      maxPlanAgeMs: MAX_PLAN_AGE_MS,
      poolTicks: touched.map(({ facts, state }) => ({
        pool: facts.pool.id,
        tick: state.tick,
        maxTickMove: maxTickMove(moveFrac),
      })),
      maxFeePerGasWei: chainIds.flatMap((chainId) => {
        const chain = touched.find(({ facts }) => facts.chain.id === chainId)?.facts.chain;
        return chain === undefined ? [] : [{ chainId, wei: BigInt(chain.maxFeePerGasWei) }];
      }),
    },
    steps,
  });
}
