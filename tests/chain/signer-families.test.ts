// The real engine against every family's contracts on a bare chain: rights, mint, partial exit, close, with both token orders; nothing left, nothing unaccounted.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFunctionData, padHex, parseAbi, parseEther, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { Grant } from "@/lib/actions/family";
import { routerForms } from "@/lib/actions/pool-swap";
import type { KnownPosition } from "@/lib/api/signer-contract";
import { layOut, type StepGroup } from "@/lib/plan/plan-grants";
import { planSchema, type Plan, type Step } from "@/lib/plan/plan";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { findPoolRef, type PoolRef } from "@/lib/registry/pool-ref";
import { registrySchema, type DexEntry, type PoolEntry, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { DEVNET_CHAIN_ID } from "@/server/devnet/chain/client";
import type { DeployedFamily, OrderTarget } from "@/server/devnet/chain/families/family-kit";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { wallClock } from "@/server/infra/clock";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { encodeGrant } from "@/server/signer/allowances";
import { createChainAccess } from "@/server/signer/chain-access";
import { createEngine } from "@/server/signer/engine";
import type { AuthorityView, ChainPort, Engine } from "@/server/signer/ports";
import { audit, rpcPort } from "@/tests/support/audit";
import { startKitChain, type KitChain } from "@/tests/support/kit-chain";
import { printLine } from "@/tests/support/print-line";
import { createTestAuthority, createTestKey } from "@/tests/support/signer-harness";

const CHAIN = DEVNET_CHAIN_ID;
const PRICE = 2_500;
const Q96 = 2 ** 96;
/** Base below the quote in one pair, above it in the other: families take turns, so that each order meets each shape of manager. */
const PAIRS = ["LOW-USDC", "HIGH-USDC"] as const;
type PairId = (typeof PAIRS)[number];
const BASE_RAW = 10n ** 18n;
const QUOTE_RAW = 2_500n * 10n ** 6n;
/** Name of the pool whose ranges may be one tick wide. */
const NARROW = "narrow";
/** About a tenth of a tick in the narrow pool. */
const WOBBLE_BASE_RAW = 2n * 10n ** 15n;
const WOBBLE_QUOTE_RAW = 5n * 10n ** 6n;
const DEPLOYMENT: Hex = `0x${"5f".repeat(32)}`;
const tokenAbi = parseAbi([
  "function mint(address to, uint256 value)",
  "function approve(address spender, uint256 value) returns (bool)",
]);

interface Place {
  readonly pairId: PairId;
  readonly entry: PoolEntry;
  readonly ref: PoolRef;
  readonly target: OrderTarget;
}

let chain: KitChain;
let registry: Registry;
let engine: Engine;
let port: ChainPort;
let dir = "";
let wallet: Address;
let privateKey: Hex;
let authority: AuthorityView & { readonly halts: string[] };
const mining = { isOn: true };
let miner: Promise<void>;
let epoch = 0;
const swapped: string[] = [];
const places = new Map<string, Place>();

/** One block at a time: the chain's clock moves with each. */
let turn: Promise<unknown> = Promise.resolve();
function exclusive<T>(work: () => Promise<T>): Promise<T> {
  const result = turn.then(work, work);
  turn = result.catch(() => undefined);
  return result;
}

/** Mines whatever waits, and two blocks after each that held something, so that it is confirmed and final. */
async function mineWaiting(): Promise<void> {
  while (mining.isOn) {
    const status = await chain.client.request<{ Parameters: []; ReturnType: { pending: Hex } }>({
      method: "txpool_status",
      params: [],
    });
    const latest = await chain.client.getBlock();
    const before = await chain.client.getBlock({ blockNumber: latest.number - 1n });
    if (BigInt(status.pending) > 0n || latest.transactions.length > 0 || before.transactions.length > 0) {
      await exclusive(() => chain.send("Mining", []));
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function pairAuthority(): AuthorityView & { readonly halts: string[] } {
  const one = createTestAuthority(PAIRS[0]);
  return {
    ...one,
    pair: (pairId) => {
      const pair = PAIRS.some((id) => id === pairId) ? one.pair(PAIRS[0]) : null;
      const limits = { ...DEFAULT_LIMITS, maxTxPerDay: 10_000 };
      return pair === null ? null : { ...pair, settings: { ...pair.settings, pairId, limits } };
    },
    pairIds: () => PAIRS,
  };
}

async function deployFamilies(): Promise<{
  readonly dexes: readonly DexEntry[];
  readonly pools: readonly PoolEntry[];
}> {
  const dexes: DexEntry[] = [];
  const pools: PoolEntry[] = [];
  for (const [index, kit] of FAMILY_KITS.entries()) {
    const deployed = await kit.deploy(chain.context);
    const isLow = index % 2 === 0;
    const base = isLow ? chain.low : chain.high;
    const raw = PRICE / 1e12;
    const isBins = kit.family === "liquidity-book";
    const ref = await deployed.createPool({
      token0: isLow ? base.address : chain.quote.address,
      token1: isLow ? chain.quote.address : base.address,
      feePips: 500,
      tickSpacing: isBins ? null : 10,
      binStep: isBins ? 10 : null,
      sqrtPriceX96: BigInt(Math.round(Math.sqrt(isLow ? raw : 1 / raw) * Q96)),
    });
    const pairId: PairId = isLow ? "LOW-USDC" : "HIGH-USDC";
    const symbol = isLow ? "LOW" : "HIGH";
    const entry: PoolEntry = {
      pair: pairId,
      chainId: CHAIN,
      dex: kit.dexId,
      id: ref.pool,
      tokens: isLow ? [symbol, "USDC"] : ["USDC", symbol],
      fee: ref.feePips,
      tickSpacing: ref.tickSpacing,
      hooks: ref.hooks,
      deployer: ref.deployer,
      binStep: ref.binStep,
      parameters: ref.parameters,
    };
    dexes.push(deployed.dex);
    pools.push(entry);
    places.set(kit.dexId, { pairId, entry, ref, target: deployed.orderTarget(ref) });
    if (kit.family === "uniswap-v3") pools.push(await createNarrow(deployed));
  }
  return { dexes, pools };
}

/** A pool of fee 100 and spacing 1 with a stranger's deep liquidity, so that small trades move its price by parts of a tick. */
async function createNarrow(deployed: DeployedFamily): Promise<PoolEntry> {
  const sqrtPriceX96 = BigInt(Math.round(Math.sqrt(PRICE / 1e12) * Q96));
  const [token0, token1] = [chain.low.address, chain.quote.address];
  const ref = await deployed.createPool({ token0, token1, feePips: 100, tickSpacing: 1, binStep: null, sqrtPriceX96 });
  const entry: PoolEntry = {
    pair: "LOW-USDC",
    chainId: CHAIN,
    dex: ref.dexId,
    id: ref.pool,
    tokens: ["LOW", "USDC"],
    fee: 100,
    tickSpacing: 1,
  };
  const spender = ref.contracts.positionManager;
  for (const token of [token0, token1]) await chain.approve(token, spender);
  const actions = FAMILY_ACTIONS[ref.family];
  const tick = Math.floor(Math.log(PRICE / 1e12) / Math.log(1.0001));
  const call = {
    tickLower: tick - 2_000,
    tickUpper: tick + 2_000,
    amount0DesiredRaw: 40n * BASE_RAW,
    amount1DesiredRaw: 40n * QUOTE_RAW,
    amount0MinRaw: 0n,
    amount1MinRaw: 0n,
    liquidityRaw: null,
    recipient: chain.user,
    deadlineSec: chain.deadlineSec(),
    bins: null,
  };
  const tx = actions.encodeMint(ref, call);
  await chain.send("Deep liquidity", [{ to: tx.to, data: tx.data, from: chain.user }]);
  places.set(NARROW, { pairId: "LOW-USDC", entry, ref, target: deployed.orderTarget(ref) });
  return entry;
}

function registryOf(dexes: readonly DexEntry[], pools: readonly PoolEntry[]): Registry {
  const token = (symbol: string, address: Address, decimals: number) => ({
    chainId: CHAIN,
    symbol,
    address,
    decimals,
    kind: "native" as const,
  });
  return registrySchema.parse({
    version: 1,
    chains: [
      {
        id: CHAIN,
        name: "Bare",
        nativeSymbol: "ETH",
        nativeDecimals: 18,
        wrappedNative: chain.context.weth,
        blockTimeMs: 400,
        geckoSlug: null,
        explorer: null,
        multicall3: chain.context.weth,
        permit2: chain.context.permit2,
        lifiDiamond: null,
        feeModel: "eip1559",
        softDepth: 1,
        settle: { tag: "depth", depth: 1 },
        isLocal: true,
      },
    ],
    tokens: [
      token("USDC", chain.quote.address, 6),
      token("LOW", chain.low.address, 18),
      token("HIGH", chain.high.address, 18),
    ],
    dexes,
    pools,
    pairs: PAIRS.map((id) => ({
      id,
      base: id.split("-")[0],
      quote: "USDC",
      sources: [{ venue: "binance", base: "ETH", quote: "USDC" }],
    })),
  });
}

function openEngine(): Engine {
  return createEngine({
    deploymentId: DEPLOYMENT,
    registry,
    journalDir: join(dir, "journal"),
    chains: new Map([[CHAIN, port]]),
    families: new Map(Object.values(FAMILY_ADAPTERS).map((adapter) => [adapter.reads.family, adapter])),
    key: createTestKey(privateKey),
    authority,
    wall: wallClock,
    market: { nowMs: Date.now },
    log: silentLogger,
  });
}

beforeAll(async () => {
  chain = await startKitChain();
  const { dexes, pools } = await deployFamilies();
  registry = registryOf(dexes, pools);
  dir = mkdtempSync(join(tmpdir(), "tg-families-"));
  privateKey = generatePrivateKey();
  wallet = privateKeyToAccount(privateKey).address;
  await chain.client.setBalance({ address: wallet, value: parseEther("100") });
  await chain.send(
    "Funding the wallet",
    [chain.low, chain.high, chain.quote].map(({ address, decimals }) => ({
      to: address,
      data: encodeFunctionData({
        abi: tokenAbi,
        functionName: "mint",
        args: [wallet, 1_000_000n * 10n ** BigInt(decimals)],
      }),
    })),
  );
  authority = pairAuthority();
  const definition = registry.chains[0];
  if (definition === undefined) throw new Error("the test registry has no chain");
  const url = chain.client.transport.url;
  if (typeof url !== "string") throw new Error("the test chain has no address");
  port = createChainAccess(definition, [rpcPort(url)]);
  engine = openEngine();
  miner = mineWaiting();
  miner.catch((error: unknown) => {
    process.stderr.write(`the miner stopped: ${String(error)}\n`);
  });
  await engine.recover();
  let command = 0;
  for (const pairId of PAIRS) {
    const base = pairId === "LOW-USDC" ? chain.low : chain.high;
    for (const token of [base, chain.quote]) {
      command += 1;
      await engine.assignCapital({
        commandId: padHex(toHex(command), { size: 32 }),
        pairId,
        chainId: CHAIN,
        token: token.address,
        amountRaw: 100_000n * 10n ** BigInt(token.decimals),
      });
    }
  }
}, 240_000);

afterAll(async () => {
  mining.isOn = false;
  await miner;
  engine?.close();
  await chain?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function planOf(place: Place, groups: readonly StepGroup[]): Promise<Plan> {
  epoch += 1;
  const live = await FAMILY_ADAPTERS[place.ref.family].reads.readPool(port, place.ref, "latest");
  const base = place.pairId === "LOW-USDC" ? chain.low : chain.high;
  const none = { feesUsdPerDayBefore: 0, feesUsdPerDayAfter: 0, lvrUsdPerDayAfter: 0, gainUsdPerYear: 0 };
  const costs = { gasUsd: 0, swapFeeUsd: 0, slippageUsd: 0, costUsd: 0, paybackDays: null };
  return planSchema.parse({
    version: 1,
    pairId: place.pairId,
    epoch,
    kind: "PRA",
    reason: "test",
    origin: { kind: "strategy" },
    configVersion: 0,
    blocks: [],
    notionalUsd: 5_000,
    base: { symbol: place.pairId.split("-")[0], decimals: 18, address: base.address },
    quote: { symbol: "USDC", decimals: 6, address: chain.quote.address },
    before: [],
    after: [],
    forecast: { ...none, ...costs, net7dUsd: 0, net7dLowUsd: 0, net7dHighUsd: 0 },
    bounds: {
      referencePrice: PRICE,
      maxPriceMoveFrac: 0.05,
      maxSlippageBps: 100,
      deadlineSec: 120,
      maxPlanAgeMs: 3_600_000,
      poolTicks: [{ pool: place.ref.pool, tick: live.tick, maxTickMove: 500 }],
      poolLiquidity: [{ pool: place.ref.pool, liquidityRaw: live.liquidityRaw.toString(), minFrac: 0.5 }],
      maxFeePerGasWei: [],
    },
    steps: layOut(groups).map((step) =>
      JSON.parse(JSON.stringify(step, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value))),
    ),
  });
}

function rights(grants: readonly Grant[], amountOf: (token: Address) => bigint): StepGroup["grants"] {
  return grants.map((grant) => ({ grant, amountRaw: grant.kind === "operator" ? 1n : amountOf(grant.token) }));
}

async function mintGroup(
  place: Place,
  width: { readonly below: number; readonly above: number; readonly bins?: number } = { below: 60, above: 60 },
): Promise<StepGroup> {
  const { ref } = place;
  const live = await FAMILY_ADAPTERS[ref.family].reads.readPool(port, ref, "latest");
  const isBins = ref.family === "liquidity-book";
  const { bins = 5 } = width;
  const spacing = ref.tickSpacing ?? 1;
  const middle = Math.floor(live.tick / spacing);
  const isQuote0 = ref.token0.toLowerCase() === chain.quote.address.toLowerCase();
  const [amount0MaxRaw, amount1MaxRaw] = isQuote0 ? [QUOTE_RAW, BASE_RAW] : [BASE_RAW, QUOTE_RAW];
  const step: Extract<Step, { kind: "mint" }> = {
    kind: "mint",
    chainId: CHAIN,
    family: ref.family,
    pool: ref.pool,
    positionManager: ref.contracts.positionManager,
    token0: ref.token0,
    token1: ref.token1,
    feePips: ref.feePips ?? live.fee0Pips,
    tickSpacing: isBins ? (ref.binStep ?? 1) : spacing,
    tickLower: isBins ? live.tick - bins : (middle - width.below) * spacing,
    tickUpper: isBins ? live.tick + bins : (middle + width.above) * spacing,
    amount0MaxRaw,
    amount1MaxRaw,
    maxSlippageBps: 50,
  };
  const actions = FAMILY_ACTIONS[ref.family];
  const grants = actions.mintGrants(ref, { amount0Raw: amount0MaxRaw, amount1Raw: amount1MaxRaw });
  const amountOf = (token: Address) =>
    token.toLowerCase() === ref.token0.toLowerCase() ? amount0MaxRaw : amount1MaxRaw;
  return { step, grants: rights(grants, amountOf) };
}

function exitGroup(place: Place, position: KnownPosition, kind: "burn" | "decrease", liquidityRaw: bigint): StepGroup {
  const { ref } = place;
  return {
    step: {
      kind,
      chainId: CHAIN,
      family: ref.family,
      pool: ref.pool,
      positionManager: position.positionManager,
      tokenId: position.tokenId,
      token0: ref.token0,
      token1: ref.token1,
      tickLower: position.tickLower,
      tickUpper: position.tickUpper,
      liquidityRaw,
      amount0ExpectedRaw: 0n,
      amount1ExpectedRaw: 0n,
      maxSlippageBps: 50,
    },
    grants: rights(FAMILY_ACTIONS[ref.family].exitGrants(ref), () => 1n),
  };
}

/** Proposes and executes; each step ends VERIFIED (or SKIPPED for a right that was used up). */
async function run(
  place: Place,
  groups: readonly StepGroup[],
  market: { readonly wobble: boolean } = { wobble: false },
): Promise<readonly string[]> {
  const plan = await planOf(place, groups);
  const { pairId } = place;
  const { token } = engine.leaseFence({ pairId, workerId: "test" });
  const { planId } = await engine.proposePlan({ pairId, token, plan, proposedBy: "test", marketAtMs: Date.now() });
  for (const [index, step] of plan.steps.entries()) {
    const args = { price: PRICE, priceAtMarketMs: Date.now(), nativeUsd: PRICE, quoteUsd: 1 };
    const started = await engine.executeOp({ pairId, token, planId, index, args });
    const ended = await waitMoving(place, started.opId, market.wobble);
    if (["VERIFIED", "SETTLED", "SKIPPED"].includes(ended.state)) continue;
    const reason = `step ${index} (${step.kind}) ended ${ended.state}: ${ended.error}`;
    await engine.finishPlan({ pairId, token, planId, outcome: "partial", reason });
    throw new Error(`${reason}; halts: ${authority.halts.join("; ")}`);
  }
  const done = await engine.finishPlan({ pairId, token, planId, outcome: "done", reason: "test" });
  expect(done.status).toBe("done");
  return done.ops.map((op) => `${op.kind} ${op.state}`);
}

/** Until the operation ends; meanwhile a trader moves the price of the pool a little, block by block. */
async function waitMoving(place: Place, opId: string, wobble: boolean) {
  for (let turnIndex = 0; ; turnIndex += 1) {
    const op = await engine.waitOp({ opId, waitMs: wobble ? 60 : 30_000 });
    const isOpen = ["INTENT", "PREPARED", "SIGNED", "SENT", "INCLUDED", "CONFIRMED"].includes(op.state);
    if (!isOpen || !wobble || turnIndex > 300) return op;
    const zeroForOne = turnIndex % 2 === 0;
    const amountIn = zeroForOne === isQuoteFirst(place) ? WOBBLE_QUOTE_RAW : WOBBLE_BASE_RAW;
    await exclusive(() => chain.step([{ target: place.target, zeroForOne, amountIn }]));
  }
}

function isQuoteFirst(place: Place): boolean {
  return place.ref.token0.toLowerCase() === chain.quote.address.toLowerCase();
}

/** A thousandth of a base token through the pool's own router, in bytes the signer makes itself; not for families that are not written to. */
async function swapThrough(place: Place): Promise<void> {
  const { ref, pairId } = place;
  const router = ref.contracts.swapRouter;
  if (router === null || routerForms(ref).length === 0) return;
  const base = pairId === "LOW-USDC" ? chain.low.address : chain.high.address;
  const step: Extract<Step, { kind: "swap" }> = {
    kind: "swap",
    chainId: CHAIN,
    provider: "pool",
    router,
    pool: ref.pool,
    tokenIn: base,
    tokenOut: chain.quote.address,
    amountInRaw: BASE_RAW / 1_000n,
    minAmountOutRaw: QUOTE_RAW / 1_100n,
  };
  const grant: Grant = { kind: "erc20", token: base, spender: router };
  const states = await run(place, [{ step, grants: rights([grant], () => step.amountInRaw) }]);
  swapped.push(ref.family);
  expect(states.find((state) => state.startsWith("swap"))).toMatch(/VERIFIED|SETTLED/);
}

function positionIn(place: Place): KnownPosition | undefined {
  return engine.knownPositions(place.pairId).find((each) => each.pool === place.ref.pool);
}

function placeOf(dexId: string): Place {
  const place = places.get(dexId);
  if (place === undefined) throw new Error(`no pool of ${dexId}`);
  return place;
}

describe.each(FAMILY_KITS)("$name", (kit) => {
  it("behavior: mint, trade, half out, close; the ledger equals the chain and no right is left", async () => {
    const place = placeOf(kit.dexId);
    expect(findPoolRef(registry, CHAIN, place.ref.pool)).toMatchObject({ pool: place.ref.pool, family: kit.family });
    await run(place, [await mintGroup(place)]);
    const opened = positionIn(place);
    if (opened === undefined) throw new Error("the mint left no position in the journal");
    expect(opened.liquidityRaw).toBeGreaterThan(0n);
    expect(opened.amount0Raw).toBeGreaterThan(0n);
    expect(opened.amount1Raw).toBeGreaterThan(0n);

    const isQuote0 = place.ref.token0.toLowerCase() === chain.quote.address.toLowerCase();
    const [in0, in1] = isQuote0 ? [QUOTE_RAW / 100n, BASE_RAW / 100n] : [BASE_RAW / 100n, QUOTE_RAW / 100n];
    const { target } = place;
    expect(await exclusive(() => chain.step([{ target, zeroForOne: true, amountIn: in0 }]))).toEqual([]);
    expect(await exclusive(() => chain.step([{ target, zeroForOne: false, amountIn: in1 }]))).toEqual([]);

    await swapThrough(place);

    const half = opened.liquidityRaw / 2n;
    await run(place, [exitGroup(place, opened, "decrease", half)]);
    const left = positionIn(place);
    if (left === undefined) throw new Error("the partial exit closed the position");
    expect(left.liquidityRaw).toBeLessThanOrEqual(opened.liquidityRaw - half + 1_000n);
    expect(left.liquidityRaw).toBeGreaterThanOrEqual(opened.liquidityRaw - half);
    expect(left.amount0Raw).toBeLessThan(opened.amount0Raw);

    await run(place, [exitGroup(place, left, "burn", left.liquidityRaw)]);
    expect(positionIn(place)).toBeUndefined();
    expect(authority.halts).toEqual([]);
    const check = await engine.checkLedger();
    expect(check.openAllowances).toEqual([]);
    for (const row of check.rows) expect(row.differenceRaw, `token ${row.token}`).toBe("0");
  }, 120_000);
});

describe("a pool of tick spacing 1 whose price moves with every block", () => {
  it("behavior: a position of one tick, and a few, is opened and closed; what cannot be bounded is named", async () => {
    const place = placeOf(NARROW);
    for (const [below, above] of [
      [0, 1],
      [2, 3],
    ] as const) {
      await run(place, [await mintGroup(place, { below, above })], { wobble: true });
      const opened = positionIn(place);
      if (opened === undefined) throw new Error("the mint left no position in the journal");
      expect(opened.tickUpper - opened.tickLower).toBe(below + above);
      await run(place, [exitGroup(place, opened, "burn", opened.liquidityRaw)], { wobble: true });
      expect(positionIn(place)).toBeUndefined();
    }
  }, 120_000);

  it("error: EXPIRED — one token for a range the price is in: the plan's end says why", async () => {
    const place = placeOf(NARROW);
    const group = await mintGroup(place, { below: 2, above: 3 });
    if (group.step.kind !== "mint") throw new Error("not a mint");
    // Only token0: above the price that is a position, around it nothing can be bounded.
    const step = { ...group.step, amount1MaxRaw: 0n };
    const grants = group.grants.filter(({ grant }) => grant.token === step.token0);
    await expect(run(place, [{ step, grants }])).rejects.toThrow("give no position in");
    const [plan] = engine.listPlans({ pairId: place.pairId, open: false, limit: 1 });
    expect(plan?.status).toBe("partial");
    expect(plan?.statusReason).toContain("give no position in");
    expect((await engine.checkLedger()).openAllowances).toEqual([]);
  }, 60_000);
});

/** A stranger opens a position for our wallet: no journal record, no nonce of ours. */
async function sendOrphan(place: Place): Promise<void> {
  const { ref } = place;
  // Bins of its own: a run of bins has one name however often it is opened, and the audit wants one burn per name.
  const group = await mintGroup(place, { below: 6, above: 7, bins: 4 });
  if (group.step.kind !== "mint") throw new Error("not a mint");
  const { tickLower, tickUpper, amount0MaxRaw, amount1MaxRaw } = group.step;
  const actions = FAMILY_ACTIONS[ref.family];
  const live = await FAMILY_ADAPTERS[ref.family].reads.readPool(port, ref, "latest");
  const call = actions.boundMint(ref, live, {
    tickLower,
    tickUpper,
    amount0DesiredRaw: amount0MaxRaw,
    amount1DesiredRaw: amount1MaxRaw,
    bandBps: 100,
    shape: ref.family === "liquidity-book" ? "spot" : null,
    recipient: wallet,
    deadlineSec: chain.deadlineSec(),
  });
  const given = group.grants.map(({ grant, amountRaw }) =>
    encodeGrant(registry, { chainId: CHAIN, grant, amountRaw, expirationSec: chain.deadlineSec() }),
  );
  const calls = [...given, actions.encodeMint(ref, call)];
  await exclusive(() =>
    chain.send(
      "A stranger's mint",
      calls.map(({ to, data, valueRaw }) => ({ to, data, valueWei: valueRaw, from: chain.user })),
    ),
  );
}

describe.each(["uniswap-v4", "liquidity-book"])("an orphan of %s", (family) => {
  it("behavior: R6 and P10, it is listed with its worth, closed into the wallet once, and booked as a credit", async () => {
    const kit = FAMILY_KITS.find((each) => each.family === family);
    const place = placeOf(kit?.dexId ?? "");
    await sendOrphan(place);
    engine.close();
    engine = openEngine();
    expect((await engine.recover()).chains).toEqual([{ chainId: CHAIN, outcome: "clean" }]);
    // Bins are listed by runs: one orphan each.
    const orphans = engine.listOrphans().filter((each) => each.family === family && each.status === "open");
    expect(orphans.length).toBeGreaterThan(0);
    const said: string[] = [];
    for (const [index, orphan] of orphans.entries()) {
      expect(orphan).toMatchObject({ kind: "position", pairId: place.pairId });
      const commandId = padHex(toHex(500 + family.length * 20 + index), { size: 32, dir: "right" });
      const input = { commandId, orphanId: orphan.orphanId };
      said.push(await engine.closeOrphan(input));
      expect(said.at(-1)).toMatch(/closed into the wallet: .*booked as a credit/);
      expect(await engine.closeOrphan(input)).toMatch(/closed already/);
    }
    expect(engine.listOrphans().filter((each) => each.kind === "credit").length).toBeGreaterThan(0);
    expect(authority.halts).toEqual([]);
    const check = await engine.checkLedger();
    expect(check.openAllowances).toEqual([]);
    for (const row of check.rows) expect(row.differenceRaw, `token ${row.token}`).toBe("0");
    printLine(`R6 orphan of ${family}: ${orphans.map(({ valueText }) => valueText).join("; ")}: ${said.join("; ")}`);
    for (const [index, credit] of engine
      .listOrphans()
      .filter((each) => each.kind === "credit")
      .entries()) {
      const commandId = padHex(toHex(600 + family.length * 2 + index), { size: 32, dir: "right" });
      await engine.adoptOrphan({ commandId, orphanId: credit.orphanId, pairId: place.pairId });
    }
  }, 120_000);
});

describe("all families together", () => {
  it("behavior: every family with a router of a known shape was swapped through it", () => {
    expect(swapped.toSorted()).toEqual(
      ["algebra-integral", "algebra-v1", "camelot-v3", "pancakeswap-v3", "slipstream", "uniswap-v3"].toSorted(),
    );
  });

  it("behavior: the journal, the chain and the wallet agree", async () => {
    const report = await audit({
      journalDir: join(dir, "journal"),
      registry,
      rpcUrls: { [String(CHAIN)]: String(chain.client.transport.url) },
      wallet,
    });
    expect(report.problems).toEqual([]);
    expect(report.doubleEffects).toBe(0);
    expect(report.unaccountedRaw).toBe(0n);
  });
});
