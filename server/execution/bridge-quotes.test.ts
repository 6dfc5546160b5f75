// Bridge quotes and offers in LI.FI's wire format: what lies in any field is refused before anything is approved, a native fee only as quoted and planned.
import { encodeFunctionData, zeroAddress } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LIFI_BRIDGE_ABI } from "@/lib/actions/bridge-decoder";
import type { Address, Hex } from "@/lib/units";
import { json, startHostileServer, type HostileServer } from "@/tests/support/hostile-server";
import { createBridgeQuotes, type BridgeQuoteRequest } from "./bridge-quotes";
import { createQuoteService } from "./swap-quotes-service";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const WALLET = address("11");
const ROUTER = address("22");
const IN = address("33");
const OUT = address("44");
const STRANGER = address("99");
const [FROM, TO] = [901_001, 901_002] as const;
const ID: Hex = `0x${"00".repeat(32)}`;

const request: BridgeQuoteRequest = {
  fromChainId: FROM,
  toChainId: TO,
  router: ROUTER,
  wallet: WALLET,
  tokenIn: IN,
  tokenOut: OUT,
  amountInRaw: 1_000n,
  minAmountOutRaw: 990n,
  bridges: ["across"],
  nativeFeeMaxRaw: 0n,
  slippageBps: 50,
  cexPrice: 2_000,
  poolPrice: 2_001,
};

interface Lie {
  readonly receiver?: Address;
  readonly relayTo?: Address;
  readonly refund?: Address;
  readonly sent?: Address;
  readonly paid?: Address;
  readonly amount?: bigint;
  readonly outRaw?: bigint;
  readonly chain?: bigint;
  readonly call?: boolean;
  readonly message?: Hex;
  readonly bridge?: string;
  readonly tool?: string;
  readonly to?: Address;
  readonly approvalAddress?: Address;
  readonly txChain?: number;
  readonly from?: Address;
  readonly value?: string;
  readonly data?: Hex;
  readonly statedToChain?: number;
  readonly statedToToken?: Address;
  readonly statedAmount?: string;
  readonly feeCosts?: unknown;
}

function bytes(lie: Lie): Hex {
  return encodeFunctionData({
    abi: LIFI_BRIDGE_ABI,
    functionName: "startBridgeTokensViaAcrossV3",
    args: [
      {
        transactionId: ID,
        bridge: lie.bridge ?? "across",
        integrator: "tidegate",
        referrer: zeroAddress,
        sendingAssetId: lie.sent ?? IN,
        receiver: lie.receiver ?? WALLET,
        minAmount: lie.amount ?? 1_000n,
        destinationChainId: lie.chain ?? BigInt(TO),
        hasSourceSwaps: false,
        hasDestinationCall: lie.call ?? false,
      },
      {
        receiverAddress: lie.relayTo ?? lie.receiver ?? WALLET,
        refundAddress: lie.refund ?? WALLET,
        receivingAssetId: lie.paid ?? OUT,
        outputAmount: lie.outRaw ?? 995n,
        outputAmountPercent: 10n ** 18n,
        exclusiveRelayer: zeroAddress,
        quoteTimestamp: 1,
        fillDeadline: 2,
        exclusivityDeadline: 0,
        message: lie.message ?? "0x",
      },
    ],
  });
}

function step(lie: Lie = {}) {
  return {
    id: "q",
    type: "lifi",
    tool: lie.tool ?? "across",
    action: {
      fromChainId: FROM,
      toChainId: lie.statedToChain ?? TO,
      fromToken: { address: IN, chainId: FROM },
      toToken: { address: lie.statedToToken ?? OUT, chainId: TO },
      fromAmount: lie.statedAmount ?? "1000",
    },
    estimate: {
      toAmount: "997",
      toAmountMin: "995",
      approvalAddress: lie.approvalAddress ?? ROUTER,
      executionDuration: 12,
      feeCosts: lie.feeCosts ?? [
        { name: "Relay fee", amount: "3", included: true, token: { address: IN, chainId: FROM } },
      ],
      gasCosts: [{ type: "SEND", amountUSD: "0.25" }, { amountUSD: "-4" }, {}],
    },
  };
}

function quote(lie: Lie = {}): unknown {
  return {
    ...step(lie),
    transactionRequest: {
      from: lie.from ?? WALLET,
      to: lie.to ?? ROUTER,
      chainId: lie.txChain ?? FROM,
      data: lie.data ?? bytes(lie),
      ...(lie.value === undefined ? {} : { value: lie.value }),
    },
  };
}

/** A fee in the source chain's own coin, beside what leaves in the token. */
function nativeFee(amount: string, change: Readonly<Record<string, unknown>> = {}): readonly unknown[] {
  return [{ name: "Message fee", amount, included: false, token: { address: zeroAddress, chainId: FROM }, ...change }];
}

let server: HostileServer;
let nowMs = 1_000_000;
beforeAll(async () => {
  server = await startHostileServer();
});
afterAll(() => server.close());
beforeEach(() => {
  nowMs = 1_000_000;
});

const quotes = () =>
  createBridgeQuotes(
    createQuoteService({ baseUrl: `${server.url}/v1/`, apiKey: null, wallNowMs: () => nowMs, timeoutMs: 2_000 }),
  );

async function codeOf(body: unknown, change: Partial<BridgeQuoteRequest> = {}): Promise<string> {
  server.answer(json(200, body));
  const answer = await quotes().fetchQuote({ ...request, ...change });
  return answer.ok ? "accepted" : `${answer.error.code} ${String(answer.error.details["reason"] ?? "")}`.trim();
}

describe("a bridge quote", () => {
  test("default: asks for our wallet at both ends, its allowed bridges only, and gives the evidence", async () => {
    server.answer(json(200, quote()));
    const answer = await quotes().fetchQuote(request);
    expect(answer.ok && answer.value).toMatchObject({
      bridge: "across",
      toChainId: TO,
      toAmountMinRaw: 995n,
      valueRaw: 0n,
      cexPrice: 2_000,
      poolPrice: 2_001,
      fetchedAtMs: 1_000_000,
    });
    const path = server.requests.at(-1)?.path ?? "";
    const query = new URLSearchParams(path.slice(path.indexOf("?")));
    expect(path.startsWith("/v1/quote?")).toBe(true);
    expect(Object.fromEntries(query)).toMatchObject({
      fromChain: String(FROM),
      toChain: String(TO),
      fromAddress: WALLET,
      toAddress: WALLET,
      fromAmount: "1000",
      slippage: "0.005",
      allowBridges: "across",
      integrator: "tidegate",
    });
  });

  test.each<[string, Lie, string]>([
    ["receiver", { receiver: STRANGER }, "receiver"],
    ["receiver at the far end", { relayTo: STRANGER }, "destination_call"],
    ["refund address", { refund: STRANGER }, "refund"],
    ["token in", { sent: STRANGER }, "token"],
    ["token out", { paid: STRANGER }, "token"],
    ["amount", { amount: 2_000n }, "amount"],
    ["minimum", { outRaw: 989n }, "minimum"],
    ["destination in the bytes", { chain: 1n }, "destination_chain"],
    ["call at the far end", { call: true }, "destination_call"],
    ["message at the far end", { message: "0x01" }, "destination_call"],
    ["bridge in the bytes", { bridge: "other" }, "bridge"],
    ["bridge in the answer", { tool: "other" }, "bridge"],
    ["target", { to: STRANGER }, "to"],
    ["spender", { approvalAddress: STRANGER }, "spender"],
    ["chain of the transaction", { txChain: 1 }, "chain"],
    ["sender", { from: STRANGER }, "transactionRequest.from"],
    ["stated destination", { statedToChain: 1 }, "action.toChainId"],
    ["stated token", { statedToToken: STRANGER }, "action.toToken"],
    ["stated amount", { statedAmount: "999" }, "action.fromAmount"],
    ["native value that no fee explains", { value: "0x1" }, "value"],
    ["selector", { data: "0xdeadbeef" }, "selector"],
    ["extra bytes", { data: `${bytes({})}00` }, "encoding"],
  ])("error: quote_refused for another %s", async (_, lie, reason) => {
    expect(await codeOf(quote(lie))).toBe(`quote_refused ${reason}`);
  });

  test("behavior: a native fee goes along exactly as the quote states it and up to the plan's cap", async () => {
    const fee = { value: "0x64", feeCosts: nativeFee("100") };
    expect(await codeOf(quote(fee), { nativeFeeMaxRaw: 100n })).toBe("accepted");
    expect(await codeOf(quote(fee), { nativeFeeMaxRaw: 99n })).toBe("quote_refused value");
    expect(await codeOf(quote(fee))).toBe("quote_refused value");
    // More than stated, less than stated, stated and not sent.
    expect(await codeOf(quote({ ...fee, value: "101" }), { nativeFeeMaxRaw: 1_000n })).toBe("quote_refused value");
    expect(await codeOf(quote({ ...fee, value: "99" }), { nativeFeeMaxRaw: 1_000n })).toBe("quote_refused value");
    expect(await codeOf(quote({ feeCosts: nativeFee("100") }), { nativeFeeMaxRaw: 1_000n })).toBe(
      "quote_refused value",
    );
    // What is taken from the token, or is of another token or chain, explains no native value.
    for (const change of [
      { included: true },
      { token: { address: OUT, chainId: FROM } },
      { token: { address: zeroAddress, chainId: TO } },
    ]) {
      const body = quote({ value: "0x64", feeCosts: nativeFee("100", change) });
      expect(await codeOf(body, { nativeFeeMaxRaw: 1_000n })).toBe("quote_refused value");
    }
  });

  test("error: a quote that took 30 s to come is not used", async () => {
    server.answer((_, res) => {
      nowMs += 30_001;
      res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(quote()));
    });
    const answer = await quotes().fetchQuote(request);
    expect(answer.ok ? null : [answer.error.code, answer.error.details["reason"]]).toEqual([
      "quote_refused",
      "stale_quote",
    ]);
  });

  test("error: what is no quote is refused with the field that is missing", async () => {
    expect(await codeOf({ tool: "across" })).toBe("quote_refused shape");
    expect(await codeOf({ ...step(), transactionRequest: { to: ROUTER, chainId: FROM, data: "zz" } })).toBe(
      "quote_refused shape",
    );
  });
});

const routes = (...steps: readonly unknown[][]) => ({ routes: steps.map((each) => ({ steps: each })) });
const withMinimum = (toAmountMin: string, lie: Lie = {}) => {
  const plain = step(lie);
  return { ...plain, estimate: { ...plain.estimate, toAmountMin } };
};

const offerOf = async (body: unknown) => {
  server.answer(json(200, body));
  return quotes().fetchOffer(request);
};

describe("bridge offers", () => {
  test("default: the route that delivers most for sure, with its gas and its native fee", async () => {
    const answer = await offerOf(
      routes([withMinimum("990")], [withMinimum("996", { feeCosts: nativeFee("7") })], [withMinimum("994")]),
    );
    expect(answer.ok && answer.value).toEqual({
      bridge: "across",
      expectedOutRaw: 997n,
      minAmountOutRaw: 996n,
      nativeFeeRaw: 7n,
      // Costs below 0 are nothing.
      gasUsd: 0.25,
      expectedSec: 12,
    });
    expect(server.requests.at(-1)?.path).toBe("/v1/advanced/routes");
  });

  test("behavior: with the same delivery the smaller native fee wins", async () => {
    const answer = await offerOf(
      routes([withMinimum("996", { feeCosts: nativeFee("7") })], [withMinimum("996", { feeCosts: nativeFee("3") })]),
    );
    expect(answer.ok && answer.value.nativeFeeRaw).toBe(3n);
  });

  test("behavior: routes of two steps, of other bridges and of another question are passed over", async () => {
    const answer = await offerOf(
      routes(
        [withMinimum("999"), withMinimum("999")],
        [withMinimum("999", { tool: "other" })],
        [withMinimum("999", { statedToToken: STRANGER })],
        [withMinimum("999", { statedAmount: "2000" })],
        ["garbage"],
        [withMinimum("991")],
      ),
    );
    expect(answer.ok && answer.value.minAmountOutRaw).toBe(991n);
  });

  test("error: quote_unavailable without a route, with what the service says of it", async () => {
    const answer = await offerOf({ routes: [], unavailableRoutes: { failed: [{ overallPath: "across" }] } });
    expect(answer.ok ? null : [answer.error.code, answer.error.retryable]).toEqual(["quote_unavailable", false]);
    expect(answer.ok ? "" : answer.error.message).toContain("overallPath");
    const garbage = await offerOf({ hello: 1 });
    expect(garbage.ok ? null : garbage.error.code).toBe("quote_refused");
  });
});

describe("status of a transfer", () => {
  const HASH: Hex = `0x${"ab".repeat(32)}`;
  const ask = { txHash: HASH, fromChainId: FROM, toChainId: TO, bridge: "across" };

  test.each(["COMPLETED", "PARTIAL", "REFUNDED"])(
    "default: DONE %s names the transaction that paid",
    async (substatus) => {
      const chainId = substatus === "REFUNDED" ? FROM : TO;
      server.answer(json(200, { status: "DONE", substatus, receiving: { txHash: HASH, chainId, amount: "995" } }));
      const answer = await quotes().readStatus(ask);
      expect(answer.ok && answer.value).toMatchObject({ status: "DONE", substatus, paid: { chainId, txHash: HASH } });
      expect(server.requests.at(-1)?.path).toContain(`txHash=${HASH}`);
    },
  );

  test("behavior: pending and failed ones name none; an unknown status is refused", async () => {
    server.answer(
      json(200, { status: "PENDING", substatus: "WAIT_DESTINATION_TRANSACTION", receiving: { chainId: TO } }),
    );
    const pending = await quotes().readStatus(ask);
    expect(pending.ok && pending.value.paid).toBeNull();
    server.answer(json(200, { status: "FAILED", substatus: "EXPIRED", substatusMessage: "too late" }));
    const failed = await quotes().readStatus(ask);
    expect(failed.ok && [failed.value.status, failed.value.detail]).toEqual(["FAILED", "too late"]);
    server.answer(json(200, { status: "MAYBE" }));
    const odd = await quotes().readStatus(ask);
    expect(odd.ok ? null : odd.error.code).toBe("quote_refused");
  });
});
