// One way to ask an HTTP service for JSON: time limit, size limit, no redirects, typed errors, and no secret in any text.
import { SourceError, errorText } from "@/lib/errors/tidegate-error";
import { err, ok, type Result } from "@/lib/errors/result";

/** Largest answer that is read, bytes (safety.md section 6). */
const MAX_BODY_BYTES = 5 * 1024 * 1024;
/** Time from the first byte sent to the last byte read, ms (safety.md section 6). */
const DEFAULT_TIMEOUT_MS = 10_000;

export interface JsonRequest {
  readonly url: string;
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
}

export interface RateLimit {
  readonly limit: number | null;
  readonly remaining: number | null;
  /** Seconds until the window starts anew. */
  readonly resetSec: number | null;
  readonly retryAfterMs: number | null;
}

/** An answer whose body was JSON, whatever its status. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly rateLimit: RateLimit;
  /** Redacted address, for messages. */
  readonly address: string;
}

/** Scheme, host and the path with everything that may be a key masked: query, userinfo and long path segments are gone. */
export function redactUrl(url: string): string {
  if (!URL.canParse(url)) return "(not an address)";
  const parsed = new URL(url);
  const path = parsed.pathname
    .split("/")
    .map((segment) => (segment.length >= 16 && !/^(0x)?[0-9a-fA-F]{40}(,|$)/.test(segment) ? "***" : segment))
    .join("/");
  return `${parsed.protocol}//${parsed.host}${path}${parsed.search === "" ? "" : "?***"}`;
}

/** Asks and parses; an answer of any status with a JSON body is `ok`, so that the caller can read a service's own error codes. */
export async function fetchJsonAnswer(request: JsonRequest): Promise<Result<JsonAnswer, SourceError>> {
  const address = redactUrl(request.url);
  const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const maxBytes = request.maxBytes ?? MAX_BODY_BYTES;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const headers: Record<string, string> = { accept: "application/json", ...request.headers };
  if (request.body !== undefined) headers["content-type"] = "application/json";

  let response: Response;
  let text: string | null;
  try {
    response = await (request.fetch ?? fetch)(request.url, {
      method: request.method ?? "GET",
      headers,
      redirect: "manual",
      signal,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    text = await readLimited(response, maxBytes);
  } catch (error) {
    // A guarded fetch has said what was wrong in these words already.
    if (error instanceof SourceError) return err(error);
    return err(connectionError({ error, address, timeoutMs, timedOut: timeout.aborted }));
  }

  const rateLimit = readRateLimit(response.headers);
  const { status } = response;
  if (status >= 300 && status < 400) {
    return err(
      badData(address, `answered ${status}, a redirect; redirects are refused: set the final address instead`, {
        status,
      }),
    );
  }
  if (text === null) {
    return err(badData(address, `sent more than ${maxBytes} bytes; the answer was dropped`, { status, maxBytes }));
  }
  const parsed = parseJson(text);
  if (!parsed.ok) {
    if (status < 200 || status >= 300) return err(statusError(address, status, rateLimit, text));
    return err(
      badData(address, `answered ${status} with ${text.length} characters that are not JSON: ${excerpt(text)}`, {
        status,
      }),
    );
  }
  return ok({ status, body: parsed.value, rateLimit, address });
}

/** Asks and parses; every status outside 2xx is an error. */
export async function fetchJson(request: JsonRequest): Promise<Result<JsonAnswer, SourceError>> {
  const answer = await fetchJsonAnswer(request);
  if (!answer.ok) return answer;
  const { status, address, rateLimit, body } = answer.value;
  if (status >= 200 && status < 300) return answer;
  return err(statusError(address, status, rateLimit, JSON.stringify(body)));
}

/** The error of an answer outside 2xx: 404 not_found, 429 rate_limited, 5xx unreachable (may be tried again), the rest bad_data. */
function statusError(address: string, status: number, rateLimit: RateLimit, text: string): SourceError {
  const details = { status, retryAfterMs: rateLimit.retryAfterMs ?? resetMs(rateLimit) };
  if (status === 429) {
    const wait = details.retryAfterMs === null ? "wait" : `wait ${Math.ceil(details.retryAfterMs / 1000)} s`;
    return new SourceError({
      code: "rate_limited",
      retryable: true,
      message: `${address} answered 429, too many requests; ${wait} before the next one`,
      details,
    });
  }
  if (status === 404) {
    return new SourceError({
      code: "not_found",
      retryable: false,
      message: `${address} answered 404: ${excerpt(text)}`,
      details,
    });
  }
  if (status >= 500) {
    return new SourceError({
      code: "unreachable",
      retryable: true,
      message: `${address} answered ${status}: ${excerpt(text)}; it is asked again in the next round`,
      details,
    });
  }
  return badData(address, `answered ${status}; expected 2xx: ${excerpt(text)}`, details);
}

/** A wait a service asked for, ms; null when it did not say. */
export function resetMs(rateLimit: RateLimit): number | null {
  if (rateLimit.remaining !== null && rateLimit.remaining > 0) return null;
  return rateLimit.resetSec === null ? null : rateLimit.resetSec * 1000;
}

/** First characters of a text on one line, without control characters. */
export function excerpt(text: string, length = 160): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  if (line === "") return "(empty)";
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

async function readLimited(response: Response, maxBytes: number): Promise<string | null> {
  const declared = Number(response.headers.get("content-length") ?? "0");
  if (declared > maxBytes) {
    await response.body?.cancel();
    return null;
  }
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > maxBytes) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function parseJson(text: string): Result<unknown, null> {
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch {
    return err(null);
  }
}

function readRateLimit(headers: Headers): RateLimit {
  const seconds = finiteOrNull(headers.get("retry-after"));
  return {
    limit: finiteOrNull(headers.get("ratelimit-limit") ?? headers.get("x-ratelimit-limit")),
    remaining: finiteOrNull(headers.get("ratelimit-remaining") ?? headers.get("x-ratelimit-remaining")),
    resetSec: finiteOrNull(headers.get("ratelimit-reset") ?? headers.get("x-ratelimit-reset")),
    retryAfterMs: seconds === null ? null : seconds * 1000,
  };
}

function finiteOrNull(text: string | null): number | null {
  if (text === null || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

function connectionError(input: {
  readonly error: unknown;
  readonly address: string;
  readonly timeoutMs: number;
  readonly timedOut: boolean;
}): SourceError {
  const { error, address, timeoutMs, timedOut } = input;
  if (timedOut) {
    return new SourceError({
      code: "timeout",
      retryable: true,
      message: `${address} gave no full answer within ${timeoutMs} ms; check that the service is up and reachable`,
      details: { timeoutMs },
    });
  }
  // The reason sits in the cause of fetch's own "fetch failed"; its texts name host and port only.
  const reason = error instanceof Error && error.cause !== undefined ? errorText(error.cause) : errorText(error);
  return new SourceError({
    code: "unreachable",
    retryable: true,
    message: `${address} could not be read (${excerpt(reason)}); check that the service is up and reachable`,
  });
}

function badData(
  address: string,
  what: string,
  details: Record<string, string | number | boolean | null>,
): SourceError {
  return new SourceError({ code: "bad_data", retryable: false, message: `${address} ${what}`, details });
}
