// A chain whose blocks cannot hold a step takes no part in the plan, with the step and both figures in the reason.
import { describe, expect, test } from "vitest";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { CHAINS } from "@/lib/registry/chains";
import { decide, evaluate } from "@/lib/strategy/index";
import { buildSnapshot } from "@/tests/support/build-snapshot";
import { HASH, resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import { checkBlockGas } from "./block-gas";
import { buildPlan, type BuildPlanInput } from "./build-plan";
import type { MintStep, Step } from "./plan";

const HYPER_EVM = 999;
const mint: MintStep = {
  kind: "mint",
  chainId: HYPER_EVM,
  family: "liquidity-book",
  pool: `0x${"55".repeat(20)}`,
  positionManager: `0x${"44".repeat(20)}`,
  token0: `0x${"11".repeat(20)}`,
  token1: `0x${"22".repeat(20)}`,
  feePips: 500,
  tickSpacing: 10,
  tickLower: 100,
  tickUpper: 120,
  amount0MaxRaw: 1n,
  amount1MaxRaw: 1n,
  maxSlippageBps: 50,
};

function hyperEvm() {
  const chain = CHAINS.find(({ id }) => id === HYPER_EVM);
  if (chain === undefined) throw new Error("HyperEVM is in the registry");
  return chain;
}

function planWith(maxTxGas: number | undefined, stepGas: BuildPlanInput["stepGas"]) {
  const snapshot = buildSnapshot();
  const evaluation = evaluate({ snapshot, params: OTHER_PAIR_PARAMS });
  const decision = decide({ snapshot, evaluation, params: OTHER_PAIR_PARAMS });
  if (decision.kind !== "PRA") throw new Error("a first deployment expected");
  const pools = snapshot.pools.flatMap((pool) => (pool.kind === "ticks" ? [resolvedPoolOf(pool)] : []));
  return buildPlan({
    request: decision,
    snapshot,
    evaluation,
    pools: pools.map((pool) => ({
      ...pool,
      chain: { ...pool.chain, ...(maxTxGas === undefined ? {} : { maxTxGas }) },
    })),
    account: snapshot.capital.wallets.flatMap(({ chainId, base, quote, baseRaw, quoteRaw }) => [
      { chainId, token: base.address, amountRaw: baseRaw },
      { chainId, token: quote.address, amountRaw: quoteRaw },
    ]),
    blocks: [{ chainId: pools[0]?.chain.id ?? 0, number: 1n, hash: HASH }],
    params: OTHER_PAIR_PARAMS,
    origin: { kind: "strategy" },
    configVersion: 1,
    ...(stepGas === undefined ? {} : { stepGas }),
  });
}
const gasOf = (step: Step): number => (step.kind === "mint" ? 600_000 : 50_000);

describe("checkBlockGas", () => {
  test("default: HyperEVM's small blocks hold a usual mint and not one over 21 bins", () => {
    const chain = hyperEvm();
    expect(checkBlockGas(chain, [{ step: mint, grants: [] }], () => 602_914).ok).toBe(true);
    const wide = checkBlockGas(chain, [{ step: mint, grants: [] }], () => 1_991_000);
    expect(wide.ok ? null : wide.error.code).toBe("too_much_gas");
    expect(wide.ok ? "" : wide.error.message).toMatch(
      /mint in pool 0x5555.* over 21 bins needs about 1991000 gas; one transaction on HyperEVM \(999\) may use at most 2000000/,
    );
  });

  test("behavior: a wallet in big blocks is a figure of the registry; chains without one are left to the signer", () => {
    const big = { ...hyperEvm(), maxTxGas: 30_000_000 };
    expect(checkBlockGas(big, [{ step: mint, grants: [] }], () => 1_991_000).ok).toBe(true);
    const { maxTxGas: _limit, ...free } = hyperEvm();
    expect(checkBlockGas(free, [{ step: mint, grants: [] }], () => 1e12).ok).toBe(true);
  });
});

describe("a plan on a chain with small blocks", () => {
  test("default: it is made where every step fits, and refused with the reason where one does not", () => {
    expect(planWith(2_000_000, gasOf).ok).toBe(true);
    const refused = planWith(650_000, gasOf);
    expect(refused.ok ? null : refused.error.code).toBe("too_much_gas");
    expect(planWith(undefined, gasOf).ok).toBe(true);
    expect(planWith(650_000, undefined).ok).toBe(true);
  });
});
