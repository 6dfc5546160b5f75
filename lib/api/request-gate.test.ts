// The gate in front of every request: hosts, headers and paths that pass, those that do not, and who a request is counted under.
import { describe, expect, it } from "vitest";
import { callerAddress, checkGate } from "./request-gate";

const ORIGIN = "https://desk.example";
const plain = { method: "GET", target: "/api/pairs?next=%2Fpairs", host: "desk.example", headerNames: ["host", "rsc"] };

describe("checkGate", () => {
  it("default: the desk's own host and loopback pass, with a query of any kind", () => {
    for (const host of [
      "desk.example",
      "DESK.example",
      "localhost:3000",
      "127.0.0.1:3001",
      "[::1]:3000",
      "localhost",
    ]) {
      expect(checkGate(ORIGIN, { ...plain, host })).toBeNull();
    }
    for (const target of ["/", "/docs/decisions/0001", "/api/pairs/WETH-USDC/status", "/pools/1/0xabc", "/icon.svg"]) {
      expect(checkGate(ORIGIN, { ...plain, target })).toBeNull();
    }
  });

  it("error: every other host is misdirected", () => {
    const hosts = [null, "", "evil.example", "desk.example.evil.example", "localhost.evil.example", "127.0.0.1.nip.io"];
    for (const host of [...hosts, "desk.example:8443", "0.0.0.0:3000", "localhost:3000@evil.example"]) {
      expect(checkGate(ORIGIN, { ...plain, host })?.status).toBe(421);
    }
  });

  it("error: orders in headers and hidden paths are refused", () => {
    for (const name of ["X-Middleware-Subrequest", "next-action", "X-HTTP-Method-Override", "x-original-url"]) {
      expect(checkGate(ORIGIN, { ...plain, headerNames: ["host", name] })?.message).toContain(name.toLowerCase());
    }
    const paths = ["//evil.example/", "/a/../b", "/a/./b", "/a\\b", "/a%2fb", "/%2e%2e/b", "/a%00", "/a%252e", "*"];
    for (const target of [...paths, "http://evil.example/", "", `/${"a".repeat(9_000)}`]) {
      expect(checkGate(ORIGIN, { ...plain, target })?.status).toBe(400);
    }
  });
});

describe("callerAddress", () => {
  const spoofed = { forwardedFor: "1.1.1.1, 2.2.2.2", socketAddress: "10.0.0.9" };

  it("behavior: what a client writes about itself counts for nothing", () => {
    expect(callerAddress({ ...spoofed, proxyHops: 0 })).toBe("10.0.0.9");
    expect(callerAddress({ ...spoofed, proxyHops: 1 })).toBe("2.2.2.2");
    expect(callerAddress({ ...spoofed, proxyHops: 2 })).toBe("1.1.1.1");
    expect(callerAddress({ forwardedFor: null, socketAddress: "10.0.0.9", proxyHops: 2 })).toBe("10.0.0.9");
    expect(callerAddress({ forwardedFor: null, socketAddress: null, proxyHops: 0 })).toBe("unknown");
  });
});
