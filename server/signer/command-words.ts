// Words that several checks of commands use.
import type { SignerErrorWire } from "@/lib/api/signer-contract";
import { signerRefusal } from "@/server/infra/signer-link/signer-error";

export function noPair(pairId: string): SignerErrorWire {
  return signerRefusal("not_found", `There is no pair ${pairId} in this deployment; see TG_PAIRS.`);
}

/** An instant of a command may be any whole number. */
export function instant(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? String(atMs) : date.toISOString();
}
