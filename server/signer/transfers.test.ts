// Bridge transfers against two scripted chains: every receipt is read and checked, the books balance, nothing counts twice (safety.md W10-W12).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeAbiParameters, encodeFunctionResult, padHex, toHex } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TRANSFER_TOPIC } from "@/lib/actions/erc20";
import { bridgeOutEntries, openingEntries } from "@/lib/ledger/entries";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import { registrySchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createContext, type EngineContext } from "./context";
import { openJournal } from "./journal/journal";
import type { BlockRef, ChainPort, LogEntry, Receipt } from "./ports";
import { createTransfers, settleTransferReceipts, transitState, checkTransit } from "./transfers";

const PAIR = "WETH-USDC";
const WALLET: Address = `0x${"aa".repeat(20)}`;
const BRIDGE: Address = `0x${"bb".repeat(20)}`;
const USDC_A: Address = `0x${"0a".repeat(20)}`;
const USDC_B: Address = `0x${"0b".repeat(20)}`;
const WETH_B: Address = `0x${"0c".repeat(20)}`;
const STRANGE: Address = `0x${"0d".repeat(20)}`;
const [A, B] = [41_001, 41_002];
const SOURCE_HASH = hashOf(900);
const SENT_RAW = 1_000_000n;
const LEAST_RAW = 990_000n;
const TRANSFER_ID = "0x00000000000000000000000000000001/0";

function hashOf(value: number): Hex {
  return padHex(toHex(value), { size: 32 });
}

function unused(): never {
  throw new Error("not part of a settlement");
}

/** A chain of which a test says block by block what it holds; stands in for an endpoint, never for the code under test. */
interface ScriptedChain {
  readonly port: ChainPort;
  head: bigint;
  salt: number;
  readonly receipts: Map<Hex, Receipt>;
  readonly balances: Map<string, bigint>;
}

function scriptedChain(chainId: number, timestampSec: (number: bigint) => number): ScriptedChain {
  const chain = registry.chains.find((each) => each.id === chainId);
  if (chain === undefined) throw new Error("no chain");
  const script: ScriptedChain = {
    head: 100n,
    salt: 0,
    receipts: new Map(),
    balances: new Map(),
    port: {
      chain,
      readBlock: (tag) => {
        const number = typeof tag === "bigint" ? tag : tag === "latest" ? script.head : script.head - 2n;
        const block: BlockRef = {
          number,
          hash: hashOf(Number(number) + script.salt),
          timestampSec: timestampSec(number),
          baseFeePerGasWei: 1n,
        };
        return Promise.resolve(number > script.head ? null : block);
      },
      readReceipt: (hash) => Promise.resolve(script.receipts.get(hash) ?? null),
      hasReceipt: unused,
      call: (request) => {
        const result = script.balances.get(request.to) ?? 0n;
        return Promise.resolve(encodeFunctionResult({ abi: ERC20_ABI, functionName: "balanceOf", result }));
      },
      readNativeBalance: () => Promise.resolve(0n),
      readChainId: unused,
      estimateGas: unused,
      readNonce: unused,
      readPriorityFeeWei: unused,
      readGasPriceWei: unused,
      readLogs: unused,
      sendRaw: unused,
      checkEndpoints: async () => ({ endpoints: [], disagreement: null }),
      endpoints: () => ({ endpoints: [], disagreement: null }),
      tryElsewhere: unused,
    },
  };
  return script;
}

function pays(token: Address, amountRaw: bigint, logIndex: number, to: Address = WALLET): LogEntry {
  return {
    address: token,
    topics: [TRANSFER_TOPIC, padHex(BRIDGE, { size: 32 }), padHex(to, { size: 32 })],
    data: encodeAbiParameters([{ type: "uint256" }], [amountRaw]),
    logIndex,
  };
}

function chainEntry(id: number) {
  return {
    id,
    name: `Chain ${id}`,
    nativeSymbol: "ETH",
    nativeDecimals: 18,
    wrappedNative: WETH_B,
    blockTimeMs: 1_000,
    geckoSlug: null,
    explorer: null,
    rpcUrls: [],
    multicall3: BRIDGE,
    permit2: null,
    lifiDiamond: BRIDGE,
    feeModel: "eip1559",
    softDepth: 1,
    settle: { tag: "finalized", depth: 2 },
  };
}

const registry = registrySchema.parse({
  version: 1,
  chains: [chainEntry(A), chainEntry(B)],
  tokens: [
    { chainId: A, symbol: "USDC", address: USDC_A, decimals: 6, kind: "native" },
    { chainId: B, symbol: "USDC", address: USDC_B, decimals: 6, kind: "native" },
    { chainId: B, symbol: "WETH", address: WETH_B, decimals: 18, kind: "wrapped" },
  ],
  dexes: [],
  pools: [],
  pairs: [{ id: PAIR, base: "WETH", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC" }] }],
});

let dir = "";
let source: ScriptedChain;
let destination: ScriptedChain;
let context: EngineContext;

function open(): EngineContext {
  return createContext(
    {
      deploymentId: hashOf(1),
      registry,
      journalDir: dir,
      chains: new Map([
        [A, source.port],
        [B, destination.port],
      ]),
      families: new Map(),
      key: { address: WALLET, sign: unused },
      authority: {
        pair: () => null,
        pairIds: () => [PAIR],
        stopped: () => null,
        walletHalt: () => null,
        approvalsNeeded: () => 0,
        approvals: () => [],
        approval: () => ({
          needed: 0,
          approvals: [],
          valueUsd: 0,
          limitUsd: null,
          isAboveLimit: false,
          isComplete: true,
          proposer: null,
          notCounted: [],
        }),
        rejection: () => null,
        haltPair: unused,
        haltWallet: unused,
      },
      wall: { nowMs: Date.now, monotonicMs: () => performance.now() },
      market: { nowMs: Date.now },
      log: silentLogger,
    },
    openJournal({ dir, nowMs: Date.now }),
  );
}

/** The journal as it is after a verified bridge operation of 1 USDC. */
function recordBridge(): void {
  const at = { atMs: Date.now(), marketAtMs: Date.now() };
  const opId = TRANSFER_ID;
  const opening = { blockNumber: 1n, nonce: 0, lostPositionIds: [], marketAtMs: at.marketAtMs };
  context.record({ type: "OPENING", body: { ...opening, chainId: A, entries: [...openingEntries(USDC_A, SENT_RAW)] } });
  context.record({ type: "OPENING", body: { ...opening, chainId: B, entries: [] } });
  context.record({
    type: "LEDGER",
    body: {
      chainId: A,
      pairId: PAIR,
      reference: null,
      note: "assigned",
      entries: [
        { account: "unassigned", token: USDC_A, amountRaw: -SENT_RAW, kind: "assign" },
        { account: `pair:${PAIR}:wallet`, token: USDC_A, amountRaw: SENT_RAW, kind: "assign" },
      ],
      marketAtMs: at.marketAtMs,
    },
  });
  context.record({
    type: "INTENT",
    body: {
      opId,
      planId: opId.split("/")[0] ?? "",
      pairId: PAIR,
      index: 0,
      chainId: A,
      purposeKey: "bridge:test:0",
      step: {
        kind: "bridge",
        chainId: A,
        provider: "lifi",
        router: BRIDGE,
        tokenIn: USDC_A,
        toChainId: B,
        tokenOut: USDC_B,
        amountInRaw: SENT_RAW,
        minAmountOutRaw: LEAST_RAW,
        bridges: ["across"],
        feeUsd: 0,
        expectedSec: 60,
      },
      args: { price: 3_000, priceAtMarketMs: at.marketAtMs, nativeUsd: 3_000, quoteUsd: 1 },
      isOwn: false,
      atMs: at.atMs,
    },
  });
  context.record({
    type: "INCLUDED",
    body: { opId, hash: SOURCE_HASH, blockNumber: 90n, blockHash: hashOf(90), status: "success", atMs: at.atMs },
  });
  context.record({
    type: "VERIFIED",
    body: {
      opId,
      gasUsed: 1n,
      gasCostWei: 0n,
      gasUsd: 0,
      deltas: [{ token: USDC_A, amountRaw: -SENT_RAW }],
      opened: null,
      closedPositionId: null,
      transfer: {
        bridge: "across",
        toChainId: B,
        tokenOut: USDC_B,
        minAmountOutRaw: LEAST_RAW,
        amountInRaw: SENT_RAW,
        sourceTxHash: SOURCE_HASH,
      },
      entries: [...bridgeOutEntries({ pairId: PAIR, transferId: opId, token: USDC_A, amountRaw: SENT_RAW })],
      ...at,
    },
  });
}

/** A receipt of somebody else in a block of that chain, and the balance that follows from it. */
function mined(chain: ScriptedChain, hash: Hex, logs: readonly LogEntry[], blockNumber = 95n): Hex {
  chain.receipts.set(hash, {
    hash,
    blockNumber,
    blockHash: hashOf(Number(blockNumber) + chain.salt),
    status: "success",
    gasUsed: 1n,
    effectiveGasPriceWei: 1n,
    l1FeeWei: 0n,
    logs,
  });
  for (const log of logs) {
    if (log.topics[2] !== padHex(WALLET, { size: 32 })) continue;
    chain.balances.set(log.address, (chain.balances.get(log.address) ?? 0n) + BigInt(log.data));
  }
  return hash;
}

const settle = (kind: "arrival" | "refund", txHash: Hex) =>
  createTransfers(context).settleTransfer({ transferId: TRANSFER_ID, kind, txHash });
const balanceOf = (chainId: number, account: string, token: Address) =>
  context.journal.state.balances.of(chainId, account, token);
const wallet = `pair:${PAIR}:wallet`;
const transit = `pair:${PAIR}:transit:${TRANSFER_ID}`;

/** Zero per chain and token over all accounts, and the wallet-backed ones equal to the chain. */
function expectBooksWhole(): void {
  const sums = new Map<string, bigint>();
  for (const each of context.journal.state.balances.all()) {
    const key = `${each.chainId}:${each.token}`;
    sums.set(key, (sums.get(key) ?? 0n) + each.amountRaw);
  }
  expect([...sums.values()].filter((sum) => sum !== 0n)).toEqual([]);
  for (const [chainId, chain, token] of [
    [A, source, USDC_A],
    [B, destination, USDC_B],
    [B, destination, WETH_B],
  ] as const) {
    expect(context.journal.state.balances.walletTotal(chainId, token)).toBe(chain.balances.get(token) ?? 0n);
  }
}

describe("bridge transfers", () => {
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tg-transfers-"));
    source = scriptedChain(A, (number) => 1_700_000_000 + Number(number));
    destination = scriptedChain(B, (number) => 1_700_000_000 + Number(number));
    context = open();
    recordBridge();
  });
  afterEach(() => {
    context.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("behavior: an arrival of at least the minimum ends it, the same hash twice changes nothing", async () => {
    expect(transitState(context, PAIR)).toMatchObject({ state: "IN_TRANSIT" });
    expect(balanceOf(A, transit, USDC_A)).toBe(SENT_RAW);
    const hash = mined(destination, hashOf(7), [pays(USDC_B, 995_000n, 3)]);
    expect(await settle("arrival", hash)).toMatchObject({ state: "done", inTransitRaw: 0n });
    expect(await settle("arrival", hash)).toMatchObject({ state: "done" });
    expect(balanceOf(B, wallet, USDC_B)).toBe(995_000n);
    expect(transitState(context, PAIR)).toBeNull();
    expectBooksWhole();
  });

  it("behavior: two arrivals are one transfer and one credit that is booked apart", async () => {
    await settle("arrival", mined(destination, hashOf(7), [pays(USDC_B, 995_000n, 3)]));
    const second = await settle("arrival", mined(destination, hashOf(8), [pays(USDC_B, 995_000n, 1)]));
    expect(second.receipts).toHaveLength(1);
    expect(balanceOf(B, wallet, USDC_B)).toBe(995_000n);
    expect(balanceOf(B, "credit", USDC_B)).toBe(995_000n);
    expectBooksWhole();
  });

  it("behavior: less than the minimum is partial and the rest stays in transit until it comes back", async () => {
    const first = await settle("arrival", mined(destination, hashOf(7), [pays(USDC_B, 495_000n, 3)]));
    expect(first).toMatchObject({ state: "partial", inTransitRaw: 500_000n });
    const back = await settle("refund", mined(source, hashOf(9), [pays(USDC_A, 499_000n, 0)]));
    expect(back).toMatchObject({ state: "partial", inTransitRaw: 0n });
    expect(balanceOf(A, wallet, USDC_A)).toBe(499_000n);
    expectBooksWhole();
  });

  it("behavior: a refund puts the source token back into the pair's wallet account", async () => {
    const report = await settle("refund", mined(source, hashOf(9), [pays(USDC_A, SENT_RAW, 0)]));
    expect(report).toMatchObject({ state: "refunded", inTransitRaw: 0n });
    expect(balanceOf(A, wallet, USDC_A)).toBe(SENT_RAW);
    expectBooksWhole();
  });

  it("behavior: another token of the registry is partial, an unknown one is a note and no money", async () => {
    const strange = mined(destination, hashOf(6), [pays(STRANGE, 5n, 0)]);
    await expect(settle("arrival", strange)).rejects.toMatchObject({ code: "policy" });
    expect(transitState(context, PAIR)).not.toBeNull();
    const other = await settle("arrival", mined(destination, hashOf(7), [pays(WETH_B, 300n, 3)]));
    expect(other).toMatchObject({ state: "partial", inTransitRaw: 0n });
    expect(balanceOf(B, wallet, WETH_B)).toBe(300n);
    expectBooksWhole();
  });

  it("behavior: what was booked as an unexplained credit before becomes the arrival, not twice the money", async () => {
    const hash = mined(destination, hashOf(7), [pays(USDC_B, 995_000n, 3)]);
    context.record({
      type: "LEDGER",
      body: {
        chainId: B,
        pairId: null,
        reference: null,
        note: "unexplained credit",
        entries: [
          { account: "external", token: USDC_B, amountRaw: -995_000n, kind: "credit" },
          { account: "credit", token: USDC_B, amountRaw: 995_000n, kind: "credit" },
        ],
        marketAtMs: Date.now(),
      },
    });
    await settle("arrival", hash);
    expect(balanceOf(B, "credit", USDC_B)).toBe(0n);
    expect(balanceOf(B, wallet, USDC_B)).toBe(995_000n);
    expectBooksWhole();
  });

  it("behavior: a gone block takes the arrival back; it is settled anew once; final after the chain says so", async () => {
    const hash = mined(destination, hashOf(7), [pays(USDC_B, 995_000n, 3)]);
    await settle("arrival", hash);
    destination.salt = 1_000_000;
    destination.receipts.delete(hash);
    destination.balances.clear();
    await settleTransferReceipts(context);
    expect(createTransfers(context).listTransfers(PAIR)[0]).toMatchObject({ state: "pending", inTransitRaw: SENT_RAW });
    expectBooksWhole();
    mined(destination, hash, [pays(USDC_B, 995_000n, 3)], 97n);
    expect(await settle("arrival", hash)).toMatchObject({ state: "done" });
    await settleTransferReceipts(context);
    expect(context.journal.state.transfers.get(TRANSFER_ID)?.receipts[0]?.isFinal).toBe(true);
    expectBooksWhole();
  });

  it("behavior: written off by a person, and what comes later is a credit; a restart keeps all of it", async () => {
    createTransfers(context).failTransfer({ transferId: TRANSFER_ID, note: "bridge is gone", by: WALLET });
    expect(transitState(context, PAIR)).toBeNull();
    await settle("arrival", mined(destination, hashOf(7), [pays(USDC_B, 995_000n, 3)]));
    expect(balanceOf(B, "credit", USDC_B)).toBe(995_000n);
    expectBooksWhole();
    const before = createTransfers(context).listTransfers();
    context.close();
    context = open();
    expect(createTransfers(context).listTransfers()).toEqual(before);
    expect(before[0]).toMatchObject({ state: "failed", inTransitRaw: 0n });
    expectBooksWhole();
  });

  it("error: refused — before the soft depth, older than the source, reverted, or a payment the wallet does not have", async () => {
    const young = mined(destination, hashOf(7), [pays(USDC_B, 995_000n, 3)], 100n);
    await expect(settle("arrival", young)).rejects.toMatchObject({ code: "chain", retryable: true });
    const old = mined(destination, hashOf(8), [pays(USDC_B, 995_000n, 3)], 1n);
    await expect(settle("arrival", old)).rejects.toMatchObject({ code: "policy" });
    destination.balances.clear();
    const spent = mined(destination, hashOf(10), [pays(USDC_B, 995_000n, 3)]);
    destination.balances.clear();
    await expect(settle("arrival", spent)).rejects.toMatchObject({ code: "policy" });
    const unknown = settle("arrival", hashOf(11));
    await expect(unknown).rejects.toMatchObject({ code: "chain", retryable: true });
    expect(balanceOf(A, transit, USDC_A)).toBe(SENT_RAW);
  });

  it("behavior: another plan takes no new risk on the destination meanwhile; exits and other chains go on", () => {
    const swap = {
      kind: "swap",
      provider: "lifi",
      router: BRIDGE,
      tokenIn: USDC_B,
      tokenOut: WETH_B,
      amountInRaw: 1n,
      minAmountOutRaw: 1n,
    } as const;
    const check = (planId: string, chainId: number): (() => void) => {
      return () => checkTransit(context, { pairId: PAIR, planId, step: { ...swap, chainId } });
    };
    expect(check("other", B)).toThrow(/IN_TRANSIT/);
    expect(check("other", A)).not.toThrow();
    expect(check(TRANSFER_ID.split("/")[0] ?? "", B)).not.toThrow();
    expect(() =>
      checkTransit(context, {
        pairId: PAIR,
        planId: "other",
        step: { kind: "revoke", chainId: B, token: USDC_B, spender: BRIDGE },
      }),
    ).not.toThrow();
  });
});
