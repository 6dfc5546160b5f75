// The remote market clock: ticks, acknowledgements, reconnecting, and time that never goes back.
import http from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { createMarketClock, type ClockTick, type MarketClock } from "./clock";

interface ClockService {
  readonly url: string;
  readonly acks: unknown[];
  tick(tick: unknown): void;
  cut(): void;
  close(): Promise<void>;
}

const services: ClockService[] = [];
const clocks: MarketClock[] = [];
afterEach(async () => {
  for (const clock of clocks.splice(0)) clock.close();
  for (const service of services.splice(0)) await service.close();
});

async function startService(first: unknown): Promise<ClockService> {
  const acks: unknown[] = [];
  const open = new Set<http.ServerResponse>();
  let latest = first;
  const server = http.createServer((request, response) => {
    if (request.method === "POST") {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        acks.push(JSON.parse(body));
        response.end("{}");
      });
      return;
    }
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.write(`${JSON.stringify(latest)}\n`);
    open.add(response);
    response.on("close", () => open.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const service: ClockService = {
    url: `http://127.0.0.1:${port}/`,
    acks,
    tick(tick) {
      latest = tick;
      for (const response of open) response.write(`${JSON.stringify(tick)}\n`);
    },
    cut() {
      for (const response of open) response.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  services.push(service);
  return service;
}

const until = async (done: () => boolean): Promise<void> => {
  for (let round = 0; round < 300 && !done(); round += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(done()).toBe(true);
};

describe("createMarketClock", () => {
  it("default: without an address market time is wall time", () => {
    const clock = createMarketClock({ wall: { nowMs: () => 123_456, monotonicMs: () => 0 } });
    clocks.push(clock);
    expect([clock.nowMs(), clock.speed(), clock.status().kind]).toEqual([123_456, 1, "wall"]);
  });

  it("behavior: it stands where the last tick put it, tells listeners, and acknowledges", async () => {
    const service = await startService({ seq: 1, nowMs: 1_000, speed: 60 });
    const clock = createMarketClock({ url: service.url });
    clocks.push(clock);
    expect(() => clock.nowMs()).toThrow(/before the first tick/);
    await clock.ready(2_000);
    const ticks: ClockTick[] = [];
    const stop = clock.onTick((tick) => ticks.push(tick));
    service.tick({ seq: 2, nowMs: 61_000, speed: 30 });
    await until(() => ticks.length === 1);
    expect([clock.nowMs(), clock.speed(), clock.status().state]).toEqual([61_000, 30, "live"]);
    await clock.ack(2, "collector");
    expect(service.acks).toEqual([{ seq: 2, participant: "collector" }]);
    stop();
    service.tick({ seq: 3, nowMs: 62_000, speed: 30 });
    await until(() => clock.nowMs() === 62_000);
    expect(ticks).toHaveLength(1);
  });

  it("behavior: a cut stream is opened again, garbage is named, time does not go back", async () => {
    const service = await startService({ seq: 1, nowMs: 50_000, speed: 1 });
    const clock = createMarketClock({ url: service.url });
    clocks.push(clock);
    await clock.ready(2_000);
    service.cut();
    await until(() => clock.status().state === "away");
    expect(clock.nowMs()).toBe(50_000);
    service.tick({ seq: 2, nowMs: 51_000, speed: 1 });
    await until(() => clock.nowMs() === 51_000);
    service.tick("nonsense");
    await until(() => clock.status().lastError !== null);
    service.tick({ seq: 3, nowMs: 10_000, speed: 1 });
    await until(() => clock.status().lastError?.includes("went back") === true);
    expect(clock.nowMs()).toBe(51_000);
  });

  it("error: ready says what is wrong when nothing answers", async () => {
    const clock = createMarketClock({ url: "http://127.0.0.1:1" });
    clocks.push(clock);
    await expect(clock.ready(200)).rejects.toThrow(/no market time from/);
    await clock.ack(1, "x");
    expect(clock.status().lastError).toContain("clock/ack");
  });
});
