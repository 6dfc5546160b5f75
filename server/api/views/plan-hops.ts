// What each hop of a plan takes and who carries it, in the order of the plan: swaps and bridges first, then the gas of every chain.
import type { PlanDto } from "@/lib/api/schemas";
import type { Plan, Step } from "@/lib/plan/plan";
import { swapWays } from "@/lib/plan/swap-ways";

type Hop = PlanDto["hops"][number];

/** Words for ids, from the registry. */
interface HopNames {
  chain(chainId: number): string;
  symbol(chainId: number, token: string): string;
  contract(chainId: number, address: string): string;
}

export function planHops(plan: Pick<Plan, "steps" | "forecast">, names: HopNames): Hop[] {
  const moves = plan.steps.flatMap((step, index) => moveHop(step, index, names) ?? []);
  return [...moves, ...gasHops(plan, names)];
}

function moveHop(step: Step, index: number, names: HopNames): Hop | null {
  if (step.kind === "swap") {
    return {
      id: `swap:${index}`,
      kind: "swap",
      title: `Swap ${names.symbol(step.chainId, step.tokenIn)} for ${names.symbol(step.chainId, step.tokenOut)}, ${names.chain(step.chainId)}`,
      provider: swapWays(step)
        .map((way) => (way.provider === "pool" ? `${names.contract(way.chainId, way.router)}, one pool` : "LI.FI"))
        .join(" or "),
      detail: "pool fee, provider's fee and expected slippage",
      feeUsd: step.feeUsd ?? null,
    };
  }
  if (step.kind !== "bridge") return null;
  return {
    id: `bridge:${index}`,
    kind: "bridge",
    title: `Bridge ${names.symbol(step.chainId, step.tokenIn)}, ${names.chain(step.chainId)} to ${names.chain(step.toChainId)}`,
    provider: `LI.FI by ${step.bridges.join(" or ")}`,
    detail: `about ${Math.max(1, Math.round(step.expectedSec / 60))} min by the quote${
      step.nativeFeeUsd === undefined ? "" : `; ${step.nativeFeeUsd.toFixed(2)} USD of the fee in the chain's own coin`
    }`,
    feeUsd: step.feeUsd,
  };
}

/** By chain where the plan says so; else the one sum it has. */
function gasHops(plan: Pick<Plan, "steps" | "forecast">, names: HopNames): Hop[] {
  const chainIds = [...new Set(plan.steps.map(({ chainId }) => chainId))];
  const [only] = chainIds;
  const byChain =
    plan.forecast.gasByChain ??
    (only !== undefined && chainIds.length === 1 ? [{ chainId: only, usd: plan.forecast.gasUsd }] : []);
  const transactions = (chainId: number): string => {
    const count = plan.steps.filter((step) => step.chainId === chainId).length;
    return `at most ${count} ${count === 1 ? "transaction" : "transactions"}`;
  };
  if (byChain.length === 0) {
    return [
      {
        id: "gas",
        kind: "gas",
        title: `Gas, ${chainIds.map((chainId) => names.chain(chainId)).join(", ")}`,
        provider: "",
        detail: "not split by chain in this plan",
        feeUsd: plan.forecast.gasUsd,
      },
    ];
  }
  return byChain.map(({ chainId, usd }) => ({
    id: `gas:${chainId}`,
    kind: "gas",
    title: `Gas, ${names.chain(chainId)}`,
    provider: "",
    detail: transactions(chainId),
    feeUsd: usd,
  }));
}
