// `export`: ledger, results and score cards as CSV or JSON: the ledger from the signer's journal on disk, read-only and checked, whether or not anything runs.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "@/lib/errors/tidegate-error";
import type { LedgerEntry } from "@/lib/api/signer-contract";
import { moneyRecordSchema, type MoneyRecord } from "@/lib/epoch/money-record";
import { recordsToCsv } from "@/lib/format/csv";
import { dayTable, epochTable, positionTable, scoreTable, type ExportTable } from "@/lib/ledger/export-rows";
import { gainNote, gainTable } from "@/lib/ledger/gain-rows";
import { buildGains } from "@/lib/ledger/gains";
import type { GainMethod } from "@/lib/ledger/lots";
import { buildStatement, STATEMENT_COLUMNS, type StatementRow } from "@/lib/ledger/statement";
import { currenciesOf } from "@/lib/ledger/unit-prices";
import { buildPnl, type PnlPlan } from "@/server/api/views/pnl";
import { priceBookOf, sharedPairOf, statementToken } from "@/server/api/views/statement";
import { readRunFile } from "@/server/cli/data-dir";
import { unwrap } from "@/server/cli/run-system";
import { verifySegments } from "@/server/cli/verify-segments";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { loadRegistry, type RegistryView } from "@/server/config/registry";
import { createStoreClient } from "@/server/infra/store/client";
import { readMoneyRecords } from "@/server/infra/store/epochs";
import { createProjection } from "@/server/signer/journal/projection";
import { journalEntrySchema } from "@/server/signer/journal/records";

export const EXPORTS = ["ledger", "gains", "epochs", "days", "positions", "scores"] as const;

export interface ExportFlags {
  readonly dataDir?: string;
  readonly pair?: string;
  readonly of: (typeof EXPORTS)[number];
  readonly format: "csv" | "json";
  readonly out?: string;
  readonly method: GainMethod;
  readonly currency: string;
}

const STORE_WAIT_MS = 10_000;

export async function runExport(flags: ExportFlags): Promise<void> {
  const settings = unwrap(
    loadSettings({
      env: readProcessEnv(),
      cwd: process.cwd(),
      overrides: flags.dataDir === undefined ? {} : { dataDir: flags.dataDir },
    }),
  );
  const folder = join(settings.dataDir, "signer", "journal");
  if (!existsSync(folder)) {
    throw new ConfigError({
      code: "missing",
      message: `There is no journal in ${folder}: start Tidegate once, or name its folder with --data-dir.`,
      retryable: false,
    });
  }
  const journal = readJournal(folder);
  const sandboxRegistry = join(settings.dataDir, "devnet", "registry.json");
  const overlayFile = settings.registryFile ?? (existsSync(sandboxRegistry) ? sandboxRegistry : null);
  const registry = unwrap(loadRegistry({ overlayFile, rpcUrls: new Map() }));
  const pairIds = registry.registry.pairs.map((pair) => pair.id);
  const money = await readMoneyOf(readRunFile(settings.dataDir)?.storeUrl ?? null, pairIds);
  const table = tableOf({ registry, pairIds, money, flags, journal });
  const text =
    flags.format === "csv"
      ? recordsToCsv(table.columns, table.rows)
      : `${JSON.stringify({ columns: table.columns, rows: table.rows }, null, 1)}\n`;
  if (flags.out === undefined) process.stdout.write(text);
  else writeFileSync(flags.out, text, { mode: 0o600 });
  const where = flags.out === undefined ? "" : ` in ${flags.out}`;
  // Beside the data, not in it: standard output is the file.
  process.stderr.write(
    `${table.rows.length} ${table.what}${where}${money.problem === null ? "" : `; ${money.problem}`}\n`,
  );
}

interface TableInput {
  readonly registry: RegistryView;
  readonly pairIds: readonly string[];
  readonly money: Money;
  readonly flags: ExportFlags;
}

interface NamedTable extends ExportTable {
  /** What the rows are, for the line beside the data. */
  readonly what: string;
}

function tableOf(input: TableInput & { readonly journal: Journal }): NamedTable {
  const { flags, journal } = input;
  if (flags.of !== "ledger" && flags.of !== "gains") return resultTable(input);
  const rows = statementRows({ ...input, entries: journal.entries });
  if (flags.of === "gains") return namedGains(rows, flags);
  const priced = rows.filter((row) => row.usd !== null).length;
  return { columns: STATEMENT_COLUMNS, rows, what: `entries, ${priced} with US dollars` };
}

function namedGains(rows: readonly StatementRow[], flags: ExportFlags): NamedTable {
  const known = currenciesOf(rows);
  if (!known.includes(flags.currency)) {
    throw new ConfigError({
      code: "invalid",
      message: `The ledger has no price of ${flags.currency}; it can tell gains in ${known.join(", ")}.`,
      retryable: false,
    });
  }
  const report = buildGains({
    rows,
    method: flags.method,
    currency: flags.currency,
    period: { fromMs: 0, toMs: Number.POSITIVE_INFINITY },
    isOnePair: flags.pair !== undefined,
  });
  const { realised } = report.totals;
  const unknown = realised.unknown === 0 ? "" : `, ${realised.unknown} parts of unknown price left out`;
  const what = `rows, realised ${realised.known.toFixed(2)} ${flags.currency}${unknown}. ${gainNote(report)}`;
  return { ...gainTable(report), what };
}

function statementRows(input: TableInput & { readonly entries: readonly LedgerEntry[] }): readonly StatementRow[] {
  const { registry, pairIds, money, flags } = input;
  const books = new Map([...money.records].map(([pairId, records]) => [pairId, priceBookOf(records)] as const));
  return buildStatement({
    entries: input.entries.filter((entry) => flags.pair === undefined || entry.pairId === flags.pair),
    pricesOf: (pairId) => books.get(pairId) ?? null,
    sharedPairOf: sharedPairOf(registry, pairIds),
    tokenOf: (chainId, token, pairId) => statementToken(registry, { chainId, token, pairId }),
  });
}

function resultTable(input: TableInput & { readonly journal: Journal }): NamedTable {
  const { money, journal, flags, registry } = input;
  if (money.problem !== null) {
    throw new ConfigError({
      code: "missing",
      message: `Results are counted by epoch, and epochs are in the store: ${money.problem}. Start Tidegate on this folder, or export --of ledger.`,
      retryable: true,
    });
  }
  const tables = input.pairIds
    .filter((pairId) => flags.pair === undefined || pairId === flags.pair)
    .map((pairId) => {
      const pnl = buildPnl({
        pairId,
        registry,
        money: money.records.get(pairId) ?? [],
        entries: journal.entries.filter((entry) => entry.pairId === pairId),
        plans: journal.plans.filter(({ plan }) => plan.pairId === pairId),
        nowMs: null,
      });
      switch (flags.of) {
        case "epochs":
          return epochTable(pnl);
        case "days":
          return dayTable(pnl);
        case "positions":
          return positionTable(pnl);
        default:
          return scoreTable(pnl);
      }
    });
  const [first] = tables;
  if (first === undefined) {
    throw new ConfigError({
      code: "missing",
      message: `There is no pair ${flags.pair ?? ""} here; configured are ${input.pairIds.join(", ")}.`,
      retryable: false,
    });
  }
  return { columns: first.columns, rows: tables.flatMap(({ rows }) => rows), what: flags.of };
}

interface Journal {
  readonly entries: readonly LedgerEntry[];
  readonly plans: readonly PnlPlan[];
}

/** Every ledger line of the journal, oldest first; a journal that is not whole is no ledger. */
function readJournal(folder: string): Journal {
  const projection = createProjection();
  const entries: LedgerEntry[] = [];
  const verified = verifySegments(folder, (record) => {
    const parsed = journalEntrySchema.safeParse({ type: record.type, body: record.body });
    if (!parsed.success) {
      throw new ConfigError({
        code: "invalid",
        message: `Record ${record.seq} (${record.type}) of the journal is of another version of Tidegate: export with the version that wrote it.`,
        retryable: false,
      });
    }
    projection.apply(parsed.data, { seq: record.seq, atMs: record.ts });
    // The projection keeps a bounded number of lines: each record's are taken as they come.
    const lines = projection.ledgerLines();
    const firstSeq = record.seq * 100;
    let from = lines.length;
    while (from > 0 && (lines[from - 1]?.seq ?? 0) >= firstSeq) from -= 1;
    entries.push(...lines.slice(from));
  });
  if (!verified.ok) {
    throw new ConfigError({
      code: "invalid",
      message: `The journal in ${folder} is not whole: ${verified.error}. Restore it from a copy; nothing was exported.`,
      retryable: false,
    });
  }
  const plans = [...projection.plans].map(([planId, { plan, endedAtMs }]) => ({ planId, plan, endedAtMs }));
  return { entries, plans };
}

interface Money {
  readonly records: ReadonlyMap<string, readonly MoneyRecord[]>;
  /** Why there are none, for people; null when they are there. */
  readonly problem: string | null;
}

async function readMoneyOf(storeUrl: string | null, pairIds: readonly string[]): Promise<Money> {
  const kept = new Map<string, readonly MoneyRecord[]>();
  if (storeUrl === null) {
    return { records: kept, problem: "nothing runs on this folder: prices of operations only" };
  }
  const store = createStoreClient({ url: storeUrl, name: "export" });
  try {
    // A command before the connection stands is refused at once.
    await store.waitReady(STORE_WAIT_MS);
    for (const pairId of pairIds) {
      const records = await readMoneyRecords(store, pairId, moneyRecordSchema);
      if (!records.ok) {
        return {
          records: kept,
          problem: `the store does not answer: prices of operations only (${records.error.message})`,
        };
      }
      kept.set(pairId, records.value);
    }
    return { records: kept, problem: null };
  } finally {
    await store.close();
  }
}
