// Which acts a row offers, to whom, and why one is off.
import { describe, expect, it } from "vitest";
import { pairActs, type ActContext } from "./pair-acts";

type Pair = Parameters<typeof pairActs>[0];

const running: Pair = { pause: null, halted: null, state: "in_range", positionsUsd: 10 };
const owner: ActContext = { isOld: false, session: { signedIn: true, role: "owner" } };
const as = (role: "viewer" | "operator" | null): ActContext => ({
  isOld: false,
  session: { signedIn: true, role },
});
const offOf = (pair: Pair, context: ActContext): readonly (readonly [string, boolean])[] =>
  pairActs(pair, context).map(({ id, isOff }) => [id, isOff]);

describe("pairActs", () => {
  it("default: three kinds of pause and a shift, all on", () => {
    expect(offOf(running, owner)).toEqual([
      ["no_new_risk", false],
      ["no_transactions", false],
      ["stop_worker", false],
      ["shift", false],
    ]);
  });

  it("behavior: what is paused or halted offers its end instead of a pause", () => {
    const pause = { kind: "no_new_risk", sinceAtMs: 1, untilAtMs: null, reason: "test", by: "0x1" } as const;
    const halted = { state: "HALT_PAIR", cause: "a test", sinceAtMs: 1 } as const;
    expect(pairActs({ ...running, pause }, owner)[0]).toMatchObject({
      id: "resume",
      label: "Resume…",
      detail: "paused: no new risk",
    });
    expect(pairActs({ ...running, pause, halted }, owner)[0]).toMatchObject({
      label: "Unhalt…",
      detail: "halted: a test",
    });
  });

  it("behavior: an act is off for a role that may not sign it, and says which role may", () => {
    expect(offOf(running, as("operator")).every(([, isOff]) => !isOff)).toBe(true);
    expect(offOf(running, as("viewer")).every(([, isOff]) => isOff)).toBe(true);
    expect(pairActs(running, as("viewer"))[0]?.detail).toBe("needs the role operator; you are viewer");
    expect(pairActs(running, as(null))[0]?.detail).toBe("needs the role operator; you are not on the list");
    const pause = { kind: "stop_worker", sinceAtMs: 1, untilAtMs: null, reason: "test", by: "0x1" } as const;
    expect(pairActs({ ...running, pause }, as("operator"))[0]?.detail).toBe(
      "needs the role approver; you are operator",
    );
  });

  it("behavior: signed out one is asked when acting; while the truth is unknown nothing is on", () => {
    const signedOut = { signedIn: false, role: null };
    expect(offOf(running, { isOld: false, session: signedOut }).some(([, isOff]) => isOff)).toBe(false);
    for (const context of [
      { isOld: true, session: { signedIn: true, role: "owner" } },
      { isOld: false, session: undefined },
    ] as const) {
      expect(offOf(running, context).every(([, isOff]) => isOff)).toBe(true);
    }
  });

  it("behavior: with a silent worker one may stop the pair and not shift it; without a position neither", () => {
    expect(offOf({ ...running, state: "unknown" }, owner).filter(([, isOff]) => isOff)).toEqual([["shift", true]]);
    expect(pairActs({ ...running, positionsUsd: null }, owner).at(-1)?.detail).toBe(
      "there is no position to shift yet",
    );
  });
});
