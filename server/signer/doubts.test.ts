// Differences while the signer runs: what stays on a quiet chain is booked or halts, what a lagging endpoint, a reorg or a settlement explains is not.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { padHex, toHex } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { assignEntries, openingEntries } from "@/lib/ledger/entries";
import { registrySchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createContext, type EngineContext } from "./context";
import { createDoubts, type Doubts } from "./doubts";
import { openJournal } from "./journal/journal";
import type { ChainPort } from "./ports";

const PAIR = "WETH-USDC";
const USDC: Address = `0x${"0a".repeat(20)}`;
const OTHER: Address = `0x${"bb".repeat(20)}`;
const WALLET: Address = `0x${"aa".repeat(20)}`;
const CHAIN = 41_001;
const HELD_RAW = 1_000_000n;
const OP_ID = "0x00000000000000000000000000000001/0";

const registry = registrySchema.parse({
  version: 1,
  chains: [
    {
      id: CHAIN,
      name: "Chain",
      nativeSymbol: "ETH",
      nativeDecimals: 18,
      wrappedNative: OTHER,
      blockTimeMs: 1_000,
      geckoSlug: null,
      explorer: null,
      rpcUrls: [],
      multicall3: OTHER,
      permit2: null,
      lifiDiamond: null,
      feeModel: "eip1559",
      softDepth: 2,
      settle: { tag: "finalized", depth: 3 },
    },
  ],
  tokens: [{ chainId: CHAIN, symbol: "USDC", address: USDC, decimals: 6, kind: "native" }],
  dexes: [],
  pools: [],
  pairs: [{ id: PAIR, base: "WETH", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC" }] }],
});

let dir = "";
let monoMs = 0;
let halts: string[] = [];
let context: EngineContext;
let doubts: Doubts;

function hashOf(value: number): Hex {
  return padHex(toHex(value), { size: 32 });
}

function unused(): never {
  throw new Error("a difference is weighed without it");
}

/** Only what the chain is; readings are given. */
function portOf(): ChainPort {
  const chain = registry.chains[0];
  if (chain === undefined) throw new Error("no chain");
  return {
    chain,
    readBlock: unused,
    readReceipt: unused,
    hasReceipt: unused,
    call: unused,
    readNativeBalance: unused,
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
  };
}

function read(chainRaw: bigint, blockNumber: bigint, atMonoMs: number): void {
  monoMs = atMonoMs;
  const block = { number: blockNumber, hash: hashOf(Number(blockNumber)), timestampSec: 0, baseFeePerGasWei: null };
  doubts.weigh(portOf(), { token: USDC, chainRaw, block });
}

function credited(): bigint {
  return context.journal.state.balances.of(CHAIN, "credit", USDC);
}

/** An operation that left at block 100; VERIFIED only when said. */
function recordOp(isVerified: boolean): void {
  const at = { atMs: Date.now() };
  context.record({
    type: "INTENT",
    body: {
      opId: OP_ID,
      planId: OP_ID.split("/")[0] ?? "",
      pairId: PAIR,
      index: 0,
      chainId: CHAIN,
      purposeKey: "revoke:test:0",
      step: { kind: "revoke", chainId: CHAIN, token: USDC, spender: OTHER },
      args: { price: 3_000, priceAtMarketMs: at.atMs, nativeUsd: 3_000, quoteUsd: 1 },
      isOwn: false,
      ...at,
    },
  });
  context.record({
    type: "INCLUDED",
    body: { opId: OP_ID, hash: hashOf(7), blockNumber: 100n, blockHash: hashOf(100), status: "success", ...at },
  });
  if (!isVerified) return;
  context.record({
    type: "VERIFIED",
    body: {
      opId: OP_ID,
      gasUsed: 1n,
      gasCostWei: 0n,
      gasUsd: 0,
      deltas: [],
      opened: null,
      closedPositionId: null,
      entries: [],
      marketAtMs: at.atMs,
      ...at,
    },
  });
}

describe("doubts", () => {
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tg-doubts-"));
    halts = [];
    context = createContext(
      {
        deploymentId: hashOf(1),
        registry,
        journalDir: dir,
        chains: new Map(),
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
          haltPair: (pairId, cause) => void halts.push(`${pairId}: ${cause}`),
          haltWallet: (cause) => void halts.push(cause),
        },
        wall: { nowMs: Date.now, monotonicMs: () => monoMs },
        market: { nowMs: Date.now },
        log: silentLogger,
      },
      openJournal({ dir, nowMs: Date.now }),
    );
    doubts = createDoubts(context);
    const marketAtMs = Date.now();
    const opening = { chainId: CHAIN, blockNumber: 1n, nonce: 0, lostPositionIds: [], marketAtMs };
    context.record({ type: "OPENING", body: { ...opening, entries: [...openingEntries(USDC, HELD_RAW)] } });
    const entries = assignEntries({
      pairId: PAIR,
      token: USDC,
      amountRaw: HELD_RAW,
      unassignedRaw: HELD_RAW,
      creditRaw: 0n,
    });
    const note = "assigned";
    context.record({
      type: "LEDGER",
      body: { chainId: CHAIN, pairId: PAIR, reference: null, note, entries: [...(entries ?? [])], marketAtMs },
    });
  });
  afterEach(() => {
    context.journal.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("behavior: a credit that stays is booked apart, once, and halts nobody", () => {
    read(HELD_RAW + 500n, 200n, 0);
    expect(credited()).toBe(0n);
    read(HELD_RAW + 500n, 260n, 61_000);
    expect(credited()).toBe(500n);
    read(HELD_RAW + 500n, 400n, 200_000);
    expect(credited()).toBe(500n);
    expect(halts).toEqual([]);
    expect(context.journal.state.balances.walletTotal(CHAIN, USDC)).toBe(HELD_RAW + 500n);
  });

  it("error: halted — a debit that stays halts the pair that holds the token, with the numbers", () => {
    read(HELD_RAW - 300n, 200n, 0);
    expect(halts).toEqual([]);
    read(HELD_RAW - 300n, 260n, 61_000);
    expect(halts).toHaveLength(1);
    expect(halts[0]).toContain(`${PAIR}: unexplained debit of 300`);
    expect(halts[0]).toContain(`ledger ${HELD_RAW}, chain ${HELD_RAW - 300n}`);
    expect([...context.journal.state.orphans.values()].map(({ kind }) => kind)).toEqual(["debit"]);
  });

  it("boundary: too early, too few blocks, another amount or gone again: nothing is booked", () => {
    read(HELD_RAW + 500n, 200n, 0);
    read(HELD_RAW + 500n, 260n, 59_000);
    expect(credited()).toBe(0n);
    read(HELD_RAW + 700n, 270n, 70_000);
    read(HELD_RAW + 700n, 271n, 140_000);
    expect(credited()).toBe(0n);
    read(HELD_RAW, 280n, 150_000);
    read(HELD_RAW + 700n, 290n, 220_000);
    expect(credited()).toBe(0n);
  });

  it("boundary: an operation under way, or a block that does not hold the last one yet, puts it off", () => {
    recordOp(false);
    read(HELD_RAW - 300n, 200n, 0);
    read(HELD_RAW - 300n, 260n, 61_000);
    expect(halts).toEqual([]);
  });

  it("boundary: an endpoint that stays behind our last operation is not believed", () => {
    recordOp(true);
    read(HELD_RAW - 300n, 90n, 0);
    read(HELD_RAW - 300n, 101n, 61_000);
    expect(halts).toEqual([]);
    read(HELD_RAW - 300n, 102n, 130_000);
    read(HELD_RAW - 300n, 104n, 200_000);
    expect(halts).toHaveLength(1);
  });
});
