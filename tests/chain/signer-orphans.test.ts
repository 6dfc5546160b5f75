// What the journal does not know: a position in the wallet is adopted, closed or left alone; and an ordered exit runs whatever the mode is.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeFunctionData, padHex, parseAbi, parseEther, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { KnownPosition, Orphan } from "@/lib/api/signer-contract";
import { planSchema, type Plan, type PlanWire } from "@/lib/plan/plan";
import { registrySchema, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { startAnvil, type AnvilProcess } from "@/server/devnet/chain/anvil";
import { poolAbi, positionManagerAbi, swapRouterAbi, tokenAbi } from "@/server/devnet/chain/abis";
import {
  BASE_FEE_WEI,
  DEVNET_CHAIN_ID,
  createDevnetClient,
  mineAt,
  type DevnetClient,
} from "@/server/devnet/chain/client";
import { compileContracts, readContractSources } from "@/server/devnet/chain/compile";
import { deployDevnet, sortedTokens, type Deployment } from "@/server/devnet/chain/deploy";
import { buildRegistryOverlay } from "@/server/devnet/registry-overlay";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { wallClock } from "@/server/infra/clock";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createChainAccess } from "@/server/signer/chain-access";
import { createEngine } from "@/server/signer/engine";
import type { AuthorityView, Engine, PairAuthority } from "@/server/signer/ports";
import { buildPlan } from "@/tests/support/build-plan";
import { audit, rpcPort } from "@/tests/support/audit";
import { printLine } from "@/tests/support/print-line";
import { createTestAuthority, createTestKey } from "@/tests/support/signer-harness";

const nftAbi = parseAbi([
  "function transferFrom(address from, address to, uint256 tokenId)",
  "function decreaseLiquidity((uint256 tokenId, uint128 liquidity, uint256 amount0Min, uint256 amount1Min, uint256 deadline) params) payable returns (uint256 amount0, uint256 amount1)",
  "function collect((uint256 tokenId, address recipient, uint128 amount0Max, uint128 amount1Max) params) payable returns (uint256 amount0, uint256 amount1)",
  "function burn(uint256 tokenId) payable",
]);
const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const PAIR = "WETH-USDC";
const PRICE = 3_000;
const deploymentId: Hex = `0x${"7f".repeat(32)}`;
const EXIT_ID = padHex(toHex(99), { size: 32 });

let anvil: AnvilProcess;
let client: DevnetClient;
let deployment: Deployment;
let registry: Registry;
let pool: Address;
let chainAtMs = 0;
let dir = "";
let privateKey: Hex;
let wallet: Address;
let engine: Engine;
let halts: readonly string[] = [];
/** What the engine's clock is ahead. */
let skippedMs = 0;
let change: Partial<PairAuthority> = {};

async function mine(): Promise<void> {
  chainAtMs += 1_000;
  await mineAt(client, chainAtMs);
}

/** Mines while something is under way. */
async function mining<T>(work: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const ended = work.finally(() => {
    state.isDone = true;
  });
  ended.catch(() => undefined);
  while (!state.isDone) {
    await mine();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return ended;
}

function sendAsProvider(to: Address, data: Hex): Promise<Hex> {
  return client.sendUnsignedTransaction({
    from: deployment.provider,
    to,
    data,
    gas: 1_000_000n,
    maxFeePerGas: BASE_FEE_WEI * 2n,
    maxPriorityFeePerGas: 0n,
  });
}

/** Somebody else mints a position into our wallet: no journal record, no nonce of ours. */
async function sendOrphan(): Promise<void> {
  const [token0, token1] = sortedTokens(PAIR, deployment.tokens);
  const isWeth0 = token0 === deployment.tokens.WETH;
  const slot = await client.readContract({ address: pool, abi: poolAbi, functionName: "slot0" });
  const middle = Math.round(slot[1] / 60) * 60;
  await sendAsProvider(
    deployment.positionManager,
    encodeFunctionData({
      abi: positionManagerAbi,
      functionName: "mint",
      args: [
        {
          token0,
          token1,
          fee: 3_000,
          tickLower: middle - 600,
          tickUpper: middle + 600,
          amount0Desired: isWeth0 ? parseEther("1") : 3_000_000_000n,
          amount1Desired: isWeth0 ? 3_000_000_000n : parseEther("1"),
          amount0Min: 0n,
          amount1Min: 0n,
          recipient: wallet,
          deadline: 99_999_999_999n,
        },
      ],
    }),
  );
  await mine();
  await mine();
}

/** A trade of somebody else in the pool: fees come in. */
async function tradeByProvider(): Promise<void> {
  const { USDC, WETH } = deployment.tokens;
  const amountIn = 5_000_000_000n;
  await sendAsProvider(
    USDC,
    encodeFunctionData({ abi: tokenAbi, functionName: "approve", args: [deployment.swapRouter, amountIn] }),
  );
  const call = {
    tokenIn: USDC,
    tokenOut: WETH,
    fee: 3_000,
    recipient: deployment.provider,
    deadline: 99_999_999_999n,
    amountIn,
    amountOutMinimum: 0n,
    sqrtPriceLimitX96: 0n,
  };
  await sendAsProvider(
    deployment.swapRouter,
    encodeFunctionData({ abi: swapRouterAbi, functionName: "exactInputSingle", args: [call] }),
  );
  await mine();
  await mine();
}

async function open(): Promise<void> {
  const base = createTestAuthority(PAIR);
  halts = base.halts;
  const authority: AuthorityView = {
    ...base,
    pair: (id) => {
      const pair = base.pair(id);
      return pair === null ? null : { ...pair, ...change };
    },
  };
  engine = createEngine({
    deploymentId,
    registry,
    journalDir: join(dir, "journal"),
    chains: new Map(registry.chains.map((chain) => [chain.id, createChainAccess(chain, [rpcPort(anvil.rpcUrl)])])),
    families: new Map(Object.values(FAMILY_ADAPTERS).map((adapter) => [adapter.reads.family, adapter])),
    key: createTestKey(privateKey),
    authority,
    wall: { ...wallClock, monotonicMs: () => wallClock.monotonicMs() + skippedMs },
    market: { nowMs: Date.now },
    log: silentLogger,
  });
  await engine.recover();
}

/** Past the depth at which blocks are believed. */
async function mineDeep(): Promise<void> {
  const depth = registry.chains.find(({ id }) => id === DEVNET_CHAIN_ID)?.softDepth ?? 0;
  for (let count = 0; count <= depth; count += 1) await mine();
}

async function reopen(): Promise<void> {
  engine.close();
  await open();
}

/** What a person does with the same key elsewhere, without the nonce that would show it: its effects are what has to be found. */
async function byHand(to: Address, data: Hex): Promise<void> {
  const nonce = await client.getTransactionCount({ address: wallet });
  const value = await client.getBalance({ address: wallet });
  await client.impersonateAccount({ address: wallet });
  const hash = await client.sendUnsignedTransaction({
    from: wallet,
    to,
    data,
    gas: 1_000_000n,
    maxFeePerGas: BASE_FEE_WEI * 2n,
    maxPriorityFeePerGas: 0n,
  });
  await mine();
  expect((await client.getTransactionReceipt({ hash })).status).toBe("success");
  await client.stopImpersonatingAccount({ address: wallet });
  await client.setNonce({ address: wallet, nonce });
  await client.setBalance({ address: wallet, value });
  await mine();
}

async function adoptFirst(): Promise<KnownPosition> {
  const [orphan] = positionOrphans();
  const commandId = padHex("0x31", { size: 32 });
  await engine.adoptOrphan({ commandId, orphanId: orphan?.orphanId ?? "", pairId: PAIR });
  const [position] = engine.knownPositions(PAIR);
  if (position === undefined) throw new Error("nothing was adopted");
  return position;
}

function openOf(kind: Orphan["kind"]): readonly Orphan[] {
  return engine.listOrphans().filter((each) => each.kind === kind && each.status === "open");
}

/** Answers every open orphan of these kinds with adopt, as a person would. */
async function adoptAll(...kinds: readonly Orphan["kind"][]): Promise<void> {
  for (const [index, { orphanId }] of kinds.flatMap((kind) => openOf(kind)).entries()) {
    await engine.adoptOrphan({ commandId: padHex(toHex(70 + index), { size: 32 }), orphanId, pairId: PAIR });
  }
}

function positionOrphans(): readonly Orphan[] {
  return engine.listOrphans().filter((each) => each.kind === "position" && each.status !== "closed");
}

async function expectAuditClean(): Promise<void> {
  engine.close();
  const report = await audit({
    journalDir: join(dir, "journal"),
    registry,
    rpcUrls: { [String(DEVNET_CHAIN_ID)]: anvil.rpcUrl },
    wallet,
  });
  expect(report.problems).toEqual([]);
  expect(report.unaccountedRaw).toBe(0n);
  expect(halts).toEqual([]);
}

async function exitPlan(position: KnownPosition, more: PlanWire["steps"] = []): Promise<Plan> {
  const [token0, token1] = sortedTokens(PAIR, deployment.tokens);
  const slot = await client.readContract({ address: pool, abi: poolAbi, functionName: "slot0" });
  const plan = buildPlan({
    pairId: PAIR,
    epoch: 7,
    reason: "exit",
    origin: { kind: "command", commandId: EXIT_ID },
    configVersion: 0,
    notionalUsd: 6_000,
    base: { symbol: "WETH", decimals: 18, address: deployment.tokens.WETH },
    quote: { symbol: "USDC", decimals: 6, address: deployment.tokens.USDC },
    bounds: {
      referencePrice: PRICE,
      maxPriceMoveFrac: 0.05,
      maxSlippageBps: 200,
      maxPlanAgeMs: 3_600_000,
      poolTicks: [{ pool, tick: slot[1], maxTickMove: 500 }],
    },
  });
  return planSchema.parse({
    ...planSchema.encode(plan),
    steps: [
      {
        kind: "burn",
        chainId: DEVNET_CHAIN_ID,
        family: "uniswap-v3",
        pool,
        positionManager: deployment.positionManager,
        tokenId: position.tokenId.toString(),
        token0,
        token1,
        tickLower: position.tickLower,
        tickUpper: position.tickUpper,
        liquidityRaw: position.liquidityRaw.toString(),
        amount0ExpectedRaw: position.amount0Raw.toString(),
        amount1ExpectedRaw: position.amount1Raw.toString(),
        maxSlippageBps: 200,
      },
      ...more,
    ],
  } satisfies PlanWire);
}

describe("what the journal does not know", () => {
  beforeAll(async () => {
    const sources = readContractSources(root);
    const compiled = await compileContracts({
      rootDir: root,
      cacheDir: join(tmpdir(), "tg-test-contracts"),
      sources,
    });
    anvil = await startAnvil({
      rootDir: root,
      chainId: DEVNET_CHAIN_ID,
      port: 0,
      genesisAtMs: Date.now() - 60_000,
      baseFeeWei: BASE_FEE_WEI,
    });
    client = createDevnetClient(anvil.rpcUrl);
    deployment = await deployDevnet({
      client,
      rootDir: root,
      compiled,
      prices: { "WETH-USDC": PRICE, "USDC-USDT": 1 },
      firstBlockAtMs: Date.now(),
    });
    const overlay = buildRegistryOverlay({ deployment, rpcUrl: anvil.rpcUrl, speed: 20 });
    registry = registrySchema.parse({
      ...overlay,
      chains: overlay.chains.map((chain) => ({ ...chain, blockTimeMs: 1_000 })),
    });
    pool = deployment.pools.find((each) => each.key === "WETH-USDC-3000")?.address ?? "0x";
    chainAtMs = Number((await client.getBlock()).timestamp) * 1000;
    await client.setBalance({ address: deployment.provider, value: parseEther("10") });
    await client.impersonateAccount({ address: deployment.provider });
  }, 120_000);

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "tg-orphans-"));
    privateKey = generatePrivateKey();
    wallet = privateKeyToAccount(privateKey).address;
    change = {};
    await client.setBalance({ address: wallet, value: parseEther("10") });
    for (const token of [deployment.tokens.WETH, deployment.tokens.USDC]) {
      const args = [wallet, 10_000_000n] as const;
      await sendAsProvider(token, encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args }));
    }
    await mine();
    await open();
    await sendOrphan();
    await reopen();
  });

  afterEach(() => {
    engine.close();
    rmSync(dir, { recursive: true, force: true });
  });
  afterAll(async () => {
    await anvil?.stop();
  });

  it("behavior: it is listed with its worth, adopted once, and is the pair's own from then on", async () => {
    const [orphan] = positionOrphans();
    expect(orphan).toMatchObject({ family: "uniswap-v3", pairId: PAIR, status: "open" });
    expect(orphan?.valueText).toMatch(/WETH/);
    const input = { commandId: padHex("0x5", { size: 32 }), orphanId: orphan?.orphanId ?? "", pairId: PAIR };
    expect(await engine.adoptOrphan(input)).toMatch(/adopted by WETH-USDC/);
    expect(await engine.adoptOrphan(input)).toMatch(/already/);
    expect(engine.knownPositions(PAIR)).toHaveLength(1);
    await reopen();
    expect(engine.knownPositions(PAIR)).toHaveLength(1);
    expect(positionOrphans().filter((each) => each.status === "open")).toEqual([]);
    await expectAuditClean();
  });

  it("behavior: closed it is money in the wallet, a credit that a pair may get; in mode observe and after a pause too", async () => {
    change = {
      mode: "observe",
      paused: { kind: "no_transactions", sinceAtMs: 0, untilAtMs: null, reason: "x", by: "y" },
    };
    const [orphan] = positionOrphans();
    const commandId = padHex("0x6", { size: 32 });
    const input = { commandId, orphanId: orphan?.orphanId ?? "" };
    expect(await mining(engine.closeOrphan(input))).toMatch(/booked as a credit/);
    expect(await engine.closeOrphan(input)).toMatch(/closed already/);
    const credits = engine.listOrphans().filter((each) => each.kind === "credit");
    expect(credits).toHaveLength(2);
    for (const credit of credits) {
      const given = { commandId: padHex(toHex(20 + credits.indexOf(credit)), { size: 32 }), pairId: PAIR };
      await engine.adoptOrphan({ ...given, orphanId: credit.orphanId });
    }
    expect(engine.listOrphans().filter((each) => each.kind === "credit")).toEqual([]);
    expect(engine.pairState(PAIR).account).toHaveLength(2);
    await reopen();
    expect(positionOrphans()).toEqual([]);
    await expectAuditClean();
  });

  it("behavior: ignored it stays ignored after a start, and can still be adopted", async () => {
    const [orphan] = positionOrphans();
    const orphanId = orphan?.orphanId ?? "";
    expect(engine.ignoreOrphan({ orphanId, note: "a gift" })).toMatch(/left alone/);
    await reopen();
    expect(positionOrphans()).toMatchObject([{ status: "ignored" }]);
    await engine.adoptOrphan({ commandId: padHex("0x8", { size: 32 }), orphanId, pairId: PAIR });
    await expectAuditClean();
  });

  it("error: P8, a position moved away by hand halts its pair; written off the books are whole again", async () => {
    const { tokenId, positionId } = await adoptFirst();
    await byHand(
      deployment.positionManager,
      encodeFunctionData({ abi: nftAbi, functionName: "transferFrom", args: [wallet, deployment.provider, tokenId] }),
    );
    await reopen();
    expect(halts.join()).toMatch(new RegExp(`^${PAIR}: position ${positionId} is not in the wallet any more`));
    printLine(`P8 moved away: HALT_PAIR ${halts.join()}`);
    expect(openOf("missing_position")).toMatchObject([{ pairId: PAIR, tokenId }]);
    await adoptAll("missing_position");
    expect(engine.knownPositions(PAIR)).toEqual([]);
    await reopen();
    await expectAuditClean();
  });

  it("error: P8, a running signer finds what was moved by hand and what came, without a start", async () => {
    const { tokenId, positionId } = await adoptFirst();
    await byHand(
      deployment.positionManager,
      encodeFunctionData({ abi: nftAbi, functionName: "transferFrom", args: [wallet, deployment.provider, tokenId] }),
    );
    await sendOrphan();
    await mineDeep();
    // Two rounds: the first begins the interval when the signer was just started.
    await expect
      .poll(() => ((skippedMs += 310_000), halts.join()), { timeout: 30_000, interval: 1_000 })
      .toContain(positionId);
    expect(openOf("missing_position")).toMatchObject([{ pairId: PAIR, tokenId }]);
    expect(positionOrphans().filter(({ status }) => status === "open")).toMatchObject([{ family: "uniswap-v3" }]);
  });

  it("behavior: P8, a position that is moved back is known again, and nothing is left to answer", async () => {
    const { tokenId } = await adoptFirst();
    const move = (from: Address, to: Address) =>
      encodeFunctionData({ abi: nftAbi, functionName: "transferFrom", args: [from, to, tokenId] });
    await byHand(deployment.positionManager, move(wallet, deployment.provider));
    await reopen();
    expect(openOf("missing_position")).toHaveLength(1);
    await sendAsProvider(deployment.positionManager, move(deployment.provider, wallet));
    await mine();
    await reopen();
    expect(openOf("missing_position")).toEqual([]);
    expect(engine.knownPositions(PAIR)).toHaveLength(1);
    await expectAuditClean();
  });

  it("error: P9, a position closed by hand halts its pair, and what it paid is a credit; both are adopted", async () => {
    const { tokenId, liquidityRaw } = await adoptFirst();
    const deadline = 99_999_999_999n;
    const max = 2n ** 128n - 1n;
    for (const data of [
      encodeFunctionData({
        abi: nftAbi,
        functionName: "decreaseLiquidity",
        args: [{ tokenId, liquidity: liquidityRaw, amount0Min: 0n, amount1Min: 0n, deadline }],
      }),
      encodeFunctionData({
        abi: nftAbi,
        functionName: "collect",
        args: [{ tokenId, recipient: wallet, amount0Max: max, amount1Max: max }],
      }),
      encodeFunctionData({ abi: nftAbi, functionName: "burn", args: [tokenId] }),
    ]) {
      await byHand(deployment.positionManager, data);
    }
    await reopen();
    expect(halts.join()).toMatch(/^WETH-USDC: position .* moved or closed by hand/);
    expect(openOf("missing_position")).toHaveLength(1);
    expect(openOf("credit")).toHaveLength(2);
    printLine(
      `P9 closed by hand: HALT_PAIR, credits ${openOf("credit")
        .map(({ valueText }) => valueText)
        .join(" and ")}`,
    );
    await adoptAll("missing_position", "credit");
    await reopen();
    await expectAuditClean();
  });

  it("behavior: P10, a position that nobody wanted holds nothing up: the pair is not halted and other capital is free", async () => {
    expect(halts).toEqual([]);
    expect(positionOrphans()).toMatchObject([{ status: "open" }]);
    const commandId = padHex("0x32", { size: 32 });
    const given = { pairId: PAIR, chainId: DEVNET_CHAIN_ID, token: deployment.tokens.USDC, amountRaw: 1_000n };
    await engine.assignCapital({ commandId, ...given });
    expect(engine.pairState(PAIR).account).toMatchObject([{ amountRaw: 1_000n }]);
    engine.ignoreOrphan({ orphanId: positionOrphans()[0]?.orphanId ?? "", note: "unwanted" });
    await reopen();
    expect(halts).toEqual([]);
    printLine("P10 unwanted NFT: listed, ignored by a signed command, no halt");
  });

  it("error: R6, a debit that nothing explains halts the pair that held the token, with numbers; adopted it is written off", async () => {
    const token = deployment.tokens.USDC;
    const commandId = padHex("0x33", { size: 32 });
    await engine.assignCapital({ commandId, pairId: PAIR, chainId: DEVNET_CHAIN_ID, token, amountRaw: 10_000_000n });
    const args = [deployment.provider, 4_000_000n] as const;
    await byHand(token, encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args }));
    await reopen();
    expect(halts.join()).toMatch(/^WETH-USDC: unexplained debit of 4000000 .*ledger 10000000, chain 6000000/);
    printLine(`R6 debit: HALT_PAIR ${halts.join().slice(0, 220)}`);
    await adoptAll("debit");
    expect(engine.pairState(PAIR).account).toMatchObject([{ amountRaw: 6_000_000n }]);
    await reopen();
    await adoptFirst();
    await expectAuditClean();
  });

  it("behavior: R6, a credit that nothing explains is booked apart and shown, never a halt", async () => {
    const args = [wallet, 5_000_000n] as const;
    await sendAsProvider(deployment.tokens.USDC, encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args }));
    await mine();
    await reopen();
    expect(halts).toEqual([]);
    expect(openOf("credit")).toMatchObject([{ amountRaw: 5_000_000n }]);
    printLine(`R6 credit: ${openOf("credit")[0]?.detail}`);
    await adoptAll("credit");
    expect(engine.pairState(PAIR).account).toMatchObject([{ amountRaw: 5_000_000n }]);
    await adoptFirst();
    await expectAuditClean();
  });

  it("behavior: R6, an allowance that no plan gave is listed, and closed it is taken back", async () => {
    const args = [deployment.positionManager, 777n] as const;
    await byHand(deployment.tokens.USDC, encodeFunctionData({ abi: tokenAbi, functionName: "approve", args }));
    await reopen();
    const [right] = openOf("allowance");
    expect(right).toMatchObject({ amountRaw: 777n });
    expect(halts).toEqual([]);
    const closed = engine.closeOrphan({ commandId: padHex("0x34", { size: 32 }), orphanId: right?.orphanId ?? "" });
    const said = await mining(closed);
    expect(said).toMatch(/may take nothing/);
    printLine(`R6 allowance: ${right?.detail}; ${said}`);
    await adoptFirst();
    await expectAuditClean();
  });

  it("behavior: an ordered exit runs in mode observe, only with its command and only with steps that leave", async () => {
    await tradeByProvider();
    const [orphan] = positionOrphans();
    const adopt = { commandId: padHex("0x9", { size: 32 }), orphanId: orphan?.orphanId ?? "", pairId: PAIR };
    await engine.adoptOrphan(adopt);
    const [position] = engine.knownPositions(PAIR);
    if (position === undefined) throw new Error("nothing was adopted");
    change = { mode: "observe", halted: { state: "HALT_PAIR", cause: "test", sinceAtMs: 0 } };
    // More than any cap: a way out is not held back by what a plan or a day may move.
    const plan = { ...(await exitPlan(position)), notionalUsd: 1e9 };
    const { token } = engine.leaseFence({ pairId: PAIR, workerId: "exit" });
    const propose = (each: Plan) =>
      engine.proposePlan({ pairId: PAIR, token, plan: each, proposedBy: "exit", marketAtMs: Date.now() });
    await expect(propose(plan)).rejects.toMatchObject({ code: "halted" });
    change = { ...change, exit: { commandId: EXIT_ID, into: null, slippage: "wide", by: "test", sinceAtMs: 0 } };
    const [token0, token1] = sortedTokens(PAIR, deployment.tokens);
    const mint = {
      kind: "mint",
      chainId: DEVNET_CHAIN_ID,
      family: "uniswap-v3",
      pool,
      positionManager: deployment.positionManager,
      token0,
      token1,
      feePips: 3_000,
      tickSpacing: 60,
      tickLower: 0,
      tickUpper: 60,
      amount0MaxRaw: "1",
      amount1MaxRaw: "1",
      maxSlippageBps: 200,
    } as const;
    await expect(propose(await exitPlan(position, [mint]))).rejects.toMatchObject({ code: "halted" });
    const record = await propose(plan);
    expect(record).toMatchObject({ status: "approved", approvalsNeeded: 0 });
    const args = { price: PRICE, priceAtMarketMs: Date.now(), nativeUsd: PRICE, quoteUsd: 1 };
    const op = await engine.executeOp({ pairId: PAIR, token, planId: record.planId, index: 0, args });
    const ended = await mining(engine.waitOp({ opId: op.opId, waitMs: 20_000 }));
    expect(["VERIFIED", "SETTLED"]).toContain(ended.state);
    const finish = { pairId: PAIR, token, planId: record.planId, outcome: "done", reason: "out" } as const;
    expect(await mining(engine.finishPlan(finish))).toMatchObject({ status: "done" });
    expect(engine.knownPositions(PAIR)).toEqual([]);
    // Fees that waited when it was adopted are what the pair began with: paid out, they are no income.
    const { entries: lines } = engine.listLedger({ pairId: PAIR, sinceSeq: 0, limit: 5_000 });
    const fees = (kind: string): bigint =>
      lines
        .filter((line) => line.account === `pair:${PAIR}:fees` && line.kind === kind)
        .reduce((sum, line) => sum + BigInt(line.amountRaw), 0n);
    expect(fees("credit")).toBeGreaterThan(0n);
    expect(fees("credit") + fees("fees")).toBe(0n);
    await expectAuditClean();
  });
});
