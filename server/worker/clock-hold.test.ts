// A step of the market is answered at once while the worker is idle, and only after the reading and deciding otherwise.
import { expect, test } from "vitest";
import { createClockHold } from "./clock-hold";

function fakeMarket() {
  const listeners = new Set<(tick: { readonly seq: number }) => void>();
  const acked: number[] = [];
  return {
    acked,
    tick: (seq: number) => listeners.forEach((listener) => listener({ seq })),
    onTick(listener: (tick: { readonly seq: number }) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ack: (seq: number) => Promise.resolve(void acked.push(seq)),
  };
}

test("idle: each step is answered at once", () => {
  const market = fakeMarket();
  createClockHold(market, "worker:A");
  market.tick(1);
  market.tick(2);
  expect(market.acked).toEqual([1, 2]);
});

test("held: the step waits for the release and is answered once", () => {
  const market = fakeMarket();
  const hold = createClockHold(market, "worker:A");
  market.tick(1);
  hold.take();
  market.tick(2);
  expect(market.acked).toEqual([1]);
  hold.release();
  hold.release();
  expect(market.acked).toEqual([1, 2]);
});

test("held before the first step: the market hears of the worker at once and then waits for it", () => {
  const market = fakeMarket();
  const hold = createClockHold(market, "worker:A");
  hold.take();
  hold.take();
  expect(market.acked).toEqual([0]);
  market.tick(7);
  hold.release();
  expect(market.acked).toEqual([0, 7]);
});

test("a worker that stops keeps nobody waiting", () => {
  const market = fakeMarket();
  const hold = createClockHold(market, "worker:A");
  hold.take();
  market.tick(1);
  hold.stop();
  market.tick(2);
  expect(market.acked).toEqual([0, 1]);
});
