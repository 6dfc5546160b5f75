// Kill point: ends at the n-th pass of its label only, and never beside a real chain.
import { describe, expect, test } from "vitest";
import { createKillPoint } from "./kill-point";

const LOCAL = { name: "Local", isLocal: true };

function neverCalled(): void {
  throw new Error("nothing may be killed here");
}

describe("createKillPoint", () => {
  test("default: counts passes of its own label", () => {
    let kills = 0;
    const kill = () => void (kills += 1);
    const point = createKillPoint({ killLabel: "after-sent:2", chains: [LOCAL], kill });
    if (!point.ok || point.value === null) throw new Error("expected a kill point");
    for (const label of ["after-sent", "before-intent"] as const) point.value(label);
    expect(kills).toBe(0);
    point.value("after-sent");
    expect(kills).toBe(1);
    expect(createKillPoint({ killLabel: null, chains: [LOCAL], kill })).toEqual({ ok: true, value: null });
  });

  test("error: invalid beside a real chain and for unknown labels or counts", () => {
    const real = createKillPoint({
      killLabel: "after-sent:1",
      chains: [LOCAL, { name: "Ethereum", isLocal: false }],
      kill: neverCalled,
    });
    expect(real.ok ? null : real.error.code).toBe("invalid");
    for (const killLabel of ["after-lunch:1", "after-sent:0", "after-sent:x", "after-sent"]) {
      const point = createKillPoint({ killLabel, chains: [LOCAL], kill: neverCalled });
      expect(point.ok ? null : point.error.code).toBe("invalid");
    }
  });
});
