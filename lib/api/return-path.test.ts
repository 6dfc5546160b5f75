// Returning after sign-in stays on this site, whatever the link says.
import { describe, expect, it } from "vitest";
import { returnPath } from "./return-path";

describe("returnPath", () => {
  it.each([
    ["/approvals/0x8c1f", "/approvals/0x8c1f"],
    ["/activity?pair=WETH-USDC&status=done#x", "/activity?pair=WETH-USDC&status=done#x"],
    ["/a/../system", "/system"],
  ])("keeps %s", (next, path) => {
    expect(returnPath(next)).toBe(path);
  });

  it.each([
    null,
    undefined,
    "",
    "overview",
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/x\n//evil.example",
    "javascript:alert(1)",
    "/login?next=/login",
    "/api/auth/logout",
    "/a/..//evil.example/../..//x\\y",
    `/${"a".repeat(600)}`,
  ])("refuses %j", (next) => {
    expect(returnPath(next)).toBe("/overview");
  });

  it("cannot be normalised into another host", () => {
    for (const next of ["/.//evil.example", "/a/..//evil.example", "/%2F/evil.example"]) {
      const path = returnPath(next);
      expect(new URL(path, "https://desk.example").origin).toBe("https://desk.example");
    }
  });
});
