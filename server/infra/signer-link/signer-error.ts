// What went wrong between a caller and the signer: the wire codes of the contract plus the two that only the caller's side can see.
import { signerErrorSchema, type SignerErrorWire } from "@/lib/api/signer-contract";
import { TidegateError, type ErrorDetails } from "@/lib/errors/tidegate-error";

export type SignerErrorCode = SignerErrorWire["code"];
/** `unavailable`: no connection; `timeout`: sent, but no answer in time, so the outcome is unknown and must be read again. */
export type SignerCallErrorCode = SignerErrorCode | "unavailable" | "timeout";

export class SignerError extends TidegateError<SignerCallErrorCode> {}

/** A refusal made inside the signer. */
export function signerRefusal(
  code: SignerErrorCode,
  message: string,
  details: ErrorDetails = {},
  options: { readonly retryable: boolean } = { retryable: false },
): SignerErrorWire {
  return { code, message, retryable: options.retryable, details: { ...details } };
}

/** The caller's view of an error frame. */
export function signerErrorFromWire(wire: SignerErrorWire): SignerError {
  return new SignerError({
    code: wire.code,
    message: wire.message,
    retryable: wire.retryable,
    details: wire.details,
  });
}

/** The frame for an error value of either form; anything else is an internal error whose text stays in the log. */
export function signerErrorToWire(error: unknown): SignerErrorWire {
  const parsed = signerErrorSchema.safeParse(
    error instanceof SignerError
      ? { code: error.code, message: error.message, retryable: error.retryable, details: error.details }
      : error,
  );
  return parsed.success
    ? parsed.data
    : signerRefusal("internal", "The signer failed inside; see its log for the cause before trying again.");
}
