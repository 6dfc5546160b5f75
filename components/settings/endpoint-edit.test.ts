// Edits of a list of endpoints: order, drain, removal and what they change in words.
import { describe, expect, it } from "vitest";
import { added, draftProblem, endpointChanges, entriesOf, moved, removed, used, type Draft } from "./endpoint-edit";

const id = (byte: string) => `0x${byte.repeat(32)}` as const;
const ONE: Draft = { id: id("01"), label: "https://one", use: "use", from: "configured" };
const TWO: Draft = { id: id("02"), label: "https://two", use: "use", from: "desk" };
const ids = (draft: readonly Draft[]) => draft.map((each) => each.label);

describe("endpoint edits", () => {
  it("happy: one that was tested comes last and moves up", () => {
    const draft = added([ONE], { id: TWO.id, label: TWO.label });
    expect(ids(draft)).toEqual(["https://one", "https://two"]);
    const first = moved(draft, TWO.id, -1);
    expect(ids(first)).toEqual(["https://two", "https://one"]);
    expect(entriesOf(first)[0]).toEqual({ id: TWO.id, label: TWO.label, use: "use" });
    expect(endpointChanges([ONE], first).map(({ before, after }) => `${before} > ${after}`)).toEqual([
      "first to be asked > second to be asked",
      "not in the list > first to be asked",
    ]);
  });

  it("edge: nothing moves beyond the ends, and adding a drained one uses it again", () => {
    expect(moved([ONE, TWO], ONE.id, -1)).toEqual([ONE, TWO]);
    expect(moved([ONE, TWO], TWO.id, 1)).toEqual([ONE, TWO]);
    expect(added(used([ONE, TWO], TWO.id, "drain"), TWO)).toEqual([ONE, TWO]);
  });

  it("behavior: an added one leaves, a configured one stays named as not asked", () => {
    expect(ids(removed([ONE, TWO], TWO.id))).toEqual(["https://one"]);
    const without = removed([ONE, TWO], ONE.id);
    expect(without.map(({ label, use }) => `${label} ${use}`)).toEqual(["https://two use", "https://one removed"]);
    expect(endpointChanges([ONE, TWO], without).map(({ label, after }) => `${label}: ${after}`)).toEqual([
      "https://one: not asked",
      "https://two: first to be asked",
    ]);
    // What is not asked has no place: nothing moves around it.
    expect(moved(without, TWO.id, 1)).toEqual(without);
    expect(ids(used(without, ONE.id, "use"))).toEqual(["https://two", "https://one"]);
  });

  it("error: a list without one in use cannot be signed", () => {
    expect(draftProblem(used([ONE], ONE.id, "drain"))).toMatch(/must stay in use/);
    expect(draftProblem([ONE])).toBeNull();
  });
});
