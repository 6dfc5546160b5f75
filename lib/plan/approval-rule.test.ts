// Approvals by value: what a rule asks for, which rules hold while one is replaced, and whose signatures are enough.
import { describe, expect, test } from "vitest";
import {
  approvalNeed,
  DEFAULT_APPROVAL_LIMITS,
  isApproved,
  isLooser,
  loosenedAtMs,
  LOOSER_AFTER_MS,
  rulesInForce,
  type ApprovalLimits,
  type ApprovalRule,
} from "./approval-rule";

const PAIR = "WETH-USDC";
const ANA = "0xAa00000000000000000000000000000000000001";
const BEN = "0xbb00000000000000000000000000000000000002";
const rule = (singleUpToUsd: number | null, approversAbove: number): ApprovalRule => ({
  singleUpToUsd,
  approversAbove,
});
const limits = (deployment: ApprovalRule, pairs: ApprovalLimits["pairs"] = {}): ApprovalLimits => ({
  deployment,
  pairs,
});

describe("approvalNeed", () => {
  test("default: nobody has set a limit, so one approver is enough for everything", () => {
    const need = approvalNeed([DEFAULT_APPROVAL_LIMITS.deployment], 9e9);
    expect(need).toEqual({ needed: 1, isAboveLimit: false, limitUsd: null });
  });

  test("behavior: the limit itself needs one, a cent above it needs all", () => {
    expect(approvalNeed([rule(50_000, 3)], 50_000)).toMatchObject({ needed: 1, isAboveLimit: false });
    expect(approvalNeed([rule(50_000, 3)], 50_000.01)).toMatchObject({ needed: 3, isAboveLimit: true });
    expect(approvalNeed([rule(0, 2)], 0)).toMatchObject({ needed: 1 });
  });

  test("behavior: of several rules the strictest decides at each value", () => {
    const both = [rule(100, 3), rule(50, 2)];
    expect([40, 70, 200].map((usd) => approvalNeed(both, usd).needed)).toEqual([1, 2, 3]);
    expect(approvalNeed(both, 40).limitUsd).toBe(50);
  });

  test("error: a value that is no number is above every limit", () => {
    expect(approvalNeed([rule(1e12, 2)], Number.NaN)).toMatchObject({ needed: 2, isAboveLimit: true });
  });
});

describe("rulesInForce", () => {
  const strict = limits(rule(10, 2));
  const loose = limits(rule(1_000, 2));

  test("behavior: a stricter rule holds at once, a looser one a day later", () => {
    const tightened = [
      { atMs: 0, limits: loose },
      { atMs: 100, limits: strict },
    ];
    expect(approvalNeed(rulesInForce(tightened, PAIR, 100), 500).needed).toBe(2);
    expect(loosenedAtMs(tightened, PAIR, 100)).toBeNull();
    const loosened = [...tightened, { atMs: 200, limits: loose }];
    const endMs = 200 + LOOSER_AFTER_MS;
    expect(approvalNeed(rulesInForce(loosened, PAIR, endMs - 1), 500).needed).toBe(2);
    expect(loosenedAtMs(loosened, PAIR, endMs - 1)).toBe(endMs);
    expect(approvalNeed(rulesInForce(loosened, PAIR, endMs), 500).needed).toBe(1);
    expect(loosenedAtMs(loosened, PAIR, endMs)).toBeNull();
  });

  test("behavior: going through a third rule does not shorten the day", () => {
    const versions = [
      { atMs: 0, limits: strict },
      { atMs: LOOSER_AFTER_MS * 3, limits: loose },
      { atMs: LOOSER_AFTER_MS * 3 + 5, limits: limits(rule(null, 1)) },
    ];
    const soonMs = LOOSER_AFTER_MS * 3 + 10;
    expect(approvalNeed(rulesInForce(versions, PAIR, soonMs), 500).needed).toBe(2);
    expect(approvalNeed(rulesInForce(versions, PAIR, soonMs), 5_000).needed).toBe(2);
  });

  test("behavior: as of an earlier moment, later versions say nothing", () => {
    const versions = [
      { atMs: 0, limits: loose },
      { atMs: 100, limits: strict },
    ];
    expect(approvalNeed(rulesInForce(versions, PAIR, 50), 500).needed).toBe(1);
  });

  test("behavior: a pair with a rule of its own leaves the deployment's", () => {
    const versions = [{ atMs: 0, limits: limits(rule(10, 2), { [PAIR]: rule(1_000, 3) }) }];
    expect(approvalNeed(rulesInForce(versions, PAIR, 1), 500).needed).toBe(1);
    expect(approvalNeed(rulesInForce(versions, "USDC-USDT", 1), 500).needed).toBe(2);
  });
});

describe("isLooser", () => {
  test.each([
    [rule(10, 2), rule(20, 2), true],
    [rule(10, 3), rule(10, 2), true],
    [rule(10, 2), rule(null, 9), true],
    [rule(10, 2), rule(5, 1), true],
    [rule(10, 2), rule(10, 2), false],
    [rule(10, 2), rule(5, 3), false],
    [rule(null, 1), rule(10, 2), false],
  ])("default: %o -> %o is %s", (before, after, expected) => {
    expect(isLooser(before, after)).toBe(expected);
  });
});

describe("isApproved", () => {
  test("default: one of one, by anybody, the proposer too", () => {
    const need = { needed: 1, isAboveLimit: false };
    expect(isApproved(need, [ANA], ANA)).toBe(true);
    expect(isApproved(need, [], null)).toBe(false);
  });

  test("behavior: the same person twice is one person, whatever the case of the address", () => {
    const need = { needed: 2, isAboveLimit: true };
    expect(isApproved(need, [ANA, ANA.toLowerCase()], null)).toBe(false);
    expect(isApproved(need, [ANA, BEN], null)).toBe(true);
  });

  test("behavior: above the limit the proposer alone is not enough, with another it counts", () => {
    const alone = { needed: 1, isAboveLimit: true };
    expect(isApproved(alone, [ANA], ANA.toLowerCase())).toBe(false);
    expect(isApproved(alone, [BEN], ANA)).toBe(true);
    expect(isApproved({ needed: 2, isAboveLimit: true }, [ANA, BEN], ANA)).toBe(true);
  });
});
