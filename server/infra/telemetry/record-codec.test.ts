// A column keeps its type whatever the caller has: numbers that are none are left out, big numbers become text and a float.
import { describe, expect, it } from "vitest";
import { createRecordCodec, toSnakeCase } from "./record-codec";
import { recordCodecs } from "./records";

describe("createRecordCodec", () => {
  it("default", () => {
    const codec = createRecordCodec("s", {
      pairId: "text",
      tick: "int",
      aprPerYear: "float",
      ok: "bool",
      liquidity: "raw",
      detail: "json",
    });
    expect(
      codec.encode(
        { pairId: "A-B", tick: -5, aprPerYear: Number.NaN, ok: false, liquidity: 10n ** 20n, detail: { big: 1n } },
        { atMs: 1_000.5, wallAtMs: 2_000, eventId: "e" },
      ),
    ).toEqual({
      _timestamp: 1_000_500,
      wall_at_us: 2_000_000,
      event_id: "e",
      pair_id: "A-B",
      tick: -5,
      ok: false,
      liquidity_raw: "100000000000000000000",
      liquidity_num: 1e20,
      detail: '{"big":"1"}',
    });
  });

  it("behavior: every stream has its own name, and columns that OpenObserve leaves as they are", () => {
    expect(new Set(recordCodecs.map((codec) => codec.stream)).size).toBe(recordCodecs.length);
    for (const codec of recordCodecs) {
      const names = Object.keys(codec.columns).map(toSnakeCase);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    }
  });
});
