// Binds a row of the contract to its function: parses what comes in, checks who asks, checks what goes out.
import type * as z from "zod";
import type { Route } from "@/lib/api/contract";
import type { Role } from "@/lib/api/commands";
import { err, ok, type Result } from "@/lib/errors/result";
import type { ApiError } from "./api-error";
import type { ApiDeps } from "./deps";
import { requireRole, type Session } from "./session";

export interface Answer<T> {
  readonly data: T;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HandlerContext<P, Q, B> {
  readonly deps: ApiDeps;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Null on every route with auth `read` (one answer for all who may read), and on `none` for a caller without one. */
  readonly session: Session | null;
  readonly request: Request;
}

export interface RawRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly session: Session | null;
  readonly request: Request;
}

export interface BoundHandler {
  readonly route: Route;
  /** Whether this session may ask: `run` begins with it, and whoever shares another's answer is asked by itself. */
  readonly allow: (deps: ApiDeps, session: Session | null) => Result<unknown, ApiError>;
  readonly run: (deps: ApiDeps, raw: RawRequest) => Promise<Result<Answer<unknown>, ApiError>>;
}

type TypedRoute<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> = Route & {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly response: R;
};

/** `minRole` applies to routes with auth `session`; the default is the lowest role. */
export function bindHandler<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  route: TypedRoute<P, Q, B, R>,
  handle: (
    context: HandlerContext<z.output<P>, z.output<Q>, z.output<B>>,
  ) => Promise<Result<Answer<z.input<R>>, ApiError>>,
  minRole: Role = "viewer",
): BoundHandler {
  function allow(deps: ApiDeps, session: Session | null): Result<unknown, ApiError> {
    if (route.auth === "session") return requireRole(session, minRole);
    if (route.auth === "read" && !deps.settings.isPublicRead) return requireRole(session, "viewer");
    return ok(null);
  }
  return {
    route,
    allow,
    async run(deps, raw) {
      const allowed = allow(deps, raw.session);
      if (!allowed.ok) return allowed;
      const params = parsePart(route.params, raw.params, "");
      if (!params.ok) return params;
      const query = parsePart(route.query, raw.query, "");
      if (!query.ok) return query;
      const body = parsePart(route.body, raw.body, "");
      if (!body.ok) return body;
      const answer = await handle({
        deps,
        params: params.value,
        query: query.value,
        body: body.value,
        session: route.auth === "read" ? null : raw.session,
        request: raw.request,
      });
      if (!answer.ok) return answer;
      const checked = route.response.safeParse(answer.value.data);
      if (!checked.success) {
        const issue = checked.error.issues[0];
        deps.log.error("api.answer-invalid", {
          path: route.path,
          field: issue?.path.map(String).join(".") ?? "",
          problem: issue?.message ?? "",
        });
        return err({
          code: "internal",
          message: `The answer of ${route.path} did not fit its own contract; the log names the field. Nothing was changed.`,
        });
      }
      return answer;
    },
  };
}

function parsePart<S extends z.ZodType>(schema: S, value: unknown, prefix: string): Result<z.output<S>, ApiError> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  const field = `${prefix}${issue?.path.map(String).join(".") ?? ""}`;
  return err({
    code: "bad_request",
    field: field === "" ? "body" : field,
    message: `${field === "" ? "The body" : `The field ${field}`} is not valid: ${issue?.message ?? "it does not fit"}.`,
  });
}
