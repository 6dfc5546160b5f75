// The API client: paths and queries are built as the contract says, every failure becomes one ApiError with a reason.
import { beforeAll, describe, expect, it } from "vitest";
import { ApiError, createApiClient, loadShapes, pathOf, type FetchLike } from "./client";

function answering(status: number, text: string): { readonly fetch: FetchLike; readonly urls: string[] } {
  const urls: string[] = [];
  return {
    urls,
    fetch: (url) => {
      urls.push(url);
      return Promise.resolve({ ok: status < 400, status, text: () => Promise.resolve(text) });
    },
  };
}

const refusing: FetchLike = () => Promise.reject(new TypeError("refused"));

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (error instanceof ApiError) return error;
  throw new Error(`expected an ApiError, got ${String(error)}`);
}

// Reading the shapes takes a second the first time, which is no part of what is tested.
beforeAll(async () => {
  await loadShapes();
});

describe("createApiClient", () => {
  it("default: fills the path, drops absent query values and returns the checked answer", async () => {
    const { fetch, urls } = answering(
      200,
      JSON.stringify({ epochs: [], source: "store", partial: false, nextCursor: null }),
    );
    const answer = await createApiClient({ fetch }).call("pairEpochs", {
      params: { id: "WETH-USDC" },
      query: { from: 5, to: undefined, limit: 10 },
    });
    expect(answer.source).toBe("store");
    expect(urls).toEqual(["/api/pairs/WETH-USDC/epochs?from=5&limit=10"]);
  });

  it("behavior: parameters cannot leave their path segment", () => {
    expect(pathOf("/api/pairs/{id}/status", { id: "../x?y" })).toBe("/api/pairs/..%2Fx%3Fy/status");
  });

  it("error: carries the API's code, field and status", async () => {
    const body = {
      error: { code: "bad_request", message: "limit: expected at most 500", field: "limit", details: {} },
    };
    const { fetch } = answering(400, JSON.stringify(body));
    const error = await failureOf(createApiClient({ fetch }).call("pairs"));
    expect([error.code, error.field, error.status, error.retryable]).toEqual(["bad_request", "limit", 400, false]);
  });

  it("error: bad_answer for another shape, for no JSON and for a foreign error page", async () => {
    expect((await failureOf(createApiClient(answering(200, "{}")).call("pairs"))).code).toBe("bad_answer");
    expect((await failureOf(createApiClient(answering(200, "<html>")).call("pairs"))).code).toBe("bad_answer");
    expect((await failureOf(createApiClient(answering(502, "<html>")).call("pairs"))).code).toBe("bad_answer");
  });

  it("error: unreachable when no answer came", async () => {
    const error = await failureOf(createApiClient({ fetch: refusing }).call("pairs"));
    expect([error.code, error.retryable]).toEqual(["unreachable", true]);
  });
});
