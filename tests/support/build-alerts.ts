// Builders of what alert rules look at: all is well unless a test says otherwise.
import type { AlertFacts, PairFacts, PlanFacts } from "@/lib/alerts/facts";

export function pairFacts(change: Partial<PairFacts>): PairFacts {
  return {
    pairId: "WETH-USDC",
    base: "WETH",
    quote: "USDC",
    state: "in_range",
    stateSentence: "in range",
    isPaused: false,
    outSinceMarketMs: null,
    fees24hUsd: 3.1,
    price: 2_000,
    pegCurrency: null,
    halted: null,
    lastDecision: null,
    worker: { state: "running", hasHeartbeat: true, lastExit: null, nextEpochMarketAtMs: null },
    used: null,
    ...change,
  };
}

export function planFacts(change: Partial<PlanFacts>): PlanFacts {
  return {
    planId: "0xplan",
    pairId: "WETH-USDC",
    kind: "RS",
    status: "done",
    statusReason: "every step is verified",
    costUsd: 1,
    createdAtMs: 0,
    endedAtMs: null,
    expiresAtMs: null,
    ...change,
  };
}

export function alertFacts(change: Partial<AlertFacts>): AlertFacts {
  return {
    wallNowMs: 0,
    marketNowMs: 0,
    marketSpeed: 1,
    deskProblem: null,
    pairs: [pairFacts({})],
    plans: [],
    services: [],
    sources: [],
    chains: [],
    ledger: { isBalanced: true, differences: 0, sentence: "" },
    transfers: [],
    results: [],
    signer: { state: "NORMAL", cause: "", stopped: null },
    ...change,
  };
}
