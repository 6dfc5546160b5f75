// The devnet as its users meet it: one process, real contracts, a clock that waits, quotes that execute, nothing left after a kill.
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  createPublicClient,
  createWalletClient,
  decodeFunctionData,
  erc20Abi,
  http,
  isHex,
  keccak256,
  parseAbi,
  type Address,
  type Hex,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { addressSchema, registrySchema, type Registry } from "@/lib/registry/schema";

const rootDir = fileURLToPath(new URL("../../", import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), "tidegate-devnet-"));
const WALLET: Address = "0x1111111111111111111111111111111111111111";

const readySchema = z.object({
  ready: z.literal(true),
  controlUrl: z.string(),
  chains: z.array(z.object({ id: z.number(), rpc: z.string() })).length(1),
  registryFile: z.string(),
  exchangeProxyUrl: z.string(),
  geckoUrl: z.string(),
  lifiUrl: z.string(),
  clockUrl: z.string(),
  nowMs: z.number(),
  origin: z.object({ kind: z.enum(["fresh", "resumed"]), wasCleanStop: z.boolean().nullable() }),
});
type Ready = z.infer<typeof readySchema>;

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ready: Ready;
  readonly rpc: string;
  readonly bootMs: number;
}

const children: ChildProcessWithoutNullStreams[] = [];

async function boot(fresh: boolean): Promise<Running> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["--import", "tsx", "server/devnet/main.ts"], {
    cwd: rootDir,
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.push(child);
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString("utf8");
  });
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify({ rootDir, dataDir, seed: 7, fresh, wallet: WALLET })}\n`);
  for await (const line of createInterface({ input: child.stdout })) {
    const parsed = readySchema.safeParse(JSON.parse(line));
    if (!parsed.success) continue;
    child.stdout.resume();
    return { child, ready: parsed.data, rpc: parsed.data.chains[0]?.rpc ?? "", bootMs: performance.now() - startedAt };
  }
  throw new Error(`devnet ended before it was ready: ${complaint}`);
}

function exitOf(child: ChildProcessWithoutNullStreams): Promise<{ code: number | null; signal: string | null }> {
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  return new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
}

function chainProcesses(rpc: string): string[] {
  const port = new URL(rpc).port;
  return execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(`--port ${port} `) && line.includes("anvil"));
}

async function untilGone(rpc: string, limitMs: number): Promise<number> {
  const startedAt = performance.now();
  while (chainProcesses(rpc).length > 0 && performance.now() - startedAt < limitMs) await sleep(100);
  expect(chainProcesses(rpc)).toEqual([]);
  return performance.now() - startedAt;
}

async function post(running: Running, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${running.ready.controlUrl}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}

const rpcAnswerSchema = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});
const hashSchema = z.object({ hash: z.string() });
const stateAccounts = z.object({ accounts: z.object({ demoApprover: z.string() }) });
const stateSchema = z.object({
  nowMs: z.number(),
  block: z.string(),
  lastFailure: z.string().nullable(),
  pairs: z.array(z.object({ id: z.string(), price: z.number() })),
  pools: z.array(
    z.object({
      key: z.string(),
      pair: z.string(),
      price: z.number(),
      baseIsToken0: z.boolean(),
      address: z.string(),
      liquidity: z.string(),
      volume24hUsd: z.number(),
      volume24hModelledUsd: z.number(),
    }),
  ),
  accounts: z.object({ demoOwner: addressSchema, demoApprover: addressSchema }),
});
async function readState(running: Running) {
  return stateSchema.parse(await (await fetch(`${running.ready.controlUrl}/state`)).json());
}

function token(registry: Registry, symbol: string): Address {
  return addressSchema.parse(registry.tokens.find((one) => one.symbol === symbol)?.address);
}

const quoteSchema = z.object({
  action: z.object({ toAddress: z.string() }),
  estimate: z.object({ toAmount: z.string(), toAmountMin: z.string(), approvalAddress: addressSchema }),
  transactionRequest: z.object({ to: addressSchema, data: z.custom<Hex>(isHex), value: z.string() }),
});
const diamondAbi = parseAbi([
  "function swapTokensSingleV3ERC20ToERC20(bytes32 transactionId, string integrator, string referrer, address receiver, uint256 minAmountOut, (address callTo, address approveTo, address sendingAssetId, address receivingAssetId, uint256 fromAmount, bytes callData, bool requiresDeposit) swapData)",
]);

let devnet: Running;
let registry: Registry;

beforeAll(async () => {
  devnet = await boot(true);
  registry = registrySchema.parse(JSON.parse(readFileSync(devnet.ready.registryFile, "utf8")));
});
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) child.stdin.end();
    await exitOf(child);
  }
  rmSync(dataDir, { recursive: true, force: true });
});

function clients(running: Running) {
  const transport = http(running.rpc);
  return {
    read: createPublicClient({ transport, pollingInterval: 50, cacheTime: 0 }),
    write: createWalletClient({ transport }),
  };
}

async function send(running: Running, tx: { from: Address; to: Address; data: Hex }) {
  const { read, write } = clients(running);
  const hash = await write.sendTransaction({
    account: tx.from,
    to: tx.to,
    data: tx.data,
    gas: 1_500_000n,
    chain: null,
  });
  return read.waitForTransactionReceipt({ hash, timeout: 20_000 });
}

async function fetchQuote(running: Running, from: Address, fromToken: string, toToken: string, fromAmount: bigint) {
  const query = new URLSearchParams({
    fromChain: "901001",
    toChain: "901001",
    fromToken: token(registry, fromToken),
    toToken: token(registry, toToken),
    fromAmount: String(fromAmount),
    fromAddress: from,
    slippage: "0.005",
    integrator: "tidegate",
  });
  return quoteSchema.parse(await (await fetch(`${running.ready.lifiUrl}/quote?${query}`)).json());
}

describe("devnet", () => {
  it("default: boots with real contracts, both pool orders, a funded wallet and a valid registry", async () => {
    process.stdout.write(`devnet fresh boot: ${Math.round(devnet.bootMs)} ms\n`);
    expect(devnet.bootMs).toBeLessThan(30_000);
    const state = await readState(devnet);
    expect(new Set(state.pools.map((pool) => `${pool.pair}:${String(pool.baseIsToken0)}`)).size).toBe(2);
    expect(new Set(state.pools.map((pool) => pool.baseIsToken0)).size).toBe(2);
    expect(registry.pools).toHaveLength(4);
    const { read } = clients(devnet);
    const held = await read.readContract({
      address: token(registry, "USDC"),
      abi: erc20Abi,
      functionName: "balanceOf",
      args: [WALLET],
    });
    expect(held).toBe(110_000_000_000n);
    const block = await read.getBlock();
    expect(Math.abs(Number(block.timestamp) * 1000 - (await readState(devnet)).nowMs)).toBeLessThanOrEqual(60_000);
    expect(state.lastFailure).toBeNull();
  });

  it("behavior: the clock waits for a participant that has not acknowledged, then goes on", async () => {
    const abort = new AbortController();
    const response = await fetch(devnet.ready.clockUrl, { signal: abort.signal });
    const seen: { seq: number; nowMs: number; wallMs: number }[] = [];
    const reading = (async () => {
      let text = "";
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString("utf8");
        const lines = text.split("\n");
        text = lines.pop() ?? "";
        for (const line of lines)
          seen.push({
            ...z.object({ seq: z.number(), nowMs: z.number() }).parse(JSON.parse(line)),
            wallMs: performance.now(),
          });
      }
    })().catch(() => undefined);
    await sleep(1_500);
    const current = seen.at(-1);
    if (current === undefined) throw new Error("the clock stream sent no first line");
    await post(devnet, "/clock/ack", { seq: current.seq, participant: "slow-test" });
    await sleep(4_000);
    const held = seen.at(-1);
    // At most one further step (whose acknowledgement is awaited) may have come.
    expect((held?.seq ?? 0) - current.seq).toBeLessThanOrEqual(1);
    await post(devnet, "/clock/ack", { seq: 1_000_000_000, participant: "slow-test" });
    await sleep(2_500);
    expect((seen.at(-1)?.seq ?? 0) - (held?.seq ?? 0)).toBeGreaterThanOrEqual(1);
    abort.abort();
    await reading;
  });

  it("behavior: a LI.FI quote executes against the pools; blocks stay 12 s apart around it", async () => {
    const { demoApprover: trader } = (await readState(devnet)).accounts;
    await post(devnet, "/fund", { address: trader, tokens: { USDC: "20000" } });
    const { read } = clients(devnet);
    const usdc = token(registry, "USDC");
    const balance = (address: Address) =>
      read.readContract({ address, abi: erc20Abi, functionName: "balanceOf", args: [trader] });
    const { estimate } = await fetchQuote(devnet, trader, "USDC", "WETH", 10_000_000_000n);
    expect(estimate.approvalAddress).toBe(registry.chains[0]?.lifiDiamond);
    const { write } = clients(devnet);
    const approval = await write.writeContract({
      account: trader,
      chain: null,
      address: usdc,
      abi: erc20Abi,
      functionName: "approve",
      args: [estimate.approvalAddress, 10_000_000_000n],
      gas: 100_000n,
    });
    await read.waitForTransactionReceipt({ hash: approval });
    const quote = await fetchQuote(devnet, trader, "USDC", "WETH", 10_000_000_000n);
    const before = await balance(token(registry, "WETH"));
    const receipt = await send(devnet, {
      from: trader,
      to: quote.transactionRequest.to,
      data: quote.transactionRequest.data,
    });
    expect(receipt.status).toBe("success");
    const received = (await balance(token(registry, "WETH"))) - before;
    expect(received).toBeGreaterThanOrEqual(BigInt(quote.estimate.toAmountMin));
    expect(Number(received) / Number(quote.estimate.toAmount)).toBeCloseTo(1, 2);
    expect(await balance(usdc)).toBe(10_000_000_000n);
    const included = await read.getBlock({ blockNumber: receipt.blockNumber });
    const parent = await read.getBlock({ blockNumber: receipt.blockNumber - 1n });
    expect(Number(included.timestamp - parent.timestamp)).toBeLessThanOrEqual(12);
  });

  it("behavior: a stale quote reverts, a wrong receiver shows in the calldata", async () => {
    const { demoApprover: trader } = (await readState(devnet)).accounts;
    const { read, write } = clients(devnet);
    const diamond = addressSchema.parse(registry.chains[0]?.lifiDiamond);
    const approval = await write.writeContract({
      account: trader,
      chain: null,
      address: token(registry, "USDC"),
      abi: erc20Abi,
      functionName: "approve",
      args: [diamond, 1_000_000_000n],
      gas: 100_000n,
    });
    await read.waitForTransactionReceipt({ hash: approval });
    await post(devnet, "/faults", { service: "lifi", kind: "stale", count: 1 });
    const stale = await fetchQuote(devnet, trader, "USDC", "USDT", 1_000_000_000n);
    const receipt = await send(devnet, {
      from: trader,
      to: stale.transactionRequest.to,
      data: stale.transactionRequest.data,
    });
    expect(receipt.status).toBe("reverted");
    await post(devnet, "/faults", { service: "lifi", kind: "wrong_receiver", count: 1 });
    const foreign = await fetchQuote(devnet, trader, "USDC", "USDT", 1_000_000_000n);
    const decoded = decodeFunctionData({ abi: diamondAbi, data: foreign.transactionRequest.data });
    expect(decoded.args[3].toLowerCase()).not.toBe(trader.toLowerCase());
    const honest = await fetchQuote(devnet, trader, "USDC", "USDT", 1_000_000_000n);
    expect(decodeFunctionData({ abi: diamondAbi, data: honest.transactionRequest.data }).args[3].toLowerCase()).toBe(
      trader.toLowerCase(),
    );
  });

  it("behavior: a price move is in both pools with the answer", async () => {
    const before = await readState(devnet);
    await post(devnet, "/price", { pairId: "WETH-USDC", moveFrac: -0.05 });
    const after = await readState(devnet);
    const priceOf = (state: typeof before) => state.pairs.find((pair) => pair.id === "WETH-USDC")?.price ?? Number.NaN;
    expect(priceOf(after) / priceOf(before)).toBeCloseTo(0.95, 2);
    for (const pool of after.pools.filter((one) => one.pair === "WETH-USDC")) {
      expect(Math.abs(pool.price / priceOf(after) - 1), pool.key).toBeLessThan(0.006);
    }
    expect(after.lastFailure).toBeNull();
  });

  it("behavior: GeckoTerminal counts real swaps, drops unknown pools and limits the rate", async () => {
    const addresses = [...registry.pools.map((pool) => pool.id), "0x00000000000000000000000000000000000000aa"];
    const answer = z
      .object({
        data: z.array(
          z.object({
            attributes: z.object({ volume_usd: z.record(z.string(), z.string()), reserve_in_usd: z.string() }),
          }),
        ),
      })
      .parse(
        await (
          await fetch(`${devnet.ready.geckoUrl}/networks/tidegate-devnet/pools/multi/${addresses.join(",")}`)
        ).json(),
      );
    expect(answer.data).toHaveLength(4);
    for (const { attributes } of answer.data) {
      expect(Number(attributes.volume_usd["h24"])).toBeGreaterThan(100_000);
      expect(Number(attributes.reserve_in_usd)).toBeGreaterThan(500_000);
    }
    const statuses = await Promise.all(
      Array.from(
        { length: 31 },
        async () =>
          (await fetch(`${devnet.ready.geckoUrl}/networks/tidegate-devnet/pools/${registry.pools[0]?.id ?? ""}`))
            .status,
      ),
    );
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
  });

  it("behavior: other providers follow a price that leaves their range", async () => {
    const liquidityOf = async () =>
      BigInt((await readState(devnet)).pools.find((pool) => pool.key === "WETH-USDC-500")?.liquidity ?? "0");
    const before = await liquidityOf();
    await post(devnet, "/price", { pairId: "WETH-USDC", moveFrac: 0.12 });
    // A provider that has just moved waits an hour before it follows again.
    await post(devnet, "/mine", { steps: 65, stepMs: 60_000 });
    expect(Number(await liquidityOf()) / Number(before)).toBeGreaterThan(0.7);
    expect((await readState(devnet)).lastFailure).toBeNull();
  });

  it("error: a malformed control request is refused with the field named", async () => {
    const response = await fetch(`${devnet.ready.controlUrl}/price`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ pairId: "NO-PE", moveFrac: 0.01 }),
    });
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain("pairId");
  });

  it("behavior: a second way to the chain lies as it is told, endpoint by endpoint, and the chain stays as it is", async () => {
    const chainId = 901_001;
    const ask = async (endpoint: string, method: string, ...params: readonly unknown[]): Promise<unknown> => {
      const url = endpoint === "" ? devnet.rpc : `${devnet.ready.controlUrl}/rpc/${chainId}/${endpoint}`;
      const body = JSON.stringify({ jsonrpc: "2.0", id: 7, method, params });
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      if (response.status !== 200) return response.status;
      const { id, ...answer } = rpcAnswerSchema.parse(await response.json());
      expect(id).toBe(7);
      return answer.error?.message ?? answer.result;
    };
    const lie = (kind: string, rest: object = {}) =>
      post(devnet, "/rpc-faults", { kind, chainId, endpoint: "bad", ...rest });
    const forget = () => fetch(`${devnet.ready.controlUrl}/rpc-faults`, { method: "DELETE" });
    await post(devnet, "/pause", { paused: true });
    try {
      const { accounts } = stateAccounts.parse(await (await fetch(`${devnet.ready.controlUrl}/state`)).json());
      const from = accounts.demoApprover;
      const tx = { from, to: from, value: "0x1", gas: "0x5208" };
      const hash = await ask("bad", "eth_sendTransaction", tx);
      await post(devnet, "/mine", { steps: 60 });
      const head = Number(await ask("", "eth_blockNumber"));
      expect(Number(await ask("bad", "eth_blockNumber"))).toBe(head);
      expect(await ask("bad", "eth_getTransactionReceipt", hash)).toEqual(
        await ask("", "eth_getTransactionReceipt", hash),
      );
      const nonce = Number(await ask("", "eth_getTransactionCount", from, "latest"));

      await lie("stale");
      expect(Number(await ask("bad", "eth_blockNumber"))).toBe(head - 50);
      expect(Number(await ask("good", "eth_blockNumber"))).toBe(head);
      expect(await ask("bad", "eth_getBlockByNumber", "latest", false)).toMatchObject({
        number: `0x${(head - 50).toString(16)}`,
      });
      const block = `0x${head.toString(16)}`;
      expect(await ask("bad", "eth_getBlockByNumber", block, false)).toBeNull();
      expect(await ask("bad", "eth_call", { to: from, data: "0x" }, block)).toBe("header not found");
      const later = await ask("", "eth_sendTransaction", tx);
      await post(devnet, "/mine", { steps: 1 });
      expect(await ask("", "eth_getTransactionReceipt", later)).toMatchObject({ status: "0x1" });
      expect(await ask("bad", "eth_getTransactionReceipt", later)).toBeNull();
      expect(Number(await ask("bad", "eth_getTransactionCount", from, "latest"))).toBe(nonce);
      expect(Number(await ask("", "eth_getTransactionCount", from, "latest"))).toBe(nonce + 1);
      await forget();

      await lie("wrong_chain", { count: 1 });
      expect(Number(await ask("bad", "eth_chainId"))).not.toBe(chainId);
      expect(Number(await ask("bad", "eth_chainId"))).toBe(chainId);
      await lie("hidden_receipts");
      expect(await ask("bad", "eth_getTransactionReceipt", later)).toBeNull();
      await lie("nonce_back", { by: 1 });
      expect(Number(await ask("bad", "eth_getTransactionCount", from, "latest"))).toBe(nonce);
      await lie("incomplete_logs");
      const filter = { fromBlock: `0x${(head - 20).toString(16)}`, toBlock: block };
      const [all, some] = [await ask("good", "eth_getLogs", filter), await ask("bad", "eth_getLogs", filter)];
      expect(z.array(z.unknown()).parse(some)).toHaveLength(Math.floor(z.array(z.unknown()).parse(all).length / 2));
      await lie("other_hashes");
      const { hash: told } = hashSchema.parse(await ask("bad", "eth_getBlockByNumber", block, false));
      expect(told).not.toBe(hashSchema.parse(await ask("", "eth_getBlockByNumber", block, false)).hash);
      await lie("absurd_fees", { factor: 1_000 });
      expect(Number(await ask("bad", "eth_gasPrice"))).toBe(1_000 * Number(await ask("", "eth_gasPrice")));
      await lie("no_method", { methods: ["eth_simulateV1"] });
      expect(await ask("bad", "eth_simulateV1", {}, "latest")).toContain("does not exist");
      await forget();

      const sender = privateKeyToAccount(generatePrivateKey());
      await ask("", "anvil_setBalance", sender.address, "0xde0b6b3a7640000");
      const raw = await sender.signTransaction({
        chainId,
        nonce: 0,
        gas: 21_000n,
        maxFeePerGas: 10n ** 9n,
        to: WALLET,
      });
      const sent = keccak256(raw);
      await lie("send_says_ok", { count: 1 });
      expect(await ask("bad", "eth_sendRawTransaction", raw)).toBe(sent);
      expect(await ask("", "eth_getTransactionByHash", sent)).toBeNull();
      await lie("send_says_error", { count: 1 });
      expect(await ask("bad", "eth_sendRawTransaction", raw)).toBe("internal error: try again");
      expect(await ask("", "eth_getTransactionByHash", sent)).toMatchObject({ hash: sent });
      await lie("rate_limit", { count: 1 });
      expect(await ask("bad", "eth_blockNumber")).toBe(429);
      await lie("server_error", { count: 1, status: 502 });
      expect(await ask("bad", "eth_blockNumber")).toBe(502);
      await lie("garbage", { count: 1 });
      await expect(ask("bad", "eth_blockNumber")).rejects.toThrow("JSON");
      await lie("cut", { count: 1 });
      await expect(ask("bad", "eth_blockNumber")).rejects.toThrow("fetch failed");
      await lie("huge", { count: 1, megabytes: 2 });
      expect(String(await ask("bad", "eth_blockNumber")).length).toBe(2 + 2 * 1024 * 1024);
      expect(Number(await ask("bad", "eth_blockNumber"))).toBe(head + 1);
    } finally {
      await forget();
      await post(devnet, "/pause", { paused: false });
    }
  });

  it("behavior: after a reorg the market goes on and time never runs back", async () => {
    const before = await readState(devnet);
    await post(devnet, "/reorg", { depth: 3 });
    await post(devnet, "/mine", { steps: 2 });
    const after = await readState(devnet);
    expect(after.nowMs).toBeGreaterThan(before.nowMs);
    expect(after.lastFailure).toBeNull();
  });

  it("behavior: an orderly stop leaves nothing and the next start continues time, chain and pools", async () => {
    const { demoApprover: trader } = (await readState(devnet)).accounts;
    const usdc = token(registry, "USDC");
    const balance = (running: Running) =>
      clients(running).read.readContract({ address: usdc, abi: erc20Abi, functionName: "balanceOf", args: [trader] });
    // A day of blocks: a saved chain of a realistic size, several megabytes.
    for (let part = 0; part < 2; part += 1) await post(devnet, "/mine", { steps: 450, stepMs: 60_000 });
    const heldBefore = await balance(devnet);
    const last = await readState(devnet);
    devnet.child.stdin.end();
    expect(await exitOf(devnet.child)).toEqual({ code: 0, signal: null });
    await untilGone(devnet.rpc, 5_000);
    devnet = await boot(false);
    process.stdout.write(`devnet second boot: ${Math.round(devnet.bootMs)} ms\n`);
    expect(devnet.ready.origin).toMatchObject({ kind: "resumed", wasCleanStop: true });
    expect(devnet.ready.nowMs).toBeGreaterThanOrEqual(last.nowMs);
    expect(devnet.ready.nowMs - last.nowMs).toBeLessThan(10 * 60_000);
    const state = await readState(devnet);
    expect(state.pools.map((pool) => pool.address)).toEqual(last.pools.map((pool) => pool.address));
    expect(Number(state.block)).toBeGreaterThan(Number(last.block));
    expect(await balance(devnet)).toBe(heldBefore);
    const weth = (one: typeof state) => one.pairs.find((pair) => pair.id === "WETH-USDC")?.price ?? Number.NaN;
    expect(Math.abs(weth(state) / weth(last) - 1)).toBeLessThan(0.02);
    expect(state.lastFailure).toBeNull();
  });

  it("behavior: kill -9 leaves no chain process, and the saved state still loads", async () => {
    devnet.child.kill("SIGKILL");
    expect((await exitOf(devnet.child)).signal).toBe("SIGKILL");
    const goneMs = await untilGone(devnet.rpc, 8_000);
    process.stdout.write(`chain process gone ${Math.round(goneMs)} ms after kill -9\n`);
    devnet = await boot(false);
    expect(devnet.ready.origin).toMatchObject({ kind: "resumed", wasCleanStop: false });
    expect((await readState(devnet)).lastFailure).toBeNull();
  });
});
