// What a person reads when a wallet or the API says no.
import { describe, expect, it } from "vitest";
import { ApiError } from "@/lib/api/client";
import { isDeclined, signInSentence, walletSentence } from "./wallet-error";

function failure(code: "unauthenticated" | "forbidden", message: string): ApiError {
  return new ApiError({ code, message, status: code === "forbidden" ? 403 : 401 });
}

describe("walletSentence", () => {
  it("behavior: a declined signature is found however deep it is wrapped", () => {
    const declined = Object.assign(new Error("User denied"), { code: 4001 });
    const wrapped = new Error("outer", { cause: new Error("inner", { cause: declined }) });
    expect(isDeclined(wrapped)).toBe(true);
    expect(walletSentence(wrapped)).toBe("You declined the signature in the wallet. Nothing was sent.");
    expect(isDeclined(new Error("other"))).toBe(false);
  });
  it("behavior: an ended session says the way out, a refusal keeps the API's words", () => {
    expect(walletSentence(failure("unauthenticated", "x"))).toMatch(/Sign in again/);
    expect(walletSentence(failure("forbidden", "needs the role owner"))).toBe("needs the role owner");
  });
  it("behavior: a refused sign-in keeps the API's words, for there is no session to have ended", () => {
    const words = "there is no contract wallet at that address on chain 1";
    expect(signInSentence(failure("unauthenticated", words))).toBe(words);
    expect(signInSentence(Object.assign(new Error("User denied"), { code: 4001 }))).toMatch(/You declined/);
  });
  it("behavior: a wallet that is locked or busy is named, with the way out", () => {
    const busy = new Error("outer", { cause: Object.assign(new Error("already pending"), { code: -32_002 }) });
    expect(walletSentence(busy)).toMatch(/may be locked.*try again\. Nothing was sent\.$/);
    expect(walletSentence(Object.assign(new Error("x"), { code: 4100 }))).toMatch(/allow this site/);
    expect(walletSentence(Object.assign(new Error("plain"), { code: "ENOENT" }))).toBe("plain");
  });
  it("behavior: something that is no error still gives a sentence", () => {
    expect(walletSentence(null)).toMatch(/Nothing was sent/);
    expect(walletSentence({ shortMessage: "Locked." })).toMatch(/Locked/);
  });
});
