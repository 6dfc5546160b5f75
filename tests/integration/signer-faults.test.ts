// Transactions that vanish, stick, or whose block disappears, and a stranger with the same key (safety.md L1, R10, T1-T6, T10, T11, T14).
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeFunctionData, padHex, parseEther, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { planSchema, type Plan } from "@/lib/plan/plan";
import { hexSchema, registrySchema, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { startAnvil, type AnvilProcess } from "@/server/devnet/chain/anvil";
import { poolAbi, tokenAbi } from "@/server/devnet/chain/abis";
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
import { wallClock } from "@/server/infra/clock";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createChainAccess, type RpcPort } from "@/server/signer/chain-access";
import { createEngine } from "@/server/signer/engine";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import type { Engine } from "@/server/signer/ports";
import { buildPlan } from "@/tests/support/build-plan";
import { audit, rpcPort } from "@/tests/support/audit";
import { createTestAuthority, createTestKey } from "@/tests/support/signer-harness";

const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const PAIR = "WETH-USDC";
const PRICE = 3_000;
const PRICES = { price: PRICE, nativeUsd: PRICE, quoteUsd: 1 };
const deploymentId: Hex = `0x${"7e".repeat(32)}`;

let anvil: AnvilProcess;
let client: DevnetClient;
let deployment: Deployment;
let registry: Registry;
let chainAtMs = 0;
let dir = "";
let wallet: Address;
let privateKey: Hex;
let engine: Engine;
let authority: ReturnType<typeof createTestAuthority>;
let epoch = 0;

async function mine(blocks = 1): Promise<void> {
  for (let index = 0; index < blocks; index += 1) {
    chainAtMs += 1_000;
    await mineAt(client, chainAtMs);
  }
}

/** Mines until the condition holds; one block per 100 ms. */
async function mineUntil(what: string, isTrue: () => boolean, limitMs: number): Promise<void> {
  const untilMs = Date.now() + limitMs;
  while (!isTrue()) {
    if (Date.now() > untilMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await mine();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function waitUntil(what: string, isTrue: () => boolean, limitMs: number): Promise<void> {
  const untilMs = Date.now() + limitMs;
  while (!isTrue()) {
    if (Date.now() > untilMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function mintPlan(): Promise<Plan> {
  const pool = deployment.pools.find((each) => each.key === "WETH-USDC-3000")?.address ?? "0x";
  const slot = await client.readContract({ address: pool, abi: poolAbi, functionName: "slot0" });
  const [token0, token1] = sortedTokens(PAIR, deployment.tokens);
  const middle = Math.round(slot[1] / 60) * 60;
  epoch += 1;
  const plan = buildPlan({
    pairId: PAIR,
    epoch,
    kind: "PRA",
    reason: "test",
    origin: { kind: "strategy" },
    configVersion: 0,
    notionalUsd: 10_000,
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
        kind: "approve",
        chainId: DEVNET_CHAIN_ID,
        token: token0,
        spender: deployment.positionManager,
        amountRaw: "1000000",
        forStep: 1,
      },
      {
        kind: "mint",
        chainId: DEVNET_CHAIN_ID,
        family: "uniswap-v3",
        pool,
        positionManager: deployment.positionManager,
        token0,
        token1,
        feePips: 3_000,
        tickSpacing: 60,
        tickLower: middle + 600,
        tickUpper: middle + 1_200,
        amount0MaxRaw: "1000000",
        amount1MaxRaw: "1000000",
        maxSlippageBps: 200,
      },
    ],
  });
}

function openEngine(relay: RpcPort | null): Engine {
  return createEngine({
    deploymentId,
    registry,
    journalDir: join(dir, "journal"),
    chains: new Map(
      registry.chains.map((chain) => [chain.id, createChainAccess(chain, [rpcPort(anvil.rpcUrl)], relay)]),
    ),
    families: new Map(Object.values(FAMILY_ADAPTERS).map((adapter) => [adapter.reads.family, adapter])),
    key: createTestKey(privateKey),
    authority,
    wall: wallClock,
    market: { nowMs: Date.now },
    log: silentLogger,
  });
}

/** Bytes of an attempt as the journal has them. */
function signedRaw(hash: Hex): Hex {
  const schema = z.object({
    type: z.string(),
    body: z.looseObject({ hash: hexSchema.optional(), raw: hexSchema.optional() }),
  });
  const journal = join(dir, "journal");
  for (const file of readdirSync(journal)) {
    for (const line of readFileSync(join(journal, file), "utf8").split("\n")) {
      if (!line.includes('"SIGNED"')) continue;
      const { body } = schema.parse(JSON.parse(line));
      if (body.hash === hash && body.raw !== undefined) return body.raw;
    }
  }
  throw new Error(`no signed attempt ${hash} in the journal`);
}

async function startApprove(): Promise<{ planId: string; opId: string; token: number; state: () => string }> {
  const { token } = engine.leaseFence({ pairId: PAIR, workerId: "test" });
  const plan = await mintPlan();
  const record = await engine.proposePlan({ pairId: PAIR, token, plan, proposedBy: "test", marketAtMs: Date.now() });
  const args = { ...PRICES, priceAtMarketMs: Date.now() };
  const op = await engine.executeOp({ pairId: PAIR, token, planId: record.planId, index: 0, args });
  const state = (): string => engine.planRecord(record.planId).ops[0]?.state ?? "none";
  return { planId: record.planId, opId: op.opId, token, state };
}

/** Ends the plan (which takes the allowance back) and audits. */
async function endAndAudit(planId: string, token: number): Promise<void> {
  let isDone = false;
  const finished = engine
    .finishPlan({ pairId: PAIR, token, planId, outcome: "partial", reason: "test ends here" })
    .finally(() => {
      isDone = true;
    });
  await mineUntil("the plan ends", () => isDone, 30_000);
  expect((await finished).statusReason).toBe("test ends here");
  await mineUntil("all is final", () => engine.planRecord(planId).ops.every((op) => op.state !== "VERIFIED"), 30_000);
  engine.close();
  const report = await audit({
    journalDir: join(dir, "journal"),
    registry,
    rpcUrls: { [String(DEVNET_CHAIN_ID)]: anvil.rpcUrl },
    wallet,
  });
  expect(report.problems).toEqual([]);
  expect(report.doubleEffects).toBe(0);
  expect(report.unaccountedRaw).toBe(0n);
  expect(authority.halts).toEqual([]);
}

/** A miner that has only this attempt; the signer sends the newest again whenever it is gone, maybe just between the two calls. */
async function offerOnly(hash: Hex): Promise<void> {
  await expect
    .poll(
      async () => {
        await client.request<{ Method: "anvil_dropAllTransactions"; Parameters: unknown[]; ReturnType: unknown }>({
          method: "anvil_dropAllTransactions",
          params: [],
        });
        return client.sendRawTransaction({ serializedTransaction: signedRaw(hash) }).catch(String);
      },
      { timeout: 10_000 },
    )
    .toBe(hash);
}

describe("signer under transaction faults", () => {
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
    chainAtMs = Number((await client.getBlock()).timestamp) * 1000;
    await client.setBalance({ address: deployment.provider, value: parseEther("10") });
    await client.impersonateAccount({ address: deployment.provider });
  }, 120_000);

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "tg-faults-"));
    privateKey = generatePrivateKey();
    wallet = privateKeyToAccount(privateKey).address;
    await client.setBalance({ address: wallet, value: parseEther("10") });
    for (const token of [deployment.tokens.WETH, deployment.tokens.USDC]) {
      await client.sendUnsignedTransaction({
        from: deployment.provider,
        to: token,
        data: encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args: [wallet, 10_000_000n] }),
        gas: 200_000n,
        maxFeePerGas: BASE_FEE_WEI * 2n,
        maxPriorityFeePerGas: 0n,
      });
    }
    await mine();
    authority = createTestAuthority(PAIR);
    engine = openEngine(null);
    await engine.recover();
    for (const [position, token] of [deployment.tokens.WETH, deployment.tokens.USDC].entries()) {
      const commandId = padHex(toHex(position + 1), { size: 32 });
      await engine.assignCapital({ commandId, pairId: PAIR, chainId: DEVNET_CHAIN_ID, token, amountRaw: 10_000_000n });
    }
  });

  afterEach(() => {
    engine.close();
    rmSync(dir, { recursive: true, force: true });
  });
  afterAll(async () => {
    await anvil?.stop();
  });

  it("behavior: T3, a dropped transaction is sent again with the same bytes", async () => {
    const op = await startApprove();
    await waitUntil("SENT", () => op.state() === "SENT", 5_000);
    const before = await engine.waitOp({ opId: op.opId, waitMs: 0 });
    await client.dropTransaction({ hash: before.attempts[0]?.hash ?? "0x" });
    await mineUntil("VERIFIED", () => op.state() === "VERIFIED" || op.state() === "SETTLED", 20_000);
    const after = await engine.waitOp({ opId: op.opId, waitMs: 0 });
    expect(after.attempts.map((each) => each.hash)).toEqual(before.attempts.map((each) => each.hash));
    await endAndAudit(op.planId, op.token);
  });

  it("behavior: T6, a block that disappears after VERIFIED takes the operation back to SENT and it is verified anew, once", async () => {
    const op = await startApprove();
    await waitUntil("SENT", () => op.state() === "SENT", 5_000);
    await mine();
    await waitUntil("INCLUDED", () => op.state() === "INCLUDED", 5_000);
    await mine();
    await waitUntil("VERIFIED", () => op.state() === "VERIFIED", 5_000);
    await client.request<{ Method: "anvil_reorg"; Parameters: unknown[]; ReturnType: unknown }>({
      method: "anvil_reorg",
      params: [2, []],
    });
    await waitUntil("back to SENT", () => op.state() === "SENT", 10_000);
    chainAtMs = Number((await client.getBlock()).timestamp) * 1000;
    await mineUntil("VERIFIED again", () => op.state() === "VERIFIED" || op.state() === "SETTLED", 20_000);
    await endAndAudit(op.planId, op.token);
  });

  it("behavior: T1 and T2, a stuck transaction is raised by at least 12.5 % with the same nonce; the old attempt that mines after all counts once", async () => {
    const op = await startApprove();
    await waitUntil("a second attempt", () => (engine.planRecord(op.planId).ops[0]?.attempts.length ?? 0) >= 2, 40_000);
    const { attempts } = await engine.waitOp({ opId: op.opId, waitMs: 0 });
    const [first, second] = attempts;
    expect(second?.nonce).toBe(first?.nonce);
    const feeOf = (attempt: typeof first): bigint => BigInt(attempt?.maxFeePerGasWei ?? "0");
    expect(feeOf(second) * 1_000n).toBeGreaterThanOrEqual(feeOf(first) * 1_125n);
    await offerOnly(first?.hash ?? "0x");
    await mine();
    expect((await client.getTransactionReceipt({ hash: first?.hash ?? "0x" })).status).toBe("success");
    await mineUntil("VERIFIED", () => op.state() === "VERIFIED" || op.state() === "SETTLED", 20_000);
    expect((await engine.waitOp({ opId: op.opId, waitMs: 0 })).txHash).toBe(first?.hash);
    await endAndAudit(op.planId, op.token);
  }, 120_000);

  it("behavior: T14, a private relay that says failed and lands the transaction all the same: one effect, and nobody else saw the bytes", async () => {
    engine.close();
    const held: Hex[] = [];
    engine = openEngine({
      label: "relay",
      request({ method, params }) {
        if (method !== "eth_sendRawTransaction") return Promise.reject(new Error(`a relay takes no ${method}`));
        held.push(hexSchema.parse(z.array(z.unknown()).parse(params)[0]));
        return Promise.reject(new Error("bundle failed"));
      },
    });
    await engine.recover();
    const op = await startApprove();
    await waitUntil("SENT", () => op.state() === "SENT", 5_000);
    await mine(2);
    const { attempts } = await engine.waitOp({ opId: op.opId, waitMs: 0 });
    expect(held).toEqual([signedRaw(attempts[0]?.hash ?? "0x")]);
    expect((await client.getTxpoolStatus()).pending).toBe(0);
    expect(op.state()).toBe("SENT");
    await client.sendRawTransaction({ serializedTransaction: held[0] ?? "0x" });
    await mineUntil("VERIFIED", () => op.state() === "VERIFIED" || op.state() === "SETTLED", 20_000);
    expect((await engine.waitOp({ opId: op.opId, waitMs: 0 })).attempts).toHaveLength(1);
    // What ends the plan goes the same way: the relay lands it in its own time.
    const deliver = setInterval(() => {
      const raw = held.at(-1);
      if (raw !== undefined) client.sendRawTransaction({ serializedTransaction: raw }).catch(() => undefined);
    }, 200);
    try {
      await endAndAudit(op.planId, op.token);
    } finally {
      clearInterval(deliver);
    }
  });

  it("behavior: T4, past its deadline a transaction is cancelled with the same nonce, and the purpose may be tried once more", async () => {
    const op = await startApprove();
    await mineUntil("VERIFIED", () => op.state() === "VERIFIED" || op.state() === "SETTLED", 20_000);
    const execute = () =>
      engine.executeOp({
        pairId: PAIR,
        token: op.token,
        planId: op.planId,
        index: 1,
        args: { ...PRICES, priceAtMarketMs: Date.now(), amount0DesiredRaw: 1_000_000n, amount1DesiredRaw: 0n },
      });
    const mintState = (): string => engine.planRecord(op.planId).ops[1]?.state ?? "none";
    await execute();
    await waitUntil("SENT", () => mintState() === "SENT", 10_000);
    const [first] = engine.planRecord(op.planId).ops[1]?.attempts ?? [];
    await client.dropTransaction({ hash: first?.hash ?? "0x" });
    chainAtMs += 3_600_000;
    await mine();
    await waitUntil("a cancel", () => (engine.planRecord(op.planId).ops[1]?.attempts.length ?? 0) === 2, 10_000);
    await mineUntil("CANCELLED", () => mintState() === "CANCELLED", 10_000);
    const attempts = engine.planRecord(op.planId).ops[1]?.attempts ?? [];
    expect(attempts[1]?.nonce).toBe(attempts[0]?.nonce);
    // Its block could still go away and bring the mint back: a new nonce only when the old one is finally spent.
    await expect(execute()).rejects.toThrow("not finally spent yet");
    let isTaken = false;
    for (let tries = 0; !isTaken && tries < 60; tries += 1) {
      await mine();
      await new Promise((resolve) => setTimeout(resolve, 100));
      isTaken = await execute().then(
        () => true,
        (error: unknown) => {
          expect(String(error)).toContain("not finally spent yet");
          return false;
        },
      );
    }
    expect(isTaken).toBe(true);
    await mineUntil("VERIFIED", () => mintState() === "VERIFIED" || mintState() === "SETTLED", 20_000);
    expect(engine.knownPositions(PAIR)).toHaveLength(1);
    await endAndAudit(op.planId, op.token);
  });

  it("behavior: T5, a cancel that loses its race: the old attempt is mined after all, and its end is the operation's end", async () => {
    const op = await startApprove();
    await mineUntil("VERIFIED", () => op.state() === "VERIFIED" || op.state() === "SETTLED", 20_000);
    const mintOp = () => engine.planRecord(op.planId).ops[1];
    await engine.executeOp({
      pairId: PAIR,
      token: op.token,
      planId: op.planId,
      index: 1,
      args: { ...PRICES, priceAtMarketMs: Date.now(), amount0DesiredRaw: 1_000_000n, amount1DesiredRaw: 0n },
    });
    await waitUntil("SENT", () => mintOp()?.state === "SENT", 10_000);
    const [first] = mintOp()?.attempts ?? [];
    await client.dropTransaction({ hash: first?.hash ?? "0x" });
    chainAtMs += 3_600_000;
    await mine();
    await waitUntil("a cancel", () => (mintOp()?.attempts.length ?? 0) === 2, 10_000);
    // It is too late for its own deadline and reverts.
    await offerOnly(first?.hash ?? "0x");
    await mine();
    expect((await client.getTransactionReceipt({ hash: first?.hash ?? "0x" })).status).toBe("reverted");
    await mineUntil("an end", () => ["REVERTED", "CANCELLED"].includes(mintOp()?.state ?? ""), 20_000);
    expect(mintOp()).toMatchObject({ state: "REVERTED", txHash: first?.hash });
    expect(new Set(mintOp()?.attempts.map(({ nonce }) => nonce)).size).toBe(1);
    await endAndAudit(op.planId, op.token);
  });

  it("error: halted — T10, a chain that counts fewer transactions than are final in the journal; it ends when the chain is the right one again", async () => {
    const op = await startApprove();
    await mineUntil("SETTLED", () => op.state() === "SETTLED", 30_000);
    const nonce = await client.getTransactionCount({ address: wallet });
    engine.close();
    await client.setNonce({ address: wallet, nonce: nonce - 1 });
    engine = openEngine(null);
    const halted = await engine.recover();
    expect(halted.chains).toEqual([{ chainId: DEVNET_CHAIN_ID, outcome: "halted" }]);
    expect(authority.walletHalt()).toMatchObject({ state: "HALT_WALLET" });
    expect(authority.halts.join()).toMatch(/counts 0 transactions, the journal has final ones up to 0/);
    engine.close();
    await client.setNonce({ address: wallet, nonce });
    authority.halts.length = 0;
    engine = openEngine(null);
    expect((await engine.recover()).chains).toEqual([{ chainId: DEVNET_CHAIN_ID, outcome: "clean" }]);
    const { token } = engine.leaseFence({ pairId: PAIR, workerId: "test" });
    await endAndAudit(op.planId, token);
  });

  it("behavior: T6, a reorg undoes a mint: the position leaves the books and comes back once", async () => {
    const op = await startApprove();
    await mineUntil("VERIFIED", () => op.state() === "VERIFIED" || op.state() === "SETTLED", 20_000);
    const mintState = (): string => engine.planRecord(op.planId).ops[1]?.state ?? "none";
    await engine.executeOp({
      pairId: PAIR,
      token: op.token,
      planId: op.planId,
      index: 1,
      args: { ...PRICES, priceAtMarketMs: Date.now(), amount0DesiredRaw: 1_000_000n, amount1DesiredRaw: 0n },
    });
    await waitUntil("SENT", () => mintState() === "SENT", 10_000);
    await mine();
    await waitUntil("INCLUDED", () => mintState() === "INCLUDED", 5_000);
    await mine();
    await waitUntil("VERIFIED", () => mintState() === "VERIFIED", 5_000);
    expect(engine.knownPositions(PAIR)).toHaveLength(1);
    const [before] = engine.planRecord(op.planId).ops[1]?.attempts ?? [];
    await client.request<{ Method: "anvil_reorg"; Parameters: unknown[]; ReturnType: unknown }>({
      method: "anvil_reorg",
      params: [2, []],
    });
    await waitUntil("back to SENT", () => mintState() === "SENT", 10_000);
    expect(engine.knownPositions(PAIR)).toEqual([]);
    chainAtMs = Number((await client.getBlock()).timestamp) * 1000;
    await mineUntil("VERIFIED again", () => mintState() === "VERIFIED" || mintState() === "SETTLED", 20_000);
    expect(engine.knownPositions(PAIR)).toHaveLength(1);
    expect(engine.planRecord(op.planId).ops[1]?.attempts.map((each) => each.hash)).toEqual([before?.hash]);
    await endAndAudit(op.planId, op.token);
  });

  it("error: halted — T11, a foreign transaction stops the wallet before anything is signed", async () => {
    const stranger = privateKeyToAccount(privateKey);
    const raw = await stranger.signTransaction({
      type: "eip1559",
      chainId: DEVNET_CHAIN_ID,
      nonce: 0,
      to: wallet,
      gas: 21_000n,
      maxFeePerGas: BASE_FEE_WEI * 2n,
      maxPriorityFeePerGas: 0n,
    });
    await client.sendRawTransaction({ serializedTransaction: raw });
    await mine();
    const op = await startApprove();
    await waitUntil("an end", () => op.state() === "FOREIGN" || op.state() === "EXPIRED", 10_000);
    expect(authority.halts).toHaveLength(1);
    expect(authority.walletHalt()?.state).toBe("HALT_WALLET");
    expect(engine.planRecord(op.planId).ops[0]?.attempts).toEqual([]);
    expect((await engine.adopt()).join("; ")).toMatch(/nonces 0 to 0/);
    authority.halts.length = 0;
    const again = await engine
      .executeOp({
        pairId: PAIR,
        token: op.token,
        planId: op.planId,
        index: 1,
        args: { ...PRICES, priceAtMarketMs: Date.now(), amount0DesiredRaw: 1n, amount1DesiredRaw: 1n },
      })
      .catch((error: unknown) => error);
    expect(again).toMatchObject({ code: "halted" });
    await endAndAudit(op.planId, op.token);
  });

  it("error: stale_token — L1, an older worker is refused after a newer lease", async () => {
    const first = engine.leaseFence({ pairId: PAIR, workerId: "old" });
    engine.leaseFence({ pairId: PAIR, workerId: "new" });
    const plan = await mintPlan();
    await expect(
      engine.proposePlan({ pairId: PAIR, token: first.token, plan, proposedBy: "old", marketAtMs: Date.now() }),
    ).rejects.toMatchObject({ code: "stale_token" });
  });
});
