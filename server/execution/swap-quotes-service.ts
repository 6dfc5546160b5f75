// A quote service of LI.FI's shape over HTTP: our own integrator id, request limits kept as the answers state them, errors with their meaning.
import * as z from "zod";
import { err, ok, type Result } from "@/lib/errors/result";
import { ExecutionError, type ErrorDetails, type SourceError } from "@/lib/errors/tidegate-error";
import { excerpt, fetchJsonAnswer, resetMs, type JsonAnswer } from "@/server/infra/http";

const DEFAULT_TIMEOUT_MS = 12_000;
/** How long nothing is asked after a rate limit without a stated wait (services.md section 5: counted over two hours). */
const DEFAULT_RATE_WAIT_MS = 60_000;
const DEFAULT_INTEGRATOR = "tidegate";

export interface QuoteServiceSettings {
  /** For people; default `LI.FI`. */
  readonly name?: string;
  /** For example `https://li.quest/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string | null;
  readonly integrator?: string;
  /** Further headers of another provider of the same shape. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly wallNowMs: () => number;
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

export interface QuoteService {
  readonly name: string;
  readonly integrator: string;
  readonly wallNowMs: () => number;
  /** The body of a 2xx answer. */
  get(path: string, query: URLSearchParams): Promise<Result<unknown, ExecutionError>>;
  post(path: string, body: unknown): Promise<Result<unknown, ExecutionError>>;
}

const errorSchema = z.object({
  message: z.string().optional(),
  code: z.union([z.number(), z.string()]).optional(),
  errors: z.array(z.object({ code: z.string().optional(), message: z.string().optional() })).optional(),
});

/** Codes after which the same question may be asked again: rate limit, server, slippage, third party, timeout, rpc. */
const RETRYABLE_CODES: readonly number[] = [1005, 1006, 1007, 1008, 1009, 1012];
const RATE_LIMIT_CODE = 1005;

export function createQuoteService(settings: QuoteServiceSettings): QuoteService {
  const name = settings.name ?? "LI.FI";
  const integrator = settings.integrator ?? DEFAULT_INTEGRATOR;
  // Quotes and everything else have limits of their own (services.md section 5).
  const blockedUntilMs = { quotes: 0, rest: 0 };

  async function ask(path: string, query: URLSearchParams | null, body?: unknown) {
    const group = path === "/status" ? "rest" : "quotes";
    const nowMs = settings.wallNowMs();
    const waitMs = blockedUntilMs[group] - nowMs;
    if (waitMs > 0) {
      return unavailable(
        `${name}'s request limit is used up for another ${Math.ceil(waitMs / 1000)} s; set TG_LIFI_API_KEY for a higher one`,
        true,
        { retryAfterMs: waitMs },
      );
    }
    const text = query === null ? "" : `?${query.toString()}`;
    const answer = await fetchJsonAnswer({
      url: `${settings.baseUrl.replace(/\/+$/, "")}${path}${text}`,
      timeoutMs: settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      headers: {
        "x-lifi-integrator": integrator,
        ...(settings.apiKey === null ? {} : { "x-lifi-api-key": settings.apiKey }),
        ...settings.headers,
      },
      ...(body === undefined ? {} : { method: "POST" as const, body }),
      ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
    });
    if (!answer.ok) return err(fromSource(answer.error));
    const { rateLimit, status } = answer.value;
    if (status === 429 || rateLimit.remaining === 0) {
      const stated = rateLimit.retryAfterMs ?? resetMs(rateLimit);
      blockedUntilMs[group] = settings.wallNowMs() + (stated ?? DEFAULT_RATE_WAIT_MS);
    }
    if (status < 200 || status >= 300) return err(serviceError(name, answer.value));
    return ok(answer.value.body);
  }

  return {
    name,
    integrator,
    wallNowMs: settings.wallNowMs,
    get: (path, query) => ask(path, query),
    post: (path, body) => ask(path, null, body),
  };
}

function serviceError(name: string, answer: JsonAnswer): ExecutionError {
  const parsed = errorSchema.safeParse(answer.body);
  const code = Number(parsed.success ? (parsed.data.code ?? 0) : 0);
  const tool = parsed.success ? parsed.data.errors?.map((each) => each.code ?? each.message ?? "").join(", ") : "";
  const text = excerpt(parsed.success ? (parsed.data.message ?? "") : JSON.stringify(answer.body));
  const isRetryable = RETRYABLE_CODES.includes(code) || answer.status === 429 || answer.status >= 500;
  return new ExecutionError({
    code: "quote_unavailable",
    retryable: isRetryable,
    message: `${name} gave no quote (status ${answer.status}, code ${code}${code === RATE_LIMIT_CODE ? ", request limit" : ""}): ${text}${tool === "" || tool === undefined ? "" : ` [${excerpt(tool)}]`}`,
    details: { status: answer.status, lifiCode: code, retryAfterMs: answer.rateLimit.retryAfterMs },
  });
}

function fromSource(error: SourceError): ExecutionError {
  return new ExecutionError({
    code: "quote_unavailable",
    retryable: error.retryable || error.code === "bad_data",
    message: `no swap quote: ${error.message}`,
    details: { ...error.details, sourceCode: error.code },
    cause: error,
  });
}

export function unavailable(message: string, retryable: boolean, details: ErrorDetails): Result<never, ExecutionError> {
  return err(new ExecutionError({ code: "quote_unavailable", retryable, message, details }));
}

/** A quote that lies may be honest the next time: asking again is allowed, using it is not. */
export function refused(message: string, details: ErrorDetails): Result<never, ExecutionError> {
  return err(new ExecutionError({ code: "quote_refused", retryable: true, message, details }));
}
