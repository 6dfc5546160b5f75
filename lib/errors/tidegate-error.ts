// Base of the error vocabulary: one class per room, each with a closed code union, whether a retry may help, and the values.

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

export interface TidegateErrorOptions<Code extends string> {
  readonly code: Code;
  /** An instruction with values: what was expected, what came, what to do. */
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

export abstract class TidegateError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(options: TidegateErrorOptions<Code>) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.retryable = options.retryable;
    this.details = options.details ?? {};
  }
}

export class SourceError extends TidegateError<
  "unreachable" | "timeout" | "rate_limited" | "bad_data" | "not_found" | "stale"
> {}

export class StoreError extends TidegateError<"unreachable" | "timeout" | "refused" | "lease_lost" | "bad_data"> {}

export class ChainError extends TidegateError<
  "unreachable" | "timeout" | "wrong_chain" | "stale_head" | "disagree" | "reverted" | "bad_data" | "not_found"
> {}

export class ExecutionError extends TidegateError<
  "quote_refused" | "quote_unavailable" | "signer_unavailable" | "refused" | "drift" | "insufficient" | "op_failed"
> {}

export class ConfigError extends TidegateError<"missing" | "invalid" | "conflict" | "unwritable" | "port_taken"> {}

/** Text of an unknown thrown value, safe for a log line. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
