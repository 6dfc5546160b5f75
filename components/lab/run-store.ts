// Finished runs kept in this browser (IndexedDB): heads apart from reports, so that a list does not read megabytes.
"use client";
import * as z from "zod";
import { backtestReportSchema, type BacktestReport } from "@/lib/backtest/report";
import { SAMPLE_ID } from "./sample-id";

const DATABASE = "tidegate-lab";
const HEADS = "heads";
const REPORTS = "reports";

const SAMPLE_URL = "/lab/sample-run.json";

const runHeadSchema = z.object({
  id: z.string(),
  name: z.string(),
  savedAtMs: z.number(),
  /** Where the candles came from, in words. */
  source: z.string(),
  /** True when the candles were made by our own market simulator. */
  isSimulated: z.boolean(),
});
export type RunHead = z.infer<typeof runHeadSchema>;

export interface KeptRun extends RunHead {
  readonly report: BacktestReport;
}

export const SAMPLE_HEAD: RunHead = {
  id: SAMPLE_ID,
  name: "Bundled sample",
  savedAtMs: 0,
  source: "Tidegate's own market simulator",
  isSimulated: true,
};

/** The bundled run, finished before anybody asked. */
async function readSample(signal: AbortSignal): Promise<KeptRun> {
  const answer = await fetch(SAMPLE_URL, { signal });
  if (!answer.ok) {
    throw new Error(`${SAMPLE_URL} answered ${answer.status}; expected the bundled run. Reload, or run a backtest.`);
  }
  const body: unknown = await answer.json();
  return { ...SAMPLE_HEAD, report: readReport(body, "the bundled run") };
}

export function readReport(value: unknown, what: string): BacktestReport {
  const parsed = backtestReportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(
    `${what} is not a backtest report of this version: ${issue?.path.join(".") ?? "?"} ${issue?.message ?? ""}. Run it again.`,
  );
}

export async function readRun(id: string, signal: AbortSignal): Promise<KeptRun> {
  if (id === SAMPLE_ID) return readSample(signal);
  const [head, report] = await transact("readonly", (stores) => [stores.heads.get(id), stores.reports.get(id)]);
  const known = runHeadSchema.safeParse(head);
  if (!known.success) {
    throw new Error(`This browser keeps no run "${id}". It was deleted, or kept in another browser.`);
  }
  return { ...known.data, report: readReport(report, `The run "${known.data.name}"`) };
}

/** Newest first. */
export async function listRuns(): Promise<readonly RunHead[]> {
  const [rows] = await transact("readonly", (stores) => [stores.heads.getAll()]);
  const heads = z
    .array(z.unknown())
    .parse(rows)
    .map((row) => runHeadSchema.safeParse(row));
  return heads
    .flatMap((head) => (head.success ? [head.data] : []))
    .toSorted((left, right) => right.savedAtMs - left.savedAtMs);
}

export async function keepRun(run: KeptRun): Promise<void> {
  const { report, ...head } = run;
  await transact("readwrite", (stores) => [stores.heads.put(head), stores.reports.put(report, head.id)]);
}

export async function renameRun(head: RunHead, name: string): Promise<void> {
  await transact("readwrite", (stores) => [stores.heads.put({ ...head, name })]);
}

export async function deleteRun(id: string): Promise<void> {
  await transact("readwrite", (stores) => [stores.heads.delete(id), stores.reports.delete(id)]);
}

interface Stores {
  readonly heads: IDBObjectStore;
  readonly reports: IDBObjectStore;
}

/** Requests of one transaction; resolves with their results once it is written. */
async function transact(
  mode: IDBTransactionMode,
  ask: (stores: Stores) => readonly IDBRequest[],
): Promise<readonly unknown[]> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction([HEADS, REPORTS], mode);
      const requests = ask({ heads: transaction.objectStore(HEADS), reports: transaction.objectStore(REPORTS) });
      transaction.addEventListener("complete", () => resolve(requests.map((request): unknown => request.result)));
      transaction.addEventListener("error", () => reject(failure(transaction.error)));
      transaction.addEventListener("abort", () => reject(failure(transaction.error)));
    });
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.addEventListener("upgradeneeded", () => {
      request.result.createObjectStore(HEADS, { keyPath: "id" });
      request.result.createObjectStore(REPORTS);
    });
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(failure(request.error)));
    request.addEventListener("blocked", () => reject(new Error("Another tab holds the kept runs; close it.")));
  });
}

function failure(cause: DOMException | null): Error {
  const isFull = cause?.name === "QuotaExceededError";
  return new Error(
    isFull
      ? "This browser has no room for another run. Delete one, or download it and delete it."
      : `This browser keeps no runs (${cause?.message ?? "IndexedDB refused"}). Private windows often do not; download the result instead.`,
    { cause },
  );
}
