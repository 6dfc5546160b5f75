// A plan as the desk shows it: the signer's record with names, decimals, the bounds against what is true now, and decoded steps.
import * as z from "zod";
import type { AmountDto, PlanDto } from "@/lib/api/schemas";
import { opReportSchema, planRecordSchema, type PairState, type PlanRecord } from "@/lib/api/signer-contract";
import type { WorkerState } from "@/lib/api/worker-state";
import { formatPercent } from "@/lib/format/percent";
import { positionName, rangeName } from "@/lib/format/position-name";
import type { BridgeStep, Step, SwapStep } from "@/lib/plan/plan";
import type { Family } from "@/lib/registry/schema";
import type { RegistryView } from "@/server/config/registry";

import { planHops } from "./plan-hops";

type Op = PlanRecord["ops"][number];

export interface PlanViewInput {
  readonly record: PlanRecord;
  readonly registry: RegistryView;
  /** Null when the worker has not reported: the checks are then unknown, not passed. */
  readonly worker: WorkerState | null;
  readonly pairState: PairState | null;
  readonly nowMs: number;
}

function tokenDto(registry: RegistryView, chainId: number, address: string): AmountDto["token"] {
  const known = registry.token(chainId, address);
  return known === null
    ? { symbol: `${address.slice(0, 6)}…${address.slice(-4)}`, address, decimals: 0 }
    : { symbol: known.symbol, address: known.address, decimals: known.decimals };
}

/** Decimal text of a raw amount, for sentences. */
export function rawText(raw: bigint, decimals: number): string {
  const digits = raw.toString().padStart(decimals + 1, "0");
  const whole = decimals === 0 ? digits : digits.slice(0, -decimals);
  const fraction = decimals === 0 ? "" : digits.slice(-decimals).replace(/0+$/, "").slice(0, 6);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === "" ? grouped : `${grouped}.${fraction}`;
}

interface StepWords {
  readonly title: string;
  readonly detail: string;
  readonly contract: string;
  readonly contractLabel: string;
  readonly call: string;
}

/** A bridge's fee in the chain's own coin is sent beside the token: the card says how much at most. */
function nativeFeeWords(registry: RegistryView, step: BridgeStep): string {
  if (step.nativeFeeMaxRaw === undefined) return "";
  const chain = registry.chain(step.chainId);
  return `, with at most ${rawText(step.nativeFeeMaxRaw, chain?.nativeDecimals ?? 18)} ${chain?.nativeSymbol ?? "of the chain's coin"} as its own fee`;
}

function otherWayWords(step: SwapStep, labelOf: (address: string) => string): string {
  return step.other === undefined ? "" : `; through ${labelOf(step.other.router)} instead when that leaves more then`;
}

function stepWords(registry: RegistryView, step: Step): StepWords {
  const amount = (token: string, raw: bigint): string => {
    const dto = tokenDto(registry, step.chainId, token);
    return `${rawText(raw, dto.decimals)} ${dto.symbol}`;
  };
  const symbol = (token: string): string => tokenDto(registry, step.chainId, token).symbol;
  const labelOf = (address: string): string => contractLabel(registry, step.chainId, address);
  switch (step.kind) {
    case "burn":
      return {
        title: `Close position ${positionName(step.family, step.tokenId)}`,
        detail: `all liquidity, expected ${amount(step.token0, step.amount0ExpectedRaw)} and ${amount(step.token1, step.amount1ExpectedRaw)}, minimums from ±${step.maxSlippageBps} bp, to our wallet`,
        contract: step.positionManager,
        contractLabel: labelOf(step.positionManager),
        call: exitCall(step.family, "close"),
      };
    case "decrease":
      return {
        title:
          step.liquidityRaw === 0n
            ? `Collect from position ${positionName(step.family, step.tokenId)}`
            : `Shrink position ${positionName(step.family, step.tokenId)}`,
        detail: `liquidity ${step.liquidityRaw}, expected ${amount(step.token0, step.amount0ExpectedRaw)} and ${amount(step.token1, step.amount1ExpectedRaw)}, minimums from ±${step.maxSlippageBps} bp, to our wallet`,
        contract: step.positionManager,
        contractLabel: labelOf(step.positionManager),
        call: exitCall(step.family, step.liquidityRaw === 0n ? "collect" : "decrease"),
      };
    case "bridge":
      return {
        title: `Bridge ${symbol(step.tokenIn)} to ${registry.chain(step.toChainId)?.name ?? `chain ${step.toChainId}`}`,
        detail: `${amount(step.tokenIn, step.amountInRaw)}, at least ${rawText(step.minAmountOutRaw, tokenDto(registry, step.toChainId, step.tokenOut).decimals)} ${tokenDto(registry, step.toChainId, step.tokenOut).symbol} must arrive at our own wallet, by ${step.bridges.join(" or ")}${nativeFeeWords(registry, step)}`,
        contract: step.router,
        contractLabel: labelOf(step.router),
        call: "bridge call of the quote, decoded and checked",
      };
    case "approve":
      if (step.grant === "permit2") {
        return {
          title: `Permit2 may hand ${symbol(step.token)} to ${labelOf(step.spender)}`,
          detail: `for step ${step.forStep + 1} only, at most ${amount(step.token, step.amountRaw)}`,
          contract: step.permit2 ?? step.token,
          contractLabel: "Permit2",
          call: "approve of Permit2",
        };
      }
      if (step.grant === "operator") {
        return {
          title: `${labelOf(step.spender)} may move all bins of the pair, for one step`,
          detail: `needed by step ${step.forStep + 1}; the pair knows no smaller right, it is taken back after that step`,
          contract: step.token,
          contractLabel: labelOf(step.token),
          call: "approveForAll: true",
        };
      }
      return {
        title: `Allow ${symbol(step.token)} to ${labelOf(step.spender)}`,
        detail: `exactly what step ${step.forStep + 1} takes, at most ${amount(step.token, step.amountRaw)}`,
        contract: step.token,
        contractLabel: symbol(step.token),
        call: "approve",
      };
    case "swap":
      return {
        title: `Swap ${symbol(step.tokenIn)} for ${symbol(step.tokenOut)}`,
        detail: `${amount(step.tokenIn, step.amountInRaw)} to at least ${amount(step.tokenOut, step.minAmountOutRaw)}, receiver is our wallet${otherWayWords(step, labelOf)}`,
        contract: step.router,
        contractLabel: labelOf(step.router),
        call: step.provider === "pool" ? "exact input through the pool's own router" : "swapTokensSingleV3ERC20ToERC20",
      };
    case "mint":
      return {
        title: `Open a position, ${rangeName(step.family, step.tickLower, step.tickUpper)}`,
        detail: `at most ${amount(step.token0, step.amount0MaxRaw)} and ${amount(step.token1, step.amount1MaxRaw)}, minimums from ±${step.maxSlippageBps} bp`,
        contract: step.positionManager,
        contractLabel: labelOf(step.positionManager),
        call: mintCall(step.family),
      };
    case "revoke":
      if (step.grant === "permit2") {
        return {
          title: `Permit2 may no longer hand ${symbol(step.token)} to ${labelOf(step.spender)}`,
          detail: "Permit2 allowance to 0; skipped when it is 0 already",
          contract: step.permit2 ?? step.token,
          contractLabel: "Permit2",
          call: "approve of Permit2",
        };
      }
      if (step.grant === "operator") {
        return {
          title: `${labelOf(step.spender)} may no longer move bins of the pair`,
          detail: "operator right taken back; skipped when it is not given",
          contract: step.token,
          contractLabel: labelOf(step.token),
          call: "approveForAll: false",
        };
      }
      return {
        title: `Take back what ${labelOf(step.spender)} may spend of ${symbol(step.token)}`,
        detail: "allowance to 0; skipped when it is 0 already",
        contract: step.token,
        contractLabel: symbol(step.token),
        call: "approve",
      };
  }
}

/** Names of the calls as an explorer shows them. */
function exitCall(family: Family, what: "close" | "decrease" | "collect"): string {
  switch (family) {
    case "uniswap-v4":
    case "pancakeswap-infinity":
      return what === "close"
        ? "modifyLiquidities: BURN_POSITION, TAKE_PAIR"
        : "modifyLiquidities: DECREASE_LIQUIDITY, TAKE_PAIR";
    case "liquidity-book":
      return what === "collect" ? "collectFees" : "removeLiquidity";
    default:
      return what === "close" ? "multicall: decreaseLiquidity, collect, burn" : "multicall: decreaseLiquidity, collect";
  }
}

function mintCall(family: Family): string {
  if (family === "uniswap-v4") return "modifyLiquidities: MINT_POSITION, SETTLE_PAIR";
  if (family === "pancakeswap-infinity") return "modifyLiquidities: CL_MINT_POSITION, SETTLE_PAIR";
  return family === "liquidity-book" ? "addLiquidity" : "mint";
}

function contractLabel(registry: RegistryView, chainId: number, address: string): string {
  const wanted = address.toLowerCase();
  for (const dex of registry.registry.dexes) {
    const contracts = dex.chains[String(chainId)];
    if (contracts?.positionManager.toLowerCase() === wanted) return `${dex.name} position manager`;
    if (contracts?.swapRouter?.toLowerCase() === wanted) return `${dex.name} router`;
  }
  const chain = registry.chain(chainId);
  if (chain?.lifiDiamond?.toLowerCase() === wanted) return "LI.FI diamond";
  if (chain?.permit2?.toLowerCase() === wanted) return "Permit2";
  return registry.token(chainId, address)?.symbol ?? `${address.slice(0, 6)}…${address.slice(-4)}`;
}

export function opDto(registry: RegistryView, op: Op, title: string): NonNullable<PlanDto["steps"][number]["op"]> {
  const wire = z.encode(opReportSchema, op);
  return {
    opId: wire.opId,
    index: wire.index,
    kind: wire.kind,
    title,
    purpose: wire.purpose,
    state: wire.state,
    chainId: wire.chainId,
    attempts: wire.attempts,
    txHash: wire.txHash,
    blockNumber: wire.blockNumber,
    gasUsed: wire.gasUsed,
    gasUsd: wire.gasUsd,
    deltas: wire.deltas.map((delta) => ({
      token: tokenDto(registry, op.chainId, delta.token),
      raw: delta.amountRaw,
      usd: null,
    })),
    error: wire.error,
    stateAtMs: wire.stateAtMs,
    ...(wire.secondLook === undefined ? {} : { secondLook: wire.secondLook }),
  };
}

/** The plan's bounds against what the worker sees now; `ok: null` = cannot be known now. */
function boundChecks(input: PlanViewInput): PlanDto["boundChecks"] {
  const { plan } = input.record;
  const { bounds } = plan;
  const price = input.worker?.price ?? null;
  const moved = price === null ? null : Math.abs(price / bounds.referencePrice - 1);
  const ageMs = input.nowMs - input.record.createdAtMs;
  const checks: PlanDto["boundChecks"] = [
    {
      id: "price",
      label: "Price since the plan was made",
      value: moved === null ? "unknown" : formatPercent(moved),
      limit: formatPercent(bounds.maxPriceMoveFrac),
      ok: moved === null ? null : moved <= bounds.maxPriceMoveFrac,
    },
    {
      id: "slippage",
      label: "Slippage per leg",
      value: `at most ${bounds.maxSlippageBps} bp`,
      limit: `${bounds.maxSlippageBps} bp`,
      ok: true,
    },
    {
      id: "deadline",
      label: "Deadline",
      value: `${bounds.deadlineSec} s after send`,
      limit: "120 s",
      ok: bounds.deadlineSec <= 120,
    },
    {
      id: "age",
      label: "Age of the plan when it starts",
      value: `${Math.round(ageMs / 1000)} s`,
      limit:
        input.record.expiresAtMs === null
          ? `${Math.round(bounds.maxPlanAgeMs / 1000)} s`
          : `${Math.round((input.record.expiresAtMs - input.record.createdAtMs) / 1000)} s`,
      ok: input.record.expiresAtMs === null ? ageMs <= bounds.maxPlanAgeMs : input.nowMs < input.record.expiresAtMs,
    },
  ];
  for (const step of plan.steps) {
    if (step.kind !== "swap") continue;
    const out = tokenDto(input.registry, step.chainId, step.tokenOut);
    checks.push({
      id: "min-out",
      label: "Minimum out of the swap",
      value: `${rawText(step.minAmountOutRaw, out.decimals)} ${out.symbol}`,
      limit: "checked by the signer on the decoded bytes",
      ok: true,
    });
  }
  for (const fresh of input.worker?.freshness ?? []) {
    if (fresh.rule === "max_age") continue;
    checks.push({
      id: `trust:${fresh.input}:${fresh.rule}`,
      label: fresh.input,
      value: fresh.detail,
      limit: fresh.rule,
      ok: fresh.ok,
    });
  }
  return checks;
}

function limitsOf(input: PlanViewInput): PlanDto["limits"] {
  const { pairState, record } = input;
  if (pairState === null) return [];
  const { limits } = pairState.settings;
  const thisUsd = record.plan.notionalUsd;
  return [
    { id: "plan", label: "This plan", usedUsd: 0, thisUsd, limitUsd: limits.maxUsdPerPlan },
    { id: "day", label: "Pair, today", usedUsd: pairState.usedTodayUsd, thisUsd, limitUsd: limits.maxUsdPerDay },
    {
      id: "gas",
      label: "Gas, today",
      usedUsd: pairState.gasTodayUsd,
      thisUsd: record.plan.forecast.gasUsd,
      limitUsd: limits.maxGasUsdPerDay,
    },
  ];
}

export function planDto(input: PlanViewInput): PlanDto {
  const { record, registry } = input;
  const wire = z.encode(planRecordSchema, record);
  const { plan } = record;
  const chainIds = [...new Set(plan.steps.map((step) => step.chainId))];
  const opsByIndex = new Map(record.ops.map((op) => [op.index, op]));
  const holding = (entry: (typeof plan.before)[number]): PlanDto["before"][number] => ({
    label: entry.label,
    pool: entry.pool,
    chainId: entry.chainId,
    base: { token: { ...plan.base }, raw: entry.baseRaw.toString(), usd: null },
    quote: { token: { ...plan.quote }, raw: entry.quoteRaw.toString(), usd: null },
    valueUsd: entry.valueUsd,
    priceLower: entry.priceLower,
    priceUpper: entry.priceUpper,
  });
  const gas = record.ops.map((op) => op.gasUsd).filter((usd) => usd !== null);
  return {
    planId: record.planId,
    planHash: record.planHash,
    pairId: plan.pairId,
    kind: plan.kind,
    reason: plan.reason,
    origin: plan.origin,
    epoch: plan.epoch,
    mode: record.mode,
    status: record.status,
    statusReason: record.statusReason,
    proposedBy: record.proposedBy,
    createdAtMs: record.createdAtMs,
    createdAtMarketMs: record.createdAtMarketMs,
    expiresAtMs: record.expiresAtMs,
    endedAtMs: record.endedAtMs,
    configVersion: plan.configVersion,
    chains: chainIds.map((id) => ({ id, name: registry.chain(id)?.name ?? `chain ${id}` })),
    notionalUsd: plan.notionalUsd,
    before: plan.before.map(holding),
    after: plan.after.map(holding),
    forecast: plan.forecast,
    bounds: wire.plan.bounds,
    boundChecks: boundChecks(input),
    limits: limitsOf(input),
    notes: [...(plan.notes ?? [])],
    hops: planHops(plan, {
      chain: (id) => registry.chain(id)?.name ?? `chain ${id}`,
      symbol: (id, token) => tokenDto(registry, id, token).symbol,
      contract: (id, address) => contractLabel(registry, id, address),
    }),
    steps: plan.steps.map((step, index) => {
      const words = stepWords(registry, step);
      const op = opsByIndex.get(index);
      const stepWire = wire.plan.steps[index];
      return {
        index,
        ...words,
        step: stepWire ?? missingStep(index),
        op: op === undefined ? null : opDto(registry, op, words.title),
      };
    }),
    rehearsal: wire.rehearsal ?? null,
    approvalsNeeded: record.approvalsNeeded,
    approvals: record.approvals.map(({ address, role, atMs, note, commandId }) => ({
      address,
      role,
      atMs,
      note,
      commandId,
    })),
    approval: record.approval ?? null,
    rejectedBy: record.rejectedBy,
    gasUsd: gas.length === 0 ? null : gas.reduce((sum, usd) => sum + usd, 0),
  };
}

function missingStep(index: number): never {
  throw new Error(`step ${index} is in the plan but not in its wire form`);
}

export function stepTitle(registry: RegistryView, step: Step): string {
  return stepWords(registry, step).title;
}
