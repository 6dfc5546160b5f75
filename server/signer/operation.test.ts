// One approval on a scripted chain: what parks, what is tried again, what is given up and with which words, and how a stuck one is pushed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeAbiParameters, keccak256, padHex, parseTransaction, toHex } from "viem";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeApprove } from "@/lib/actions/erc20";
import { ChainError } from "@/lib/errors/tidegate-error";
import { planHash, stepSchema } from "@/lib/plan/plan";
import { registrySchema, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { createTestAuthority, createTestKey } from "@/tests/support/signer-harness";
import { buildPlan } from "@/tests/support/build-plan";
import { createContext, type EngineContext } from "./context";
import { createRuns } from "./engine-runs";
import { openJournal } from "./journal/journal";
import type { OpRecord } from "./journal/projection";
import { runOp } from "./operation";
import type { BlockRef, ChainPort, Receipt } from "./ports";
import { feeCeilingWei } from "./gas";

const PAIR = "WETH-USDC";
const CHAIN = 41_003;
const TOKEN: Address = `0x${"0a".repeat(20)}`;
const SPENDER: Address = `0x${"0b".repeat(20)}`;
const GWEI = 1_000_000_000n;
const CAP_WEI = 100n * GWEI;
const OP = "0x00000000000000000000000000000002/0";
const PLAN_ID = "0x00000000000000000000000000000002";
/** Wall seconds of the code under test per real second: its waits of half a minute take a fraction of a second here. */
const SPEED = 200;

function hashOf(value: bigint): Hex {
  return padHex(toHex(value), { size: 32 });
}

/** What a test may set about the chain; stands in for an endpoint, never for the code under test. */
interface Script {
  head: bigint;
  baseFeeWei: bigint;
  nativeWei: bigint;
  estimate: bigint;
  /** Simulations that revert before one passes. */
  reverts: number;
  /** Sent transactions are mined at once. */
  mines: boolean;
  /** The mined transaction uses all its gas and reverts. */
  runsOut: boolean;
  nonce: number;
  allowanceRaw: bigint;
  /** As USDT: an approval of an amount reverts while another one stands. */
  onlyFromZero: boolean;
  /** Blocks before the head whose state is served. */
  keptStates: bigint;
  readonly receipts: Map<Hex, Receipt>;
  readonly sent: Hex[];
}

let dir = "";
let script: Script;
let context: EngineContext;

function registryOf(change: { readonly bumpAllowed?: boolean }): Registry {
  return registrySchema.parse({
    version: 1,
    chains: [
      {
        id: CHAIN,
        name: "Scripted",
        nativeSymbol: "ETH",
        nativeDecimals: 18,
        wrappedNative: TOKEN,
        blockTimeMs: 1_000,
        timeScale: 20,
        geckoSlug: null,
        explorer: null,
        multicall3: TOKEN,
        permit2: null,
        lifiDiamond: null,
        feeModel: "eip1559",
        softDepth: 1,
        settle: { tag: "depth", depth: 1 },
        isLocal: true,
        maxFeePerGasWei: CAP_WEI.toString(),
        ...change,
      },
    ],
    tokens: [{ chainId: CHAIN, symbol: "USDC", address: TOKEN, decimals: 6, kind: "native" }],
    dexes: [],
    pools: [],
    pairs: [{ id: PAIR, base: "WETH", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC" }] }],
  });
}

function mine(raw: Hex): void {
  const tx = parseTransaction(raw);
  const gas = tx.gas ?? 0n;
  script.head += 1n;
  script.nonce += 1;
  const approval = decodeApprove(tx.data ?? "0x");
  if (approval !== null && !script.runsOut) script.allowanceRaw = approval.amountRaw;
  script.receipts.set(keccak256(raw), {
    hash: keccak256(raw),
    blockNumber: script.head,
    blockHash: hashOf(script.head),
    status: script.runsOut ? "reverted" : "success",
    gasUsed: script.runsOut ? gas : gas / 2n,
    effectiveGasPriceWei: script.baseFeeWei,
    l1FeeWei: 0n,
    logs: [],
  });
  script.head += 2n;
}

function blockAt(number: bigint): BlockRef {
  return {
    number,
    hash: hashOf(number),
    timestampSec: 1_800_000_000 + Number(number),
    baseFeePerGasWei: script.baseFeeWei,
  };
}

function portOf(registry: Registry): ChainPort {
  const [chain] = registry.chains;
  if (chain === undefined) throw new Error("no chain");
  return {
    chain,
    readChainId: async () => CHAIN,
    readBlock: async (tag) => {
      const number = typeof tag === "bigint" ? tag : script.head;
      return number > script.head ? null : blockAt(number);
    },
    call: async ({ data }, block) => {
      if (block !== "latest" && block < script.head - script.keptStates) {
        throw new ChainError({ code: "unreachable", retryable: true, message: `missing trie node: state of ${block}` });
      }
      const approval = decodeApprove(data);
      if (approval === null) return encodeAbiParameters([{ type: "uint256" }], [script.allowanceRaw]);
      script.head += 1n;
      const isRefused = script.onlyFromZero && approval.amountRaw > 0n && script.allowanceRaw > 0n;
      if (isRefused || script.reverts > 0) {
        script.reverts -= isRefused ? 0 : 1;
        throw new ChainError({
          code: "reverted",
          retryable: false,
          message: "eth_call reverted: Price slippage check",
        });
      }
      return "0x";
    },
    estimateGas: async () => script.estimate,
    readNonce: async () => script.nonce,
    readNativeBalance: async () => script.nativeWei,
    readPriorityFeeWei: async () => GWEI,
    readGasPriceWei: async () => script.baseFeeWei,
    readLogs: async () => [],
    sendRaw: async (raw) => {
      script.sent.push(keccak256(raw));
      if (script.mines && !script.receipts.has(keccak256(raw))) mine(raw);
      return [{ endpoint: "test", accepted: true, text: "" }];
    },
    readReceipt: async (hash) => script.receipts.get(hash) ?? null,
    hasReceipt: async (hash) => script.receipts.has(hash),
    checkEndpoints: async () => ({ endpoints: [], disagreement: null }),
    endpoints: () => ({ endpoints: [], disagreement: null }),
    tryElsewhere: async () => Promise.reject(new Error("only swaps and bridges look twice")),
  };
}

function open(change: { readonly bumpAllowed?: boolean } = {}): void {
  const registry = registryOf(change);
  const startedMs = performance.now();
  const monotonicMs = (): number => (performance.now() - startedMs) * SPEED;
  context = createContext(
    {
      deploymentId: hashOf(1n),
      registry,
      journalDir: dir,
      chains: new Map([[CHAIN, portOf(registry)]]),
      families: new Map(),
      key: createTestKey(`0x${"11".repeat(32)}`),
      authority: createTestAuthority(PAIR),
      wall: { nowMs: () => 1_800_000_000_000 + monotonicMs(), monotonicMs },
      market: { nowMs: () => 1_800_000_000_000 },
      log: silentLogger,
    },
    openJournal({ dir, nowMs: Date.now }),
  );
  record();
}

function record(): void {
  const step = {
    kind: "approve",
    chainId: CHAIN,
    token: TOKEN,
    spender: SPENDER,
    amountRaw: "100",
    forStep: 0,
  } as const;
  const plan = buildPlan({
    pairId: PAIR,
    reason: "test",
    configVersion: 0,
    base: { symbol: "WETH", decimals: 18, address: SPENDER },
    quote: { symbol: "USDC", decimals: 6, address: TOKEN },
    bounds: { referencePrice: 3_000, maxPlanAgeMs: 3_600_000 },
    steps: [stepSchema.parse(step)],
  });

  context.record({
    type: "PLAN",
    body: {
      planId: PLAN_ID,
      planHash: planHash(plan),
      plan,
      mode: "auto",
      status: "executing",
      statusReason: "",
      createdAtMs: 0,
      createdAtMarketMs: 0,
      expiresAtMs: null,
      proposedBy: "test",
      approvalsNeeded: 0,
    },
  });
  intend();
}

function intend(): void {
  const [step] = context.journal.state.plans.get(PLAN_ID)?.plan.steps ?? [];
  if (step === undefined) throw new Error("no step");
  context.record({
    type: "INTENT",
    body: {
      opId: OP,
      planId: PLAN_ID,
      pairId: PAIR,
      index: 0,
      chainId: CHAIN,
      purposeKey: "approve:test",
      step,
      args: { price: 3_000, priceAtMarketMs: 1_800_000_000_000, nativeUsd: 3_000, quoteUsd: 1 },
      isOwn: false,
      atMs: 0,
    },
  });
}

const op = (): OpRecord => context.op(OP);

async function until(what: string, isTrue: () => boolean): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!isTrue()) {
    if (performance.now() > limit) throw new Error(`not in 20 s: ${what}; it is ${op().state}: ${op().error}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tg-operation-"));
  script = {
    head: 100n,
    baseFeeWei: GWEI,
    nativeWei: 10n ** 18n,
    estimate: 50_000n,
    reverts: 0,
    mines: true,
    runsOut: false,
    nonce: 0,
    allowanceRaw: 0n,
    onlyFromZero: false,
    keptStates: 1_000n,
    receipts: new Map(),
    sent: [],
  };
});
afterEach(() => {
  context.close();
  rmSync(dir, { recursive: true, force: true });
});

describe("an operation whose block's state no node has any more", () => {
  beforeEach(() => {
    script.keptStates = 0n;
  });

  it("behavior: it is verified on the newest block, since nothing else of ours happened after it", async () => {
    open();
    createRuns(context).start(op());
    await until("it is verified", () => op().state === "VERIFIED");
    expect(script.head).toBeGreaterThan(op().included?.blockNumber ?? 0n);
  });

  it("error: what the newest block shows must still be what was signed", async () => {
    open();
    createRuns(context).start(op());
    await until("it is confirmed", () => op().state === "CONFIRMED");
    script.allowanceRaw = 7n;
    await until("it ends", () => op().state === "VERIFY_FAILED");
    expect(op().error).toMatch(/is 7 at block \d+, expected 100/);
  });
});

describe("an operation before it is signed", () => {
  it("behavior: a base fee above the cap parks it, with the reason on it; it goes on by itself when the fee falls (T12)", async () => {
    open();
    script.baseFeeWei = 50n * CAP_WEI;
    createRuns(context).start(op());
    await until("it says why it waits", () => op().error?.includes("waiting until it falls") === true);
    expect(op().state).toBe("INTENT");
    expect(script.sent).toEqual([]);
    script.baseFeeWei = GWEI;
    await until("it is verified", () => op().state === "VERIFIED");
    expect(op().error).toBeNull();
  });

  it("behavior: without gas money it waits and goes on when the wallet is funded (T13)", async () => {
    open();
    script.nativeWei = 1n;
    createRuns(context).start(op());
    await until("it says why it waits", () => op().error?.includes("the wallet has 1 wei") === true);
    script.nativeWei = 10n ** 18n;
    await until("it is verified", () => op().state === "VERIFIED");
  });

  it("behavior: a parked one can be ended; it is never signed afterwards", async () => {
    open();
    script.baseFeeWei = 50n * CAP_WEI;
    const runs = createRuns(context);
    runs.start(op());
    await until("it is parked", () => op().error !== null);
    await until("it sleeps", () => {
      runs.endParked(OP, "the plan ended as partial");
      return op().state === "EXPIRED";
    });
    expect(op().error).toMatch(/waiting until it falls; the plan ended as partial$/);
    await runs.leaveRun(OP);
    expect(runs.running.size).toBe(0);
    script.baseFeeWei = GWEI;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(script.sent).toEqual([]);
  });

  it("behavior: while one is parked, others of the chain are not held up", async () => {
    open();
    script.baseFeeWei = 50n * CAP_WEI;
    createRuns(context).start(op());
    await until("it is parked", () => op().error !== null);
    let isFree = false;
    await context.withChain(CHAIN, async () => {
      isFree = true;
    });
    expect(isFree).toBe(true);
  });

  it("behavior: a simulation that reverts at one block is tried at the next ones", async () => {
    open();
    script.reverts = 3;
    expect(await runOp(context, OP)).toBe("ended");
    expect(op().state).toBe("VERIFIED");
  });

  it("error: EXPIRED — it names the last reason, how often and how long it was tried", async () => {
    open();
    script.reverts = 100;
    await runOp(context, OP);
    expect(op().state).toBe("EXPIRED");
    expect(op().error).toMatch(/^reverted: .*Price slippage check; tried 4 times in [\d.]+ s$/);
    expect(script.sent).toEqual([]);
  });

  it("error: EXPIRED — an absurd gas estimate is refused at once", async () => {
    open();
    script.estimate = 1n << 60n;
    await runOp(context, OP);
    expect(op().state).toBe("EXPIRED");
    expect(op().error).toContain("one transaction may use at most");
  });
});

describe("a token that answers nothing and changes an allowance only from 0 (P6)", () => {
  it("behavior: another allowance is taken back first, then the exact amount is given", async () => {
    open();
    script.allowanceRaw = 7n;
    script.onlyFromZero = true;
    await runOp(context, OP);
    expect(op().state).toBe("VERIFIED");
    expect(script.allowanceRaw).toBe(100n);
    const revoke = context.op(`${OP}.revoke`);
    expect([revoke.state, revoke.isOwn, revoke.attempts[0]?.nonce]).toEqual(["VERIFIED", true, 0]);
    expect(op().attempts.map((each) => each.nonce)).toEqual([1]);
  });

  it("behavior: the same allowance is left as it is", async () => {
    open();
    script.allowanceRaw = 100n;
    await runOp(context, OP);
    expect(op().state).toBe("SKIPPED");
    expect(script.sent).toEqual([]);
  });
});

describe("an operation after it was sent", () => {
  it("behavior: out of gas is named, and the one further try has half as much again (T8)", async () => {
    open();
    script.runsOut = true;
    await runOp(context, OP);
    expect(op().state).toBe("REVERTED");
    expect(op().error).toContain("it ran out of gas (75000 of 75000)");
    script.runsOut = false;
    intend();
    await runOp(context, OP);
    expect(op().state).toBe("VERIFIED");
    expect(op().attempts.map((each) => each.gas)).toEqual([75_000n, 112_500n]);
  });

  it("behavior: the same bytes first, then raises of 20 % on both fees, six attempts, then a cancel that decides", async () => {
    open();
    script.mines = false;
    const running = runOp(context, OP);
    await until("it is cancelled", () => op().attempts.some((each) => each.kind === "cancel"));
    const { attempts } = op();
    const actions = attempts.filter((each) => each.kind === "action");
    expect(actions).toHaveLength(6);
    for (const [index, attempt] of actions.entries()) {
      expect(attempt.nonce).toBe(0);
      // Each was sent at least twice with the same bytes before it was raised.
      expect(script.sent.filter((hash) => hash === attempt.hash).length, `attempt ${index + 1}`).toBeGreaterThan(1);
      const before = actions[index - 1];
      if (before === undefined) continue;
      expect(attempt.signedAtMs - (before.sentAtMs ?? 0)).toBeGreaterThanOrEqual(20_000);
      expect(feeCeilingWei(attempt.fees) * 100n).toBeGreaterThanOrEqual(feeCeilingWei(before.fees) * 120n);
    }
    const cancel = attempts.find((each) => each.kind === "cancel");
    expect(cancel?.nonce).toBe(0);
    script.mines = true;
    await running;
    // Whichever is mined decides: here the newest bytes that are sent again.
    expect(["CANCELLED", "VERIFIED"]).toContain(op().state);
  });

  it("behavior: on a chain without raises the same bytes are sent again, and nothing else is ever signed", async () => {
    open({ bumpAllowed: false });
    script.mines = false;
    const running = runOp(context, OP);
    await until("it was sent ten times", () => script.sent.length >= 10);
    expect(op().attempts).toHaveLength(1);
    expect(new Set(script.sent).size).toBe(1);
    script.mines = true;
    await running;
    expect(op().state).toBe("VERIFIED");
  });

  it("behavior: at the fee cap it is cancelled instead of raised", async () => {
    open();
    script.mines = false;
    script.baseFeeWei = 49n * GWEI;
    const running = runOp(context, OP);
    await until("it is cancelled", () => op().attempts.some((each) => each.kind === "cancel"));
    expect(op().attempts.filter((each) => each.kind === "action")).toHaveLength(1);
    script.mines = true;
    await running;
  });
});
