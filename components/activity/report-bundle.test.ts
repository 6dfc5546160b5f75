// A report keeps what explains and loses what opens doors.
import { describe, expect, it } from "vitest";
import { withoutSecrets } from "./report-bundle";

describe("withoutSecrets", () => {
  it("security: an endpoint keeps its host and loses its key, wherever it stands in a sentence", () => {
    const told = withoutSecrets({
      error: "no answer from https://user:pw@rpc.example.org/v2/abcdef0123?key=1: timeout",
    });
    expect(JSON.stringify(told)).toBe('{"error":"no answer from https://rpc.example.org/… timeout"}');
  });
  it("security: fields named like secrets and bearer words are emptied at any depth", () => {
    const told = withoutSecrets([{ a: { apiKey: "x", list: ["Bearer abcdefghijk"] }, cookie: "tg=1" }]);
    expect(told).toEqual([{ a: { apiKey: "…", list: ["Bearer …"] }, cookie: "…" }]);
  });
  it("behavior: hashes, tokens and numbers stay", () => {
    const value = { txHash: `0x${"a".repeat(64)}`, token: { symbol: "WETH" }, raw: "12", n: 3, none: null };
    expect(withoutSecrets(value)).toEqual(value);
  });
});
