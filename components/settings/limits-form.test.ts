// Approval limits while they are edited: text to rules and back, what is wrong, what changes and what of it waits a day.
import { describe, expect, it } from "vitest";
import type { ApprovalLimits } from "@/lib/plan/approval-rule";
import { changesOfLimits, DEPLOYMENT, readLimits, ruleWords, textOfLimits } from "./limits-form";

const PAIR = "WETH-USDC";
const BEFORE: ApprovalLimits = {
  deployment: { singleUpToUsd: 50_000, approversAbove: 2 },
  pairs: { [PAIR]: { singleUpToUsd: 1_000, approversAbove: 3 } },
};

describe("limits form", () => {
  it("default: untouched, it gives the limits back and no change", () => {
    const text = textOfLimits(BEFORE, [PAIR, "USDC-USDT"]);
    expect(text.pairs["USDC-USDT"]).toEqual({ isOwn: false, singleUpToUsd: "50000", approversAbove: "2" });
    expect(readLimits(text, 3)).toEqual({ ok: true, limits: BEFORE });
    expect(changesOfLimits(BEFORE, BEFORE)).toEqual([]);
  });

  it("behavior: dollars may have commas and a sign; empty is no limit", () => {
    const text = textOfLimits(BEFORE, []);
    const read = (singleUpToUsd: string) =>
      readLimits({ ...text, deployment: { ...text.deployment, singleUpToUsd } }, 3);
    expect(read("$1,250,000.50")).toMatchObject({ ok: true, limits: { deployment: { singleUpToUsd: 1_250_000.5 } } });
    expect(read("")).toMatchObject({ ok: true, limits: { deployment: { singleUpToUsd: null } } });
  });

  it("error: each scope says what is wrong with it; more approvers than people is wrong", () => {
    const text = textOfLimits(BEFORE, []);
    const read = (approversAbove: string, singleUpToUsd = "5") =>
      readLimits({ ...text, deployment: { isOwn: true, singleUpToUsd, approversAbove } }, 3);
    for (const above of ["", "0", "1.5", "10", "two"]) {
      expect(read(above)).toMatchObject({
        ok: false,
        problems: { [DEPLOYMENT]: { approversAbove: expect.any(String) } },
      });
    }
    for (const usd of ["-1", "NaN", "1e13", "ten"]) {
      expect(read("2", usd)).toMatchObject({
        ok: false,
        problems: { [DEPLOYMENT]: { singleUpToUsd: expect.any(String) } },
      });
    }
    expect(readLimits(text, 2)).toMatchObject({
      ok: false,
      problems: { [PAIR]: { approversAbove: "Only 2 people may approve; add people first." } },
    });
    // Without a limit nobody asks for them.
    expect(
      readLimits({ ...text, pairs: {}, deployment: { isOwn: true, singleUpToUsd: "", approversAbove: "9" } }, 1).ok,
    ).toBe(true);
  });

  it("behavior: what asks for less waits, what asks for more does not; leaving a pair's rule compares with the deployment's", () => {
    const higher = { ...BEFORE, deployment: { singleUpToUsd: 60_000, approversAbove: 2 } };
    expect(changesOfLimits(BEFORE, higher)).toMatchObject([{ id: DEPLOYMENT, isLater: true }]);
    expect(changesOfLimits(higher, BEFORE)).toMatchObject([{ id: DEPLOYMENT, isLater: false }]);
    expect(changesOfLimits(BEFORE, { ...BEFORE, pairs: {} })).toMatchObject([
      { id: PAIR, after: "as the deployment", isLater: true },
    ]);
    expect(changesOfLimits({ ...BEFORE, pairs: {} }, BEFORE)).toMatchObject([
      { before: "as the deployment", isLater: false },
    ]);
  });

  it("behavior: rules in words", () => {
    expect(ruleWords({ singleUpToUsd: null, approversAbove: 2 })).toBe("one approver, whatever a plan moves");
    expect(ruleWords({ singleUpToUsd: 5, approversAbove: 1 })).toMatch(/above it one who did not propose it$/);
  });
});
