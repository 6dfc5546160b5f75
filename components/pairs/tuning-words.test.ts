// Sentences about the search and about staying in cash.
import { describe, expect, it } from "vitest";
import { cashSentence, tuningSentence } from "./tuning-words";

const params = { baseMin: 0.0005, baseMax: 0.15, vforceExp: 1, vforceDivider: 50, rsThreshold: 0.5 };
const tuning = {
  ranAtEpoch: 1,
  params,
  objective: null,
  objectiveDefaults: null,
  holdout: null,
  holdoutIncumbent: null,
  evals: 0,
  bars: 500,
};

describe("tuningSentence", () => {
  it("behavior: each verdict has a sentence of its own", () => {
    const sentences = (["accepted", "kept_incumbent", "defaults", "too_few_bars"] as const).map((verdict) =>
      tuningSentence({ ...tuning, verdict }),
    );
    expect(new Set(sentences).size).toBe(4);
    expect(sentences[3]).toContain("500 bars");
  });
});

const name = (): string => "Uniswap V3 0.05\u202f%";

describe("cashSentence", () => {
  const cash = { nearestPoolKey: "1:a:0x1", nearestNetUsdPerYear: -80, nearestUsd: 10_000, shortfallFrac: 0.008 };
  const pool = {
    poolKey: "1:a:0x1",
    dexName: "Uniswap V3",
    feeFrac: 0.0005,
    tvlUsd: null,
    volumeUsdPerDay: 0,
    targetLower: null,
    targetUpper: null,
    inRangeFrac: null,
    depthUsd: null,
    isDepthEstimated: false,
    exclusion: null,
    allocatedUsd: 0,
    income: null,
    standaloneUsd: 0,
    standaloneIncome: null,
  };
  it("default: names the pool, the missing rate and the size", () => {
    expect(cashSentence({ cash, pools: [pool] }, name)).toBe(
      "Stays cash: nearest was Uniswap V3 0.05\u202f% at \u22120.8\u202f%/year on $10,000.00.",
    );
  });
  it("behavior: the rate follows from net and size when it is not given, and its sign is a loss either way", () => {
    const text = cashSentence({ cash: { ...cash, shortfallFrac: null }, pools: [pool] }, name);
    expect(text).toContain("\u22120.8\u202f%/year");
    expect(cashSentence({ cash: { ...cash, shortfallFrac: -0.008 }, pools: [pool] }, name)).toContain("\u22120.8");
  });
  it("behavior: records without a choice of cash say nothing", () => {
    expect(cashSentence({ cash: null, pools: [] }, name)).toBeNull();
    expect(cashSentence({ pools: [] }, name)).toBeNull();
  });
  it("behavior: no pool at all", () => {
    const none = { nearestPoolKey: null, nearestNetUsdPerYear: null, nearestUsd: null, shortfallFrac: null };
    expect(cashSentence({ cash: none, pools: [] }, name)).toContain("no pool could be weighed");
  });
});
