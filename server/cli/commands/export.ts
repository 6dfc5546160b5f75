// `export`: the whole ledger as CSV or JSON from the signer's journal on disk, read-only and checked, whether or not anything runs.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "@/lib/errors/tidegate-error";
import type { LedgerEntry } from "@/lib/api/signer-contract";
import { epochRecordSchema } from "@/lib/epoch/epoch-record";
import { recordsToCsv } from "@/lib/format/csv";
import type { PriceBook } from "@/lib/ledger/price-book";
import { buildStatement, STATEMENT_COLUMNS } from "@/lib/ledger/statement";
import { nativePairOf, priceBookOf, statementToken } from "@/server/api/views/statement";
import { readRunFile } from "@/server/cli/data-dir";
import { unwrap } from "@/server/cli/run-system";
import { verifySegments } from "@/server/cli/verify-segments";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { loadRegistry } from "@/server/config/registry";
import { createStoreClient } from "@/server/infra/store/client";
import { readEpochRecords } from "@/server/infra/store/epochs";
import { EPOCHS_KEPT_COUNT } from "@/server/infra/store/keys";
import { createProjection } from "@/server/signer/journal/projection";
import { journalEntrySchema } from "@/server/signer/journal/records";

export interface ExportFlags {
  readonly dataDir?: string;
  readonly pair?: string;
  readonly format: "csv" | "json";
  readonly out?: string;
}

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
  const entries = readLedger(folder).filter((entry) => flags.pair === undefined || entry.pairId === flags.pair);
  const sandboxRegistry = join(settings.dataDir, "devnet", "registry.json");
  const overlayFile = settings.registryFile ?? (existsSync(sandboxRegistry) ? sandboxRegistry : null);
  const registry = unwrap(loadRegistry({ overlayFile, rpcUrls: new Map() }));
  const pairIds = registry.registry.pairs.map((pair) => pair.id);
  const prices = await readPrices(readRunFile(settings.dataDir)?.storeUrl ?? null, pairIds);
  const rows = buildStatement({
    entries,
    pricesOf: (pairId) => prices.books.get(pairId) ?? null,
    sharedPairId: nativePairOf(registry, pairIds),
    tokenOf: (chainId, token, pairId) => statementToken(registry, { chainId, token, pairId }),
  });
  const text =
    flags.format === "csv"
      ? recordsToCsv(STATEMENT_COLUMNS, rows)
      : `${JSON.stringify({ columns: STATEMENT_COLUMNS, rows }, null, 1)}\n`;
  if (flags.out === undefined) process.stdout.write(text);
  else writeFileSync(flags.out, text, { mode: 0o600 });
  const priced = rows.filter((row) => row.usd !== null).length;
  // Beside the data, not in it: standard output is the file.
  process.stderr.write(
    `${rows.length} entries${flags.out === undefined ? "" : ` in ${flags.out}`}, ${priced} with US dollars${prices.problem === null ? "" : `; ${prices.problem}`}\n`,
  );
}

/** Every ledger line of the journal, oldest first; a journal that is not whole is no ledger. */
export function readLedger(folder: string): readonly LedgerEntry[] {
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
  return entries;
}

interface Prices {
  readonly books: ReadonlyMap<string, PriceBook>;
  /** Why US dollars are missing, for people; null when they are there. */
  readonly problem: string | null;
}

async function readPrices(storeUrl: string | null, pairIds: readonly string[]): Promise<Prices> {
  const books = new Map<string, PriceBook>();
  if (storeUrl === null) {
    return { books, problem: "no US dollars: nothing runs on this folder, and prices are in the store" };
  }
  const store = createStoreClient({ url: storeUrl, name: "export" });
  try {
    for (const pairId of pairIds) {
      const records = await readEpochRecords(store, { pairId, limit: EPOCHS_KEPT_COUNT }, epochRecordSchema);
      if (!records.ok) return { books, problem: `no US dollars: the store does not answer (${records.error.message})` };
      books.set(pairId, priceBookOf(records.value));
    }
    return { books, problem: null };
  } finally {
    await store.close();
  }
}
