// Events of the SSE stream: small facts with an id that tell a client what to patch or fetch again.
import * as z from "zod";

const base = { atMs: z.number() };

export const eventSchema = z.discriminatedUnion("type", [
  /** A cycle ended. */
  z.object({
    ...base,
    type: z.literal("epoch.completed"),
    pairId: z.string(),
    epoch: z.number(),
    kind: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  /** Price or in-range state of a pair changed (once a block at most). */
  z.object({
    ...base,
    type: z.literal("pair.mark"),
    pairId: z.string(),
    price: z.number(),
    blockNumber: z.string(),
    state: z.enum(["in_range", "out_of_range", "no_position"]),
    positions: z.array(z.object({ positionId: z.string(), inRange: z.boolean() })),
    marketAtMs: z.number(),
  }),
  z.object({ ...base, type: z.literal("plan.changed"), pairId: z.string(), planId: z.string(), status: z.string() }),
  z.object({
    ...base,
    type: z.literal("op.changed"),
    pairId: z.string(),
    planId: z.string(),
    opId: z.string(),
    state: z.string(),
    txHash: z.string().nullable(),
  }),
  z.object({
    ...base,
    type: z.literal("command.changed"),
    commandId: z.string(),
    action: z.string(),
    target: z.string(),
    status: z.string(),
    result: z.string(),
    planId: z.string().nullable(),
  }),
  z.object({ ...base, type: z.literal("authority.changed"), commandSeq: z.number() }),
  z.object({ ...base, type: z.literal("worker.changed"), pairId: z.string(), state: z.string(), detail: z.string() }),
  z.object({ ...base, type: z.literal("service.changed"), id: z.string(), state: z.string(), detail: z.string() }),
  /** An alert began, changed, was acknowledged or ended; `channel` when only deliveries changed. */
  z.object({
    ...base,
    type: z.literal("alert.changed"),
    alertId: z.string(),
    kind: z.enum(["fired", "reopened", "raised", "acknowledged", "cleared", "channel"]),
    severity: z.enum(["info", "warn", "critical"]),
    title: z.string(),
  }),
  /** Market time of the deployment; at most once a second. */
  z.object({ ...base, type: z.literal("clock"), marketNowMs: z.number(), speed: z.number() }),
]);
export type DeskEvent = z.infer<typeof eventSchema>;
export type DeskEventType = DeskEvent["type"];
