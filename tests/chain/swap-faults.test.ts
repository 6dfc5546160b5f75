// Quotes that lie, pay less, are broken or are overtaken (safety.md W1 to W9 and W13): a worker's own execution against the real signer process.
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { encodeFunctionData, erc20Abi, parseAbi, toHex } from "viem";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import type { Address, Hex } from "@/lib/units";
import { compileContracts } from "@/server/devnet/chain/compile";
import {
  asHex,
  LAB_CHAIN,
  LAB_PAIR,
  LAB_USDC_IN,
  startExecutionLab,
  type ExecutionLab,
} from "@/tests/support/execution-lab";
import { printLine } from "@/tests/support/print-line";
import { waitFor } from "@/tests/support/running-demo";

const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const ROUTER_ABI = parseAbi([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 deadline, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
]);
const POOL_ABI = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked)",
]);
/** Whoever trades against us here. */
const ATTACKER: Address = `0x${"a7".repeat(20)}`;
const ATTACKER_USDC_RAW = 50_000_000_000_000n;

let lab: ExecutionLab;

async function lie(kind: string): Promise<void> {
  await lab.devnet.control("POST", "/faults", { service: "lifi", kind });
}

/** Nothing was given to anybody: no attempt of any step, no allowance. */
async function expectNothingSigned(planId: string): Promise<void> {
  expect((await lab.opsOf(planId)).flatMap(({ attempts }) => attempts)).toEqual([]);
  for (const spender of [lab.diamond, lab.router]) expect(await lab.allowance(spender)).toBe(0n);
}

/** What the signer itself says of bytes that a worker let through: refused before the allowance is even looked at. */
async function handToSigner(planId: string, quote: QuoteEvidence): Promise<string> {
  const args = { ...(await lab.prices()), amountRaw: LAB_USDC_IN, quote };
  const answer = await lab.intent.call("op.execute", { pairId: LAB_PAIR, token: lab.token(), planId, index: 1, args });
  return answer.ok ? `taken as ${answer.value.state}` : `${answer.error.code}: ${answer.error.message}`;
}

async function swapOf(planId: string) {
  return (await lab.opsOf(planId)).find(({ index }) => index === 1);
}

/** Steps of the market, by hand, until the condition holds. */
async function stepUntil(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await isTrue()) return;
    await lab.devnet.control("POST", "/mine", {});
    await sleep(150);
  }
  throw new Error(`not within 100 steps: ${what}`);
}

/** Buys WETH until it is `frac` dearer, with more to pay for the block's first place than anybody else. */
async function attack(frac: number): Promise<Hex> {
  const { pool, usdc, weth } = lab;
  const isWeth0 = pool.token0.toLowerCase() === weth.toLowerCase();
  const root2 = Math.sqrt(isWeth0 ? 1 + frac : 1 / (1 + frac));
  const slot = await lab.reader().readContract({ address: asHex(pool.pool), abi: POOL_ABI, functionName: "slot0" });
  const params = {
    tokenIn: usdc,
    tokenOut: weth,
    fee: pool.feePips ?? 500,
    recipient: ATTACKER,
    deadline: 99_999_999_999n,
    amountIn: ATTACKER_USDC_RAW,
    amountOutMinimum: 0n,
    sqrtPriceLimitX96: (slot[0] * BigInt(Math.round(root2 * 1e9))) / 10n ** 9n,
  };
  return sendAsAttacker(
    lab.router,
    encodeFunctionData({ abi: ROUTER_ABI, functionName: "exactInputSingle", args: [params] }),
  );
}

async function sendAsAttacker(to: Address, data: Hex): Promise<Hex> {
  const fees = { maxFeePerGas: toHex(9_000_000_000n), maxPriorityFeePerGas: toHex(5_000_000_000n) };
  const tx = { from: ATTACKER, to, data, gas: toHex(3_000_000n), ...fees };
  return asHex(z.string().parse(await lab.rpc("eth_sendTransaction", [tx])));
}

/** One block with what is pending and nothing of the market's. */
async function mineAlone(): Promise<void> {
  const { timestamp } = await lab.reader().getBlock();
  await lab.rpc("evm_mine", [toHex(timestamp + 1n)]);
}

beforeAll(async () => {
  lab = await startExecutionLab();
}, 180_000);

afterEach(async () => {
  await lab.devnet.control("DELETE", "/faults");
});

afterAll(async () => {
  await lab?.stop();
});

describe("quotes that lie", () => {
  const lies = [
    ["W1 receiver", "swap", "wrong_receiver"],
    ["W2 to", "swap", "wrong_to"],
    ["W3 token", "swap", "wrong_token"],
    ["W4 amount", "swap", "wrong_amount"],
    ["W5 chain", "swap", "wrong_chain"],
    ["W5 destination chain", "bridge", "wrong_destination"],
    ["W6 destination call", "bridge", "wrong_call"],
    ["W6 native value", "swap", "wrong_value"],
    ["W7 spender", "swap", "wrong_approval"],
    ["W7 minimum", "swap", "wrong_minimum"],
    ["W7 selector", "swap", "wrong_selector"],
  ] as const;

  it.each(lies)("error: %s — refused by worker and signer before anything is approved", async (row, what, kind) => {
    const record = await lab.propose(await (what === "swap" ? lab.swapPlan() : lab.bridgePlan()));
    await lie(kind);
    // Past the worker's own check first: the signer decides by itself.
    // The chain of the answer is no part of the evidence: the signer signs for its own step's chain whatever it says.
    const isOfBytes = kind !== "wrong_chain";
    const said = isOfBytes
      ? await handToSigner(record.planId, await lab.unchecked(what))
      : "it takes no chain from a quote";
    if (isOfBytes) expect(said).toMatch(/^(quote_refused|policy): /);
    await expectNothingSigned(record.planId);
    const report = await lab.execute(record);
    await expectNothingSigned(record.planId);
    expect(report.outcome).toBe("voided");
    expect(report.reason).toMatch(/refused|expected/);
    printLine(`${row}: nothing approved; worker: ${report.reason.slice(0, 170)}; signer: ${said.slice(0, 170)}`);
  });
});

describe("quotes that are honest and useless", () => {
  it("error: W8 pays less — a router that pays half of its own minimum is found by the second look; what was approved is taken back", async () => {
    const code = await lab.rpc("eth_getCode", [lab.diamond, "latest"]);
    const before = await lab.balanceOf(lab.usdc);
    await lab.rpc("anvil_setCode", [lab.diamond, await shortPayingCode()]);
    try {
      const record = await lab.propose(await lab.swapPlan());
      const report = await lab.execute(record);
      const swap = await swapOf(record.planId);
      expect(swap?.attempts).toEqual([]);
      expect(swap?.error).toMatch(/second look \(one endpoint .*expected at least/);
      expect(report.outcome).toBe("partial");
      printLine(`W8 pays less: never signed, allowance taken back: ${swap?.error}`);
    } finally {
      await lab.rpc("anvil_setCode", [lab.diamond, code]);
    }
    expect(await lab.balanceOf(lab.usdc)).toBe(before);
    expect(await lab.allowance()).toBe(0n);
  });

  it("error: W8 pays less — a quote that asks for more than the pools give fails in the simulation and is not signed", async () => {
    await lie("stale");
    const before = await lab.balanceOf(lab.usdc);
    const record = await lab.propose(await lab.swapPlan());
    const report = await lab.execute(record);
    const swap = await swapOf(record.planId);
    expect(swap?.attempts).toEqual([]);
    expect(swap?.error).toMatch(/nothing was signed/);
    expect(await lab.allowance()).toBe(0n);
    expect(await lab.balanceOf(lab.usdc)).toBe(before);
    printLine(`W8 old quote: never signed, plan ${report.outcome}: ${report.reason.slice(0, 200)}`);
  });

  it("behavior: W9 broken aggregator — nothing is approved, and the next plan swaps through the pool without it", async () => {
    for (const kind of ["server_error", "not_json", "truncated", "no_route"]) {
      await lie(kind);
      const record = await lab.propose(await lab.swapPlan());
      const report = await lab.execute(record);
      await expectNothingSigned(record.planId);
      expect(report.outcome).toBe("voided");
      printLine(`W9 ${kind}: nothing approved: ${report.reason.slice(0, 160)}`);
      await lab.devnet.control("DELETE", "/faults");
    }
    await lie("server_error");
    const record = await lab.propose(await lab.swapPlan("pool"));
    const report = await lab.execute(record);
    expect(report.reason).toBe("every step is verified");
    const swap = await swapOf(record.planId);
    expect(swap?.secondLook).toMatch(/^one endpoint \(.*only the expected balance changes/);
    printLine(`W9 without the aggregator: plan ${report.outcome}; second look: ${swap?.secondLook}`);
  });
});

describe("W13 sandwich", () => {
  beforeAll(async () => {
    await lab.devnet.control("POST", "/fund", {
      address: ATTACKER,
      chainId: LAB_CHAIN,
      nativeEth: "10",
      tokens: { USDC: "50000000" },
    });
    await lab.rpc("anvil_impersonateAccount", [ATTACKER]);
  });
  beforeEach(async () => {
    await lab.devnet.control("POST", "/pause", { paused: true });
  });
  afterEach(async () => {
    await lab.devnet.control("POST", "/pause", { paused: false });
  });

  it("error: W13 before — a pool that was moved by 3 % is not swapped through, and nothing is approved", async () => {
    const args = [lab.router, ATTACKER_USDC_RAW] as const;
    await sendAsAttacker(lab.usdc, encodeFunctionData({ abi: erc20Abi, functionName: "approve", args }));
    const plan = await lab.swapPlan("pool");
    await attack(0.03);
    await mineAlone();
    const record = await lab.propose(plan);
    const report = await lab.execute(record);
    await expectNothingSigned(record.planId);
    expect(report.outcome).toBe("voided");
    expect(report.reason).toMatch(/HOLD_STALE: the pool's price/);
    printLine(`W13 before: nothing approved: ${report.reason.slice(0, 220)}`);
    await lab.devnet.control("POST", "/mine", { steps: 5 });
  });

  it("error: W13 between — a swap that is overtaken by 3 % in its own block reverts by its minimum; only gas is lost", async () => {
    const before = await lab.balanceOf(lab.usdc);
    const record = await lab.propose(await lab.swapPlan("pool"));
    const running = lab.execute(record);
    await stepUntil("the approval is verified", async () => {
      const approval = (await lab.opsOf(record.planId)).find(({ index }) => index === 0);
      return ["VERIFIED", "SETTLED"].includes(approval?.state ?? "");
    });
    // From here no block is made: the swap waits in the pool of transactions until somebody pays more to be first.
    await waitFor("the swap is sent", 30_000, async () =>
      (await swapOf(record.planId))?.state === "SENT" ? true : null,
    );
    const overtaking = await attack(0.03);
    await mineAlone();
    const first = await lab.reader().getTransactionReceipt({ hash: overtaking });
    expect(first).toMatchObject({ status: "success", transactionIndex: 0 });
    const [attempt] = (await swapOf(record.planId))?.attempts ?? [];
    const second = await lab.reader().getTransactionReceipt({ hash: attempt?.hash ?? "0x" });
    expect(second).toMatchObject({ status: "reverted", blockNumber: first.blockNumber });
    expect(await lab.balanceOf(lab.usdc)).toBe(before);
    await lab.devnet.control("POST", "/pause", { paused: false });
    const report = await running;
    // Its nonce is spent without effect: once more is allowed, at the price that the pool has then.
    const swap = await swapOf(record.planId);
    expect(["REVERTED", "EXPIRED", "VERIFIED", "SETTLED"]).toContain(swap?.state);
    expect(await lab.allowance(lab.router)).toBe(0n);
    printLine(
      `W13 between: overtaken in block ${first.blockNumber}, reverted by its minimum, only gas lost; then ${swap?.state}, plan ${report.outcome}: ${report.reason.slice(0, 160)}`,
    );
  });
});

describe("after all of it", () => {
  it("invariant: audit is clean: no allowance, no double effect, every wei where the books say", async () => {
    const report = await lab.endAndAudit();
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({ doubleEffects: 0, unaccountedRaw: 0n });
    printLine(`audit after W1 to W9 and W13: ${report.operations} operations, 0 double effects, 0 wei unaccounted`);
  });
});

/** Runtime code of the router that pays short: what its creation code returns when it is called. */
async function shortPayingCode(): Promise<string> {
  const file = "tests/support/contracts/short-paying-diamond.sol";
  const sources = { [file]: readFileSync(join(root, file), "utf8") };
  const compiled = await compileContracts({
    rootDir: root,
    cacheDir: join(tmpdir(), "tg-test-contracts-short"),
    sources,
  });
  return z.string().parse(await lab.rpc("eth_call", [{ data: compiled["ShortPayingDiamond"] }, "latest"]));
}
