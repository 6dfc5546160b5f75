// Quotes that lie in any field are refused before anything is approved; service errors keep their meaning.
import { encodeFunctionData } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LIFI_SWAP_ABI } from "@/lib/actions/swap-decoder";
import type { Address, Hex } from "@/lib/units";
import { json, startHostileServer, type HostileServer } from "@/tests/support/hostile-server";
import { createLifiQuotes, type SwapQuoteRequest } from "./swap-quotes";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const WALLET = address("11");
const ROUTER = address("22");
const IN = address("33");
const OUT = address("44");
const DEX = address("55");
const STRANGER = address("99");

const request: SwapQuoteRequest = {
  chainId: 901_001,
  router: ROUTER,
  wallet: WALLET,
  tokenIn: IN,
  tokenOut: OUT,
  amountInRaw: 1_000n,
  minAmountOutRaw: 990n,
  slippageBps: 50,
  cexPrice: 1,
  poolPrice: 1,
};

interface Lie {
  readonly receiver?: Address;
  readonly tokenIn?: Address;
  readonly tokenOut?: Address;
  readonly amount?: bigint;
  readonly minimum?: bigint;
  readonly callTo?: Address;
  readonly to?: Address;
  readonly approvalAddress?: Address;
  readonly chainId?: number;
  readonly value?: string;
  readonly data?: Hex;
  readonly toChainId?: number;
}

function quote(lie: Lie = {}): unknown {
  const data =
    lie.data ??
    encodeFunctionData({
      abi: LIFI_SWAP_ABI,
      functionName: "swapTokensSingleV3ERC20ToERC20",
      args: [
        `0x${"00".repeat(32)}`,
        "tidegate",
        "",
        lie.receiver ?? WALLET,
        lie.minimum ?? 995n,
        {
          callTo: lie.callTo ?? DEX,
          approveTo: DEX,
          sendingAssetId: lie.tokenIn ?? IN,
          receivingAssetId: lie.tokenOut ?? OUT,
          fromAmount: lie.amount ?? 1_000n,
          callData: "0x12345678",
          requiresDeposit: true,
        },
      ],
    });
  return {
    tool: "test",
    action: {
      fromChainId: 901_001,
      toChainId: lie.toChainId ?? 901_001,
      fromToken: { address: IN },
      toToken: { address: OUT },
      fromAmount: "1000",
    },
    estimate: { toAmountMin: "995", approvalAddress: lie.approvalAddress ?? ROUTER },
    transactionRequest: {
      from: WALLET,
      to: lie.to ?? ROUTER,
      chainId: lie.chainId ?? 901_001,
      data,
      value: lie.value ?? "0x0",
    },
  };
}

let server: HostileServer;
let nowMs = 1_000_000;
beforeAll(async () => {
  server = await startHostileServer();
});
afterAll(() => server.close());

function client() {
  return createLifiQuotes({ baseUrl: `${server.url}/v1`, apiKey: "key-123", wallNowMs: () => nowMs, timeoutMs: 1_000 });
}

describe("createLifiQuotes", () => {
  test("default: asks with our integrator and key and gives the evidence", async () => {
    server.answer(json(200, quote()));
    const answer = await client().fetchQuote(request);
    expect(answer.ok && answer.value.toAmountMinRaw).toBe(995n);
    const asked = server.requests.at(-1);
    expect(asked?.headers["x-lifi-api-key"]).toBe("key-123");
    expect(asked?.path).toContain("integrator=tidegate");
    expect(asked?.path).toContain("slippage=0.005");
    expect(asked?.path).toContain("fromAmount=1000");
  });

  test.each<[string, Lie]>([
    ["receiver", { receiver: STRANGER }],
    ["token in", { tokenIn: STRANGER }],
    ["token out", { tokenOut: STRANGER }],
    ["amount", { amount: 2_000n }],
    ["minimum", { minimum: 989n }],
    ["inner call to the token", { callTo: IN }],
    ["target", { to: STRANGER }],
    ["spender", { approvalAddress: STRANGER }],
    ["chain of the transaction", { chainId: 1 }],
    ["destination chain", { toChainId: 1 }],
    ["value", { value: "0x1" }],
    ["selector", { data: "0xa9059cbb" }],
    ["extra bytes", {}],
  ])("error: quote_refused for another %s", async (name, lie) => {
    const body = name === "extra bytes" ? withExtraBytes() : quote(lie);
    server.answer(json(200, body));
    const answer = await client().fetchQuote(request);
    expect(answer.ok ? null : answer.error.code).toBe("quote_refused");
  });

  test("error: quote_refused for garbage, quote_unavailable for broken and missing answers", async () => {
    server.answer(json(200, { hello: "world" }));
    expect(await errorOf()).toEqual(["quote_refused", true]);
    server.answer((_, res) => res.end('{"tool": "te'));
    expect(await errorOf()).toEqual(["quote_unavailable", true]);
    server.answer(json(404, { message: "none", code: 1002, errors: [{ code: "NO_POSSIBLE_ROUTE" }] }));
    expect(await errorOf()).toEqual(["quote_unavailable", false]);
    server.answer(json(500, { message: "down", code: 1006 }));
    expect(await errorOf()).toEqual(["quote_unavailable", true]);
    server.answer(json(400, { message: "bad", code: 1011 }));
    expect(await errorOf()).toEqual(["quote_unavailable", false]);
  });

  test("behavior: after a rate limit nothing is asked until the stated time", async () => {
    const quotes = client();
    server.answer(json(429, { message: "slow down", code: 1005 }, { "ratelimit-reset": "30" }));
    expect((await quotes.fetchQuote(request)).ok).toBe(false);
    const before = server.requests.length;
    server.answer(json(200, quote()));
    expect((await quotes.fetchQuote(request)).ok).toBe(false);
    expect(server.requests.length).toBe(before);
    nowMs += 30_001;
    expect((await quotes.fetchQuote(request)).ok).toBe(true);
  });
});

async function errorOf(): Promise<readonly [string, boolean] | null> {
  const answer = await client().fetchQuote(request);
  return answer.ok ? null : [answer.error.code, answer.error.retryable];
}

function withExtraBytes(): unknown {
  const honest = encodeFunctionData({
    abi: LIFI_SWAP_ABI,
    functionName: "swapTokensSingleV3ERC20ToERC20",
    args: [
      `0x${"00".repeat(32)}`,
      "",
      "",
      WALLET,
      995n,
      {
        callTo: DEX,
        approveTo: DEX,
        sendingAssetId: IN,
        receivingAssetId: OUT,
        fromAmount: 1_000n,
        callData: "0x12345678",
        requiresDeposit: true,
      },
    ],
  });
  return quote({ data: `${honest}${"ff".repeat(32)}` });
}
