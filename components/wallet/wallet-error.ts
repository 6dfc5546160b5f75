// What went wrong with a wallet or a signed command, in one sentence with the way out.
import { ApiError } from "@/lib/api/client";

/** True when the person declined in the wallet (EIP-1193 code 4001), however deep the wallet library wrapped it. */
export function isDeclined(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at !== null && at !== undefined && depth < 8; depth += 1) {
    if (typeof at !== "object") return false;
    if ("code" in at && at.code === 4001) return true;
    if ("name" in at && at.name === "UserRejectedRequestError") return true;
    at = "cause" in at ? at.cause : null;
  }
  return false;
}

export function walletSentence(error: unknown): string {
  if (isDeclined(error)) return "You declined the signature in the wallet. Nothing was sent.";
  if (error instanceof ApiError) {
    if (error.code === "unauthenticated") return "Your session has ended. Sign in again, then repeat the action.";
    return error.message;
  }
  if (
    typeof error === "object" &&
    error !== null &&
    "shortMessage" in error &&
    typeof error.shortMessage === "string"
  ) {
    return `The wallet answered: ${error.shortMessage} Nothing was sent.`;
  }
  return error instanceof Error ? error.message : "The wallet gave no answer that could be read. Nothing was sent.";
}
