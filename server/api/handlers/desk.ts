// Health, overview, orchestrator and system: how the whole deployment is.
import { contract } from "@/lib/api/contract";
import type { HealthWord } from "@/lib/api/schemas";
import { OPEN_PLAN_STATUSES } from "@/lib/plan/plan-status";
import { ok } from "@/lib/errors/result";
import { MINUTE_MS } from "@/lib/units";
import type { PlanRecord } from "@/lib/api/signer-contract";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { readLedger } from "@/server/api/ledger-reader";
import { readDeskState, type DeskState } from "@/server/api/reads";
import { moneyParts, type MoneyParts } from "@/server/api/views/money-parts";
import { overviewView, type LedgerView } from "@/server/api/views/overview";
import { pairSummary, workerView } from "@/server/api/views/pair-summary";
import { pairInTransitUsd } from "@/server/api/views/transit";
import { servicesView, sourcesView, worst } from "@/server/api/views/services";
import { readPlans } from "@/server/api/plan-reader";
import { marketNowMs, marketSpeed, mergedCandles } from "./pairs";

const LEDGER_KEPT_MS = 10_000;

/** The signer's comparison of accounts and chain is a chain read: one per ten seconds serves every page. */
let keptLedger: { readonly atMs: number; readonly view: LedgerCheck | null } | null = null;

interface LedgerCheck extends LedgerView {
  readonly rows: readonly { readonly chainId: number; readonly token: string; readonly chainRaw: bigint }[];
}

/** What a page shows; the accounts with their raw amounts stay on the server. */
export async function ledgerView(deps: ApiDeps): Promise<LedgerView | null> {
  const checked = await ledgerCheck(deps);
  if (checked === null) return null;
  const { rows: _rows, ...view } = checked;
  return view;
}

export async function ledgerCheck(deps: ApiDeps): Promise<LedgerCheck | null> {
  if (keptLedger !== null && deps.nowMs() - keptLedger.atMs < LEDGER_KEPT_MS) return keptLedger.view;
  const checked = await deps.control.call("ledger.check", {}, { timeoutMs: 4_000 });
  let view: LedgerCheck | null = null;
  if (checked.ok) {
    const wrong = checked.value.rows.filter((row) => row.differenceRaw !== "0");
    view = {
      checkedAtMs: checked.value.checkedAtMs,
      balanced: wrong.length === 0,
      differences: wrong.length,
      rows: checked.value.rows,
      sentence:
        wrong.length === 0
          ? `Ledger equals the chain to the wei (${checked.value.rows.length} accounts at block ${checked.value.blocks.map((block) => block.number.toString()).join(", ")})`
          : `Ledger and chain differ in ${wrong.length} of ${checked.value.rows.length} accounts: ${wrong.map((row) => `${deps.registry.token(row.chainId, row.token)?.symbol ?? row.token} by ${row.differenceRaw} raw`).join(", ")}`,
    };
  }
  keptLedger = { atMs: deps.nowMs(), view };
  return view;
}

const PARTS_KEPT_MS = 5_000;
/** How far before an assignment its price may lie: the collector may have been a moment behind. */
const PRICE_WINDOW_MS = 30 * 60_000;

let keptParts: { readonly atMs: number; readonly parts: ReadonlyMap<string, MoneyParts> } | null = null;

/** Profit and loss by part per pair, from the signer's ledger; a pair without capital or price is left out. */
export async function partsOfPairs(
  deps: ApiDeps,
  desk: DeskState,
  plans: readonly PlanRecord[],
): Promise<ReadonlyMap<string, MoneyParts>> {
  if (keptParts !== null && deps.nowMs() - keptParts.atMs < PARTS_KEPT_MS) return keptParts.parts;
  const parts = new Map<string, MoneyParts>();
  for (const [pairId, state] of desk.workers) {
    const pool = deps.registry.poolsOf(pairId)[0];
    if (pool === undefined) continue;
    const listed = await readLedger(deps, pairId);
    const entries = listed.ok ? listed.value : [];
    const prices = new Map<number, number>();
    for (const atMs of new Set(entries.filter((entry) => entry.kind === "assign").map((entry) => entry.marketAtMs))) {
      const merged = await mergedCandles(deps, { pairId, fromMs: atMs - PRICE_WINDOW_MS, toMs: atMs + MINUTE_MS });
      const close = merged.ok ? merged.value.series.close.at(-1) : undefined;
      if (close !== undefined) prices.set(atMs, close);
    }
    const found = moneyParts({
      pairId,
      base: pool.base,
      quote: pool.quote,
      entries,
      plans: plans.filter((plan) => plan.plan.pairId === pairId),
      state,
      inTransitUsd: pairInTransitUsd(deps.registry, pairId, { transfers: desk.transfers, state }),
      priceAt: (atMs) => prices.get(atMs) ?? null,
    });
    if (found !== null) parts.set(pairId, found);
  }
  keptParts = { atMs: deps.nowMs(), parts };
  return parts;
}

const healthHandler = bindHandler(contract.health, async ({ deps, session }) => {
  const pong = await deps.store.call("ping", (redis) => redis.ping());
  const signer = await deps.control.call("health", {}, { timeoutMs: 1_500 });
  const telemetryProblem = await deps.telemetry.problem();
  const checks = [
    {
      name: "store",
      state: pong.ok ? ("ok" as const) : ("stopped" as const),
      detail: pong.ok ? "answers" : pong.error.message,
    },
    {
      name: "signer",
      state: signer.ok ? ("ok" as const) : ("stopped" as const),
      detail: signer.ok ? signer.value.state : signer.error.message,
    },
    {
      name: "telemetry",
      state: telemetryProblem === null ? ("ok" as const) : ("degraded" as const),
      detail: telemetryProblem ?? "answers",
    },
  ];
  const status = worst(checks.map((check) => check.state));
  // Whoever watches from outside needs the words; addresses and causes are for people of the desk.
  const isOpen = deps.settings.isPublicRead || session !== null;
  return ok({
    data: {
      status,
      checks: isOpen ? checks : checks.map((check) => ({ ...check, detail: "" })),
      version: deps.settings.version,
    },
  });
});

const overviewHandler = bindHandler(contract.overview, async ({ deps }) => {
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const [services, sources, plans, ledger] = await Promise.all([
    servicesView(deps, desk.value),
    sourcesView(deps, desk.value, marketNowMs(deps, desk.value)),
    readPlans(deps),
    ledgerView(deps),
  ]);
  const openPlans = plans.ok ? plans.value.filter((plan) => OPEN_PLAN_STATUSES.includes(plan.status)) : [];
  return ok({
    data: overviewView({
      deps,
      desk: desk.value,
      pairs: deps.settings.pairIds.map((id) => pairSummary(deps, desk.value, id)),
      services,
      sources,
      openPlans,
      lastPlans: plans.ok ? lastEndedPlans(plans.value) : [],
      ledger,
      marketNowMs: marketNowMs(deps, desk.value),
      marketSpeed: marketSpeed(desk.value),
    }),
  });
});

/** The newest ended plan of each pair. */
export function lastEndedPlans(plans: readonly PlanRecord[]): PlanRecord[] {
  const byPair = new Map<string, PlanRecord>();
  for (const plan of plans) {
    if (plan.endedAtMs === null) continue;
    const known = byPair.get(plan.plan.pairId);
    if (known === undefined || (known.endedAtMs ?? 0) < plan.endedAtMs) byPair.set(plan.plan.pairId, plan);
  }
  return [...byPair.values()];
}

const orchestratorHandler = bindHandler(contract.orchestrator, async ({ deps }) => {
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const service = (await servicesView(deps, desk.value)).find((entry) => entry.id === "orchestrator");
  return ok({
    data: {
      state: service?.state ?? "unknown",
      sentence: service?.sentence ?? "",
      leaseHolder: desk.value.orchestrator?.holder ?? null,
      sinceAtMs: desk.value.orchestrator?.sinceAtMs ?? null,
      workers: deps.settings.pairIds.map((id) => workerView(desk.value, id)),
    },
  });
});

const systemHandler = bindHandler(contract.system, async ({ deps }) => {
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const [services, sources] = await Promise.all([
    servicesView(deps, desk.value),
    sourcesView(deps, desk.value, marketNowMs(deps, desk.value)),
  ]);
  const workers = deps.settings.pairIds.map((id) => workerView(desk.value, id));
  const sick = [
    ...services.filter(({ state }) => state !== "ok").map(({ label, sentence }) => `${label}: ${sentence}`),
    ...workers.filter(({ state }) => state !== "running").map(({ pairId, state }) => `Worker of ${pairId}: ${state}`),
  ];
  const { authority } = desk.value;
  return ok({
    data: {
      overall: worst([
        ...services.map((service) => service.state),
        ...workers.map((worker): HealthWord => (worker.state === "running" ? "ok" : "degraded")),
      ]),
      sentence:
        sick.length === 0
          ? `${services.length} services and ${workers.length} workers, nothing is wrong`
          : sick.join(". "),
      services,
      workers,
      sources,
      signer: {
        state: authority?.state ?? null,
        cause: desk.value.authorityProblem ?? authority?.stateCause ?? "",
        sinceAtMs: authority?.stateSinceMs ?? null,
        wallet: authority?.wallet ?? null,
        journalSeq: authority?.journalSeq ?? null,
        commandSeq: authority?.commandSeq ?? null,
        stopped: authority?.stopped ?? null,
      },
      versions: { tidegate: deps.settings.version, node: process.versions.node },
    },
  });
});

export const deskHandlers = [healthHandler, overviewHandler, orchestratorHandler, systemHandler];
