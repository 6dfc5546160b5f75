// The journal: typed records over the segment log, and the state that replaying them gives.
import * as z from "zod";
import { createProjection, type Projection } from "./projection";
import { journalEntrySchema, type JournalEntry } from "./records";
import { JournalError, openSegmentLog, type SegmentFs, type SegmentLog } from "./segment";

export interface Journal {
  /** Durable and applied to the projection when it returns. */
  append(entry: JournalEntry): void;
  readonly state: Projection;
  readonly log: SegmentLog;
  readonly repairs: readonly string[];
  close(): void;
}

export interface JournalSettings {
  readonly dir: string;
  readonly nowMs: () => number;
  readonly fs?: SegmentFs;
}

export function openJournal(settings: JournalSettings): Journal {
  const state = createProjection();
  const log = openSegmentLog({
    dir: settings.dir,
    nowMs: settings.nowMs,
    ...(settings.fs === undefined ? {} : { fs: settings.fs }),
    onReplay: (record) => {
      const parsed = journalEntrySchema.safeParse({ type: record.type, body: record.body });
      if (!parsed.success) {
        throw new JournalError({
          code: "damaged",
          message: `record ${record.seq} (${record.type}) in ${settings.dir} has a body this version does not know: ${z.prettifyError(parsed.error)}. Start the version that wrote it, or restore the directory`,
          retryable: false,
          details: { seq: record.seq },
        });
      }
      state.apply(parsed.data, { seq: record.seq, atMs: record.ts });
    },
  });
  const journal: Journal = {
    append: (entry) => {
      const record = log.append(entry.type, entry.body);
      state.apply(entry, { seq: record.seq, atMs: record.ts });
    },
    state,
    log,
    repairs: log.repairs,
    close: () => log.close(),
  };
  for (const text of log.repairs) journal.append({ type: "NOTE", body: { text } });
  return journal;
}
