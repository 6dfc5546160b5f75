// A part that could not be fetched comes when the way to the server is back; one that the server no longer has is given up.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lazyPart } from "./lazy-part";

describe("lazyPart", () => {
  const browser = { window: new EventTarget(), navigator: { onLine: true } };
  beforeEach(() => {
    vi.useFakeTimers();
    browser.window = new EventTarget();
    browser.navigator.onLine = true;
    vi.stubGlobal("window", browser.window);
    vi.stubGlobal("navigator", browser.navigator);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("behavior: offline it waits, however long, and asks at once when the browser is online", async () => {
    browser.navigator.onLine = false;
    const load = vi.fn(() => (browser.navigator.onLine ? Promise.resolve("here") : Promise.reject(new Error("chunk"))));
    const part = lazyPart(load, "onDemand")();
    await vi.advanceTimersByTimeAsync(60_000);
    const before = load.mock.calls.length;
    browser.navigator.onLine = true;
    browser.window.dispatchEvent(new Event("online"));
    await expect(part).resolves.toBe("here");
    expect(load.mock.calls.length).toBe(before + 1);
  });

  it("behavior: a server that is away is waited for", async () => {
    let isUp = false;
    vi.stubGlobal("fetch", () => (isUp ? Promise.resolve({}) : Promise.reject(new TypeError("refused"))));
    const part = lazyPart(() => (isUp ? Promise.resolve("here") : Promise.reject(new Error("chunk"))), "onDemand")();
    await vi.advanceTimersByTimeAsync(120_000);
    isUp = true;
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(part).resolves.toBe("here");
  });

  it("error: what a server that answers does not have is not asked for for ever", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve({}));
    const load = vi.fn(() => Promise.reject(new Error("chunk")));
    const failed = expect(lazyPart(load, "onDemand")()).rejects.toThrow("chunk");
    await vi.advanceTimersByTimeAsync(60_000);
    await failed;
    expect(load).toHaveBeenCalledTimes(3);
  });
});
