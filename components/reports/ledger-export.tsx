// The ledger to take away: every entry of the pair to the wei, as CSV or JSON in a column order that never changes.
"use client";
import { Download } from "lucide-react";
import { useState, type ReactNode } from "react";
import { saveJson } from "@/components/activity/save-json";
import { saveCsv } from "@/components/charts/csv";
import { api } from "@/components/live/api";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { useSession } from "@/components/wallet/use-session";
import type { StatementRowDto } from "@/lib/api/money-schemas";
import { recordsToCsv } from "@/lib/format/csv";
import { errorText } from "@/lib/errors/tidegate-error";
import { shortHex } from "@/lib/format/address";
import { formatInteger } from "@/lib/format/number";
import { STATEMENT_COLUMNS } from "@/lib/ledger/statement";

const PAGE = 5_000;
const SHOWN = 12;

async function readAll(pairId: string): Promise<readonly StatementRowDto[]> {
  const rows: StatementRowDto[] = [];
  let since: number | null = 0;
  while (since !== null) {
    const page: { rows: StatementRowDto[]; nextSince: number | null } = await api.call("ledger", {
      query: { pair: pairId, since: String(since), limit: String(PAGE) },
    });
    rows.push(...page.rows);
    since = page.nextSince;
  }
  return rows;
}

export function LedgerExport({
  pairId,
  priceNote,
}: {
  readonly pairId: string;
  readonly priceNote: string;
}): ReactNode {
  const { data: session } = useSession();
  const isSignedIn = session?.signedIn === true;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const newest = useApi("ledger", { query: { pair: pairId, limit: String(PAGE) } }, { enabled: isSignedIn });
  const rows = newest.data?.rows ?? [];

  async function save(form: "csv" | "json"): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      const all = await readAll(pairId);
      const name = `tidegate-${pairId}-ledger.${form}`;
      if (form === "csv") saveCsv(name, recordsToCsv(STATEMENT_COLUMNS, all));
      else saveJson(name, { columns: STATEMENT_COLUMNS, rows: all });
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
          <span className="text-micro text-ink-3">
            {formatInteger(rows.length)}
            {newest.data.nextSince === null ? "" : " or more"} entries
          </span>
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
      {problem !== null && (
        <p role="alert" className="px-3.5 py-2 text-dense text-crit desk:px-4">
          {problem}
        </p>
      )}
      {!isSignedIn ? (
        <p className="px-3.5 py-3 text-ink-2 desk:px-4">
          Sign in to see and save the ledger: it names every transaction.
        </p>
      ) : newest.isPending ? (
        <SkeletonRows rows={4} height={40} label="the ledger" />
      ) : (
        <Table caption="Newest ledger entries">
          <thead>
            <tr>
              <Th>Entry</Th>
              <Th>Account</Th>
              <Th right>Amount</Th>
              <Th right from="desk">
                US dollars
              </Th>
              <Th from="mid">Transaction</Th>
            </tr>
          </thead>
          <tbody>
            {rows
              .slice(-SHOWN)
              .toReversed()
              .map((row) => (
                <Tr key={String(row.seq)}>
                  <Td title={String(row.at_utc)}>
                    {row.kind}
                    <Sub>#{row.seq}</Sub>
                  </Td>
                  <Td className="max-w-56 truncate" title={String(row.account)}>
                    {accountWords(String(row.account))}
                  </Td>
                  <Td right title={`${row.amount_raw} raw`}>
                    {row.amount} {row.token}
                  </Td>
                  <Td right from="desk" title={String(row.price_source)}>
                    {row.usd ?? "–"}
                  </Td>
                  <Td from="mid" className="font-hash" title={String(row.tx_hash ?? "")}>
                    {row.tx_hash === null ? "–" : shortHex(String(row.tx_hash))}
                  </Td>
                </Tr>
              ))}
          </tbody>
        </Table>
      )}
      <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">{priceNote}</p>
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
