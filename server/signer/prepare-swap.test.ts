// Quotes of a bridge at the signer: each lie is refused before anything is approved, and a confirmed one is only what left the wallet (W1-W7).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeAbiParameters, encodeFunctionData, padHex, toHex } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LIFI_BRIDGE_ABI } from "@/lib/actions/bridge-decoder";
import { TRANSFER_TOPIC } from "@/lib/actions/erc20";
import type { OpArguments, QuoteEvidence } from "@/lib/api/signer-contract";
import { bridgeStepSchema, type BridgeStep, type Plan } from "@/lib/plan/plan";
import { registrySchema } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createTestAuthority, createTestKey } from "@/tests/support/signer-harness";
import { buildPlan } from "@/tests/support/build-plan";
import { createContext, type EngineContext } from "./context";
import { openJournal } from "./journal/journal";
import type { OpRecord } from "./journal/projection";
import { SignerError, type ChainPort, type Receipt } from "./ports";
import { checkEvidence } from "./prepare-swap";
import { verifyOp } from "./verify";

const PAIR = "WETH-USDC";
const [A, B] = [41_005, 41_006];
const USDC_A: Address = `0x${"0a".repeat(20)}`;
const USDC_B: Address = `0x${"0b".repeat(20)}`;
const WETH_B: Address = `0x${"0c".repeat(20)}`;
const DIAMOND: Address = `0x${"70".repeat(20)}`;
const THIEF: Address = `0x${"44".repeat(20)}`;
const SENT_RAW = 1_000_000_000n;
/** Six decimals there, eighteen here: 0.5 % less than what was sent. */
const OUT_RAW = 995n * 10n ** 18n;
const PRICE = 3_000;

const registry = registrySchema.parse({
  version: 1,
  chains: [A, B].map((id) => ({
    id,
    name: `Chain ${id}`,
    nativeSymbol: "ETH",
    nativeDecimals: 18,
    wrappedNative: WETH_B,
    blockTimeMs: 1_000,
    geckoSlug: null,
    explorer: null,
    multicall3: DIAMOND,
    permit2: null,
    lifiDiamond: DIAMOND,
    feeModel: "eip1559",
    softDepth: 1,
    settle: { tag: "depth", depth: 1 },
  })),
  tokens: [
    { chainId: A, symbol: "USDC", address: USDC_A, decimals: 6, kind: "native" },
    { chainId: B, symbol: "USDC", address: USDC_B, decimals: 18, kind: "native" },
    { chainId: B, symbol: "WETH", address: WETH_B, decimals: 18, kind: "wrapped" },
  ],
  dexes: [],
  pools: [],
  pairs: [{ id: PAIR, base: "WETH", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC" }] }],
});

const step: BridgeStep = bridgeStepSchema.parse({
  kind: "bridge",
  chainId: A,
  provider: "lifi",
  router: DIAMOND,
  tokenIn: USDC_A,
  toChainId: B,
  tokenOut: USDC_B,
  amountInRaw: SENT_RAW.toString(),
  minAmountOutRaw: (980n * 10n ** 18n).toString(),
  bridges: ["across"],
  feeUsd: 1,
  nativeFeeMaxRaw: (10n ** 15n).toString(),
  expectedSec: 60,
});

function planOf(): Plan {
  return buildPlan({
    pairId: PAIR,
    kind: "PRA",
    reason: "test",
    configVersion: 0,
    notionalUsd: 1_000,
    base: { symbol: "WETH", decimals: 18, address: WETH_B },
    quote: { symbol: "USDC", decimals: 6, address: USDC_A },
    bounds: { referencePrice: PRICE },
    steps: [step],
  });
}

let dir = "";
let context: EngineContext;
let wallet: Address;
let allowanceRaw = 0n;

function portOf(chainId: number): ChainPort {
  const chain = registry.chains.find((each) => each.id === chainId);
  if (chain === undefined) throw new Error("no chain");
  return {
    chain,
    call: async () => encodeAbiParameters([{ type: "uint256" }], [allowanceRaw]),
    readBlock: unused,
    readReceipt: unused,
    hasReceipt: unused,
    readNativeBalance: unused,
    readChainId: unused,
    estimateGas: unused,
    readNonce: unused,
    readPriorityFeeWei: unused,
    readGasPriceWei: unused,
    readLogs: unused,
    sendRaw: unused,
    checkEndpoints: unused,
    endpoints: unused,
    tryElsewhere: unused,
  };
}

function unused(): never {
  throw new Error("not asked for here");
}

interface Lie {
  readonly bridge?: string;
  readonly receiver?: Address;
  readonly refund?: Address;
  readonly tokenIn?: Address;
  readonly tokenOut?: Address;
  readonly amountRaw?: bigint;
  readonly outRaw?: bigint;
  readonly toChain?: bigint;
  readonly call?: boolean;
  readonly message?: Hex;
  readonly relayTo?: Address;
}

function bytes(lie: Lie = {}): Hex {
  return encodeFunctionData({
    abi: LIFI_BRIDGE_ABI,
    functionName: "startBridgeTokensViaAcrossV3",
    args: [
      {
        transactionId: padHex("0x01", { size: 32 }),
        bridge: lie.bridge ?? "across",
        integrator: "test",
        referrer: padHex("0x00", { size: 20 }),
        sendingAssetId: lie.tokenIn ?? USDC_A,
        receiver: lie.receiver ?? wallet,
        minAmount: lie.amountRaw ?? SENT_RAW,
        destinationChainId: lie.toChain ?? BigInt(B),
        hasSourceSwaps: false,
        hasDestinationCall: lie.call ?? false,
      },
      {
        receiverAddress: lie.relayTo ?? lie.receiver ?? wallet,
        refundAddress: lie.refund ?? wallet,
        receivingAssetId: lie.tokenOut ?? USDC_B,
        outputAmount: lie.outRaw ?? OUT_RAW,
        outputAmountPercent: 10n ** 18n,
        exclusiveRelayer: padHex("0x00", { size: 20 }),
        quoteTimestamp: 1,
        fillDeadline: 2,
        exclusivityDeadline: 0,
        message: lie.message ?? "0x",
      },
    ],
  });
}

function evidence(lie: Lie, change: Partial<QuoteEvidence>): OpArguments {
  const quote: QuoteEvidence = {
    fetchedAtMs: Date.now(),
    tool: "across",
    to: DIAMOND,
    approvalAddress: DIAMOND,
    data: bytes(lie),
    valueRaw: 0n,
    toAmountMinRaw: OUT_RAW,
    toChainId: B,
    bridge: "across",
    cexPrice: PRICE,
    poolPrice: PRICE,
    ...change,
  };
  return { price: PRICE, priceAtMarketMs: Date.now(), nativeUsd: PRICE, quoteUsd: 1, amountRaw: SENT_RAW, quote };
}

function code(lie: Lie = {}, change: Partial<QuoteEvidence> = {}): string {
  try {
    checkEvidence(context, step, { plan: planOf(), args: evidence(lie, change) });
  } catch (error) {
    if (error instanceof SignerError) return error.code;
    throw error;
  }
  return "accepted";
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tg-bridge-"));
  allowanceRaw = 0n;
  const key = createTestKey(`0x${"12".repeat(32)}`);
  wallet = key.address;
  context = createContext(
    {
      deploymentId: padHex("0x01", { size: 32 }),
      registry,
      journalDir: dir,
      chains: new Map([A, B].map((id) => [id, portOf(id)])),
      families: new Map(),
      key,
      authority: createTestAuthority(PAIR),
      wall: { nowMs: Date.now, monotonicMs: () => performance.now() },
      market: { nowMs: Date.now },
      log: silentLogger,
    },
    openJournal({ dir, nowMs: Date.now }),
  );
});
afterEach(() => {
  context.close();
  rmSync(dir, { recursive: true, force: true });
});

describe("a bridge quote", () => {
  it("default: what was asked for passes, a fee in the native coin under the cap too", () => {
    expect(code()).toBe("accepted");
    expect(code({}, { valueRaw: 10n ** 15n })).toBe("accepted");
  });

  it.each<[string, Lie, Partial<QuoteEvidence>]>([
    ["another receiver", { receiver: THIEF }, {}],
    ["another receiver at the far end", { relayTo: THIEF }, {}],
    ["a refund to a stranger", { refund: THIEF }, {}],
    ["another token", { tokenIn: WETH_B }, {}],
    ["another token at the far end", { tokenOut: WETH_B }, {}],
    ["more than was asked for", { amountRaw: SENT_RAW + 1n }, {}],
    ["another chain in the bytes", { toChain: 1n }, {}],
    ["another chain in the answer", {}, { toChainId: A }],
    ["a call at the far end", { call: true }, {}],
    ["a message at the far end", { message: "0x01" }, {}],
    ["a bridge that was not allowed", { bridge: "other" }, { bridge: "other" }],
    ["less than our own minimum in the far chain's decimals", { outRaw: 984n * 10n ** 18n }, {}],
    ["six decimals where there are eighteen", { outRaw: 995_000_000n }, {}],
    ["another contract", {}, { to: THIEF }],
    ["another spender", {}, { approvalAddress: THIEF }],
    ["a native fee above the cap", {}, { valueRaw: 10n ** 17n }],
    ["a native fee above the plan's", {}, { valueRaw: 10n ** 15n + 1n }],
    ["an old quote", {}, { fetchedAtMs: Date.now() - 31_000 }],
    ["bytes nobody can decode", {}, { data: "0x12345678" }],
  ])("error: quote_refused — %s", (_, lie, change) => {
    expect(code(lie, change)).toBe("quote_refused");
  });

  it("error: drift — two prices of ours that do not agree", () => {
    expect(code({}, { poolPrice: PRICE * 1.02 })).toBe("drift");
    expect(code({}, { cexPrice: PRICE * 1.02, poolPrice: PRICE * 1.02 })).toBe("drift");
  });
});

function receipt(paidRaw: bigint): Receipt {
  return {
    hash: padHex("0x99", { size: 32 }),
    blockNumber: 10n,
    blockHash: padHex("0x10", { size: 32 }),
    status: "success",
    gasUsed: 100n,
    effectiveGasPriceWei: 2n,
    l1FeeWei: 3n,
    logs: [
      {
        address: USDC_A,
        topics: [TRANSFER_TOPIC, padHex(wallet, { size: 32 }), padHex(DIAMOND, { size: 32 })],
        data: encodeAbiParameters([{ type: "uint256" }], [paidRaw]),
        logIndex: 0,
      },
    ],
  };
}

function pinned(of: Receipt): { readonly receipt: Receipt; readonly stateBlock: bigint } {
  return { receipt: of, stateBlock: of.blockNumber };
}

function op(): OpRecord {
  const args = evidence({}, { valueRaw: 7n });
  const at = { atMs: 1 };
  const opId = "0x00000000000000000000000000000003/0";
  const planId = "0x00000000000000000000000000000003";
  context.record({
    type: "INTENT",
    body: { opId, planId, pairId: PAIR, index: 0, chainId: A, purposeKey: "bridge", step, args, isOwn: false, ...at },
  });
  context.record({
    type: "PREPARED",
    body: {
      opId,
      blockNumber: 9n,
      blockHash: toHex(9, { size: 32 }),
      to: DIAMOND,
      data: bytes(),
      valueRaw: 7n,
      gas: 100n,
      expected: [],
      minimums: [{ token: USDC_B, amountRaw: OUT_RAW }],
      deadlineSec: null,
      notionalUsd: 1_000,
    },
  });
  return context.op(opId);
}

describe("a confirmed bridge", () => {
  it("behavior: exactly the amount left, no right is left: the transfer starts and its capital is in transit", async () => {
    const verified = await verifyOp(context, op(), pinned(receipt(SENT_RAW)));
    if (!verified.ok) throw new Error(verified.reason);
    expect(verified.value.transfer).toEqual({
      bridge: "across",
      toChainId: B,
      tokenOut: USDC_B,
      amountInRaw: SENT_RAW,
      minAmountOutRaw: OUT_RAW,
      sourceTxHash: padHex("0x99", { size: 32 }),
    });
    const sums = new Map<string, bigint>();
    for (const entry of verified.value.entries) {
      sums.set(entry.token, (sums.get(entry.token) ?? 0n) + entry.amountRaw);
    }
    expect([...sums.values()]).toEqual([0n, 0n]);
    const gasRaw = verified.value.entries
      .filter((entry) => entry.account === "gas")
      .reduce((sum, entry) => sum + entry.amountRaw, 0n);
    // 100 gas at 2 wei, 3 wei for the data, 7 wei for the bridge.
    expect(gasRaw).toBe(-210n);
  });

  it("error: more or less left the wallet, or a right is left", async () => {
    expect((await verifyOp(context, op(), pinned(receipt(SENT_RAW + 1n)))).ok).toBe(false);
    expect((await verifyOp(context, op(), pinned(receipt(SENT_RAW - 1n)))).ok).toBe(false);
    allowanceRaw = 1n;
    expect((await verifyOp(context, op(), pinned(receipt(SENT_RAW)))).ok).toBe(false);
  });
});
