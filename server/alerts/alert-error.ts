// Why a message could not be delivered; texts name the host at most, never an address with its path or a token.
import { TidegateError } from "@/lib/errors/tidegate-error";

export class AlertError extends TidegateError<
  "bad_address" | "refused_address" | "unreachable" | "timeout" | "rate_limited" | "rejected" | "too_large" | "redirect"
> {
  /** What the service asked for, ms; null when it did not say. */
  readonly retryAfterMs: number | null;

  constructor(options: {
    readonly code: AlertError["code"];
    readonly message: string;
    readonly retryable: boolean;
    readonly retryAfterMs?: number | null;
    readonly cause?: unknown;
  }) {
    super(options);
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
