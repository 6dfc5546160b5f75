// Closing a position where fees are collected apart takes the collection first; everywhere else one step is enough.
import { describe, expect, it } from "vitest";
import { OTHER_PAIR_PARAMS } from "@/lib/registry/params";
import { buildPool, buildPosition, buildSnapshot } from "@/tests/support/build-snapshot";
import { resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import { MANAGER_GRANTS } from "./plan-grants";
import { closeSteps } from "./plan-steps";

describe("closeSteps", () => {
  const state = buildPool();
  const range = { tickLower: state.tick - 600, tickUpper: state.tick + 600, usd: 10_000 };
  const position = buildPosition(buildSnapshot(), state, range);
  const facts = resolvedPoolOf(state);
  const frame = { decBase: 18, decQuote: 6, baseIsToken0: facts.baseIsToken0 };
  const closing = { pool: { facts, state, frame }, position, range: { kind: "ticks" as const, ...range } };

  it("default: one burn", () => {
    const steps = closeSteps(OTHER_PAIR_PARAMS, closing, MANAGER_GRANTS).map(({ step }) => step);
    expect(steps).toMatchObject([{ kind: "burn", liquidityRaw: position.liquidityRaw }]);
  });

  it("behavior: fees first where they are collected apart, without a right of its own", () => {
    const groups = closeSteps(OTHER_PAIR_PARAMS, closing, { ...MANAGER_GRANTS, collectsApart: () => true });
    expect(groups.map(({ step }) => step)).toMatchObject([
      { kind: "decrease", liquidityRaw: 0n },
      { kind: "burn", liquidityRaw: position.liquidityRaw },
    ]);
    expect(groups[0]?.grants).toEqual([]);
  });
});
