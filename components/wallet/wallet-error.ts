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

/** EIP-1193 and EIP-1474 codes of a wallet that cannot answer now, with the way out. */
const AWAY: Readonly<Record<number, string>> = {
  [-32_002]:
    "The wallet has a request open already; it may be locked. Open it, unlock it and answer there, then try again.",
  4100: "The wallet does not let this page use the account; it may be locked. Unlock it and allow this site, then try again.",
  4900: "The wallet is disconnected. Open it and let it connect, then try again.",
  4901: "The wallet is not connected to the chain it shows. Choose another chain in it, then try again.",
};

function awaySentence(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; depth < 8; depth += 1) {
    if (typeof at !== "object" || at === null) return null;
    const words = "code" in at && typeof at.code === "number" ? AWAY[at.code] : undefined;
    if (words !== undefined) return `${words} Nothing was sent.`;
    at = "cause" in at ? at.cause : null;
  }
  return null;
}

/** While signing in there is no session that could have ended: the API's words say what is wrong with the signature. */
export function signInSentence(error: unknown): string {
  return error instanceof ApiError ? error.message : walletSentence(error);
}

export function walletSentence(error: unknown): string {
  if (isDeclined(error)) return "You declined the signature in the wallet. Nothing was sent.";
  const away = awaySentence(error);
  if (away !== null) return away;
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
