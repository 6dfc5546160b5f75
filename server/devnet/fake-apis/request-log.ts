// The last requests each fake service received, for assertions and the control API.
import type { Service } from "./faults";

const KEPT = 2_000;

interface RequestRecord {
  readonly id: number;
  readonly service: Service;
  readonly method: string;
  readonly url: string;
  readonly marketAtMs: number;
  readonly faults: readonly string[];
  /** HTTP status answered, 0 for a cut connection, null while open. */
  readonly status: number | null;
}

export interface RequestLog {
  add(input: Omit<RequestRecord, "id" | "status">): { finish(status: number): void };
  list(service: string | null): readonly RequestRecord[];
  counts(): Readonly<Record<string, number>>;
}

type OpenRecord = Omit<RequestRecord, "status"> & { status: number | null };

export function createRequestLog(): RequestLog {
  const records: OpenRecord[] = [];
  const counts: Record<string, number> = {};
  let lastId = 0;
  return {
    add(input) {
      lastId += 1;
      const record: OpenRecord = { ...input, id: lastId, status: null };
      records.push(record);
      if (records.length > KEPT) records.shift();
      counts[input.service] = (counts[input.service] ?? 0) + 1;
      return {
        finish(status) {
          record.status = status;
        },
      };
    },
    list: (service) => (service === null ? records : records.filter((one) => one.service === service)),
    counts: () => counts,
  };
}
