// A storm of events must not keep a page from ever reading: running reads end, and one more follows.
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { readAgain } from "./read-again";

describe("readAgain", () => {
  it("behavior: events during a slow read neither cancel it nor are forgotten", async () => {
    const client = new QueryClient();
    let reads = 0;
    let cancelled = 0;
    const observer = new QueryObserver(client, {
      queryKey: ["plan"],
      queryFn: async ({ signal }) => {
        reads += 1;
        const mine = reads;
        signal.addEventListener("abort", () => (cancelled += 1));
        await new Promise((resolve) => setTimeout(resolve, 300));
        return mine;
      },
    });
    const seen: number[] = [];
    const end = observer.subscribe((result) => {
      if (result.data !== undefined && seen.at(-1) !== result.data) seen.push(result.data);
    });
    for (let count = 0; count < 10; count += 1) {
      readAgain(client, "plan", { queryKey: ["plan"] });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    end();
    client.clear();
    expect(cancelled).toBe(0);
    expect(seen[0]).toBe(1);
    expect(reads).toBe(2);
    expect(seen.at(-1)).toBe(2);
  });
});
