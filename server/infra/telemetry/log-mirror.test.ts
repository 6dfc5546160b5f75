// Lines as records: the ids a trace asks by, the plan of an operation, the rest in the detail.
import { describe, expect, it } from "vitest";
import { logMirror } from "./log-mirror";
import { createLogger } from "./logger";
import type { TelemetryRecord } from "./record-codec";

function lineOf(fields: Readonly<Record<string, unknown>>): TelemetryRecord {
  const records: TelemetryRecord[] = [];
  const log = createLogger({
    name: "signer",
    level: "info",
    write: () => undefined,
    mirror: logMirror({
      telemetry: { emit: (_stream, record) => records.push(record) },
      market: { nowMs: () => 5 },
      wall: { nowMs: () => 7 },
    }),
  });
  log.info("signer.tx-sent", fields);
  expect(records).toHaveLength(1);
  return records[0] ?? {};
}

describe("logMirror", () => {
  it("behavior: ids become columns, market and wall time stand beside each other, the rest is the detail", () => {
    expect(lineOf({ planId: "p", opId: "p/1", pairId: "A", cycleId: "c", gas: 2n })).toMatchObject({
      _timestamp: 5_000,
      wall_at_us: 7_000,
      level: "info",
      event: "signer.tx-sent",
      process: "signer",
      plan_id: "p",
      op_id: "p/1",
      pair_id: "A",
      cycle_id: "c",
      detail: '{"gas":"2"}',
    });
  });

  it.each([
    ["0x01/0", "0x01"],
    ["0x01/revoke-0", "0x01"],
    ["0x01", undefined],
    ["/0", undefined],
    [7, undefined],
  ])("edge: the plan of the operation %s is %s", (opId, planId) => {
    expect(lineOf({ opId })["plan_id"]).toBe(planId);
  });
});
