// What must hold in a running demo after any fault: ledger equals chain, nothing doubled, no allowance open, one worker per pair, positions as journalled.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { contract } from "@/lib/api/contract";
import { loadRegistry } from "@/server/config/registry";
import { audit } from "./audit";
import type { DemoOperator } from "./demo-operator";
import { makeTempDir } from "./embedded-servers";
import { processesNaming, waitFor, type RunningDemo } from "./running-demo";

export interface Whole {
  readonly operations: number;
  readonly positionIds: readonly string[];
  readonly unaccountedRaw: bigint;
  readonly doubleEffects: number;
}

/** Waits until no operation is open and everything holds; the error names what does not. */
export function proveWhole(what: string, demo: RunningDemo, operator: DemoOperator, limitMs = 150_000): Promise<Whole> {
  return waitFor(`a whole system after ${what}`, limitMs, async () => {
    const authority = await operator.authority();
    if (authority.state !== "NORMAL") throw new Error(`the signer is ${authority.state}: ${authority.stateCause}`);
    for (const pair of authority.pairs) {
      if (pair.halted !== null) throw new Error(`${pair.pairId} is ${pair.halted.state}: ${pair.halted.cause}`);
      const plans = await operator.openPlans(pair.pairId);
      const open = plans.find((plan) => plan.status !== "waiting_approval");
      if (open !== undefined) throw new Error(`plan ${open.planId} of ${pair.pairId} is ${open.status}`);
    }
    const check = await operator.control.call("ledger.check", {});
    if (!check.ok) throw check.error;
    const wrong = check.value.rows.filter((row) => row.differenceRaw !== "0");
    if (wrong.length > 0)
      throw new Error(`ledger and chain differ: ${wrong.map((row) => `${row.token} ${row.differenceRaw}`).join(", ")}`);
    if (check.value.openAllowances.length > 0)
      throw new Error(`open allowances: ${check.value.openAllowances.map((each) => each.token).join(", ")}`);
    const report = await auditCopy(demo, authority.wallet);
    if (report.problems.length > 0) throw new Error(report.problems.join("; "));
    await proveOneWorkerPerPair(demo);
    const positionIds = authority.pairs
      .flatMap((pair) => pair.positions.map(({ positionId }) => positionId))
      .toSorted();
    const shown = await Promise.all(
      demo.ready.pairs.map((id) => demo.read(contract.pairPositions, { params: { id } })),
    );
    const shownIds = shown.flatMap(({ positions }) => positions.map(({ positionId }) => positionId)).toSorted();
    if (shownIds.join() !== positionIds.join())
      throw new Error(`the API shows positions [${shownIds.join()}], the journal has [${positionIds.join()}]`);
    const { operations, unaccountedRaw, doubleEffects } = report;
    return { operations, positionIds, unaccountedRaw, doubleEffects };
  });
}

/** The audit opens the journal as its owner would, so it works on a copy of the files. */
async function auditCopy(demo: RunningDemo, wallet: Parameters<typeof audit>[0]["wallet"]) {
  const registry = loadRegistry({
    overlayFile: join(demo.dataDir, "devnet", "registry.json"),
    rpcUrls: new Map(),
  });
  if (!registry.ok) throw registry.error;
  const copy = makeTempDir("audit");
  try {
    cpSync(join(demo.dataDir, "signer", "journal"), copy, { recursive: true });
    return await audit({
      journalDir: copy,
      registry: registry.value.registry,
      rpcUrls: Object.fromEntries(demo.ready.chains.map(({ id, rpc }) => [String(id), rpc])),
      wallet,
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function proveOneWorkerPerPair(demo: RunningDemo): Promise<void> {
  const lines = await processesNaming(demo.dataDir);
  for (const pairId of demo.ready.pairs) {
    const workers = lines.filter((line) => line.trimEnd().endsWith(` ${pairId}`));
    if (workers.length !== 1) throw new Error(`${workers.length} workers of ${pairId} run: ${workers.join(" | ")}`);
  }
}
