// Builders of what the API reads: a worker's state and a plan record; a test names only what matters to it.
import type { PlanRecord } from "@/lib/api/signer-contract";
import type { WorkerState } from "@/lib/api/worker-state";
import type { Hex } from "@/lib/units";
import { buildPlan } from "./build-plan";

export function buildWorkerState(change: Partial<WorkerState> = {}): WorkerState {
  return {
    version: 1,
    pairId: "WETH-USDC",
    workerId: "worker-1",
    pid: 1,
    phase: "idle",
    startedAtMs: 0,
    updatedAtMs: 0,
    marketAtMs: 0,
    marketSpeed: 1,
    state: "no_position",
    stateSinceMarketMs: null,
    stateSentence: "no open position",
    price: 2_000,
    priceAtMarketMs: 0,
    priceChange24hFrac: null,
    quoteUsd: 1,
    blocks: [],
    positions: [],
    account: [],
    depth: [],
    ranges: [],
    positionsUsd: 0,
    idleUsd: 0,
    valueUsd: 0,
    unclaimedFeesUsd: 0,
    inRange24hFrac: null,
    fees24hUsd: null,
    net24hUsd: null,
    lastDecision: null,
    lastEpoch: null,
    lastEpochWallAtMs: null,
    nextEpochMarketAtMs: null,
    latenessMs: null,
    freshness: [],
    disabledPools: [],
    ...change,
  };
}

type Op = PlanRecord["ops"][number];

export function buildPlanRecord(change: {
  readonly referencePrice?: number;
  readonly status?: PlanRecord["status"];
  readonly ops?: readonly Pick<Op, "kind" | "gasUsd" | "deltas">[];
}): PlanRecord {
  const hash: Hex = `0x${"00".repeat(32)}`;
  return {
    planId: `0x${"00".repeat(16)}`,
    planHash: hash,
    plan: buildPlan({ bounds: { referencePrice: change.referencePrice ?? 2_000 } }),
    status: change.status ?? "done",
    statusReason: "every step is verified",
    mode: "auto",
    createdAtMs: 1,
    createdAtMarketMs: 1,
    expiresAtMs: null,
    endedAtMs: 2,
    proposedBy: "worker",
    approvalsNeeded: 0,
    approvals: [],
    rejectedBy: null,
    ops: (change.ops ?? []).map((op, index) => ({
      opId: `0x${"00".repeat(16)}/${index}`,
      index,
      kind: op.kind,
      purpose: op.kind,
      state: "SETTLED",
      chainId: 1,
      attempts: [],
      txHash: null,
      blockNumber: null,
      gasUsed: null,
      gasUsd: op.gasUsd,
      deltas: op.deltas,
      position: null,
      error: null,
      stateAtMs: 2,
    })),
  };
}
