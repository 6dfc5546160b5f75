// Profit and loss of a pair from its kept epochs, its ledger and its plans, for the API and the export.
import type { PnlDto, ScoreCardDto } from "@/lib/api/money-schemas";
import type { LedgerEntry, PlanRecord } from "@/lib/api/signer-contract";
import type { MoneyRecord } from "@/lib/epoch/money-record";
import { bookFlows } from "@/lib/ledger/flow-book";
import { computePositionLives } from "@/lib/ledger/position-lives";
import { buildResults, type PositionResult } from "@/lib/ledger/results";
import type { TokenOf } from "@/lib/ledger/token-values";
import { sumFlows, flowOf } from "@/lib/portfolio/pnl-report";
import { scorePlan, type ScoreInput } from "@/lib/portfolio/score-card";
import type { RegistryView } from "@/server/config/registry";
import { MONEY_KEPT_COUNT } from "@/server/infra/store/keys";
import { priceBookOf, statementToken } from "./statement";

const PRICE_NOTE =
  "US dollars by the exchange median: of the operation for what it moved, of the epoch for what is counted there. Fees count at the price of the epoch that saw them come in.";

/** What is needed of a plan. */
export type PnlPlan = Pick<PlanRecord, "planId" | "plan" | "endedAtMs">;

export interface PnlInput {
  readonly pairId: string;
  readonly registry: RegistryView;
  /** Kept epochs, any order. */
  readonly money: readonly MoneyRecord[];
  /** Entries of the pair, oldest first. */
  readonly entries: readonly LedgerEntry[];
  /** Plans of the pair. */
  readonly plans: readonly PnlPlan[];
  /** Market time now; null when no worker has said it. */
  readonly nowMs: number | null;
}

export function buildPnl(input: PnlInput): PnlDto {
  const { pairId, registry, money, entries } = input;
  const tokenOf: TokenOf = (chainId, token) => statementToken(registry, { chainId, token, pairId });
  const results = buildResults({
    records: money,
    lives: computePositionLives({ entries, prices: priceBookOf(money), tokenOf }),
    entrySeqs: entries.map(({ seq }) => seq),
  });
  const { agreement } = results;
  return {
    pairId,
    epochs: [...results.epochs],
    days: [...results.days],
    total: results.total,
    positions: results.positions.map((position) => positionDto(position)),
    scores: scoreCards(input, { tokenOf, positions: results.positions }),
    agreement: {
      ...agreement,
      receipts: { ...agreement.receipts },
      capital: agreement.capital === null ? null : { ...agreement.capital },
    },
    priceNote: PRICE_NOTE,
    partial: money.length >= MONEY_KEPT_COUNT,
  };
}

function positionDto(result: PositionResult): PnlDto["positions"][number] {
  const { life, measuredAtMs, isWhole, epochs: _epochs, ...flows } = result;
  return {
    positionId: life.positionId,
    pairId: life.pairId,
    chainId: life.chainId,
    openedAtMs: life.openedAtMs,
    closedAtMs: life.closedAtMs,
    measuredAtMs,
    startUsd: life.inUsd,
    ...flows,
    openTxHash: life.openTxHash,
    closeTxHash: life.closeTxHash,
    endUsd: life.end === "open" ? null : life.outUsd,
    origin: life.origin,
    end: life.end,
    isWhole,
  };
}

/** One card per plan that moved something, newest first. Its end in market time is that of its last entry. */
function scoreCards(
  input: PnlInput,
  parts: { readonly tokenOf: TokenOf; readonly positions: readonly PositionResult[] },
): ScoreCardDto[] {
  const byPlan = new Map<string, LedgerEntry[]>();
  for (const entry of input.entries) {
    if (entry.planId === null) continue;
    const own = byPlan.get(entry.planId) ?? [];
    own.push(entry);
    byPlan.set(entry.planId, own);
  }
  const acted = input.plans
    .flatMap((record) => {
      const own = byPlan.get(record.planId);
      if (own === undefined || record.endedAtMs === null) return [];
      return [{ record, own, endedAtMs: Math.max(...own.map(({ marketAtMs }) => marketAtMs)) }];
    })
    .toSorted((left, right) => left.endedAtMs - right.endedAtMs);
  const counted = input.money.filter(({ flows }) => flows !== null);
  const keptFromMs = input.money.reduce<number | null>(
    (oldest, { marketAtMs }) => Math.min(oldest ?? marketAtMs, marketAtMs),
    null,
  );
  const lastMs = input.money.reduce((newest, { marketAtMs }) => Math.max(newest, marketAtMs), 0);
  return acted
    .map(({ record, own, endedAtMs }, index) => {
      const before = new Set(
        parts.positions.flatMap(({ life }) =>
          life.closedAtMs !== null && life.closedAtMs <= endedAtMs ? [life.positionId] : [],
        ),
      );
      return {
        planId: record.planId,
        kind: record.plan.kind,
        reason: record.plan.reason,
        endedAtMs,
        windows: scorePlan({
          plan: { planId: record.planId, endedAtMs, forecast: record.plan.forecast },
          costs: costsOf(input.pairId, own, parts.tokenOf),
          points: counted.map(({ marketAtMs, accounting }) => ({
            marketAtMs,
            ...sumFlows(
              (accounting?.parts ?? [])
                .filter(({ positionId }) => positionId !== null && !before.has(positionId))
                .map((part) => flowOf(part)),
            ),
          })),
          keptFromMs,
          nextPlanAtMs: acted[index + 1]?.endedAtMs ?? null,
          nowMs: Math.max(input.nowMs ?? 0, lastMs),
        }).map((window) => ({ ...window })),
      };
    })
    .toReversed();
}

/** What a plan's operations cost, each at its own price. */
function costsOf(pairId: string, entries: readonly LedgerEntry[], tokenOf: TokenOf): ScoreInput["costs"] {
  const { parts } = bookFlows({
    pairId,
    book: null,
    entries,
    tokenOf,
    reading: { at: { atMs: 0, price: 0, quoteUsd: 0 }, positions: [], nativeUsd: () => null },
  });
  const add = (key: keyof ScoreInput["costs"]): number => parts.reduce((sum, part) => sum + part[key], 0);
  return { gasUsd: add("gasUsd"), swapCostUsd: add("swapCostUsd"), bridgeCostUsd: add("bridgeCostUsd") };
}
