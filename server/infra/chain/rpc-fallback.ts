// Several RPC endpoints of one chain behind one viem transport: chain id checked first, dead and wrong ones passed over, no key in any text.
import { custom, http, HttpRequestError, TimeoutError, type CustomTransport } from "viem";
import * as z from "zod";
import type { EndpointErrorClass, EndpointStats } from "@/lib/api/endpoint-schemas";
import { ChainError, SourceError, errorText } from "@/lib/errors/tidegate-error";
import { redactUrl } from "@/server/infra/http";
import { createRequestStats } from "./request-stats";

export interface RpcCall {
  readonly method: string;
  readonly params?: unknown;
}

export interface RpcEndpoint {
  /** Host and masked path: the only form of the address that may leave this file. */
  readonly label: string;
  /** The whole address: for its own file, ids and comparisons; never for a text. */
  readonly url: string;
  /** One JSON-RPC call to this endpoint only; throws viem's errors or a ChainError `wrong_chain`. */
  readonly request: (call: RpcCall) => Promise<unknown>;
  state(): EndpointState;
}

export interface EndpointState {
  readonly label: string;
  readonly status: "unchecked" | "ok" | "wrong_chain" | "failing";
  readonly failuresCount: number;
  readonly lastError: string | null;
  /** Wall time at which a failing endpoint is tried again; 0 when it is not failing. */
  readonly retryAtMs: number;
  /** Of the newest requests. */
  readonly stats: EndpointStats;
}

/** Another endpoint answers than before. */
export interface EndpointSwitch {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export interface RpcFallbackSettings {
  readonly chainId: number;
  readonly urls: readonly string[];
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly nowMs: () => number;
  /** For addresses that came in by the desk: a fetch that goes to the open internet only. */
  readonly fetchOf?: (url: string) => typeof fetch | undefined;
}

/** Backoff of an endpoint after consecutive failures: 1 s doubling to 60 s. */
const BACKOFF_MIN_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;

const chainIdSchema = z.string().regex(/^0x[0-9a-fA-F]+$/);
const rpcErrorSchema = z.looseObject({ code: z.number().optional() });

export interface RpcFallback {
  readonly transport: CustomTransport;
  /** As they are now. */
  readonly endpoints: readonly RpcEndpoint[];
  /** Another list in another order, from the next request on; what is under way ends where it began. */
  setUrls(urls: readonly string[]): void;
  lastSwitch(): EndpointSwitch | null;
}

export function createRpcFallback(settings: RpcFallbackSettings): RpcFallback {
  let endpoints = settings.urls.map((url) => createEndpoint(settings, url));
  let lastAnswered: string | null = null;
  let lastSwitch: EndpointSwitch | null = null;

  function answeredBy(endpoint: RpcEndpoint): void {
    const before = endpoints.find(({ label }) => label === lastAnswered);
    if (lastAnswered !== null && lastAnswered !== endpoint.label) {
      const why =
        before === undefined ? "it is not in the list any more" : (before.state().lastError ?? "the order was changed");
      lastSwitch = { atMs: settings.nowMs(), from: lastAnswered, to: endpoint.label, why };
    }
    lastAnswered = endpoint.label;
  }

  const request = async (rpcCall: RpcCall): Promise<unknown> => {
    let lastError: unknown = null;
    for (const endpoint of inOrder(endpoints, settings.nowMs())) {
      try {
        const value = await endpoint.request(rpcCall);
        answeredBy(endpoint);
        return value;
      } catch (error) {
        if (isAnswer(error)) throw error;
        lastError = error;
      }
    }
    if (lastError instanceof ChainError) throw lastError;
    throw new ChainError({
      code: "unreachable",
      retryable: true,
      message:
        endpoints.length === 0
          ? `chain ${settings.chainId} has no RPC endpoint; set TG_RPC_${settings.chainId} or rpcUrls in the registry overlay`
          : `none of the ${endpoints.length} RPC endpoints of chain ${settings.chainId} answered (${endpoints.map((each) => `${each.label}: ${each.state().lastError ?? "not tried"}`).join("; ")})`,
      cause: lastError,
    });
  };
  return {
    transport: custom({ request }, { retryCount: 0 }),
    get endpoints() {
      return endpoints;
    },
    setUrls(urls) {
      const known = new Map(endpoints.map((endpoint) => [endpoint.url, endpoint]));
      endpoints = urls.map((url) => known.get(url) ?? createEndpoint(settings, url));
    },
    lastSwitch: () => lastSwitch,
  };
}

function createEndpoint(settings: RpcFallbackSettings, url: string): RpcEndpoint {
  const label = redactUrl(url);
  const stats = createRequestStats();
  const fetchFn = settings.fetchOf?.(url);
  const inner = http(url, {
    ...(fetchFn === undefined ? {} : { fetchFn }),
    timeout: settings.timeoutMs,
    retryCount: 0,
    maxResponseBodySize: settings.maxBodyBytes,
    fetchOptions: { redirect: "error" },
  })({});
  let status: EndpointState["status"] = "unchecked";
  let failuresCount = 0;
  let lastError: string | null = null;
  let retryAtMs = 0;
  let checking: Promise<void> | null = null;

  function failed(error: unknown): void {
    stats.failed(errorClassOf(error));
    failuresCount += 1;
    if (status !== "wrong_chain") status = "failing";
    lastError = redactText(errorText(error), url, label);
    retryAtMs = settings.nowMs() + Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(failuresCount - 1, 6));
  }

  async function checkChainId(): Promise<void> {
    const answer = chainIdSchema.safeParse(await inner.request({ method: "eth_chainId" }));
    if (!answer.success) throw new Error("eth_chainId did not answer a hex number");
    const found = Number(BigInt(answer.data));
    if (found !== settings.chainId) {
      status = "wrong_chain";
      throw new ChainError({
        code: "wrong_chain",
        retryable: false,
        message: `${label} serves chain ${found}; expected chain ${settings.chainId}: correct TG_RPC_${settings.chainId} or the registry overlay`,
        details: { expected: settings.chainId, found },
      });
    }
  }

  const request = async (rpcCall: RpcCall): Promise<unknown> => {
    try {
      if (status !== "ok") {
        checking ??= checkChainId().finally(() => {
          checking = null;
        });
        await checking;
      }
      const startMono = performance.now();
      const value = await inner.request(rpcCall);
      stats.answered(performance.now() - startMono);
      status = "ok";
      failuresCount = 0;
      lastError = null;
      retryAtMs = 0;
      return value;
    } catch (error) {
      if (isAnswer(error)) {
        status = "ok";
        failuresCount = 0;
        retryAtMs = 0;
      } else {
        failed(error);
      }
      throw error;
    }
  };
  return {
    label,
    url,
    request,
    state: () => ({ label, status, failuresCount, lastError, retryAtMs, stats: stats.read() }),
  };
}

/** What kind of trouble an endpoint made, for people who compare endpoints. */
function errorClassOf(error: unknown): EndpointErrorClass {
  if (error instanceof ChainError) return error.code === "wrong_chain" ? "wrong_chain" : "bad_answer";
  if (error instanceof TimeoutError) return "timeout";
  if (error instanceof SourceError) return error.code === "timeout" ? "timeout" : "unreachable";
  if (error instanceof HttpRequestError) {
    if (error.status === 429) return "rate_limited";
    return error.status === undefined ? "unreachable" : "bad_answer";
  }
  const code = rpcErrorSchema.safeParse(error);
  return code.success && (code.data.code === -32_005 || code.data.code === 429) ? "rate_limited" : "bad_answer";
}

/** Healthy ones first, in the order of the settings; those backing off come last, soonest first, so that none is never tried. */
function inOrder(endpoints: readonly RpcEndpoint[], nowMs: number): RpcEndpoint[] {
  const rank = (endpoint: RpcEndpoint): number => {
    const { retryAtMs } = endpoint.state();
    return retryAtMs <= nowMs ? 0 : retryAtMs;
  };
  return endpoints.toSorted((left, right) => rank(left) - rank(right));
}

/**
 * True when the node understood and answered with an error of its own (a revert, a bad argument, an unknown block): another
 * endpoint would say the same. Rate limits (-32005) and internal errors (-32603) are the endpoint's own trouble.
 */
function isAnswer(error: unknown): boolean {
  const parsed = rpcErrorSchema.safeParse(error);
  const code = parsed.success ? parsed.data.code : undefined;
  if (code === undefined || code === -32_005 || code === -32_603 || code === 429) return false;
  return code === 3 || (code <= -32_000 && code > -33_000) || (code >= 4_000 && code < 5_000);
}

/** Takes the whole address and each of its secret parts out of a text. */
export function redactText(text: string, url: string, label: string): string {
  let clean = text.replaceAll(url, label);
  if (URL.canParse(url)) {
    const parsed = new URL(url);
    for (const part of [parsed.href, parsed.search, parsed.password, ...parsed.pathname.split("/")]) {
      if (part.length >= 8) clean = clean.replaceAll(part, "***");
    }
  }
  return clean.split("\n")[0]?.slice(0, 240) ?? "";
}
