// Typed client of the API: one call per contract route, answers checked against the contract, failures as one error class; fetch is passed in.
import { TidegateError } from "@/lib/errors/tidegate-error";
import type { RouteBody, RouteName, RouteParams, RouteQuery, RouteResponse } from "./contract";
import type { ErrorBody } from "./schemas";
import type * as shapes from "./shapes";

type Shapes = typeof shapes;
type ApiCode = ErrorBody["error"]["code"] | "unreachable" | "bad_answer";

export class ApiError extends TidegateError<ApiCode> {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly field: string | null;

  constructor(options: {
    readonly code: ApiCode;
    readonly message: string;
    readonly status: number;
    readonly field?: string | null;
    readonly cause?: unknown;
  }) {
    super({
      code: options.code,
      message: options.message,
      retryable: options.status === 0 || options.status >= 500 || options.status === 429,
      ...(options.cause === undefined ? {} : { cause: options.cause }),
    });
    this.status = options.status;
    this.field = options.field ?? null;
  }
}

export interface CallInput<N extends RouteName> {
  readonly params?: RouteParams<N>;
  readonly query?: RouteQuery<N>;
  readonly body?: RouteBody<N>;
  readonly signal?: AbortSignal;
}

/** The part of `fetch` the client needs. */
export type FetchLike = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: string;
    readonly signal?: AbortSignal;
    readonly credentials: "same-origin";
    readonly cache: "no-store";
  },
) => Promise<{ readonly ok: boolean; readonly status: number; text(): Promise<string> }>;

export interface ApiClient {
  call<N extends RouteName>(name: N, input?: CallInput<N>): Promise<RouteResponse<N>>;
}

export function createApiClient(deps: { readonly fetch: FetchLike; readonly baseUrl?: string }): ApiClient {
  return {
    async call(name, input = {}) {
      const { contract } = await loadShapes();
      const answer = await askRoute(deps, contract[name], input);
      if (!isResponse(contract, name, answer)) throw unknownShape(contract[name]);
      return answer;
    },
  };
}

/** One call of any route; what it answers is not checked yet. */
export async function askRoute(
  deps: { readonly fetch: FetchLike; readonly baseUrl?: string },
  route: { readonly method: string; readonly path: string },
  input: {
    readonly params?: unknown;
    readonly query?: unknown;
    readonly body?: unknown;
    readonly signal?: AbortSignal;
  },
): Promise<unknown> {
  const url = `${deps.baseUrl ?? ""}${pathOf(route.path, input.params)}${queryOf(input.query)}`;
  const answer = await send(deps.fetch, url, route.method, input.body, input.signal);
  const json = parseJson(answer.text, route.path, answer.status);
  if (!answer.ok) throw await failureOf(json, answer.status, route.path);
  return json;
}

export function unknownShape(route: { readonly method: string; readonly path: string }): ApiError {
  return new ApiError({
    code: "bad_answer",
    status: 200,
    message: `${route.method} ${route.path} answered in a shape this page does not know; page and server are of different versions: reload the page.`,
  });
}

/** `/api/pairs/{id}/status` with its parameters filled in and escaped. */
export function pathOf(path: string, params: unknown): string {
  const values = entriesOf(params);
  return path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(values.get(key) ?? ""));
}

function queryOf(query: unknown): string {
  const search = new URLSearchParams([...entriesOf(query)]);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

function entriesOf(record: unknown): ReadonlyMap<string, string> {
  if (typeof record !== "object" || record === null) return new Map();
  return new Map(
    Object.entries(record)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => [key, String(value)]),
  );
}

async function send(
  fetchLike: FetchLike,
  url: string,
  method: string,
  body: unknown,
  signal: AbortSignal | undefined,
): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
  try {
    const response = await fetchLike(url, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
      credentials: "same-origin",
      cache: "no-store",
    });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw unreachable(cause);
  }
}

function parseJson(text: string, path: string, status: number): unknown {
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ApiError({
      code: "bad_answer",
      status,
      message: `${path} answered with status ${status} and no JSON; something in front of the server may have answered for it.`,
      cause,
    });
  }
}

async function failureOf(json: unknown, status: number, path: string): Promise<ApiError> {
  const { errorBodySchema } = await loadShapes();
  const parsed = errorBodySchema.safeParse(json);
  if (!parsed.success) {
    return new ApiError({ code: "bad_answer", status, message: `${path} failed with status ${status} and no reason.` });
  }
  const { code, message, field } = parsed.data.error;
  return new ApiError({ code, message, field, status });
}

function isResponse<N extends RouteName>(
  contract: Shapes["contract"],
  name: N,
  value: unknown,
): value is RouteResponse<N> {
  return contract[name].response.safeParse(value).success;
}

/** What answers are checked against: most of a page's own code, and none of it is needed to draw the page. */
export async function loadShapes(): Promise<Shapes> {
  try {
    return await import("./shapes");
  } catch (cause) {
    throw unreachable(cause);
  }
}

function unreachable(cause: unknown): ApiError {
  return new ApiError({
    code: "unreachable",
    status: 0,
    message: "The server did not answer. It may be restarting; this page asks again by itself.",
    cause,
  });
}
