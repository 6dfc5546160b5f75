// When an operation is compared with its rehearsal, when there is nothing to compare, and what an endpoint's answer means.
import { padHex, toHex } from "viem";
import { describe, expect, it } from "vitest";
import { TRANSFER_TOPIC } from "@/lib/actions/erc20";
import type { Rehearsal } from "@/lib/api/signer-contract";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { Address } from "@/lib/units";
import type { PrepareInput, PreparedTx } from "./prepare-common";
import type { Trial } from "./ports";
import { checkRehearsed } from "./rehearsed-check";

const WALLET: Address = `0x${"aa".repeat(20)}`;
const BASE: Address = `0x${"0a".repeat(20)}`;
const QUOTE: Address = `0x${"0b".repeat(20)}`;
const ROUTER: Address = `0x${"0d".repeat(20)}`;
const STRAY: Address = `0x${"0c".repeat(20)}`;
const CHAIN = 1;
const PREPARED = { to: ROUTER, data: "0x01", valueRaw: 0n } as unknown as PreparedTx;

function moved(address: Address, from: Address, to: Address, amountRaw: bigint) {
  const topics = [TRANSFER_TOPIC, padHex(from, { size: 32 }), padHex(to, { size: 32 })] as const;
  return { address, topics: [...topics], data: toHex(amountRaw, { size: 32 }), logIndex: 0 };
}

const SWAPPED = [moved(BASE, WALLET, ROUTER, 1_000n), moved(QUOTE, ROUTER, WALLET, 2_500n)];
const REHEARSED: Rehearsal["steps"][number] = {
  index: 1,
  isOk: true,
  gasUsed: 1n,
  deltas: [
    { chainId: CHAIN, token: BASE, amountRaw: "-1000" },
    { chainId: CHAIN, token: QUOTE, amountRaw: "2500" },
  ],
  detail: "",
};

/** An endpoint that answers as told; the check itself is real. */
function inputOf(
  answer: Partial<Trial> | ChainError,
  change: { readonly isOwn?: boolean; readonly rehearsal?: Pick<Rehearsal, "steps"> | null } = {},
) {
  const asked: unknown[] = [];
  const { isOwn = false, rehearsal = { steps: [REHEARSED] } } = change;
  const step = { kind: "swap", chainId: CHAIN, tokenIn: BASE, tokenOut: QUOTE, amountInRaw: 1_000n };
  const input = {
    wallet: WALLET,
    block: { number: 9n },
    port: {
      tryElsewhere: async (what: unknown) => {
        asked.push(what);
        if (answer instanceof ChainError) throw answer;
        return { endpoint: "a", isOther: true, blockNumber: 9n, state: { before: [], after: [] }, logs: [], ...answer };
      },
    },
    op: { index: 1, planId: "p", chainId: CHAIN, isOwn, step, intent: { args: { price: 2_500, quoteUsd: 1 } } },
    plan: { bounds: { referencePrice: 2_500, maxPriceMoveFrac: 0.01, maxSlippageBps: 50, poolTicks: [] } },
    context: { journal: { state: { plans: new Map([["p", { rehearsal }]]) } }, deps: { registry: { tokens: [] } } },
  } as unknown as PrepareInput;
  return { input, asked };
}

describe("checkRehearsed", () => {
  it("default: the same movements pass; the very bytes are tried at the block they were prepared on", async () => {
    const { input, asked } = inputOf({ logs: SWAPPED });
    await checkRehearsed(input, PREPARED);
    expect(asked).toEqual([
      { call: { from: WALLET, to: ROUTER, data: "0x01", valueRaw: 0n }, reads: [], at: { number: 9n } },
    ]);
  });

  it("error: drift with the bound, the token, what was expected and what came; never tried again by itself", async () => {
    const less = [moved(BASE, WALLET, ROUTER, 1_000n), moved(QUOTE, ROUTER, WALLET, 2_400n)];
    await expect(checkRehearsed(inputOf({ logs: less }).input, PREPARED)).rejects.toMatchObject({
      code: "drift",
      retryable: false,
      message: `bound rehearsedDeltas: step 1 (swap) would not do what was rehearsed: token ${QUOTE}, expected at least +2462 for 1000 of ${BASE} (rehearsed +2500 for 1000), came +2400; nothing was signed`,
      details: { bound: "rehearsedDeltas", token: QUOTE },
    });
  });

  it("error: drift — a token that is in no rehearsal and no registry", async () => {
    const logs = [...SWAPPED, moved(STRAY, ROUTER, WALLET, 1n)];
    await expect(checkRehearsed(inputOf({ logs }).input, PREPARED)).rejects.toThrow(
      `token ${STRAY}, expected no change: it did not move in the rehearsal, came +1`,
    );
  });

  it("behavior: nothing is asked without a rehearsal of this step, for one that failed, and for the signer's own", async () => {
    for (const change of [
      { rehearsal: null },
      { rehearsal: { steps: [] } },
      { rehearsal: { steps: [{ ...REHEARSED, isOk: false }] } },
      { isOwn: true },
    ]) {
      const { input, asked } = inputOf({ logs: [moved(STRAY, WALLET, ROUTER, 1n)] }, change);
      await checkRehearsed(input, PREPARED);
      expect(asked).toEqual([]);
    }
  });

  it("behavior: a node that cannot show what moves holds nothing back", async () => {
    await checkRehearsed(inputOf({ state: null, logs: [] }).input, PREPARED);
  });

  it("error: a revert may pass at the next block; any other failure of the endpoints goes on as it is", async () => {
    const reverted = new ChainError({ code: "reverted", retryable: false, message: "STF" });
    await expect(checkRehearsed(inputOf(reverted).input, PREPARED)).rejects.toMatchObject({
      code: "reverted",
      retryable: true,
    });
    const away = new ChainError({ code: "unreachable", retryable: true, message: "no answer" });
    await expect(checkRehearsed(inputOf(away).input, PREPARED)).rejects.toBe(away);
  });
});
