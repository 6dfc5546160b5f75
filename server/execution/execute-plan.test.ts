// Execution against a signer that keeps the contract's states: order, amounts from what is there, quotes, drift, stops, resumption.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  intentMethods,
  type OpArguments,
  type OpReport,
  type PairState,
  type PlanRecord,
  type QuoteEvidence,
} from "@/lib/api/signer-contract";
import { priceToSqrt } from "@/lib/amm/sqrt-price";
import { tickAtSqrt } from "@/lib/amm/tick-math";
import { err, ok, type Result } from "@/lib/errors/result";
import { ExecutionError } from "@/lib/errors/tidegate-error";
import type { Step } from "@/lib/plan/plan";
import type { OpState } from "@/lib/plan/plan-status";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import type { Address, Hex } from "@/lib/units";
import { createIntentClient, type IntentClient } from "@/server/infra/signer-link/client";
import { startLinkServer } from "@/server/infra/signer-link/server";
import { SignerError, type SignerCallErrorCode } from "@/server/infra/signer-link/signer-error";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { buildPlan } from "@/tests/support/build-plan";
import { executePlan, type ExecutePlanDeps } from "./execute-plan";

const CHAIN = 901_001;
const BASE: Address = "0x1111111111111111111111111111111111111111";
const QUOTE: Address = "0x2222222222222222222222222222222222222222";
const ROUTER: Address = "0x3333333333333333333333333333333333333333";
const MANAGER: Address = "0x4444444444444444444444444444444444444444";
const POOL: Hex = "0x5555555555555555555555555555555555555555";
const WALLET: Address = "0x6666666666666666666666666666666666666666";
const FRAME = { decBase: 18, decQuote: 6, baseIsToken0: true };
const PRICE = 2_000;
const SQRT = priceToSqrt(PRICE, FRAME) ?? 0n;
const TICK = tickAtSqrt(SQRT);
const centre = Math.round(TICK / 10) * 10;

const steps: readonly Step[] = [
  {
    kind: "burn",
    chainId: CHAIN,
    family: "uniswap-v3",
    pool: POOL,
    positionManager: MANAGER,
    tokenId: 1n,
    token0: BASE,
    token1: QUOTE,
    tickLower: centre - 9_000,
    tickUpper: centre - 8_000,
    liquidityRaw: 1n,
    amount0ExpectedRaw: 0n,
    amount1ExpectedRaw: 10_000_000_000n,
    maxSlippageBps: 50,
  },
  { kind: "approve", chainId: CHAIN, token: QUOTE, spender: ROUTER, amountRaw: 5_100_000_000n, forStep: 2 },
  {
    kind: "swap",
    chainId: CHAIN,
    provider: "lifi",
    router: ROUTER,
    tokenIn: QUOTE,
    tokenOut: BASE,
    amountInRaw: 5_100_000_000n,
    minAmountOutRaw: 2_510_000_000_000_000_000n,
  },
  { kind: "revoke", chainId: CHAIN, token: QUOTE, spender: ROUTER },
  { kind: "approve", chainId: CHAIN, token: BASE, spender: MANAGER, amountRaw: 2_550_000_000_000_000_000n, forStep: 6 },
  { kind: "approve", chainId: CHAIN, token: QUOTE, spender: MANAGER, amountRaw: 4_900_000_000n, forStep: 6 },
  {
    kind: "mint",
    chainId: CHAIN,
    family: "uniswap-v3",
    pool: POOL,
    positionManager: MANAGER,
    token0: BASE,
    token1: QUOTE,
    feePips: 500,
    tickSpacing: 10,
    tickLower: centre - 500,
    tickUpper: centre + 500,
    amount0MaxRaw: 2_550_000_000_000_000_000n,
    amount1MaxRaw: 4_900_000_000n,
    maxSlippageBps: 50,
  },
  { kind: "revoke", chainId: CHAIN, token: BASE, spender: MANAGER },
  { kind: "revoke", chainId: CHAIN, token: QUOTE, spender: MANAGER },
];

const plan = buildPlan({
  blocks: [{ chainId: CHAIN, number: 1n, hash: `0x${"00".repeat(32)}` }],
  notionalUsd: 10_000,
  base: { symbol: "WETH", decimals: 18, address: BASE },
  quote: { symbol: "USDC", decimals: 6, address: QUOTE },
  bounds: {
    referencePrice: PRICE,
    poolTicks: [{ pool: POOL, tick: TICK, maxTickMove: 100 }],
    maxFeePerGasWei: [{ chainId: CHAIN, wei: 1n }],
  },
  steps: [...steps],
});

interface World {
  readonly deps: ExecutePlanDeps;
  readonly executed: { readonly index: number; readonly args: OpArguments }[];
  readonly finished: { outcome: string; reason: string }[];
  readonly ops: Map<number, OpReport>;
  readonly balances: Map<Address, bigint>;
  readonly allowances: Map<string, bigint>;
  quotesAsked: number;
  price: number;
  burnPays: readonly [bigint, bigint];
  quoteAnswers: Result<"honest", ExecutionError>[];
  refusals: Map<number, SignerError[]>;
  endStates: Map<number, OpState[]>;
  stopAt: number;
}

const DEPLOYMENT: Hex = `0x${"11".repeat(32)}`;
const socketPath = join(mkdtempSync(join(tmpdir(), "tg-ex-")), "i.sock");
let current: World;
let client: IntentClient;
let closeServer: () => Promise<void> = () => Promise.resolve();
beforeAll(startSigner);
afterAll(async () => {
  client.close();
  await closeServer();
});

function createWorld(): World {
  let wallMs = 1_000_000;
  const world: World = {
    executed: [],
    finished: [],
    ops: new Map(),
    balances: new Map([
      [BASE, 1_000n],
      [QUOTE, 500_000_000n],
    ]),
    allowances: new Map(),
    quotesAsked: 0,
    price: PRICE,
    burnPays: [0n, 10_000_000_000n],
    quoteAnswers: [],
    refusals: new Map(),
    endStates: new Map(),
    stopAt: Number.POSITIVE_INFINITY,
    deps: {
      signer: { call },
      quotes: {
        async fetchQuote(request) {
          world.quotesAsked += 1;
          const next = world.quoteAnswers.shift();
          if (next !== undefined && !next.ok) return next;
          const evidence: QuoteEvidence = {
            fetchedAtMs: wallMs,
            tool: "test",
            to: ROUTER,
            approvalAddress: ROUTER,
            data: "0x",
            valueRaw: 0n,
            toAmountMinRaw: request.minAmountOutRaw,
            cexPrice: request.cexPrice,
            poolPrice: request.poolPrice,
          };
          return ok(evidence);
        },
      },
      reads: {
        readPool: async () =>
          ok({
            sqrtPriceX96: SQRT,
            tick: TICK,
            liquidityRaw: 1n,
            fee0Pips: 500,
            fee1Pips: 500,
            protocolShareFrac: 0,
            tickSpacing: 10,
          }),
        readAllowance: async ({ token, spender }) => ok(world.allowances.get(`${token}:${spender}`) ?? 0n),
      },
      readPrices: async () => ok({ price: world.price, priceAtMarketMs: 1, quoteUsd: 1, nativeUsd: 2_000 }),
      wallet: WALLET,
      wall: { nowMs: () => wallMs, monotonicMs: () => wallMs },
      sleep: async (durationMs) => {
        wallMs += durationMs;
      },
      log: silentLogger,
    },
  };
  current = world;
  return world;
}

const NOT_HERE = { code: "not_found", message: "not part of this test", retryable: false, details: {} } as const;

/** A signer socket with the contract's frames; refuses what the world says, else does at once what the step says. */
async function startSigner(): Promise<void> {
  const server = await startLinkServer({
    socketPath,
    deploymentId: DEPLOYMENT,
    peer: "test-signer",
    methods: intentMethods,
    log: silentLogger,
    onInternalError: (error) => {
      throw error;
    },
    handlers: {
      "plan.get": async () => ok(recordOf(current)),
      "pair.state": async () => ok(pairStateOf(current)),
      "op.execute": async ({ index, args }) => {
        current.executed.push({ index, args });
        return ok(applyStep(current, index, args));
      },
      "op.wait": async ({ opId }) => {
        const op = [...current.ops.values()].find((each) => each.opId === opId);
        return op === undefined ? err(NOT_HERE) : ok(op);
      },
      "plan.finish": async ({ outcome, reason }) => {
        current.finished.push({ outcome, reason });
        return ok(recordOf(current));
      },
      "plan.rehearsed": async () => err(NOT_HERE),
      "transfers.list": async () => err(NOT_HERE),
      "transfer.settle": async () => err(NOT_HERE),
      "fence.lease": async () => err(NOT_HERE),
      "plan.propose": async () => err(NOT_HERE),
      "commands.since": async () => err(NOT_HERE),
      "command.result": async () => err(NOT_HERE),
    },
  });
  if (!server.ok) throw server.error;
  closeServer = () => server.value.close();
  client = createIntentClient({ socketPath, deploymentId: DEPLOYMENT, peer: "test", timeoutMs: 5_000 });
}

/** The real client, with refusals put in front of it where a test wants one. */
const call: IntentClient["call"] = (method, params, options) => {
  const index = "index" in params && typeof params.index === "number" ? params.index : -1;
  const refusal = method === "op.execute" ? current.refusals.get(index)?.shift() : undefined;
  return refusal === undefined ? client.call(method, params, options) : Promise.resolve(err(refusal));
};

function pairStateOf(world: World): PairState {
  return {
    pairId: "WETH-USDC",
    mode: "auto",
    paused: null,
    halted: null,
    stopped: null,
    settings: { pairId: "WETH-USDC", pools: [], params: {}, limits: DEFAULT_LIMITS, planExpiryMs: 1_800_000 },
    configVersion: 1,
    account: [BASE, QUOTE].map((token) => ({ chainId: CHAIN, token, amountRaw: world.balances.get(token) ?? 0n })),
    positions: [],
    openPlanId: "plan",
    commandSeq: 0,
    usedTodayUsd: 0,
    usedTodayTxCount: 0,
    gasTodayUsd: 0,
    lastPraAtMarketMs: null,
    rsAtMarketMs: [],
  };
}

function applyStep(world: World, index: number, args: OpArguments): OpReport {
  const step = steps[index];
  if (step === undefined) throw new Error(`no step ${index}`);
  const forced = world.endStates.get(index)?.shift();
  const deltas: [Address, bigint][] = [];
  let state: OpState = forced ?? "VERIFIED";
  if (forced === undefined || forced === "VERIFIED") {
    if (step.kind === "burn") deltas.push([BASE, world.burnPays[0]], [QUOTE, world.burnPays[1]]);
    if (step.kind === "approve" && args.amountRaw === 0n) state = "SKIPPED";
    else if (step.kind === "approve") world.allowances.set(`${step.token}:${step.spender}`, args.amountRaw ?? 0n);
    if (step.kind === "revoke") world.allowances.delete(`${step.token}:${step.spender}`);
    if (step.kind === "swap" && args.amountRaw === 0n) state = "SKIPPED";
    else if (step.kind === "swap") {
      const amountIn = args.amountRaw ?? 0n;
      deltas.push([QUOTE, -amountIn], [BASE, (amountIn * 10n ** 12n * 999n) / 2_000_000n]);
      world.allowances.delete(`${QUOTE}:${ROUTER}`);
    }
    if (step.kind === "mint")
      deltas.push([BASE, -(args.amount0DesiredRaw ?? 0n)], [QUOTE, -(args.amount1DesiredRaw ?? 0n)]);
  }
  for (const [token, amount] of deltas) world.balances.set(token, (world.balances.get(token) ?? 0n) + amount);
  const op: OpReport = {
    opId: `plan/${index}`,
    index,
    kind: step.kind,
    purpose: step.kind,
    state,
    chainId: CHAIN,
    attempts: [],
    txHash: null,
    blockNumber: null,
    gasUsed: 100_000n,
    gasUsd: 0.1,
    deltas: deltas.map(([token, amount]) => ({ token, amountRaw: amount.toString() })),
    position: null,
    error: forced === undefined ? null : `forced ${forced}`,
    stateAtMs: world.executed.length,
  };
  world.ops.set(index, op);
  return op;
}

function recordOf(world: World): PlanRecord {
  return {
    planId: "plan",
    planHash: `0x${"00".repeat(32)}`,
    plan,
    status: "approved",
    statusReason: "",
    mode: "auto",
    createdAtMs: 1_000_000,
    createdAtMarketMs: 1,
    expiresAtMs: null,
    endedAtMs: null,
    proposedBy: "test",
    approvalsNeeded: 0,
    approvals: [],
    rejectedBy: null,
    ops: [...world.ops.values()],
  };
}

function run(world: World) {
  return executePlan(world.deps, {
    record: recordOf(world),
    token: 1,
    shouldStop: () => world.executed.length >= world.stopAt,
  });
}

const refusal = (code: SignerCallErrorCode, retryable: boolean): SignerError =>
  new SignerError({ code, message: `refused: ${code}`, retryable });
const badQuote = err(new ExecutionError({ code: "quote_refused", message: "another receiver", retryable: true }));

describe("executePlan", () => {
  test("default: all steps in order, each with what is really there", async () => {
    const world = createWorld();
    const report = await run(world);
    expect(report.outcome).toBe("done");
    expect(world.executed.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const swapped = world.executed[2]?.args.amountRaw ?? 0n;
    expect(swapped).toBe(world.executed[1]?.args.amountRaw);
    expect(swapped).toBeGreaterThan(4_500_000_000n);
    expect(swapped).toBeLessThanOrEqual(5_100_000_000n);
    expect(world.executed[2]?.args.quote).toBeDefined();
    // One quote: fetched and verified before the approval, used by the swap.
    expect(world.quotesAsked).toBe(1);
    const mint = world.executed[6]?.args;
    expect(mint?.amount0DesiredRaw).toBeLessThanOrEqual(2_550_000_000_000_000_000n);
    expect(mint?.amount1DesiredRaw).toBeLessThanOrEqual(4_900_000_000n);
    expect(report.swapCostUsd).toBeCloseTo(report.swappedUsd * 0.001, 3);
    expect(world.allowances.size).toBe(0);
  });

  test("behavior: nothing is approved for a router whose quote was refused; the plan ends partial", async () => {
    const world = createWorld();
    world.quoteAnswers = [badQuote, badQuote, badQuote, badQuote];
    const report = await run(world);
    expect(report.outcome).toBe("partial");
    expect(world.executed.map(({ index }) => index)).toEqual([0]);
    expect(world.quotesAsked).toBe(4);
    expect(world.finished).toEqual([expect.objectContaining({ outcome: "partial" })]);
    expect(report.reason).toContain("another receiver");
  });

  test("behavior: a quote refused by the signer is fetched again", async () => {
    const world = createWorld();
    world.refusals.set(2, [refusal("quote_refused", false)]);
    const report = await run(world);
    expect(report.outcome).toBe("done");
    expect(world.quotesAsked).toBe(2);
  });

  test("behavior: a swap that reverted is tried with a new quote, and an end without repair is partial with open allowances taken back", async () => {
    const world = createWorld();
    world.endStates.set(2, ["REVERTED"]);
    expect((await run(world)).outcome).toBe("done");
    expect(world.quotesAsked).toBe(2);

    const hopeless = createWorld();
    hopeless.endStates.set(2, ["REVERTED", "REVERTED", "REVERTED", "REVERTED"]);
    const report = await run(hopeless);
    expect(report.outcome).toBe("partial");
    expect(hopeless.executed.map(({ index }) => index)).toEqual([0, 1, 2, 2, 2, 3]);
    expect(hopeless.allowances.size).toBe(0);
  });

  test("behavior: a price outside the bounds voids the plan before its first step, and makes it partial after", async () => {
    const world = createWorld();
    world.price = PRICE * 1.02;
    expect((await run(world)).outcome).toBe("voided");
    expect(world.executed).toHaveLength(0);

    const later = createWorld();
    later.quoteAnswers = [];
    const original = later.deps.quotes.fetchQuote;
    const deps: ExecutePlanDeps = {
      ...later.deps,
      quotes: {
        fetchQuote: (request) => {
          later.price = PRICE * 1.02;
          return original(request);
        },
      },
    };
    const report = await executePlan(deps, { record: recordOf(later), token: 1, shouldStop: () => false });
    expect(report.outcome).toBe("partial");
    expect(later.executed.map(({ index }) => index)).toEqual([0, 1, 3]);
  });

  test("behavior: when the burn pays in the right ratio the swap is skipped, recorded, and the rest goes on", async () => {
    const world = createWorld();
    world.burnPays = [2_550_000_000_000_000_000n, 4_900_000_000n];
    const report = await run(world);
    expect(report.outcome).toBe("done");
    expect(world.executed[1]?.args.amountRaw).toBe(0n);
    expect(world.executed[2]?.args.amountRaw).toBe(0n);
    expect(world.quotesAsked).toBe(0);
    expect(report.ops[2]?.state).toBe("SKIPPED");
  });

  test("behavior: a stop ends between two ops and a second run continues where it was, without repeating anything", async () => {
    for (let stopAt = 1; stopAt < steps.length; stopAt += 1) {
      const world = createWorld();
      world.stopAt = stopAt;
      const first = await run(world);
      expect(first.outcome).toBe("interrupted");
      expect(world.finished).toHaveLength(0);
      world.stopAt = Number.POSITIVE_INFINITY;
      const second = await run(world);
      expect(second.outcome).toBe("done");
      expect(world.executed.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
  });

  test("behavior: a signer that is away or paused leaves the plan open", async () => {
    const away = createWorld();
    away.refusals.set(
      0,
      Array.from({ length: 200 }, () => refusal("unavailable", true)),
    );
    expect((await run(away)).outcome).toBe("interrupted");
    expect(away.finished).toHaveLength(0);

    const paused = createWorld();
    paused.refusals.set(4, [refusal("paused", false)]);
    expect((await run(paused)).outcome).toBe("interrupted");
    expect(paused.executed.map(({ index }) => index)).toEqual([0, 1, 2, 3]);

    const restarting = createWorld();
    restarting.refusals.set(4, [refusal("unavailable", true), refusal("chain", true)]);
    expect((await run(restarting)).outcome).toBe("done");
  });

  test("error: a refusal of policy ends the plan: voided before anything happened, partial after", async () => {
    const first = createWorld();
    first.refusals.set(0, [refusal("policy", false)]);
    expect((await run(first)).outcome).toBe("voided");
    const mint = createWorld();
    mint.refusals.set(6, [refusal("over_limit", false)]);
    expect((await run(mint)).outcome).toBe("partial");
    expect(mint.allowances.size).toBe(0);
  });
});
