// Sources of every family on deployed contracts: an entry found out and checked, its pool, positions, average, depth and samples read.
import { encodeAbiParameters } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { binsToRange } from "@/lib/amm/bins";
import { ticksToRange } from "@/lib/amm/ticks";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import { registrySchema, type Family, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { loadMulticall3CreationCode } from "@/server/devnet/chain/artifacts";
import type { DeployedFamily } from "@/server/devnet/chain/families/family-kit";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { createRegistryView } from "@/server/config/registry";
import { checkPoolAddition, checkTokenAddition, hasProblem, type AddDeps } from "@/server/config/registry-add";
import { createRegistryCheck } from "@/server/config/registry-check";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { createChainClients, type BlockRef, type ChainClient, type ChainClients } from "@/server/infra/chain/clients";
import { createRegistryPort } from "@/server/infra/chain/registry-port";
import { noGrowthReason, oracleName } from "@/server/sources/pool-state/family-extras";
import { createPoolStates } from "@/server/sources/pool-state/pool-states";
import { toObservedPosition, toPoolState } from "@/server/sources/pool-state/snapshot-forms";
import { createFamilyActor, type FamilyActor } from "@/tests/conformance/family-actor";
import { startKitChain, type KitChain } from "@/tests/support/kit-chain";

const MULTICALL3: Address = "0xcA11bde05977b3631167028862bE2a173976CA11";
const Q96 = 2 ** 96;
const PRICE = 2_500;
const GAS = { openUsd: 1, closeUsd: 1, shiftUsd: 2 };
const readsOf = (family: Family) => FAMILY_ADAPTERS[family].reads;

let chain: KitChain;
let clients: ChainClients;
let client: ChainClient;
let chainEntry: Registry["chains"][number];
beforeAll(async () => {
  chain = await startKitChain();
  const { data: runtime } = await chain.client.call({
    data: await loadMulticall3CreationCode(chain.context.rootDir),
  });
  await chain.client.setCode({ address: MULTICALL3, bytecode: runtime ?? "0x" });
  const [parsed] = registrySchema.parse({
    version: 1,
    chains: [
      {
        id: chain.context.chainId,
        name: "local",
        nativeSymbol: "ETH",
        nativeDecimals: 18,
        wrappedNative: chain.context.weth,
        blockTimeMs: 12_000,
        geckoSlug: null,
        explorer: null,
        rpcUrls: [chain.client.transport.url],
        multicall3: MULTICALL3,
        permit2: chain.context.permit2,
        lifiDiamond: null,
        feeModel: "eip1559",
        softDepth: 1,
        settle: { tag: "finalized", depth: 1 },
        isLocal: true,
      },
    ],
    tokens: [],
    dexes: [],
    pools: [],
    pairs: [],
  }).chains;
  if (parsed === undefined) throw new Error("no chain");
  chainEntry = parsed;
  clients = createChainClients({ chains: [chainEntry], wallNowMs: Date.now, marketNowMs: () => 0 });
  const found = clients.get(chainEntry.id);
  if (!found.ok) throw found.error;
  client = found.value;
});
afterAll(async () => {
  await chain?.stop();
});

/** A registry of this chain, the DEX and the two tokens, without pools. */
function registryOf(deployed: DeployedFamily, base: Address): Registry {
  const { id } = chainEntry;
  const token = (symbol: string, address: Address, decimals: number, pegCurrency: string | null) => ({
    chainId: id,
    symbol,
    address,
    decimals,
    kind: "native",
    pegCurrency,
    symbolsOnChain: ["TEST"],
  });
  return registrySchema.parse({
    version: 1,
    chains: [chainEntry],
    tokens: [token("WETH", base, 18, null), token("USDC", chain.quote.address, 6, "USD")],
    dexes: [deployed.dex],
    pools: [],
    pairs: [
      { id: "WETH-USDC", base: "WETH", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC" }] },
    ],
  });
}

function addDeps(registry: Registry): AddDeps {
  return { ...createRegistryPort(clients), registry, readsOf };
}

async function head(): Promise<BlockRef> {
  const block = await client.readBlock();
  if (!block.ok) throw block.error;
  return block.value;
}

/** Base of 18 decimals and quote of 6, in pool order. */
function amountsOf(pool: PoolRef, base: bigint): readonly [bigint, bigint] {
  const quote = (base * BigInt(PRICE)) / 10n ** 12n;
  return pool.token0 === chain.quote.address ? [quote, base] : [base, quote];
}

describe.each(FAMILY_KITS)("$name", (kit) => {
  const isBins = kit.family === "liquidity-book";
  let deployed: DeployedFamily;
  beforeAll(async () => {
    deployed = await kit.deploy(chain.context);
  });

  const opened = new Map<boolean, Awaited<ReturnType<typeof create>>>();
  /** The pool of this token order; a family has one per key. */
  async function open(isBaseFirst: boolean) {
    const made = opened.get(isBaseFirst) ?? (await create(isBaseFirst));
    opened.set(isBaseFirst, made);
    return made;
  }

  async function create(isBaseFirst: boolean): Promise<{ pool: PoolRef; actor: FamilyActor; registry: Registry }> {
    const base = isBaseFirst ? chain.low.address : chain.high.address;
    const raw = PRICE / 1e12;
    const pool = await deployed.createPool({
      token0: isBaseFirst ? base : chain.quote.address,
      token1: isBaseFirst ? chain.quote.address : base,
      feePips: 500,
      tickSpacing: isBins ? null : 10,
      binStep: isBins ? 10 : null,
      sqrtPriceX96: BigInt(Math.round(Math.sqrt(isBaseFirst ? raw : 1 / raw) * Q96)),
    });
    const actor = createFamilyActor({
      chain,
      deployed,
      adapter: FAMILY_ADAPTERS[kit.family],
      pool,
      wallet: chain.user,
    });
    return { pool, actor, registry: registryOf(deployed, base) };
  }

  async function mint(actor: FamilyActor, half: number, base: bigint): Promise<bigint> {
    const live = await actor.live();
    const spacing = isBins ? 1 : live.tickSpacing;
    const middle = Math.floor(live.tick / spacing) * spacing;
    const [amount0Raw, amount1Raw] = amountsOf(actor.pool, base);
    const upper = middle + half * spacing;
    const { facts } = await actor.mint({
      tickLower: middle - half * spacing,
      tickUpper: upper,
      amount0Raw,
      amount1Raw,
    });
    return facts.tokenId;
  }

  it.each([
    ["base below quote", true],
    ["base above quote", false],
  ] as const)("default: %s: added by its id alone, read whole at one block", async (_order, isBaseFirst) => {
    const { pool, actor, registry } = await open(isBaseFirst);
    const deps = addDeps(registry);
    const tokenId = await mint(actor, 20, 10n ** 19n);
    const [swap0, swap1] = amountsOf(pool, 10n ** 17n);
    for (let turn = 0; turn < 3; turn += 1) {
      await actor.swap(true, swap0);
      await actor.swap(false, swap1);
    }
    // Five minutes of blocks, so that every way to an average has what it needs.
    for (let step = 0; step < 30; step += 1) await chain.send("Waiting", []);

    const addition = await checkPoolAddition(deps, {
      pairId: "WETH-USDC",
      chainId: chainEntry.id,
      dexId: deployed.dex.id,
      id: pool.pool,
      tokens: ["WETH", "USDC"],
      fee: 500,
      tickSpacing: 10,
      hooks: null,
    });
    expect(addition.findings.filter(({ kind }) => kind === "problem")).toEqual([]);
    expect(addition.findings.some(({ text }) => text.includes("arrives in full"))).toBe(true);
    if (addition.entry === null) throw new Error("no entry");
    const view = createRegistryView({ ...registry, pools: [addition.entry] });
    const [facts] = view.poolsOf("WETH-USDC");
    if (facts === undefined) throw new Error("the entry cannot be used");
    expect(facts.baseIsToken0).toBe(isBaseFirst);
    expect(await createRegistryCheck(deps).checkPool(facts)).toEqual({ kind: "confirmed" });

    const states = createPoolStates({ client, readsOf });
    const block = await head();
    const [read, positions] = await Promise.all([
      states.readPools([facts], block),
      states.readPositions({ wanted: [{ facts, tokenId }], owner: chain.user }, block),
    ]);
    if (!read.ok) throw read.error;
    if (!positions.ok) throw positions.error;
    expect(read.value.refused).toEqual([]);
    const [reading] = read.value.readings;
    const [position] = positions.value;
    if (reading === undefined || position === undefined) throw new Error("pool and position expected");
    expect(Math.abs(reading.price / PRICE - 1)).toBeLessThan(0.01);
    // In ticks or bins: the price stood still, so the average is where the price is, give or take what the swaps moved.
    expect(reading.twap.method, reading.twap.detail).toBe(oracleName(reading.ref) ?? "blocks");
    expect(Math.abs((reading.twap.tick ?? 1e9) - reading.live.tick)).toBeLessThan(50);

    const observed = toObservedPosition(position, 7);
    const range =
      observed.range.kind === "bins"
        ? binsToRange(observed.range.lowerBinId, observed.range.upperBinId, 10, reading.frame)
        : ticksToRange(observed.range.tickLower, observed.range.tickUpper, reading.frame);
    expect(observed.range.kind).toBe(isBins ? "bins" : "ticks");
    expect(range.min).toBeLessThan(reading.price);
    expect(range.max).toBeGreaterThan(reading.price);
    // All there is in the pool is ours, and a removal pays what the reading says.
    const exit = await actor.adapter.reads.readPosition(actor.port, pool, tokenId, "latest", chain.user);
    expect([position.live.principal0Raw, position.live.fees0Raw]).toEqual([exit?.principal0Raw, exit?.fees0Raw]);
    const state = toPoolState({ reading, gecko: null, gas: GAS, positions: positions.value });
    expect(state.kind).toBe(observed.range.kind);
    // Where the two directions have fees of their own, the strategy goes by their mean.
    const { fee0Pips, fee1Pips } = reading.live;
    if (kit.family === "camelot-v3") expect([fee0Pips, fee1Pips, state.feePips]).toEqual([500, 750, 625]);
    else expect([fee1Pips, state.feePips]).toEqual([fee0Pips, fee0Pips]);
    if (state.kind === "ticks") expect(state.ownLiquidityInRangeRaw).toBe(state.activeLiquidityRaw);
    else {
      expect(state.binStepBps).toBe(10);
      // Rounding, protocol fees and the pair's own first share stay with the pair.
      expect(Number(state.activeBinOthersQuoteRaw)).toBeLessThan(Number(observed.quoteRaw) / 100);
    }

    const depth = await states.readDepth(reading);
    if (!depth.ok) throw depth.error;
    const around = depth.value.find(
      ({ priceLower, priceUpper }) => priceLower <= reading.price && reading.price <= priceUpper,
    );
    expect(around?.liquidityRaw).toBe(reading.live.liquidityRaw);
    const total = depth.value.reduce((sum, bucket) => sum + bucket.base * reading.price + bucket.quote, 0);
    const ours = (Number(observed.baseRaw) / 1e18) * reading.price + Number(observed.quoteRaw) / 1e6;
    expect(Math.abs(total / ours - 1)).toBeLessThan(0.01);
    // The check before an addition sees the same within 1 % of the price; of bins, whole ones: 9 of 10 bps on either side.
    const half = Math.log1p(10 / 1e4) * 9.5;
    const near = depth.value
      .filter(({ priceLower, priceUpper }) => {
        return Math.abs(Math.log(Math.sqrt(priceLower * priceUpper) / reading.price)) < half;
      })
      .reduce((sum, bucket) => sum + bucket.base * reading.price + bucket.quote, 0);
    const depthQuote = addition.market?.depthQuote ?? 0;
    expect(depthQuote).toBeGreaterThan(0);
    expect(addition.market?.depthUsd).toBe(depthQuote);
    if (isBins) expect(Math.abs(depthQuote / near - 1)).toBeLessThan(0.01);
    else expect(depthQuote).toBeLessThan(total * 1.01);

    const samples = await states.readSamples({ pools: [facts], owner: chain.user, known: [{ facts, tokenId }] }, block);
    if (!samples.ok) throw samples.error;
    const sample = samples.value.get(observed.poolKey);
    if (noGrowthReason(reading.ref) === null) {
      expect(sample?.ownLiquidityRaw).toBe(reading.live.liquidityRaw);
      expect(sample?.feeGrowthGlobal0X128).toBeGreaterThan(0n);
      expect(sample?.feeGrowthGlobal1X128).toBeGreaterThan(0n);
    } else {
      expect(sample).toBeUndefined();
    }
  });

  it("error: a wrong entry is refused with sentences", async () => {
    const { pool, registry } = await open(true);
    const deps = addDeps(registry);
    const request = {
      pairId: "WETH-USDC",
      chainId: chainEntry.id,
      dexId: deployed.dex.id,
      id: pool.pool,
      tokens: ["WETH", "USDC"] as [string, string],
      fee: 500,
      tickSpacing: 10,
      hooks: null,
    };
    const good = await checkPoolAddition(deps, request);
    if (good.entry === null) throw new Error("no entry");
    const other: Hex = pool.pool.length === 42 ? chain.trader : `0x${"12".repeat(32)}`;
    const none = await checkPoolAddition(deps, { ...request, id: other });
    expect(hasProblem(none.findings)).toBe(true);
    const unknownToken = await checkPoolAddition(
      { ...deps, registry: { ...registry, tokens: registry.tokens.slice(1) } },
      request,
    );
    expect(hasProblem(unknownToken.findings)).toBe(true);

    const entry = good.entry;
    const wrong: readonly Partial<typeof entry>[] = [
      ...(isBins ? [{ binStep: 25 }] : [{ tickSpacing: 60 }]),
      ...(isBins ? [{ tokens: ["USDC", "WETH"] as [string, string] }] : []),
    ];
    for (const change of wrong) {
      const [facts] = createRegistryView({ ...registry, pools: [{ ...entry, ...change }] }).poolsOf("WETH-USDC");
      if (facts === undefined) throw new Error("the entry cannot be resolved");
      const verdict = await createRegistryCheck(deps).checkPool(facts);
      expect(verdict.kind, JSON.stringify(change)).toBe("mismatch");
    }
    const [facts] = createRegistryView({ ...registry, pools: [entry] }).poolsOf("WETH-USDC");
    if (facts === undefined) throw new Error("the entry cannot be resolved");
    const foreign: ResolvedPool = {
      ...facts,
      contracts: { ...facts.contracts, factory: chain.trader },
      factory: chain.trader,
    };
    expect((await createRegistryCheck(deps).checkPool(foreign)).kind).toBe("mismatch");
  });
});

describe("checkTokenAddition", () => {
  it("default: a plain token, its transfer tried; one without a holder says what is not known", async () => {
    const kit = FAMILY_KITS[0];
    if (kit === undefined) throw new Error("no kit");
    const registry = registryOf(await kit.deploy(chain.context), chain.low.address);
    const deps = addDeps({ ...registry, tokens: [] });
    const request = {
      chainId: chainEntry.id,
      address: chain.quote.address,
      symbol: null,
      kind: "native" as const,
      pegCurrency: "USD",
      holder: chain.user,
    };
    const found = await checkTokenAddition(deps, request);
    expect(found.entry).toMatchObject({ symbol: "TEST", decimals: 6, pegCurrency: "USD" });
    expect(found.findings.map(({ kind }) => kind)).toEqual(["ok", "ok"]);
    const unheld = await checkTokenAddition(deps, { ...request, holder: null });
    expect(unheld.findings.map(({ kind }) => kind)).toEqual(["ok", "note"]);
    const taken = await checkTokenAddition(addDeps(registry), {
      ...request,
      address: chain.high.address,
      symbol: "usdc",
    });
    expect(hasProblem(taken.findings)).toBe(true);
    const noToken = await checkTokenAddition(deps, { ...request, address: chain.trader });
    expect(noToken.entry).toBeNull();
  });

  it("error: a token that keeps a part of each transfer is refused", async () => {
    // Runtime of a token that hands over 99 of 100: balanceOf reads a slot per owner, transfer moves amount and credits amount*99/100.
    const address: Address = "0x00000000000000000000000000000000fee00001";
    await chain.client.setCode({ address, bytecode: buildFeeToken() });
    const slot = encodeAbiParameters([{ type: "address" }], [chain.user]);
    await chain.client.setStorageAt({
      address,
      index: slot,
      value: encodeAbiParameters([{ type: "uint256" }], [10n ** 24n]),
    });
    const kit = FAMILY_KITS[0];
    if (kit === undefined) throw new Error("no kit");
    const registry = registryOf(await kit.deploy(chain.context), chain.low.address);
    const found = await checkTokenAddition(addDeps({ ...registry, tokens: [] }), {
      chainId: chainEntry.id,
      address,
      symbol: "FEE",
      kind: "native",
      pegCurrency: null,
      holder: chain.user,
    });
    expect(found.findings.filter(({ kind }) => kind === "problem").map(({ text }) => text)).toEqual([
      expect.stringContaining("fee on transfer"),
    ]);
  });
});

/** PUSH1 0 RETURN, after the length. */
const RETURN_FROM_0 = "6000f3";

/**
 * selector(decimals) -> 18; selector(symbol) -> "FEE"; selector(balanceOf) -> storage[owner]; selector(transfer) -> storage[caller] -= amount,
 * storage[to] += amount * 99 / 100, true; anything else reverts.
 */
function buildFeeToken(): Hex {
  const returnWord = `6000526020${RETURN_FROM_0}`;
  const cases: readonly (readonly [selector: string, parts: readonly string[]])[] = [
    // decimals(): 18
    ["313ce567", ["6012", returnWord]],
    // symbol(): offset 32, length 3, "FEE"
    ["95d89b41", ["6020600052600360205262464545", "60e81b604052", "6060", RETURN_FROM_0]],
    // balanceOf(address): storage of the owner
    ["70a08231", ["60043554", returnWord]],
    // transfer(address,uint256): caller loses the amount, the receiver gets 99 of 100, true
    ["a9059cbb", ["6024353354033355", "606460636024350204600435540160043555", "6001", returnWord]],
  ];
  // PUSH1 0 CALLDATALOAD PUSH1 e0 SHR, then per case: DUP1 PUSH4 sel EQ PUSH2 dest JUMPI; PUSH1 0 PUSH1 0 REVERT
  const headBytes = 6;
  const testBytes = 1 + 5 + 1 + 3 + 1;
  const revert = "60006000fd";
  let at = headBytes + cases.length * testBytes + revert.length / 2;
  let tests = "";
  let bodies = "";
  for (const [selector, parts] of cases) {
    const body = parts.join("");
    tests += `8063${selector}1461${at.toString(16).padStart(4, "0")}57`;
    bodies += `5b${body}`;
    at += 1 + body.length / 2;
  }
  return `0x60003560e01c${tests}${revert}${bodies}`;
}
