// One outgoing request: guarded, pinned to the address that was checked, no redirects, bounded in time and size.
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { errorText } from "@/lib/errors/tidegate-error";
import { err, ok, type Result } from "@/lib/errors/result";
import { guardTarget, type GuardSettings, type GuardedTarget } from "./address-guard";
import { AlertError } from "./alert-error";

/** Time from the first byte sent to the last byte read (safety.md section 6). */
const TIMEOUT_MS = 10_000;
/** Answers of these services are short. */
const MAX_ANSWER_BYTES = 256 * 1024;

export interface OutRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface OutAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | null;
}

export type Send = (request: OutRequest) => Promise<Result<OutAnswer, AlertError>>;

export function createSend(
  settings: GuardSettings & {
    readonly timeoutMs?: number;
    readonly maxAnswerBytes?: number;
  },
): Send {
  const limits = {
    timeoutMs: settings.timeoutMs ?? TIMEOUT_MS,
    maxAnswerBytes: settings.maxAnswerBytes ?? MAX_ANSWER_BYTES,
  };
  return async (request) => {
    const target = await guardTarget(settings, request.url);
    return target.ok ? exchange(target.value, request, limits) : target;
  };
}

function exchange(
  target: GuardedTarget,
  out: OutRequest,
  { timeoutMs, maxAnswerBytes }: { readonly timeoutMs: number; readonly maxAnswerBytes: number },
): Promise<Result<OutAnswer, AlertError>> {
  const { url, pinned } = target;
  const { host } = url;
  // Whatever the name says by now: the connection goes to the address that was checked.
  const toPinned: LookupFunction = (_name, options, done) => {
    if (options.all === true) done(null, [{ address: pinned.address, family: pinned.family }]);
    else done(null, pinned.address, pinned.family);
  };
  return new Promise((resolve) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(url, {
      method: out.method,
      agent: false,
      lookup: toPinned,
      headers: {
        accept: "application/json",
        "user-agent": "tidegate-alerts",
        ...out.headers,
        ...(out.body === undefined ? {} : { "content-length": String(Buffer.byteLength(out.body)) }),
      },
    });
    const end = (result: Result<OutAnswer, AlertError>): void => {
      clearTimeout(timer);
      request.destroy();
      resolve(result);
    };
    const fail = (code: AlertError["code"], message: string, retryable: boolean): void =>
      end(err(new AlertError({ code, message, retryable })));
    const timer = setTimeout(
      () => fail("timeout", `${host} gave no full answer within ${timeoutMs} ms`, true),
      timeoutMs,
    );
    request.on("error", (error) => fail("unreachable", `${host} could not be reached (${errorText(error)})`, true));
    request.on("response", (response) => {
      const status = response.statusCode ?? 0;
      if (status >= 300 && status < 400) {
        fail("redirect", `${host} answered ${status}, a redirect; set the final address instead`, false);
        return;
      }
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > maxAnswerBytes) fail("too_large", `${host} sent more than ${maxAnswerBytes} bytes`, true);
        else chunks.push(chunk);
      });
      response.on("error", (error) => fail("unreachable", `${host} broke off (${errorText(error)})`, true));
      response.on("end", () =>
        end(
          ok({
            status,
            text: Buffer.concat(chunks).toString("utf8"),
            retryAfterMs: retryAfterOf(response.headers["retry-after"]),
          }),
        ),
      );
    });
    request.end(out.body);
  });
}

function retryAfterOf(header: string | undefined): number | null {
  const seconds = header === undefined ? Number.NaN : Number(header);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}

/** The error of an answer outside 2xx: 429 waits, 5xx and 408 may work later, the rest needs a person. */
export function statusError(host: string, answer: OutAnswer, said: string): AlertError {
  const { status } = answer;
  if (status === 429) {
    return new AlertError({
      code: "rate_limited",
      message: `${host} answered 429, too many requests`,
      retryable: true,
      retryAfterMs: answer.retryAfterMs,
    });
  }
  return new AlertError({
    code: "rejected",
    message: `${host} answered ${status}${said === "" ? "" : `: ${said}`}`,
    retryable: status >= 500 || status === 408,
    retryAfterMs: answer.retryAfterMs,
  });
}
