// Realised gains per token, counted in this browser from the ledger's own rows: first in first out or average cost, in a chosen currency, to read and to save.
"use client";
import { Download } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { saveJson } from "@/components/activity/save-json";
import { saveCsv } from "@/components/charts/csv";
import { useApi } from "@/components/live/use-api";
import { QueryView } from "@/components/live/query-view";
import { Button } from "@/components/ui/button";
import { cx } from "@/components/ui/cx";
import { SelectField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { StatTile } from "@/components/ui/stat-tile";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { useSession } from "@/components/wallet/use-session";
import { recordsToCsv } from "@/lib/format/csv";
import { formatInteger } from "@/lib/format/number";
import { gainNote, gainTable } from "@/lib/ledger/gain-rows";
import { buildGains, type GainReport, type KnownSum } from "@/lib/ledger/gains";
import { GAIN_METHODS, type GainMethod } from "@/lib/ledger/lots";
import { currenciesOf } from "@/lib/ledger/unit-prices";
import { amountText, isNought, moneyText } from "./gain-words";
import { PERIOD_WORD, periodOf, withZone } from "./ledger-period";
import { useWholeLedger, type WholeLedger } from "./read-ledger";
import { useExportChoice, type ExportChoice } from "./use-export-choice";

const DAY_MS = 86_400_000;
const METHOD_WORD: Readonly<Record<GainMethod, string>> = { fifo: "first in, first out", average: "average cost" };

/** `pairId` null: all pairs and the wallet. */
export function GainsPanel({ pairId }: { readonly pairId: string | null }): ReactNode {
  const { data: session } = useSession();
  const choice = useExportChoice();
  const isSignedIn = session?.signedIn === true;
  const scope = choice.of === "all" ? null : pairId;
  const ledger = useWholeLedger(scope, isSignedIn && choice.gains);
  const overview = useApi("overview");
  const nowMs = overview.data?.marketNowMs;
  if (!isSignedIn || !choice.gains) {
    return (
      <Panel title="Realised gains">
        <p className="max-w-prose text-ink-2">
          Per token, with lots by first in, first out or average cost, in dollars or in a token, for what is chosen
          above the ledger.
          {isSignedIn ? "" : " Sign in to count them: they name every transaction."}
        </p>
        {isSignedIn && (
          <Button className="mt-3" onClick={() => choice.choose({ gains: true })}>
            Count gains
          </Button>
        )}
      </Panel>
    );
  }
  return (
    <QueryView
      query={ledger}
      what="the ledger"
      skeleton={
        <Panel title="Realised gains" flush>
          <SkeletonRows rows={4} height={46} label="the ledger" />
        </Panel>
      }
    >
      {(data) =>
        nowMs === undefined ? (
          <SkeletonRows rows={4} height={46} label="the market's clock" />
        ) : (
          <Counted ledger={data} scope={scope} choice={choice} nowMs={nowMs} />
        )
      }
    </QueryView>
  );
}

function Counted({
  ledger,
  scope,
  choice,
  nowMs,
}: {
  readonly ledger: WholeLedger;
  readonly scope: string | null;
  readonly choice: ExportChoice;
  readonly nowMs: number;
}): ReactNode {
  const { method, currency, period, zone } = choice;
  const { rows } = ledger;
  const currencies = useMemo(() => currenciesOf(rows), [rows]);
  // A day begins at midnight: a moment's difference of the clock changes nothing but that.
  const dayMs = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const report = useMemo(
    () => buildGains({ rows, method, currency, period: periodOf(period, dayMs), isOnePair: scope !== null }),
    [rows, method, currency, period, dayMs, scope],
  );
  const name = `tidegate-${scope ?? "all-pairs"}-gains-${period}-${method}-${currency}`;

  function save(form: "csv" | "json"): void {
    const table = withZone(gainTable(report), zone);
    if (form === "csv") saveCsv(`${name}.csv`, recordsToCsv(table.columns, table.rows));
    else saveJson(`${name}.json`, { ...table, ...summary(report), isWhole: ledger.isWhole });
  }

  return (
    <Panel
      title="Realised gains"
      meta={
        <span className="text-micro text-ink-3">
          {scope ?? "all pairs"}, {PERIOD_WORD[period]}
        </span>
      }
      tools={(["csv", "json"] as const).map((form) => (
        <Button key={form} size="small" onClick={() => save(form)}>
          <Download aria-hidden size={14} /> {form.toUpperCase()}
        </Button>
      ))}
      flush
    >
      <form
        aria-label="How to count gains"
        onSubmit={(event) => event.preventDefault()}
        className="grid gap-3 border-b px-3.5 py-3 desk:grid-cols-3 desk:px-4"
      >
        <SelectField
          label="Method"
          value={method}
          onChange={(event) =>
            choice.choose({ method: GAIN_METHODS.find((each) => each === event.target.value) ?? "fifo" })
          }
        >
          {GAIN_METHODS.map((each) => (
            <option key={each} value={each}>
              {METHOD_WORD[each]}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Currency"
          value={currency}
          onChange={(event) => choice.choose({ currency: event.target.value })}
        >
          {!currencies.includes(currency) && <option value={currency}>{currency} (no price in this ledger)</option>}
          {currencies.map((each) => (
            <option key={each} value={each}>
              {each === "USD" ? "US dollars" : each}
            </option>
          ))}
        </SelectField>
      </form>
      {report.tokens.length === 0 ? (
        <Empty title="Nothing came in or left in this period.">
          Choose another period above, or all pairs: capital that no pair has taken yet is counted there.
        </Empty>
      ) : (
        <Figures report={report} isWhole={ledger.isWhole} entries={rows.length} />
      )}
    </Panel>
  );
}

/** What a file says beside its rows. */
function summary(
  report: GainReport,
): Pick<GainReport, "method" | "currency" | "tokens" | "totals" | "difference"> & { readonly note: string } {
  const { method, currency, tokens, totals, difference } = report;
  return { method, currency, tokens, totals, difference, note: gainNote(report) };
}

function Figures({
  report,
  isWhole,
  entries,
}: {
  readonly report: GainReport;
  readonly isWhole: boolean;
  readonly entries: number;
}): ReactNode {
  const { totals, tokens, currency } = report;
  const costs = {
    known: 0 - totals.gas.known - totals.bridges.known,
    unknown: totals.gas.unknown + totals.bridges.unknown,
  };
  return (
    <>
      <section aria-label="Sums of gains" className="grid grid-cols-2 gap-px border-b bg-line mid:grid-cols-4">
        <Sum label="Realised" sum={totals.realised} currency={currency} sub="sold, swapped, spent or taken out" />
        <Sum
          label="Unrealised"
          sum={totals.unrealised}
          currency={currency}
          sub="of what is held, at the newest price"
        />
        <Sum label="Fees" sum={totals.income} currency={currency} sub="income when collected" />
        <Sum label="Gas, bridges" sum={costs} currency={currency} sub="what moving cost" />
      </section>
      <div role="status" data-testid="gains-check" className="border-b px-3.5 py-2.5 text-dense desk:px-4">
        <Check report={report} isWhole={isWhole} entries={entries} />
      </div>
      <Table caption="Gains by token">
        <thead>
          <tr>
            <Th>Token</Th>
            <Th right>Realised</Th>
            <Th right>Unrealised</Th>
            <Th right from="desk">
              Fees
            </Th>
            <Th right from="mid">
              Gas, bridges
            </Th>
            <Th right from="mid">
              Brought in
            </Th>
            <Th right from="mid">
              Taken out
            </Th>
            <Th right from="desk">
              Cost held
            </Th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((each) => (
            <Tr key={each.token}>
              <Td className="max-w-40 truncate" title={each.token}>
                {each.token}
                <Sub>{amountText(each.held)} held</Sub>
              </Td>
              <Figure sum={each.realised} currency={currency} isSigned />
              <Figure sum={maybe(each.unrealised)} currency={currency} isSigned />
              <Figure sum={each.income} currency={currency} from="desk" />
              <Figure
                sum={{
                  known: each.gas.known + each.bridges.known,
                  unknown: each.gas.unknown + each.bridges.unknown,
                }}
                currency={currency}
                from="mid"
              />
              <Figure sum={each.broughtIn} currency={currency} from="mid" />
              <Figure sum={each.takenOut} currency={currency} from="mid" />
              <Figure sum={maybe(each.cost)} currency={currency} from="desk" />
            </Tr>
          ))}
        </tbody>
      </Table>
      <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">{gainNote(report)}</p>
    </>
  );
}

function Check({
  report,
  isWhole,
  entries,
}: {
  readonly report: GainReport;
  readonly isWhole: boolean;
  readonly entries: number;
}): ReactNode {
  const open = report.tokens.filter(({ difference }) => !isNought(difference));
  const { difference, totals } = report;
  const unknown = totals.realised.unknown + totals.broughtIn.unknown + totals.income.unknown;
  const size = Math.abs(totals.broughtIn.known) + Math.abs(totals.cost.known) + 1;
  const isExplained = difference === null || Math.abs(difference) <= 1e-9 * size;
  return (
    <>
      <Status className="mr-2" tone={open.length > 0 || !isExplained ? "crit" : isWhole ? "ok" : "warn"}>
        {open.length === 0
          ? isExplained
            ? "Lots equal the ledger: difference 0"
            : `Cost does not add up by ${moneyText(difference, report.currency)}`
          : `Lots differ from the ledger: ${open.map((each) => `${each.token} by ${each.difference}`).join(", ")}`}
      </Status>{" "}
      <span className="inline-block text-ink-2">
        {formatInteger(entries)} entries, {formatInteger(report.rows.length)} lines in the file.
        {unknown > 0 &&
          ` ${formatInteger(unknown)} of them have no price: they are left out of the sums and empty in the file.`}
        {!isWhole && " The oldest entries are only on disk: tidegate export --of gains counts from the first."}
      </span>
    </>
  );
}

function maybe(value: number | null): KnownSum {
  return value === null ? { known: 0, unknown: 1 } : { known: value, unknown: 0 };
}

function Sum({
  label,
  sum,
  currency,
  sub,
}: {
  readonly label: string;
  readonly sum: KnownSum;
  readonly currency: string;
  readonly sub: string;
}): ReactNode {
  return (
    <StatTile
      label={label}
      value={<Money sum={sum} currency={currency} isSigned />}
      context={sum.unknown === 0 ? sub : `${sub}; without ${formatInteger(sum.unknown)} of unknown price`}
      className="bg-panel p-3.5 desk:p-4"
    />
  );
}

function Figure({
  sum,
  currency,
  isSigned = false,
  from = "always",
}: {
  readonly sum: KnownSum;
  readonly currency: string;
  readonly isSigned?: boolean;
  readonly from?: "always" | "desk" | "mid";
}): ReactNode {
  return (
    <Td right from={from}>
      <Money sum={sum} currency={currency} isSigned={isSigned} />
      {sum.unknown > 0 && sum.known !== 0 && <Sub>{formatInteger(sum.unknown)} unknown</Sub>}
    </Td>
  );
}

/** Nothing known and something unknown is a dash, never a zero. */
function Money({
  sum,
  currency,
  isSigned = false,
}: {
  readonly sum: KnownSum;
  readonly currency: string;
  readonly isSigned?: boolean;
}): ReactNode {
  const value = sum.known === 0 && sum.unknown > 0 ? null : sum.known;
  const text = moneyText(value, currency, isSigned ? "signed" : "plain");
  const tone = !isSigned || value === null || isNought(text) ? "" : value > 0 ? "text-pos" : "text-neg";
  return <span className={cx("whitespace-nowrap", tone)}>{text}</span>;
}
