// All twins of a run side by side: sortable, the chosen one marked, and what the two results mean in words.
"use client";
import { ArrowDown, ArrowUp } from "lucide-react";
import type { ReactNode } from "react";
import { SignedMoney } from "@/components/live/signed-money";
import { cx } from "@/components/ui/cx";
import { Panel } from "@/components/ui/panel";
import { Sub, Table, Td, Th, Tr, type ColumnFrom } from "@/components/ui/table";
import type { BacktestReport, TwinName, TwinReport } from "@/lib/backtest/report";
import { formatInteger } from "@/lib/format/number";
import { formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";
import { sortTwins, TWIN_COLUMNS, type TwinColumnKey } from "./lab-numbers";
import type { LabState, SetLabState } from "./lab-state";

/** From which width a column is there: net, alpha and the difference to holding always. */
const FROM: Readonly<Record<TwinColumnKey, ColumnFrom>> = {
  netUsd: "always",
  netVsHoldUsd: "desk",
  alphaUsd: "always",
  aprFrac: "mid",
  feesUsd: "desk",
  lvrUsd: "desk",
  markUsd: "mid",
  gasUsd: "mid",
  swapCostUsd: "mid",
  rebalances: "mid",
  timeInRangeFrac: "desk",
  maxDrawdownFrac: "mid",
};

export function TwinsTable({
  report,
  chosen,
  state,
  setState,
}: {
  readonly report: BacktestReport;
  readonly chosen: TwinName;
  readonly state: LabState;
  readonly setState: SetLabState;
}): ReactNode {
  const twins = sortTwins(report.twins, state.sort, state.order);
  return (
    <Panel title="Twins: the same money on the same data" flush>
      <Table caption="Result of every twin, sortable by column">
        <thead>
          <tr>
            <Th>Twin</Th>
            {TWIN_COLUMNS.map(({ key, label }) => {
              const isSorted = state.sort === key;
              return (
                <Th
                  key={key}
                  right
                  from={FROM[key]}
                  aria-sort={isSorted ? (state.order === "asc" ? "ascending" : "descending") : "none"}
                >
                  <button
                    type="button"
                    className={cx(
                      "inline-flex min-h-7 items-center gap-1 hover:text-ink",
                      isSorted && "font-strong text-ink",
                    )}
                    onClick={() =>
                      void setState({ sort: key, order: isSorted && state.order === "desc" ? "asc" : "desc" })
                    }
                  >
                    {isSorted &&
                      (state.order === "asc" ? (
                        <ArrowUp size={11} aria-hidden="true" />
                      ) : (
                        <ArrowDown size={11} aria-hidden="true" />
                      ))}
                    {label}
                  </button>
                </Th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {twins.map((twin) => (
            <Tr key={twin.name} className={cx(twin.name === chosen && "bg-raised")}>
              <Td className="min-w-36">
                <button
                  type="button"
                  title={twin.rule}
                  aria-pressed={twin.name === chosen}
                  onClick={() => void setState({ twin: twin.name })}
                  className={cx(
                    "min-h-6 text-left hover:text-tide",
                    twin.name === chosen ? "font-title text-tide" : "font-strong",
                  )}
                >
                  {twin.title}
                </button>
                <Sub className="mid:hidden">
                  in range {formatPercent(twin.timeInRangeFrac, 0)}, {formatInteger(twin.rebalances)} moves
                </Sub>
              </Td>
              {TWIN_COLUMNS.map((column) => (
                <Td key={column.key} right from={FROM[column.key]}>
                  <Cell twin={twin} column={column} />
                </Td>
              ))}
            </Tr>
          ))}
        </tbody>
      </Table>
      <dl className="grid gap-x-8 gap-y-1.5 border-t px-3.5 py-3 text-dense text-ink-2 desk:px-4 mid:grid-cols-2">
        <div>
          <dt className="inline font-strong text-ink">Net</dt>
          <dd className="inline">
            : what the account gained or lost: fees and the change in value of what it held, less gas and swap costs. It
            rises and falls with the price.
          </dd>
        </div>
        <div>
          <dt className="inline font-strong text-ink">Alpha</dt>
          <dd className="inline">
            : fees less LVR, gas and swap costs: what providing liquidity earned, whichever way the price went. Holding
            has none, by definition.
          </dd>
        </div>
      </dl>
    </Panel>
  );
}

function Cell({
  twin,
  column,
}: {
  readonly twin: TwinReport;
  readonly column: (typeof TWIN_COLUMNS)[number];
}): ReactNode {
  const value = twin[column.key];
  switch (column.unit) {
    case "usd":
      return <SignedMoney value={value} />;
    case "cost":
      // Costs are written as what they take.
      return <SignedMoney value={value === 0 ? 0 : -value} />;
    case "frac":
      return formatSignedPercent(value, 1);
    case "share":
      return formatPercent(value, 1);
    case "count":
      return (
        <>
          {formatInteger(value)}
          {twin.failedActions > 0 && <Sub>{formatInteger(twin.failedActions)} failed</Sub>}
        </>
      );
  }
}

/** Costs in one figure, for a line of context. */
export function costsText(twin: TwinReport): string {
  return `gas ${formatUsd(twin.gasUsd)}, swaps ${formatUsd(twin.swapCostUsd)}`;
}
