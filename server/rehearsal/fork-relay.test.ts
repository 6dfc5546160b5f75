// What a fork may ask its chain: reads, by whoever knows the path; nothing that changes or signs.
import { afterEach, beforeEach, expect, it } from "vitest";
import { err, ok } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { ChainClient } from "@/server/infra/chain/clients";
import { startForkRelay, type ForkRelay } from "./fork-relay";

const asked: string[] = [];
let isAway = false;
let relay: ForkRelay;

/** Stands in for the endpoints behind the relay. */
const client = {
  call: async (what: string, read: (reader: unknown) => Promise<unknown>) => {
    if (isAway) return err(new ChainError({ code: "unreachable", retryable: true, message: `${what}: no answer` }));
    return ok(
      await read({
        request: async ({ method, params }: { method: string; params: unknown }) => {
          asked.push(`${method} ${JSON.stringify(params)}`);
          return "0x1";
        },
      }),
    );
  },
} as unknown as ChainClient;

beforeEach(async () => {
  asked.length = 0;
  isAway = false;
  relay = await startForkRelay(client);
});

afterEach(() => relay.close());

async function post(url: string, body: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, { method: "POST", body: text });
  return { status: response.status, body: await response.json().catch(() => null) };
}

it("default: reads pass, one or many at once, each with its own id", async () => {
  const block = { jsonrpc: "2.0", id: 7, method: "eth_getBalance", params: ["0x0a", "0x4"] };
  expect(await post(relay.url, block)).toEqual({ status: 200, body: { jsonrpc: "2.0", id: 7, result: "0x1" } });
  expect(await post(relay.url, [block, { ...block, id: 8, method: "eth_getCode" }])).toMatchObject({
    body: [
      { id: 7, result: "0x1" },
      { id: 8, result: "0x1" },
    ],
  });
  expect(asked).toEqual([
    'eth_getBalance ["0x0a","0x4"]',
    'eth_getBalance ["0x0a","0x4"]',
    'eth_getCode ["0x0a","0x4"]',
  ]);
});

it("error: what sends, signs or is unknown never reaches an endpoint", async () => {
  for (const method of ["eth_sendRawTransaction", "eth_sendTransaction", "eth_sign", "personal_unlockAccount", "x"]) {
    expect(await post(relay.url, { id: 1, method, params: [] })).toMatchObject({
      body: { error: { code: -32_601, message: `${method} is not relayed` } },
    });
  }
  expect(asked).toEqual([]);
});

it("error: another path, garbage and too much are refused", async () => {
  const root = new URL("/", relay.url).href;
  expect((await post(root, { id: 1, method: "eth_chainId" })).status).toBe(404);
  expect((await fetch(relay.url)).status).toBe(404);
  expect((await post(relay.url, "{")).status).toBe(400);
  expect((await post(relay.url, `"${"x".repeat(1_000_001)}"`)).status).toBe(400);
  expect(asked).toEqual([]);
});

it("error: an endpoint that does not answer is an error of the call, in its own words", async () => {
  isAway = true;
  expect(await post(relay.url, { id: 3, method: "eth_chainId", params: [] })).toEqual({
    status: 200,
    body: { jsonrpc: "2.0", id: 3, error: { code: -32_603, message: "eth_chainId for a fork: no answer" } },
  });
});
