// Whole plans tried on a real chain with a real pool: by simulation and on a fork alike, behind bridges too.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Rehearsal } from "@/lib/api/signer-contract";
import { ok } from "@/lib/errors/result";
import type { Plan, Step } from "@/lib/plan/plan";
import type { Address } from "@/lib/units";
import { openFork } from "@/server/rehearsal/fork-stage";
import type { Stage } from "@/server/rehearsal/ports";
import { rehearsePlan } from "@/server/rehearsal/rehearse-plan";
import {
  LAB_CHAIN,
  ONE_BASE,
  ONE_QUOTE,
  bridgeEvidence,
  startRehearsalLab,
  type RehearsalLab,
} from "@/tests/support/rehearsal-lab";

const FUNDED: Address = `0x${"f1".repeat(20)}`;
const EMPTY: Address = `0x${"e1".repeat(20)}`;
const FAR_CHAIN = 99_001;
const FAR_ROUTER: Address = `0x${"99".repeat(20)}`;

let lab: RehearsalLab;

beforeAll(async () => {
  lab = await startRehearsalLab();
  await lab.fund(FUNDED);
  lab.refused.add("eth_simulateV1");
}, 240_000);

afterAll(async () => {
  await lab?.stop();
});

/** Everything that a rehearsal says of the chain, its method and time left aside. */
function facts({ isOk, detail, steps, untried, blocks }: Rehearsal) {
  return { isOk, detail, steps, untried, numbers: blocks.map(({ number }) => number) };
}

async function tradeAndMint(): Promise<Plan> {
  return lab.planOf([lab.swapGroup(ONE_BASE / 10n, 240n * ONE_QUOTE), await lab.mintGroup()]);
}

function bridgeTo(tokenOut: Address, amountRaw: bigint): Step {
  return {
    kind: "bridge",
    chainId: FAR_CHAIN,
    provider: "lifi",
    router: FAR_ROUTER,
    tokenIn: FAR_ROUTER,
    toChainId: LAB_CHAIN,
    tokenOut,
    amountInRaw: amountRaw,
    minAmountOutRaw: amountRaw - 1n,
    bridges: ["across"],
    feeUsd: 0,
    expectedSec: 60,
  };
}

/** Two bridges from a chain of our making bring both tokens; everything on this chain is real. */
async function bridged(tokens: { readonly base: Address; readonly quote: Address }): Promise<Plan> {
  const plan = await lab.planOf([await lab.mintGroup()]);
  const bridges = [bridgeTo(tokens.base, ONE_BASE), bridgeTo(tokens.quote, 2_500n * ONE_QUOTE)];
  const later = plan.steps.map((step) =>
    step.kind === "approve" ? { ...step, forStep: step.forStep + bridges.length } : step,
  );
  return { ...plan, steps: [...bridges, ...later] };
}

/** The source chain is a stage that lets everything through: what is tried is this side. */
function depsOf(url: string, bringsRaw: (step: Extract<Step, { kind: "bridge" }>) => bigint | null) {
  const deps = lab.rehearsalDeps(url, EMPTY);
  const far: Stage = {
    method: "eth_simulateV1",
    blockNumber: 7n,
    timestampSec: 0n,
    timeScale: 1,
    port: { call: () => Promise.reject(new Error("nothing is read there")), readLogs: async () => [] },
    play: async (calls) =>
      ok(calls.map(() => ({ isOk: true, gasUsed: 1n, returnData: "0x" as const, logs: [], error: "" }))),
    close: async () => undefined,
  };
  const none = deps.fetchBridgeQuote;
  const fetchBridgeQuote: typeof none = async (plan, step, amountRaw) => {
    const brings = bringsRaw(step);
    return brings === null ? none(plan, step, amountRaw) : ok(bridgeEvidence(FAR_ROUTER, brings));
  };
  return {
    ...deps,
    fetchBridgeQuote,
    openStage: async (chainId: number) => (chainId === FAR_CHAIN ? ok(far) : deps.openStage(chainId)),
  };
}

const promised = (step: { readonly amountInRaw: bigint }): bigint => (step.amountInRaw * 999n) / 1_000n;

describe("a node without eth_simulateV1", () => {
  it("behavior: the fork's balance changes, gas and words are those of the simulation", async () => {
    const plan = await tradeAndMint();
    const simulated = await rehearsePlan(lab.rehearsalDeps(lab.url, FUNDED), plan);
    const startedMs = performance.now();
    const forked = await rehearsePlan(lab.rehearsalDeps(lab.chaosUrl, FUNDED), plan);
    process.stdout.write(`fork: ${Math.round(performance.now() - startedMs)} ms for ${plan.steps.length} steps\n`);
    expect(simulated).toMatchObject({ method: "eth_simulateV1", isOk: true, detail: "every step went through" });
    expect(forked).toMatchObject({ method: "fork", blocks: [{ chainId: LAB_CHAIN, method: "fork" }] });
    expect(facts(forked)).toEqual(facts(simulated));
    const swap = simulated.steps.find(({ index }) => plan.steps[index]?.kind === "swap");
    expect(swap?.deltas).toHaveLength(2);
    for (const delta of simulated.steps.flatMap(({ deltas }) => deltas)) {
      process.stdout.write(`  ${delta.token} ${delta.amountRaw}\n`);
    }
  });

  it("behavior: a plan that fails, fails on both with the same step and reason", async () => {
    const plan = await lab.planOf([lab.swapGroup(ONE_BASE / 10n, 260n * ONE_QUOTE), await lab.mintGroup()]);
    const simulated = await rehearsePlan(lab.rehearsalDeps(lab.url, FUNDED), plan);
    const forked = await rehearsePlan(lab.rehearsalDeps(lab.chaosUrl, FUNDED), plan);
    expect(simulated).toMatchObject({ isOk: false, detail: expect.stringContaining("step 1 (swap) failed") });
    expect(simulated.detail).toContain("Too little received");
    expect(facts(forked)).toEqual(facts(simulated));
  });

  it("error: without the binary nothing is said to have gone through, and the reason is whole", async () => {
    const client = lab.client(lab.chaosUrl);
    const block = await client.readBlock();
    if (!block.ok) throw block.error;
    const deps = {
      ...lab.rehearsalDeps(lab.chaosUrl, FUNDED),
      openStage: () => openFork(client, FUNDED, block.value, "/nonexistent/anvil"),
    };
    const plan = await tradeAndMint();
    const rehearsal = await rehearsePlan(deps, plan);
    expect(rehearsal).toMatchObject({ method: "none", isOk: false, steps: [], blocks: [] });
    expect(rehearsal.detail).toMatch(
      /^could not be tried: a local fork of Bare .* did not start within 20 s: .*nonexistent/,
    );
    expect(rehearsal.untried).toHaveLength(plan.steps.length);
  });
});

describe("steps behind a bridge", () => {
  it("behavior: tried with what the quotes promise, by simulation and on a fork alike; nothing stays behind", async () => {
    const [base, quote] = [lab.chain.low.address, lab.chain.quote.address];
    const plan = await bridged({ base, quote });
    const simulated = await rehearsePlan(depsOf(lab.url, promised), plan);
    const forked = await rehearsePlan(depsOf(lab.chaosUrl, promised), plan);
    expect(simulated.isOk, simulated.detail).toBe(true);
    expect(simulated.detail).toBe(
      "every step went through, steps 2 (approve), 3 (approve), 4 (mint) with the expected arrival",
    );
    const mint = simulated.steps.find(({ index }) => plan.steps[index]?.kind === "mint");
    const expected = [
      { chainId: LAB_CHAIN, token: base, amountRaw: ((ONE_BASE * 999n) / 1_000n).toString() },
      { chainId: LAB_CHAIN, token: quote, amountRaw: ((2_500n * ONE_QUOTE * 999n) / 1_000n).toString() },
    ];
    expect(mint?.arrivals).toEqual(expected);
    expect(mint?.deltas.map(({ token, amountRaw }) => [token, BigInt(amountRaw) < 0n])).toEqual([
      [base.toLowerCase(), true],
      [quote.toLowerCase(), true],
    ]);
    expect(forked.method).toBe("fork");
    expect(facts(forked)).toEqual(facts(simulated));
    expect(await lab.chain.balanceOf(base, EMPTY)).toBe(0n);
  });

  it("behavior: without a quote the source's step is named, and the plan's own minimum is what arrives", async () => {
    const plan = await bridged({ base: lab.chain.low.address, quote: lab.chain.quote.address });
    const rehearsal = await rehearsePlan(
      depsOf(lab.url, () => null),
      plan,
    );
    expect(rehearsal.isOk, rehearsal.detail).toBe(true);
    expect(rehearsal.untried).toEqual([
      { index: 0, reason: "a quote did not come: nobody quotes here" },
      { index: 1, reason: "it counts on step 0, which could not be tried" },
    ]);
    expect(rehearsal.steps.find(({ index }) => index === 4)?.arrivals?.map(({ amountRaw }) => amountRaw)).toEqual([
      (ONE_BASE - 1n).toString(),
      (2_500n * ONE_QUOTE - 1n).toString(),
    ]);
  });

  it("error: a token whose balance is no word of its storage is not supposed to have arrived", async () => {
    const growing = await lab.create("GrowingToken");
    const plan = await bridged({ base: lab.chain.low.address, quote: growing });
    for (const url of [lab.url, lab.chaosUrl]) {
      const rehearsal = await rehearsePlan(
        depsOf(url, (step) => step.amountInRaw),
        plan,
      );
      expect(rehearsal.steps.map(({ index }) => index)).toEqual([0, 1]);
      expect(rehearsal.untried?.[0]).toEqual({
        index: 2,
        reason: `it needs what step 1 (bridge) brings, and ${growing} keeps its balances in no known place where that could be supposed`,
      });
      expect(rehearsal.detail).toContain("not tried: steps 2 (approve), 3 (approve), 4 (mint)");
    }
  });
});
