// The ledger to take away: every entry of the pair, or of all, to the wei, as CSV or JSON in a column order that never changes.
"use client";
import { Download } from "lucide-react";
import { useState, type ReactNode } from "react";
import { saveJson } from "@/components/activity/save-json";
import { saveCsv } from "@/components/charts/csv";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { SelectField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { useSession } from "@/components/wallet/use-session";
import { recordsToCsv } from "@/lib/format/csv";
import { errorText } from "@/lib/errors/tidegate-error";
import { shortHex } from "@/lib/format/address";
import { formatInteger, UNKNOWN } from "@/lib/format/number";
import { formatDayMinutes, parseIso } from "@/lib/format/time";
import { formatSignedToken } from "@/lib/format/token";
import { formatSignedUsd } from "@/lib/format/usd";
import { STATEMENT_COLUMNS } from "@/lib/ledger/statement";
import { inPeriod, ledgerSums, PERIOD_WORD, PERIODS, periodOf, withZone, type LedgerSums } from "./ledger-period";
import { readWholeLedger } from "./read-ledger";
import { useExportChoice } from "./use-export-choice";

const SHOWN = 12;

/** This browser's zone first, then UTC; others are found by their place. */
function zones(chosen: string): readonly string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return [
    ...new Set([
      "UTC",
      chosen,
      own,
      "America/New_York",
      "Europe/London",
      "Europe/Berlin",
      "Asia/Singapore",
      "Asia/Tokyo",
    ]),
  ];
}

export function LedgerExport({
  pairId,
  priceNote,
}: {
  /** Null: all pairs and the wallet. */
  readonly pairId: string | null;
  readonly priceNote: string;
}): ReactNode {
  const { data: session } = useSession();
  const isSignedIn = session?.signedIn === true;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { of, period, zone, choose } = useExportChoice();
  const scope = pairId === null ? "all" : of;
  const [saved, setSaved] = useState<(LedgerSums & { readonly name: string; readonly isWhole: boolean }) | null>(null);
  const newest = useApi(
    "ledger",
    { query: { ...(pairId === null ? {} : { pair: pairId }), limit: String(SHOWN), newest: "yes" } },
    { enabled: isSignedIn },
  );
  const overview = useApi("overview");
  const chain = overview.data?.money.ledger ?? null;
  const rows = newest.data?.rows ?? [];

  async function save(form: "csv" | "json"): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      const { rows: all, isWhole } = await readWholeLedger(scope === "all" ? null : pairId);
      const taken = inPeriod(all, periodOf(period, overview.data?.marketNowMs ?? Date.now()));
      const name = `tidegate-${scope === "all" ? "all-pairs" : pairId}-ledger-${period}.${form}`;
      const table = withZone({ columns: STATEMENT_COLUMNS, rows: taken }, zone);
      if (form === "csv") saveCsv(name, recordsToCsv(table.columns, table.rows));
      else saveJson(name, table);
      setSaved({ ...ledgerSums(taken, scope), name, isWhole });
    } catch (error) {
      setProblem(`The ledger could not be read: ${errorText(error)}`);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Panel
      title="Ledger"
      meta={
        isSignedIn && newest.data !== undefined ? (
          <span className="text-micro text-ink-3">{formatInteger(newest.data.total)} entries</span>
        ) : undefined
      }
      tools={
        isSignedIn ? (
          <>
            <Button size="small" disabled={busy} onClick={() => void save("csv")}>
              <Download aria-hidden size={14} /> CSV
            </Button>
            <Button size="small" disabled={busy} onClick={() => void save("json")}>
              <Download aria-hidden size={14} /> JSON
            </Button>
          </>
        ) : undefined
      }
      flush
    >
      {isSignedIn && (
        <form
          aria-label="What to save"
          onSubmit={(event) => event.preventDefault()}
          className="grid gap-3 border-b px-3.5 py-3 desk:grid-cols-3 desk:px-4"
        >
          <SelectField
            label="Of"
            value={scope}
            onChange={(event) => choose({ of: event.target.value === "all" ? "all" : "pair" })}
          >
            {pairId !== null && <option value="pair">{pairId}</option>}
            <option value="all">all pairs and the wallet</option>
          </SelectField>
          <SelectField
            label="Period, market time"
            value={period}
            onChange={(event) => choose({ period: PERIODS.find((each) => each === event.target.value) ?? "all" })}
          >
            {PERIODS.map((each) => (
              <option key={each} value={each}>
                {PERIOD_WORD[each]}
              </option>
            ))}
          </SelectField>
          <SelectField label="Time also in" value={zone} onChange={(event) => choose({ zone: event.target.value })}>
            {zones(zone).map((each) => (
              <option key={each} value={each}>
                {each === "UTC" ? "UTC only" : each}
              </option>
            ))}
          </SelectField>
        </form>
      )}
      <div role="status" data-testid="export-check" className="empty:hidden">
        {saved !== null && (
          <p className="border-b px-3.5 py-2.5 text-dense desk:px-4">
            <Status tone={saved.unbalanced.length === 0 && chain?.balanced !== false ? "ok" : "crit"}>
              {saved.unbalanced.length === 0
                ? "Ledger equals wallet change: difference 0"
                : `Entries do not add up: ${saved.unbalanced.map(({ token, raw }) => `${token} by ${raw} raw`).join(", ")}`}
            </Status>{" "}
            <span className="text-ink-2">
              {saved.name}: {formatInteger(saved.entries)} entries of {formatInteger(saved.transactions)} transactions,
              each with its counterpart.{" "}
              {saved.isWhole ? "" : "The oldest entries are only on disk: tidegate export has them. "}
              {chain === null ? "The chain is not compared now." : `${chain.sentence}.`}
            </span>
          </p>
        )}
      </div>
      {problem !== null && (
        <p role="alert" className="px-3.5 py-2 text-dense text-crit desk:px-4">
          {problem}
        </p>
      )}
      {!isSignedIn ? (
        <p className="px-3.5 py-3 text-ink-2 desk:px-4">
          {session === undefined
            ? "It is not known yet who is signed in; this page asks again by itself."
            : "Sign in to see and save the ledger: it names every transaction."}
        </p>
      ) : newest.isPending ? (
        <SkeletonRows rows={4} height={40} label="the ledger" />
      ) : (
        <Table caption="Newest ledger entries">
          <thead>
            <tr>
              <Th>When, market time</Th>
              <Th>Entry</Th>
              <Th from="desk">Account</Th>
              <Th right>Amount</Th>
              <Th right from="desk">
                US dollars
              </Th>
              <Th from="mid">Transaction</Th>
            </tr>
          </thead>
          <tbody>
            {rows.toReversed().map((row) => (
              <Tr key={String(row.seq)}>
                <Td title={`${row.market_at_utc} market time, ${row.at_utc} wall time`}>
                  {formatDayMinutes(parseIso(String(row.market_at_utc)))}
                  <Sub>#{row.seq}</Sub>
                </Td>
                <Td>
                  {String(row.kind).replaceAll("_", " ")}
                  <Sub>{pairId === null ? (row.pair ?? "no pair") : null}</Sub>
                </Td>
                <Td from="desk" className="max-w-56 truncate" title={String(row.account)}>
                  {accountWords(String(row.account))}
                </Td>
                <Td right title={`${row.amount} ${row.token}, ${row.amount_raw} raw`}>
                  {formatSignedToken(String(row.amount_raw), Number(row.decimals))} {row.token}
                </Td>
                <Td right from="desk" title={`${row.usd ?? "no price"}, ${row.price_source ?? "no source"}`}>
                  {row.usd === null ? UNKNOWN : formatSignedUsd(Number(row.usd))}
                </Td>
                <Td from="mid" title={String(row.tx_hash ?? "")}>
                  {row.tx_hash === null ? (
                    UNKNOWN
                  ) : row.plan_id === null ? (
                    <span className="font-hash">{shortHex(String(row.tx_hash))}</span>
                  ) : (
                    <TextLink href={`/activity/${row.plan_id}`}>
                      <span className="font-hash">{shortHex(String(row.tx_hash))}</span>
                    </TextLink>
                  )}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">
        {isSignedIn && newest.data !== undefined && newest.data.total > rows.length
          ? `The newest ${rows.length} of ${formatInteger(newest.data.total)}; the files hold all. `
          : ""}
        {priceNote}
      </p>
    </Panel>
  );
}

/** `pair:WETH-USDC:position:…:7` as `position #7`. */
function accountWords(account: string): string {
  const match = /^pair:[^:]+:(wallet|fees|position|transit)(?::.*?:?([^:]+))?$/.exec(account);
  if (match === null) return account;
  return match[1] === "position"
    ? `position #${match[2] ?? ""}`
    : match[1] === "transit"
      ? "in transit"
      : (match[1] ?? account);
}
