// The devnet on three chains: one clock, every AMM family traded, bridges delivered, refunded and paid in another token, one saved state.
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  decodeFunctionData,
  erc20Abi,
  http,
  isHex,
  parseAbi,
  type Hex,
} from "viem";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { findPoolRef } from "@/lib/registry/pool-ref";
import { addressSchema, hexSchema, registrySchema, type Registry } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";

const rootDir = fileURLToPath(new URL("../../", import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), "tidegate-chains-"));
const WALLET: Address = "0x2222222222222222222222222222222222222222";
vi.setConfig({ testTimeout: 60_000 });
const [A, B, C] = [901_001, 901_002, 901_003];

const readySchema = z.object({
  ready: z.literal(true),
  controlUrl: z.string(),
  chains: z.array(z.object({ id: z.number(), rpc: z.string() })).length(3),
  registryFile: z.string(),
  geckoUrl: z.string(),
  lifiUrl: z.string(),
  nowMs: z.number(),
  origin: z.object({ kind: z.enum(["fresh", "resumed"]), wasCleanStop: z.boolean().nullable() }),
});
interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ready: z.infer<typeof readySchema>;
  /** From the first progress line, when sources are compiled and modules loaded, to the ready line. */
  readonly bootMs: number;
}

async function boot(fresh: boolean): Promise<Running> {
  const child = spawn(process.execPath, ["--import", "tsx", "server/devnet/main.ts"], {
    cwd: rootDir,
    stdio: ["pipe", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString("utf8");
  });
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify({ rootDir, dataDir, seed: 5, fresh, chains: 3, wallet: WALLET })}\n`);
  let startedAt = performance.now();
  for await (const line of createInterface({ input: child.stdout })) {
    const value: unknown = JSON.parse(line);
    if (z.object({ progress: z.literal("Starting three local chains") }).safeParse(value).success)
      startedAt = performance.now();
    const parsed = readySchema.safeParse(value);
    if (!parsed.success) continue;
    child.stdout.resume();
    return { child, ready: parsed.data, bootMs: performance.now() - startedAt };
  }
  throw new Error(`devnet ended before it was ready: ${complaint}`);
}

function stopped(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  child.stdin.end();
  return new Promise((resolve) => child.once("exit", (code) => resolve(code)));
}

let devnet: Running;
let registry: Registry;

beforeAll(async () => {
  devnet = await boot(true);
  registry = registrySchema.parse(JSON.parse(readFileSync(devnet.ready.registryFile, "utf8")));
}, 120_000);
afterAll(async () => {
  await stopped(devnet.child);
  rmSync(dataDir, { recursive: true, force: true });
});

async function call(method: "GET" | "POST" | "DELETE", path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${devnet.ready.controlUrl}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}
const post = (path: string, body: unknown) => call("POST", path, body);

const contractsSchema = z.object({ lifiDiamond: addressSchema });
const stateSchema = z.object({
  nowMs: z.number(),
  lastFailure: z.string().nullable(),
  pairs: z.array(z.object({ id: z.string(), price: z.number() })),
  pools: z.array(
    z.object({
      key: z.string(),
      chainId: z.number(),
      pair: z.string(),
      price: z.number(),
      liquidity: z.string(),
      volume24hUsd: z.number(),
      volume24hModelledUsd: z.number(),
    }),
  ),
  accounts: z.object({ demoApprover: addressSchema }),
  chains: z.array(z.object({ id: z.number(), block: z.string(), contracts: contractsSchema })),
  standIns: z.array(z.string()),
});
const readState = async () => stateSchema.parse(await call("GET", "/state"));

function rpcOf(chainId: number) {
  return http(devnet.ready.chains.find((chain) => chain.id === chainId)?.rpc ?? "");
}
function reader(chainId: number) {
  return createPublicClient({ transport: rpcOf(chainId), pollingInterval: 50, cacheTime: 0 });
}
function token(chainId: number, symbol: string): Address {
  return addressSchema.parse(registry.tokens.find((one) => one.chainId === chainId && one.symbol === symbol)?.address);
}
function balanceOf(chainId: number, symbol: string, owner: Address): Promise<bigint> {
  const address = token(chainId, symbol);
  return reader(chainId).readContract({ address, abi: erc20Abi, functionName: "balanceOf", args: [owner] });
}

const quoteSchema = z.object({
  tool: z.string(),
  estimate: z.object({
    toAmount: z.string(),
    toAmountMin: z.string(),
    approvalAddress: addressSchema,
    executionDuration: z.number(),
  }),
  transactionRequest: z.object({
    to: addressSchema,
    data: z.custom<Hex>(isHex),
    chainId: z.number(),
    value: z.string(),
  }),
});
type Quote = z.infer<typeof quoteSchema>;
interface Leg {
  readonly chainId: number;
  readonly symbol: string;
}
async function fetchQuote(from: Leg, to: Leg, owner: Address, fromAmount: bigint) {
  const query = new URLSearchParams({
    fromChain: String(from.chainId),
    toChain: String(to.chainId),
    fromToken: token(from.chainId, from.symbol),
    toToken: token(to.chainId, to.symbol),
    fromAmount: String(fromAmount),
    fromAddress: owner,
    slippage: "0.005",
    integrator: "tidegate",
    allowBridges: "across",
  });
  const response = await fetch(`${devnet.ready.lifiUrl}/quote?${query}`);
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  expect(Number(response.headers.get("ratelimit-remaining"))).toBeLessThan(100);
  return quoteSchema.parse(answer);
}

/** Approves and sends a quote from an unlocked account; answers the transaction's hash. */
async function carryOut(from: Leg, owner: Address, fromAmount: bigint, quote: Quote): Promise<Hex> {
  const read = reader(from.chainId);
  const write = createWalletClient({ transport: rpcOf(from.chainId) });
  const approval = await write.writeContract({
    account: owner,
    chain: null,
    address: token(from.chainId, from.symbol),
    abi: erc20Abi,
    functionName: "approve",
    args: [quote.estimate.approvalAddress, fromAmount],
    gas: 100_000n,
  });
  await read.waitForTransactionReceipt({ hash: approval, timeout: 20_000 });
  const { to, data } = quote.transactionRequest;
  const hash = await write.sendTransaction({ account: owner, chain: null, to, data, gas: 1_500_000n });
  const receipt = await read.waitForTransactionReceipt({ hash, timeout: 20_000 });
  expect(receipt.status).toBe("success");
  return hash;
}

/** The same into the next block, which the caller mines; `feeWei` tells a second one from the first. */
async function queue(from: Leg, owner: Address, fromAmount: bigint, quote: Quote, feeWei = 2_000_000_000n) {
  const write = createWalletClient({ transport: rpcOf(from.chainId) });
  const fees = { maxFeePerGas: feeWei, maxPriorityFeePerGas: 0n };
  const { to, data } = quote.transactionRequest;
  await write.writeContract({
    account: owner,
    chain: null,
    address: token(from.chainId, from.symbol),
    abi: erc20Abi,
    functionName: "approve",
    args: [quote.estimate.approvalAddress, fromAmount],
    gas: 100_000n,
    ...fees,
  });
  return write.sendTransaction({ account: owner, chain: null, to, data, gas: 1_500_000n, ...fees });
}

const transfersSchema = z.object({
  transfers: z.array(z.object({ txHash: hexSchema, payouts: z.array(z.object({ state: z.string() })) })),
});
const readTransfers = async () => transfersSchema.parse(await call("GET", "/transfers")).transfers;

const statusSchema = z.object({
  status: z.string(),
  substatus: z.string(),
  sending: z.object({ chainId: z.number() }),
  receiving: z.object({ chainId: z.number(), txHash: hexSchema.optional(), amount: z.string().optional() }).optional(),
});
async function readStatus(hash: Hex, from: Leg, to: Leg) {
  const query = new URLSearchParams({
    txHash: hash,
    fromChain: String(from.chainId),
    toChain: String(to.chainId),
    bridge: "across",
  });
  return statusSchema.parse(await (await fetch(`${devnet.ready.lifiUrl}/status?${query}`)).json());
}
async function untilDone(hash: Hex, from: Leg, to: Leg) {
  for (let tries = 0; tries < 60; tries += 1) {
    const status = await readStatus(hash, from, to);
    if (status.status === "DONE") return status;
    expect(status.status).toBe("PENDING");
    expect(status.receiving?.txHash).toBeUndefined();
    await sleep(250);
  }
  throw new Error(`transfer ${hash} was not done in 15 s`);
}

const ON_A: Leg = { chainId: A, symbol: "USDC" };
const ON_B: Leg = { chainId: B, symbol: "USDC" };
const ON_C: Leg = { chainId: C, symbol: "USDC" };
const AMOUNT = 1_000_000_000n;

describe("devnet on three chains", () => {
  it("default: boots all chains with real and stand-in families, a valid registry and a wallet funded on each", async () => {
    process.stdout.write(`three chains, fresh boot after compiling: ${Math.round(devnet.bootMs)} ms\n`);
    expect(devnet.ready.chains.map((chain) => chain.id)).toEqual([A, B, C]);
    expect(registry.chains.map((chain) => chain.id)).toEqual([A, B, C]);
    expect(new Set(registry.chains.map((chain) => chain.geckoSlug)).size).toBe(3);
    const families = new Map(registry.dexes.map((dex) => [dex.family, dex.isStandIn]));
    expect(families.get("uniswap-v3")).toBe(false);
    expect(families.get("uniswap-v4")).toBe(false);
    expect(families.get("pancakeswap-v3")).toBe(false);
    expect(families.get("algebra-integral")).toBe(false);
    expect(families.get("slipstream")).toBe(true);
    expect(families.get("pancakeswap-infinity")).toBe(true);
    expect(families.get("liquidity-book")).toBe(true);
    for (const pool of registry.pools) expect(findPoolRef(registry, pool.chainId, pool.id), pool.id).not.toBeNull();
    for (const dex of registry.dexes) if (dex.isStandIn) expect((await readState()).standIns).toContain(dex.name);
    // Tests of one chain rely on the first chain's figures; the others hold a smaller share.
    expect(await balanceOf(A, "USDC", WALLET)).toBe(110_000_000_000n);
    expect(await balanceOf(B, "USDC", WALLET)).toBe(20_000_000_000n);
    expect(await balanceOf(C, "USDC", WALLET)).toBe(20_000_000_000n);
    for (const id of [A, B, C]) expect(await reader(id).getBalance({ address: WALLET })).toBeGreaterThan(0n);
    expect(new Set([A, B, C].map((id) => token(id, "USDC").toLowerCase())).size).toBe(3);
  });

  afterEach(async () => {
    await post("/pause", { paused: false });
  });

  it("behavior: chains tick together; every pool trades and follows the path, also through a jump", async () => {
    await post("/pause", { paused: true });
    await post("/mine", { steps: 40, stepMs: 60_000 });
    const before = await readState();
    const heads = await Promise.all([A, B, C].map((id) => reader(id).getBlock()));
    expect(new Set(heads.map((head) => head.timestamp)).size).toBe(1);
    expect(Number(heads[0]?.timestamp) * 1000).toBe(before.nowMs);
    await post("/price", { pairId: "WETH-USDC", moveFrac: -0.06 });
    await post("/mine", { steps: 3, stepMs: 60_000 });
    const after = await readState();
    expect(after.lastFailure).toBeNull();
    expect(after.pools).toHaveLength(registry.pools.length);
    for (const pool of after.pools) {
      const price = after.pairs.find((pair) => pair.id === pool.pair)?.price ?? Number.NaN;
      expect(Math.abs(pool.price / price - 1), pool.key).toBeLessThan(0.0055);
      expect(pool.volume24hUsd - pool.volume24hModelledUsd, pool.key).toBeGreaterThan(5_000);
      expect(BigInt(pool.liquidity), pool.key).toBeGreaterThan(0n);
    }
  });

  it("behavior: GeckoTerminal knows each chain by its slug and counts the swaps of every family", async () => {
    const rows = z.object({
      data: z.array(
        z.object({ attributes: z.object({ address: z.string(), volume_usd: z.object({ h1: z.string() }) }) }),
      ),
    });
    for (const chain of registry.chains) {
      const ids = registry.pools.filter((pool) => pool.chainId === chain.id).map((pool) => pool.id);
      const url = `${devnet.ready.geckoUrl}/networks/${chain.geckoSlug ?? ""}/pools/multi/${ids.join(",")}`;
      const { data } = rows.parse(await (await fetch(url)).json());
      expect(data.map((row) => row.attributes.address).toSorted()).toEqual(
        ids.map((id) => id.toLowerCase()).toSorted(),
      );
      for (const { attributes } of data) expect(Number(attributes.volume_usd.h1)).toBeGreaterThan(0);
    }
    const wrongChain = registry.pools.find((pool) => pool.chainId === B)?.id ?? "";
    const other = await fetch(`${devnet.ready.geckoUrl}/networks/tidegate-devnet/pools/${wrongChain}`);
    expect(other.status).toBe(404);
  });

  it("behavior: a bridge is delivered, one refunded, one pays another token, each as its status says", async () => {
    const { demoApprover: owner } = (await readState()).accounts;
    await post("/fund", { address: owner, tokens: { USDC: "5000" } });
    const delivered = await fetchQuote(ON_A, ON_B, owner, AMOUNT);
    expect(delivered.tool).toBe("across");
    expect(delivered.estimate.executionDuration).toBeGreaterThan(0);
    const atB = await balanceOf(B, "USDC", owner);
    const first = await carryOut(ON_A, owner, AMOUNT, delivered);
    const done = await untilDone(first, ON_A, ON_B);
    expect(done).toMatchObject({ substatus: "COMPLETED", receiving: { chainId: B } });
    expect((await balanceOf(B, "USDC", owner)) - atB).toBe(BigInt(delivered.estimate.toAmount));
    const arrival = await reader(B).getTransactionReceipt({ hash: done.receiving?.txHash ?? "0x" });
    expect(arrival.status).toBe("success");

    await post("/transfers/switch", { outcome: "refund", toChain: C, count: 1 });
    const atA = await balanceOf(A, "USDC", owner);
    const second = await carryOut(ON_A, owner, AMOUNT, await fetchQuote(ON_A, ON_C, owner, AMOUNT));
    expect(await untilDone(second, ON_A, ON_C)).toMatchObject({ substatus: "REFUNDED", receiving: { chainId: A } });
    expect(await balanceOf(A, "USDC", owner)).toBe(atA);

    await post("/transfers/switch", { outcome: "partial", toChain: C, count: 1 });
    const usdt = await balanceOf(C, "USDT", owner);
    const third = await carryOut(ON_A, owner, AMOUNT, await fetchQuote(ON_A, ON_C, owner, AMOUNT));
    expect(await untilDone(third, ON_A, ON_C)).toMatchObject({ substatus: "PARTIAL", receiving: { chainId: C } });
    expect(await balanceOf(C, "USDT", owner)).toBeGreaterThan(usdt);
  });

  it("behavior: a transfer that a reorg took is paid once however often it is sent, and nothing is refunded for it", async () => {
    const { demoApprover: owner } = (await readState()).accounts;
    await post("/fund", { address: owner, tokens: { USDC: "5000" } });
    await post("/pause", { paused: true });
    const quote = await fetchQuote(ON_A, ON_B, owner, AMOUNT);
    const atB = await balanceOf(B, "USDC", owner);
    const due = BigInt(quote.estimate.toAmount);
    const first = await queue(ON_A, owner, AMOUNT, quote);
    await post("/mine", { steps: 5 });
    expect((await balanceOf(B, "USDC", owner)) - atB).toBe(due);
    await post("/reorg", { chainId: A, depth: 5 });
    await post("/mine", { steps: 1 });
    expect((await readStatus(first, ON_A, ON_B)).status).toBe("NOT_FOUND");
    const again = await queue(ON_A, owner, AMOUNT, quote, 3_000_000_000n);
    expect(again).not.toBe(first);
    await post("/mine", { steps: 6 });
    expect(await readStatus(again, ON_A, ON_B)).toMatchObject({ status: "DONE", substatus: "COMPLETED" });
    expect((await balanceOf(B, "USDC", owner)) - atB).toBe(due);

    // The refund is on the chain that is reorganised: both go, and what was never sent is not refunded again.
    const atA = await balanceOf(A, "USDC", owner);
    await post("/transfers/switch", { outcome: "refund", toChain: C, count: 1 });
    const refunded = await queue(ON_A, owner, AMOUNT, await fetchQuote(ON_A, ON_C, owner, AMOUNT));
    await post("/mine", { steps: 5 });
    expect((await readStatus(refunded, ON_A, ON_C)).substatus).toBe("REFUNDED");
    await post("/reorg", { chainId: A, depth: 5 });
    await post("/mine", { steps: 3 });
    expect(await balanceOf(A, "USDC", owner)).toBe(atA);
    expect((await readTransfers()).some(({ txHash }) => txHash === refunded)).toBe(false);
    expect((await readState()).lastFailure).toBeNull();
  });

  it("behavior: a pay-out that reverts is seen and repeated until it goes through, once; one that a reorg took is repeated", async () => {
    const { accounts, chains } = await readState();
    const { demoApprover: owner } = accounts;
    await post("/fund", { address: owner, tokens: { USDC: "5000" } });
    await post("/pause", { paused: true });
    // The far side takes no call any more.
    const { lifiDiamond } = contractsSchema.parse(chains.find((chain) => chain.id === C)?.contracts);
    const anvil = createTestClient({ mode: "anvil", transport: rpcOf(C) });
    const code = (await reader(C).getCode({ address: lifiDiamond })) ?? "0x";
    await anvil.setCode({ address: lifiDiamond, bytecode: "0x60006000fd" });
    const quote = await fetchQuote(ON_A, ON_C, owner, AMOUNT);
    const atC = await balanceOf(C, "USDC", owner);
    const hash = await queue(ON_A, owner, AMOUNT, quote);
    await post("/mine", { steps: 6 });
    const stateOf = async () => (await readTransfers()).find((one) => one.txHash === hash)?.payouts[0]?.state;
    expect(await stateOf()).toBe("reverted");
    expect((await readStatus(hash, ON_A, ON_C)).status).toBe("PENDING");
    await anvil.setCode({ address: lifiDiamond, bytecode: code });
    await post("/mine", { steps: 1 });
    await post("/mine", { steps: 8 });
    expect(await stateOf()).toBe("mined");
    expect(await readStatus(hash, ON_A, ON_C)).toMatchObject({ status: "DONE", substatus: "COMPLETED" });
    expect((await balanceOf(C, "USDC", owner)) - atC).toBe(BigInt(quote.estimate.toAmount));
    await post("/reorg", { chainId: C, depth: 8 });
    expect(await balanceOf(C, "USDC", owner)).toBe(atC);
    await post("/mine", { steps: 8 });
    expect((await balanceOf(C, "USDC", owner)) - atC).toBe(BigInt(quote.estimate.toAmount));
    expect((await readState()).lastFailure).toBeNull();
  });

  it("error: a status that lies names a transaction which is not on the chain; quotes lie in what they were told to", async () => {
    const { demoApprover: owner } = (await readState()).accounts;
    const from: Leg = { chainId: B, symbol: "USDC" };
    await post("/transfers/switch", { outcome: "never", fromChain: B, count: 1 });
    const hash = await carryOut(from, owner, 100_000_000n, await fetchQuote(from, ON_C, owner, 100_000_000n));
    await post("/mine", { steps: 1 });
    await post("/faults", { service: "lifi", kind: "status_lies", path: "/status", count: 1 });
    const lie = await readStatus(hash, from, ON_C);
    expect(lie).toMatchObject({ status: "DONE", substatus: "COMPLETED" });
    await expect(reader(C).getTransactionReceipt({ hash: lie.receiving?.txHash ?? "0x" })).rejects.toThrow(
      "not be found",
    );
    expect((await readStatus(hash, from, ON_C)).status).toBe("PENDING");

    const honest = await fetchQuote(ON_A, ON_C, owner, AMOUNT);
    const bridgeAbi = parseAbi([
      "function startBridgeTokensViaAcrossV3((bytes32 transactionId, string bridge, string integrator, address referrer, address sendingAssetId, address receiver, uint256 minAmount, uint256 destinationChainId, bool hasSourceSwaps, bool hasDestinationCall) bridgeData, (address receiverAddress, address refundAddress, address receivingAssetId, uint256 outputAmount, uint64 outputAmountPercent, address exclusiveRelayer, uint32 quoteTimestamp, uint32 fillDeadline, uint32 exclusivityDeadline, bytes message) acrossData) payable",
    ]);
    const decode = (quote: typeof honest) =>
      decodeFunctionData({ abi: bridgeAbi, data: quote.transactionRequest.data }).args;
    const [trueBridge, trueAcross] = decode(honest);
    expect(trueBridge).toMatchObject({ destinationChainId: BigInt(C), minAmount: AMOUNT, hasDestinationCall: false });
    expect(trueBridge.receiver.toLowerCase()).toBe(owner.toLowerCase());
    expect(String(trueAcross.outputAmount)).toBe(honest.estimate.toAmountMin);
    const lieOf = async (kind: string) => {
      // Only requests of this route are hit.
      await post("/faults", { service: "lifi", kind, path: "/quote", query: { toChain: String(C) }, count: 1 });
      const other = decode(await fetchQuote(ON_A, ON_B, owner, AMOUNT));
      expect(other[0].destinationChainId).toBe(BigInt(B));
      return fetchQuote(ON_A, ON_C, owner, AMOUNT);
    };
    expect(decode(await lieOf("wrong_receiver"))[0].receiver).not.toBe(trueBridge.receiver);
    expect(decode(await lieOf("wrong_token"))[1].receivingAssetId).not.toBe(trueAcross.receivingAssetId);
    expect(decode(await lieOf("wrong_amount"))[0].minAmount).toBe(AMOUNT * 2n);
    expect(decode(await lieOf("wrong_destination"))[0].destinationChainId).toBe(BigInt(B));
    expect(decode(await lieOf("wrong_call"))[0].hasDestinationCall).toBe(true);
    expect(decode(await lieOf("wrong_minimum"))[1].outputAmount).toBe(1n);
    expect(BigInt((await lieOf("wrong_value")).transactionRequest.value)).toBeGreaterThan(0n);
    expect((await lieOf("wrong_chain")).transactionRequest.chainId).not.toBe(A);
    expect((await lieOf("wrong_to")).transactionRequest.to).not.toBe(honest.transactionRequest.to);
    expect((await lieOf("wrong_approval")).estimate.approvalAddress).not.toBe(honest.estimate.approvalAddress);
    expect((await lieOf("wrong_selector")).transactionRequest.data.slice(0, 10)).toBe("0xdeadbeef");
  });

  it("behavior: faults of one chain leave the others alone: it stands still, loses a transaction, has a dear block, is reorganised", async () => {
    const blocks = async () => new Map((await readState()).chains.map((chain) => [chain.id, BigInt(chain.block)]));
    // Only the blocks asked for here are mined.
    await post("/pause", { paused: true });
    await post("/chain/stop", { chainId: B, stopped: true });
    const before = await blocks();
    await post("/mine", { steps: 3 });
    const after = await blocks();
    expect(after.get(B)).toBe(before.get(B));
    expect((after.get(C) ?? 0n) - (before.get(C) ?? 0n)).toBe(3n);
    await post("/chain/stop", { chainId: B, stopped: false });
    await post("/mine", { steps: 1 });
    const [headB, headC] = await Promise.all([reader(B).getBlock(), reader(C).getBlock()]);
    expect(Math.abs(Number(headB.timestamp - headC.timestamp))).toBeLessThanOrEqual(60);

    const { demoApprover: owner } = (await readState()).accounts;
    await post("/chain/drop", { chainId: C, count: 1 });
    const lost = await createWalletClient({ transport: rpcOf(C) }).sendTransaction({
      account: owner,
      chain: null,
      to: owner,
      value: 1n,
      gas: 21_000n,
    });
    await post("/mine", { steps: 2 });
    await expect(reader(C).getTransactionReceipt({ hash: lost })).rejects.toThrow("not be found");

    await post("/chain/base-fee", { chainId: B, gwei: "30", blocks: 2 });
    await post("/mine", { steps: 1 });
    const fees = await Promise.all([A, B].map(async (id) => (await reader(id).getBlock()).baseFeePerGas));
    expect(fees).toEqual([50_000_000n, 30_000_000_000n]);
    await post("/mine", { steps: 3 });
    expect((await reader(B).getBlock()).baseFeePerGas).toBe(50_000_000n);

    await post("/reorg", { chainId: C, depth: 2 });
    await post("/mine", { steps: 2 });
    expect((await readState()).lastFailure).toBeNull();
    const refused = await fetch(`${devnet.ready.controlUrl}/reorg`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ depth: 1, chainId: 1 }),
    });
    expect(refused.status).toBe(409);
    expect(JSON.stringify(await refused.json())).toContain("901002");
  });

  it("behavior: an orderly stop saves all three as of one instant; the next start continues them and pays what was on its way", async () => {
    const { demoApprover: owner } = (await readState()).accounts;
    await post("/fund", { address: owner, tokens: { USDC: "2000" } });
    await post("/transfers/switch", { outcome: "late", delaySec: 900, toChain: B, count: 1 });
    const quote = await fetchQuote(ON_A, ON_B, owner, AMOUNT);
    const hash = await carryOut(ON_A, owner, AMOUNT, quote);
    const held = await balanceOf(B, "USDC", owner);
    const last = await readState();
    expect(await stopped(devnet.child)).toBe(0);
    devnet = await boot(false);
    process.stdout.write(`three chains, boot from the state: ${Math.round(devnet.bootMs)} ms\n`);
    expect(devnet.ready.origin).toMatchObject({ kind: "resumed", wasCleanStop: true });
    const state = await readState();
    expect(state.lastFailure).toBeNull();
    expect(state.pools.map((pool) => pool.key)).toEqual(last.pools.map((pool) => pool.key));
    for (const chain of state.chains) {
      expect(Number(chain.block)).toBeGreaterThan(Number(last.chains.find((one) => one.id === chain.id)?.block));
    }
    await post("/mine", { steps: 16, stepMs: 60_000 });
    expect(await untilDone(hash, ON_A, ON_B)).toMatchObject({ substatus: "COMPLETED" });
    expect((await balanceOf(B, "USDC", owner)) - held).toBe(BigInt(quote.estimate.toAmount));
  });
});
