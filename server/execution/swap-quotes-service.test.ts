// A quote service of LI.FI's shape: its limits are kept as its headers state them, two groups apart, and a second provider is configuration.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ok } from "@/lib/errors/result";
import { json, startHostileServer, type HostileServer } from "@/tests/support/hostile-server";
import { firstOf, type SwapQuoteRequest, type SwapQuotes } from "./swap-quotes";
import { createQuoteService, refused, unavailable, type QuoteServiceSettings } from "./swap-quotes-service";

let server: HostileServer;
let nowMs = 1_000_000;
beforeAll(async () => {
  server = await startHostileServer();
});
afterAll(() => server.close());
beforeEach(() => {
  nowMs = 1_000_000;
  server.answer(json(200, { fine: true }));
});

const serviceOf = (change: Partial<QuoteServiceSettings> = {}) =>
  createQuoteService({
    baseUrl: `${server.url}/v1`,
    apiKey: null,
    wallNowMs: () => nowMs,
    timeoutMs: 1_000,
    ...change,
  });
const query = new URLSearchParams({ a: "1" });
const count = (): number => server.requests.length;

describe("request limits", () => {
  test("behavior: the last request of a window ends the asking until the stated reset", async () => {
    const service = serviceOf();
    server.answer(json(200, {}, { "ratelimit-limit": "75", "ratelimit-remaining": "0", "ratelimit-reset": "90" }));
    expect((await service.get("/quote", query)).ok).toBe(true);
    const before = count();
    nowMs += 89_999;
    const held = await service.post("/advanced/routes", {});
    expect(held.ok ? null : [held.error.code, held.error.retryable, held.error.details["retryAfterMs"]]).toEqual([
      "quote_unavailable",
      true,
      1,
    ]);
    expect(count()).toBe(before);
    nowMs += 1;
    expect((await service.post("/advanced/routes", {})).ok).toBe(true);
  });

  test("behavior: with requests left nothing waits, whatever the reset says", async () => {
    const service = serviceOf();
    server.answer(json(200, {}, { "ratelimit-remaining": "1", "ratelimit-reset": "7200" }));
    await service.get("/quote", query);
    expect((await service.get("/quote", query)).ok).toBe(true);
  });

  test("behavior: after 429 retry-after goes before the reset, and without either it is a minute", async () => {
    const service = serviceOf();
    server.answer(json(429, { code: 1005, message: "slow" }, { "retry-after": "5", "ratelimit-reset": "500" }));
    const first = await service.get("/quote", query);
    expect(first.ok ? null : [first.error.retryable, first.error.details["lifiCode"]]).toEqual([true, 1005]);
    nowMs += 5_000;
    server.answer(json(429, { code: 1005, message: "slow" }));
    await service.get("/quote", query);
    const before = count();
    nowMs += 59_999;
    await service.get("/quote", query);
    expect(count()).toBe(before);
    nowMs += 1;
    await service.get("/quote", query);
    expect(count()).toBe(before + 1);
  });

  test("behavior: status questions have a limit of their own: transfers are followed while quotes wait, and the other way round", async () => {
    const service = serviceOf();
    server.answer(json(429, { code: 1005 }, { "ratelimit-reset": "60" }));
    await service.get("/quote", query);
    server.answer(json(200, {}));
    expect((await service.get("/status", query)).ok).toBe(true);
    expect((await service.get("/quote", query)).ok).toBe(false);
    server.answer(json(429, { code: 1005 }, { "ratelimit-reset": "600" }));
    await service.get("/status", query);
    nowMs += 60_001;
    server.answer(json(200, {}));
    expect((await service.get("/quote", query)).ok).toBe(true);
    expect((await service.get("/status", query)).ok).toBe(false);
  });
});

describe("errors", () => {
  test.each<[number, unknown, boolean]>([
    [400, { code: 1011, message: "validation" }, false],
    [404, { code: 1002, errors: [{ code: "NO_POSSIBLE_ROUTE" }] }, false],
    [422, { code: 1007, message: "slippage" }, true],
    [424, { code: 1008, message: "third party" }, true],
    [401, { code: 1010, message: "unauthorized" }, false],
    [400, { code: "1012", message: "rpc" }, true],
    [503, {}, true],
  ])("error: status %i with %o may be asked again: %s", async (status, body, isRetryable) => {
    server.answer(json(status, body));
    const answer = await serviceOf().get("/quote", query);
    expect(answer.ok ? null : [answer.error.code, answer.error.retryable]).toEqual(["quote_unavailable", isRetryable]);
  });

  test("error: the tools' own reasons are in the words, the key never is", async () => {
    server.answer(json(404, { code: 1002, message: "none", errors: [{ code: "AMOUNT_TOO_LOW" }] }));
    const answer = await serviceOf({ apiKey: "secret-key" }).get("/quote", query);
    expect(answer.ok ? "" : answer.error.message).toContain("AMOUNT_TOO_LOW");
    expect(JSON.stringify(answer)).not.toContain("secret-key");
  });

  test("error: nobody there", async () => {
    const answer = await serviceOf({ baseUrl: "http://127.0.0.1:1" }).get("/quote", query);
    expect(answer.ok ? null : [answer.error.code, answer.error.retryable]).toEqual(["quote_unavailable", true]);
  });
});

const WALLET = `0x${"11".repeat(20)}` as const;
const request: SwapQuoteRequest = {
  chainId: 1,
  router: WALLET,
  wallet: WALLET,
  tokenIn: WALLET,
  tokenOut: WALLET,
  amountInRaw: 1n,
  minAmountOutRaw: 1n,
  slippageBps: 50,
  cexPrice: 1,
  poolPrice: 1,
};
const provider = (
  name: string,
  asked: string[],
  answer: Awaited<ReturnType<SwapQuotes["fetchQuote"]>>,
): SwapQuotes => ({
  fetchQuote: async () => {
    asked.push(name);
    return answer;
  },
});
const evidence = (tool: string) =>
  ok({
    fetchedAtMs: 1,
    tool,
    to: `0x${"11".repeat(20)}` as const,
    approvalAddress: `0x${"11".repeat(20)}` as const,
    data: "0x" as const,
    valueRaw: 0n,
    toAmountMinRaw: 1n,
    cexPrice: 1,
    poolPrice: 1,
  });

describe("providers", () => {
  test("default: our own integrator; a key only when there is one", async () => {
    await serviceOf().get("/quote", query);
    expect(server.requests.at(-1)?.headers).toMatchObject({ "x-lifi-integrator": "tidegate" });
    expect(server.requests.at(-1)?.headers).not.toHaveProperty("x-lifi-api-key");
    await serviceOf({ apiKey: "k1", integrator: "ours" }).get("/quote", query);
    expect(server.requests.at(-1)?.headers).toMatchObject({ "x-lifi-integrator": "ours", "x-lifi-api-key": "k1" });
  });

  test("behavior: a second provider of the same shape is a base address and its headers, and is named in errors", async () => {
    const second = serviceOf({
      name: "the second quote service",
      baseUrl: `${server.url}/pipeline/v1/`,
      headers: { "x-own": "yes" },
    });
    await second.get("/quote", query);
    expect(server.requests.at(-1)?.path).toBe("/pipeline/v1/quote?a=1");
    expect(server.requests.at(-1)?.headers).toMatchObject({ "x-own": "yes" });
    server.answer(json(400, { code: 1011 }));
    const answer = await second.get("/quote", query);
    expect(answer.ok ? "" : answer.error.message).toContain("the second quote service gave no quote");
  });

  test("behavior: the second is asked only when the first has none or lied; the last reason is told", async () => {
    const asked: string[] = [];
    const good = firstOf([provider("a", asked, evidence("a")), provider("b", asked, evidence("b"))]);
    const first = await good.fetchQuote(request);
    expect([first.ok && first.value.tool, asked]).toEqual(["a", ["a"]]);
    const lied = firstOf([provider("a", asked, refused("lied", {})), provider("b", asked, evidence("b"))]);
    const second = await lied.fetchQuote(request);
    expect([second.ok && second.value.tool, asked]).toEqual(["b", ["a", "a", "b"]]);
    const none = await firstOf([
      provider("a", asked, refused("lied", {})),
      provider("b", asked, unavailable("away", true, {})),
    ]).fetchQuote(request);
    expect(none.ok ? null : [none.error.code, none.error.message]).toEqual(["quote_unavailable", "away"]);
    const empty = await firstOf([]).fetchQuote(request);
    expect(empty.ok ? "" : empty.error.message).toContain("TG_LIFI_URL");
  });
});
