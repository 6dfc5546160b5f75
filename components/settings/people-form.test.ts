// The list of people while it is edited: what is wrong with which row, and what exactly changes.
import { describe, expect, it } from "vitest";
import type { Person } from "@/lib/api/authority-settings";
import { approverCount, changesOfPeople, emptyRow, readPeople, rowsOf } from "./people-form";

const ANA: Person = { address: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", role: "owner", name: "Ana" };
const BEN: Person = { address: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", role: "approver", name: "" };

describe("people form", () => {
  it("default: untouched, it gives the list back and no change", () => {
    expect(readPeople(rowsOf([ANA, BEN]))).toEqual({ ok: true, people: [ANA, BEN] });
    expect(changesOfPeople([ANA, BEN], [ANA, BEN])).toEqual([]);
    expect(approverCount([ANA, BEN, { ...BEN, role: "operator" }])).toBe(2);
  });

  it("error: each row says what is wrong with it", () => {
    const rows = [
      ...rowsOf([ANA]),
      emptyRow("1"),
      { ...emptyRow("2"), address: "0x12" },
      { ...emptyRow("3"), address: BEN.address.replace("C51", "c51") },
      { ...emptyRow("4"), address: ANA.address.toLowerCase() },
      { ...emptyRow("5"), address: BEN.address, name: "B\u202en" },
      { ...emptyRow("6"), address: BEN.address.toLowerCase(), role: "boss" },
    ];
    const read = readPeople(rows);
    expect(read.ok ? {} : read.problems).toMatchObject({
      1: { address: expect.stringMatching(/needed/) },
      2: { address: expect.stringMatching(/40 hex/) },
      3: { address: expect.stringMatching(/capitals/) },
      4: { address: expect.stringMatching(/already/) },
      5: { name: expect.stringMatching(/invisible/) },
      6: { role: expect.stringMatching(/Choose/) },
    });
  });

  it("error: the last owner cannot go, by removal or by another role", () => {
    const [ana, ben] = rowsOf([ANA, BEN]);
    if (ana === undefined || ben === undefined) throw new Error("two rows");
    expect(readPeople([{ ...ana, isRemoved: true }, ben])).toMatchObject({
      ok: false,
      general: expect.stringMatching(/One owner must stay/),
    });
    expect(readPeople([{ ...ana, role: "viewer" }, ben])).toMatchObject({
      ok: false,
      general: expect.stringMatching(/One owner/),
    });
    expect(readPeople([ana, { ...ben, isRemoved: true }])).toEqual({ ok: true, people: [ANA] });
  });

  it("behavior: added, changed, renamed and removed, in words", () => {
    const cy: Person = { address: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", role: "viewer", name: "Cy" };
    expect(
      changesOfPeople([ANA, BEN], [{ ...ANA, role: "approver" }, cy]).map(({ label, before, after }) => [
        label,
        before,
        after,
      ]),
    ).toEqual([
      ["Ana, 0xf39F…2266", "owner", "approver"],
      ["Cy, 0x3C44…93BC", "no role", "viewer"],
      ["0x7099…79C8", "approver", "no role"],
    ]);
    expect(changesOfPeople([BEN], [{ ...BEN, name: "Ben" }])).toMatchObject([{ before: "no name", after: "“Ben”" }]);
  });
});
