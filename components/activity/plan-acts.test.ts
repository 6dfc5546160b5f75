// The acts after a plan: each is offered only where its command applies, and says why where it does not.
import { describe, expect, it } from "vitest";
import { planActs, positionToShift } from "./plan-acts";

type Known = Parameters<typeof planActs>[0];

const BURN = { kind: "burn", chainId: 1, tokenId: "7" } as const;
const POSITION = { chainId: 1, tokenId: "7", positionId: "1:0xpm:7" };

/** Only what the acts look at. */
function known(change: Partial<Known> = {}): Known {
  return {
    plan: { kind: "RS", pairId: "WETH-USDC", status: "partial", burns: [BURN], hasFailedStep: true },
    pair: { mode: "auto", pause: null, halted: null, nextEpochMarketAtMs: 1_000_000, marketNowMs: 400_000 },
    positions: [POSITION],
    orphans: [],
    ...change,
  };
}

function offered(change: Partial<Known> = {}): string {
  return planActs(known(change))
    .filter(({ isOffered }) => isOffered)
    .map(({ id }) => id)
    .join(" ");
}

function why(id: string, change: Partial<Known>): string {
  return planActs(known(change)).find((act) => act.id === id && !act.isOffered)?.sentence ?? "offered";
}

describe("planActs", () => {
  it("happy: a shift whose position is still there can be asked for anew, held or closed", () => {
    expect(offered()).toBe("retry skip safe");
    expect(positionToShift(known())).toBe(POSITION.positionId);
  });

  it("behavior: an open difference of the pair, or of no pair, can be adopted; another pair's cannot", () => {
    expect(offered({ orphans: [{ status: "open", pairId: null }] })).toBe("retry skip safe adopt");
    expect(why("adopt", { orphans: [{ status: "open", pairId: "WBTC-USDC" }] })).toMatch(/agree/);
    expect(why("adopt", { orphans: undefined })).toMatch(/Sign in/);
  });

  it("edge: without the position there is nothing to shift, and the next epoch is named", () => {
    expect(why("retry", { positions: [] })).toMatch(/nothing left to shift\. The next epoch decides anew in 10.min/);
    expect(why("safe", { positions: [] })).toMatch(/in the wallet already/);
  });

  it("edge: nothing is offered while the plan is open or the pair is unknown", () => {
    const open = known().plan;
    expect(offered({ plan: { ...open, status: "executing" } })).toBe("safe");
    expect(why("retry", { plan: { ...open, status: "executing" } })).toMatch(/never repeated or left out by hand/);
    expect(offered({ pair: undefined })).toBe("");
  });

  it("error: paused, halted, observing and moving between pools each say so", () => {
    const pair = known().pair;
    if (pair === undefined) throw new Error("the pair is known here");
    const pause = { kind: "no_new_risk", untilAtMs: null, reason: "x", by: "0x1", sinceAtMs: 1 } as const;
    expect(why("retry", { pair: { ...pair, pause } })).toMatch(/paused/);
    expect(why("skip", { pair: { ...pair, pause } })).toMatch(/paused already/);
    const halted = { state: "EXIT_ONLY", cause: "an exit", sinceAtMs: 1 } as const;
    expect(offered({ pair: { ...pair, halted } })).toBe("");
    expect(why("safe", { pair: { ...pair, halted } })).toMatch(/EXIT_ONLY already/);
    expect(why("retry", { pair: { ...pair, mode: "observe" } })).toMatch(/OBSERVE/);
    expect(why("retry", { plan: { ...known().plan, kind: "PRA" } })).toMatch(/by the strategy alone/);
  });
});
