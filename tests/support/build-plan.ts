// A plan for tests: range shift of WETH-USDC that moves little, expects nothing and is bound to a price; a test names what it is about.
import { NO_FORECAST, type Plan } from "@/lib/plan/plan";
import type { Address } from "@/lib/units";

type PlanChange = Partial<Omit<Plan, "bounds" | "forecast">> & {
  readonly bounds?: Partial<Plan["bounds"]>;
  readonly forecast?: Partial<Plan["forecast"]>;
};

const NOWHERE: Address = `0x${"00".repeat(20)}`;

export function buildPlan({ bounds, forecast, ...change }: PlanChange = {}): Plan {
  return {
    version: 1,
    pairId: "WETH-USDC",
    epoch: 1,
    kind: "RS",
    reason: "range_shift",
    origin: { kind: "strategy" },
    configVersion: 1,
    blocks: [],
    notionalUsd: 1,
    base: { symbol: "WETH", decimals: 18, address: NOWHERE },
    quote: { symbol: "USDC", decimals: 6, address: NOWHERE },
    before: [],
    after: [],
    forecast: { ...NO_FORECAST, ...forecast },
    bounds: {
      referencePrice: 1,
      maxPriceMoveFrac: 0.01,
      maxSlippageBps: 50,
      deadlineSec: 120,
      maxPlanAgeMs: 600_000,
      poolTicks: [],
      maxFeePerGasWei: [],
      ...bounds,
    },
    steps: [{ kind: "revoke", chainId: 1, token: NOWHERE, spender: NOWHERE }],
    ...change,
  };
}
