// What a handler answers when it cannot give data: a closed code, the HTTP status it maps to, and an instruction.
import { API_SECURITY_HEADERS } from "@/lib/api/request-gate";
import type { ErrorBody } from "@/lib/api/schemas";
import type { ErrorDetails, StoreError } from "@/lib/errors/tidegate-error";
import type { SignerError } from "@/server/infra/signer-link/signer-error";

export type ApiErrorCode = ErrorBody["error"]["code"];

export interface ApiError {
  readonly code: ApiErrorCode;
  readonly message: string;
  readonly field?: string;
  readonly details?: ErrorDetails;
  /** Seconds, for rate limits. */
  readonly retryAfterSec?: number;
  /** Methods a path takes, for method_not_allowed. */
  readonly allow?: string;
  /** Where the usual status of the code says less than another one. */
  readonly status?: number;
}

const STATUS: Readonly<Record<ApiErrorCode, number>> = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  refused: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
};

export function errorResponse(error: ApiError): Response {
  const body: ErrorBody = {
    error: { code: error.code, message: error.message, field: error.field ?? null, details: { ...error.details } },
  };
  return Response.json(body, {
    status: error.status ?? STATUS[error.code],
    headers: {
      ...API_SECURITY_HEADERS,
      "cache-control": "no-store",
      ...(error.allow === undefined ? {} : { allow: error.allow }),
      ...(error.retryAfterSec === undefined ? {} : { "retry-after": String(Math.ceil(error.retryAfterSec)) }),
    },
  });
}

/** A store that is away is 503 with the store's own sentence; nothing else of it leaves the process. */
export function fromStoreError(error: StoreError): ApiError {
  return { code: "unavailable", message: error.message, details: { service: "store", retryable: error.retryable } };
}

/** How a refusal of the signer reads over HTTP. */
export function fromSignerError(error: SignerError): ApiError {
  const details = { ...error.details, service: "signer", reason: error.code };
  switch (error.code) {
    case "unavailable":
    case "timeout":
    case "wrong_deployment":
    case "chain":
    case "disk":
      return { code: "unavailable", message: error.message, details };
    case "bad_request":
    case "unknown_method":
      return { code: "bad_request", message: error.message, details };
    case "not_found":
      return { code: "not_found", message: error.message, details };
    case "bad_signature":
    case "unauthorized":
      return { code: "forbidden", message: error.message, details };
    case "replayed":
    case "config_version":
    case "plan_open":
    case "stale_token":
      return { code: "conflict", message: error.message, details };
    case "internal":
    case "reverted":
      return { code: "internal", message: error.message, details };
    case "mode_observe":
    case "not_approved":
    case "paused":
    case "stopped":
    case "halted":
    case "over_limit":
    case "policy":
    case "plan_expired":
    case "drift":
    case "quote_refused":
    case "insufficient":
    case "gas":
    case "expired":
      return { code: "refused", message: error.message, details };
  }
}
