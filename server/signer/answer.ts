// Turns what the engine returns or throws into the answer of a socket; refusals become typed errors, bugs stay exceptions.
import type { SignerErrorWire } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { signerRefusal } from "@/server/infra/signer-link/signer-error";
import { JournalError } from "./journal/segment";
import { SignerError } from "./ports";

type Answer<T> = Promise<Result<T, SignerErrorWire>>;

export async function answer<T>(act: () => T | Promise<T>): Answer<T> {
  try {
    return ok(await act());
  } catch (error) {
    const wire = knownRefusal(error);
    if (wire === null) throw error;
    return err(wire);
  }
}

/** Null for anything that is no refusal of the engine and no trouble of the disk: that is a bug. */
export function knownRefusal(error: unknown): SignerErrorWire | null {
  if (error instanceof SignerError) return error.toWire();
  if (!(error instanceof JournalError)) return null;
  return signerRefusal(
    "disk",
    `Nothing was done: ${error.message}`,
    { code: error.code },
    { retryable: error.retryable },
  );
}
