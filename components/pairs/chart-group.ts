// What the charts of a group have in common.
import type { EpochPoint } from "@/lib/api/schemas";
import type { WindowName } from "./use-chart-window";

/** One pair, one stretch of time, one crosshair. */
export interface GroupProps {
  readonly pairId: string;
  readonly epochs: readonly EpochPoint[];
  readonly fromAtMs: number;
  readonly toAtMs: number;
  readonly window: WindowName;
  readonly syncId: string;
}
