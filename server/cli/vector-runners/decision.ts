// Vectors of the decision and the kill switches (strategy.md section 11).
import * as z from "zod";
import { applyDecisionRules } from "@/lib/strategy/decision-rules";
import { computeKillSwitch } from "@/lib/strategy/kill-switch";
import { positionId } from "@/lib/units";
import { defineRunner, hasKeys, looseNumber, type CaseRunner } from "./case-runner";
import { expectClose } from "./compare";

const MIN_HOLD_MS = 12 * 3_600_000;
const HOLDS: ReadonlySet<string> = new Set(["regime", "no_data", "no_gain"]);

export const DECISION_RUNNERS: readonly CaseRunner[] = [
  defineRunner({
    topic: "decision",
    accepts: hasKeys(["epoch", "suppressUntil", "forcesValid", "targetNet", "currentNet", "positions"], ["candidates"]),
    in: z.object({
      epoch: looseNumber,
      suppressUntil: looseNumber,
      suppressed: z.boolean(),
      forcesValid: z.boolean(),
      capital: looseNumber,
      targetNet: looseNumber,
      currentNet: looseNumber,
      nTarget: looseNumber,
      praThreshold: looseNumber,
      amortizeDays: looseNumber,
      transitionCost: looseNumber,
      sinceRebalMs: z.number().nullish(),
      allowCash: z.boolean(),
      idleUsd: looseNumber,
      rsThreshold: looseNumber,
      positions: z.array(
        z.object({
          id: z.string(),
          divergence: looseNumber,
          inRange: z.boolean(),
          deltaNet: looseNumber,
          lifeYears: looseNumber,
          cost: looseNumber,
          sinceMintMs: looseNumber,
        }),
      ),
    }),
    check: (input, entry, tolerance) => {
      const positions = input.positions.map((position, index) => ({
        ...position,
        positionId: positionId(1, "vector", "0x00", BigInt(index)),
      }));
      const nameOf = new Map(positions.map((position) => [position.positionId, position.id]));
      const outcome = applyDecisionRules({
        untrusted: null,
        epoch: input.epoch,
        regime: { suppressed: input.suppressed, reason: "normal", value: null, threshold: null },
        suppressUntilEpoch: input.suppressUntil,
        forcesValid: input.forcesValid,
        frameCount: input.forcesValid ? 3 : 0,
        capitalUsd: input.capital,
        currentNetUsdPerYear: input.currentNet,
        targetNetUsdPerYear: input.targetNet,
        targetCount: input.nTarget,
        // The vectors know no kept positions: their reallocations always move something.
        moveCount: 1,
        praThreshold: input.praThreshold,
        amortizeDays: input.amortizeDays,
        minHoldMs: MIN_HOLD_MS,
        transitionCostUsd: input.transitionCost,
        sincePraMs: input.sinceRebalMs ?? null,
        allowCash: input.allowCash,
        idleUsd: input.idleUsd,
        rsThreshold: input.rsThreshold,
        positions: positions.map((position) => ({
          positionId: position.positionId,
          divergence: position.divergence,
          isInRange: position.inRange,
          deltaNetUsdPerYear: position.deltaNet,
          lifeYears: position.lifeYears,
          shiftCostUsd: position.cost,
          ageMs: position.sinceMintMs,
        })),
      });
      const computed = {
        type: HOLDS.has(outcome.reason) ? "HOLD" : outcome.reason === "range_shift" ? "RS" : "PRA",
        reason: outcome.reason,
        shifts: outcome.shiftPositionIds.map((id) => nameOf.get(id)),
        gain: outcome.gainUsdPerYear,
        improvement: outcome.improvementFrac,
      };
      expectClose(computed, entry.out, tolerance);
      const out = z.looseObject({ gain: z.number().nullish() }).parse(entry.out);
      if (out.gain === undefined && computed.gain !== null) {
        throw new Error(`out.gain: expected none, since the decision falls before it is weighed; got ${computed.gain}`);
      }
    },
  }),
  defineRunner({
    topic: "decision",
    accepts: hasKeys(["epochNetUsd", "cycleSec", "rsTimes", "now"]),
    in: z.object({
      epochNetUsd: z.array(looseNumber),
      cycleSec: looseNumber,
      rsTimes: z.array(looseNumber),
      now: looseNumber,
      width: z.number().nullish(),
      minWidth: looseNumber,
      gas24hUsd: looseNumber,
      valueUsd: looseNumber,
    }),
    check: (input, entry, tolerance) => {
      const reason = computeKillSwitch({
        epochNetUsd: input.epochNetUsd,
        cycleSec: input.cycleSec,
        rangeShiftAtMs: input.rsTimes,
        nowMs: input.now,
        width: input.width ?? null,
        minWidth: input.minWidth,
        gas24hUsd: input.gas24hUsd,
        valueUsd: input.valueUsd,
      });
      expectClose(reason ?? "", entry.out, tolerance);
    },
  }),
];
