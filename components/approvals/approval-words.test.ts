// Words of a plan's approvals: how many and why, who is missing, which bound was left.
import { describe, expect, it } from "vitest";
import type { Person } from "@/lib/api/authority-settings";
import type { PlanDto } from "@/lib/api/schemas";
import { countWords, leftBound, missingPeople, needWords } from "./approval-words";

const ANA: Person = { address: "0xaA00000000000000000000000000000000000001", role: "owner", name: "Ana" };
const BEN: Person = { address: "0xbb00000000000000000000000000000000000002", role: "approver", name: "Ben" };
const CY: Person = { address: "0xcc00000000000000000000000000000000000003", role: "operator", name: "Cy" };
type Approval = NonNullable<PlanDto["approval"]>;
const approval = (change: Partial<Approval> = {}): Approval => ({
  valueUsd: 100_000,
  limitUsd: 50_000,
  isAboveLimit: true,
  isComplete: false,
  proposer: null,
  notCounted: [],
  ...change,
});
const signed = { address: ANA.address.toLowerCase(), role: "owner", atMs: 1, note: "", commandId: "0x1" } as const;

const plan = (value: Approval, approvalsNeeded: number) => ({ approval: value, approvals: [], approvalsNeeded });

describe("approval words", () => {
  it("default: how many of how many, and nothing where nobody signs", () => {
    expect(countWords({ approval: approval(), approvals: [signed], approvalsNeeded: 2 })).toBe("1 of 2");
    expect(countWords({ approval: null, approvals: [], approvalsNeeded: 0 })).toBeNull();
    expect(needWords({ approval: null, approvals: [], approvalsNeeded: 0 })).toBeNull();
  });

  it("behavior: the sentence names value, limit and who may not be alone", () => {
    expect(needWords(plan(approval(), 2))).toBe(
      "Moves $100,000.00, above the limit of $50,000.00: it takes 2 different approvers.",
    );
    expect(needWords(plan(approval({ proposer: ANA.address }), 2))).toMatch(/may approve, but not alone\.$/);
    expect(needWords(plan(approval({ isAboveLimit: false, valueUsd: 10 }), 1))).toMatch(
      /within the limit .* 1 approver\.$/,
    );
    expect(needWords(plan(approval({ isAboveLimit: false, limitUsd: null }), 1))).toMatch(/No limit is set/);
  });

  it("behavior: missing are those who may approve and have not, whatever the case of the address", () => {
    expect(missingPeople({ approvals: [signed] }, [ANA, BEN, CY])).toEqual([BEN]);
    expect(missingPeople({ approvals: [] }, [])).toEqual([]);
  });

  it("behavior: a bound that was left is named; inputs that are not trusted are not a bound", () => {
    const check = { id: "price", label: "Price since the plan was made", value: "5 %", limit: "1 %", ok: false };
    expect(leftBound({ boundChecks: [{ ...check, id: "trust:x" }] })).toBeNull();
    expect(leftBound({ boundChecks: [{ ...check, ok: null }, check] })).toBe(
      "Price since the plan was made: 5 %, limit 1 %",
    );
  });
});
