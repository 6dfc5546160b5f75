// Links of the manual lead to pages that exist, and never out of it.
import { describe, expect, it } from "vitest";
import { anchorOf, docLink } from "./links";

const PAGES = ["", "start", "authority", "decisions", "decisions/0001-signer"];

describe("docLink", () => {
  it.each([
    ["start.md", "", "/docs/start"],
    ["./start.md#what-runs", "authority", "/docs/start#what-runs"],
    ["decisions/0001-signer.md", "", "/docs/decisions/0001-signer"],
    ["../authority.md", "decisions/0001-signer", "/docs/authority"],
    ["../index.md", "decisions/0001-signer", "/docs"],
    ["/system", "start", "/system"],
  ])("%s on page %j leads to %s", (href, from, target) => {
    expect(docLink(href, from, PAGES)).toEqual({ href: target, kind: "page" });
  });

  it.each(["missing.md", "../../etc/passwd.md", "../start.md", "javascript:alert(1)", "//evil.example", "data:x", ""])(
    "%s has no target",
    (href) => {
      expect(docLink(href, "", PAGES).kind).toBe("dead");
    },
  );

  it("leaves anchors and other sites alone", () => {
    expect(docLink("#stop", "start", PAGES)).toEqual({ href: "#stop", kind: "anchor" });
    expect(docLink("https://example.org/a.md", "start", PAGES).kind).toBe("outside");
  });
});

it("headings have readable addresses", () => {
  expect(anchorOf("What to try first?")).toBe("what-to-try-first");
});
