// The words for an input that is not trusted.
import { expect, test } from "vitest";
import { distrustWords } from "./distrust";

const KEY = "901001:uniswap-v3:0x9a4218ab10a261679b557fc58d855ebc844f1df8";
const POOL = {
  poolKey: KEY,
  dexName: "Uniswap V3",
  feeFrac: 0.0005,
  tvlUsd: null,
  volumeUsdPerDay: 0,
  targetLower: null,
  targetUpper: null,
  inRangeFrac: null,
  depthUsd: null,
  isDepthEstimated: false,
  exclusion: "stale",
  allocatedUsd: 0,
  income: null,
  standaloneUsd: 0,
  standaloneIncome: null,
};
const FRESHNESS = {
  input: `pool:${KEY}`,
  source: "chain",
  observedAtMs: 1,
  ageMs: 60_000,
  maxAgeMs: 1,
  ok: false,
  rule: "spot_vs_cex",
  detail: "pool 2869.50433812345, exchanges 2801.5: 2.427 % apart, at most 1 %",
};

function say(input: string, rule: string): string {
  return distrustWords({ input, rule, ageMs: null }, { pools: [], freshness: [] });
}

test("default: the pool by its name, the rule as what is wrong, the measured numbers in six digits", () => {
  const words = distrustWords(
    { input: `pool:${KEY}`, rule: "spot_vs_cex", ageMs: 60_000 },
    { pools: [POOL], freshness: [FRESHNESS] },
  );
  expect(words).toBe(
    "Uniswap V3 0.05\u202f%, 60 s old: its price is too far from the exchanges (pool 2869.5, exchanges 2801.5: 2.427 % apart, at most 1 %)",
  );
});

test("edge: a pool the record does not name, other inputs, and a rule without words of its own", () => {
  expect(say(`pool:${KEY}`, "spot_vs_twap")).toBe(
    "the pool 0x9a42…1df8: its price is too far from its own 5 min average",
  );
  expect(say("candles", "venue_quorum")).toBe("the exchanges' candles: too few of them agree");
  expect(say("candles:okx", "max_age")).toBe("the candles of okx: too old");
  expect(say("chain:1", "reachable")).toBe("chain 1: does not answer");
  expect(say("quoteUsd", "max_age")).toBe("the dollar price of the quote: too old");
  expect(say("position:1:uniswap-v3:0xab:14", "known_position_on_chain")).toBe(
    "position #14: is not on the chain as the journal knows it",
  );
  expect(say("tea leaves", "too_cold")).toBe("tea leaves: too cold");
});
