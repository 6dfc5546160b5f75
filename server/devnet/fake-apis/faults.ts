// Faults that an operator or a test switches on per fake service.
import * as z from "zod";
import { VENUES } from "@/lib/registry/schema";

export const SERVICES = [...VENUES, "gecko", "lifi"] as const;
export const serviceSchema = z.enum(SERVICES);
export type Service = z.infer<typeof serviceSchema>;

/** Faults of the connection: every service knows them. */
const TRANSPORT_KINDS = ["latency", "rate_limit", "server_error", "cut", "truncated", "not_json"] as const;
/** Faults of the content. The candle ones are for exchanges, the `wrong_*` ones but `wrong_data` for LI.FI. */
const DATA_KINDS = [
  "stale",
  "wrong_data",
  "wrong_order",
  "duplicate_rows",
  "missing_rows",
  "null_fields",
  "empty",
  "wrong_receiver",
  "wrong_token",
  "wrong_amount",
  "wrong_to",
  "wrong_approval",
  "wrong_selector",
  "wrong_minimum",
  "wrong_chain",
  "wrong_destination",
  "wrong_call",
  "wrong_value",
  /** No lie: the bridge asks for a fee in the chain's own coin, states it and sends it along. */
  "native_fee",
  "no_route",
  "status_lies",
] as const;
export const faultKindSchema = z.enum([...TRANSPORT_KINDS, ...DATA_KINDS]);
export type FaultKind = z.infer<typeof faultKindSchema>;

export const faultSchema = z.object({
  service: z.union([serviceSchema, z.literal("all"), z.literal("cex")]),
  kind: faultKindSchema,
  /** latency: milliseconds added. */
  ms: z.number().int().min(0).max(120_000).default(3_000),
  /** server_error: HTTP status. */
  status: z.number().int().min(500).max(599).default(503),
  /** rate_limit: seconds until the service says to come back. */
  resetSec: z.number().int().min(0).max(7_200).default(5),
  /** Requests it applies to before it ends by itself; absent = until removed. */
  count: z.number().int().min(1).optional(),
  /** Only requests whose path contains it, for example `/quote`; absent = all. */
  path: z.string().min(1).max(100).optional(),
  /** Only requests with these query values, for example `{"toChain": "901002"}`: a fault of one route. */
  query: z.record(z.string(), z.string()).optional(),
});
export type FaultInput = z.infer<typeof faultSchema>;
export interface Fault extends FaultInput {
  readonly id: number;
  /** Market time at which it was set: `stale` data end here. */
  readonly setAtMs: number;
  left: number | null;
}

export interface FaultBoard {
  add(input: FaultInput, nowMs: number): Fault;
  remove(filter: { readonly service?: string; readonly id?: number }): number;
  list(): readonly Fault[];
  /** Faults that apply to this request; counts it against limited ones. */
  take(service: Service, url?: URL): readonly Fault[];
}

export function createFaultBoard(): FaultBoard {
  let faults: Fault[] = [];
  let lastId = 0;
  return {
    add(input, nowMs) {
      lastId += 1;
      const fault: Fault = { ...input, id: lastId, setAtMs: nowMs, left: input.count ?? null };
      faults.push(fault);
      return fault;
    },
    remove({ service, id }) {
      const before = faults.length;
      faults = faults.filter(
        (one) => (service !== undefined && one.service !== service) || (id !== undefined && one.id !== id),
      );
      return before - faults.length;
    },
    list: () => faults,
    take(service, url) {
      const hit = faults.filter((one) => appliesTo(one, service) && meets(one, url));
      for (const one of hit) if (one.left !== null) one.left -= 1;
      faults = faults.filter((one) => one.left === null || one.left > 0);
      return hit;
    },
  };
}

function appliesTo(fault: Fault, service: Service): boolean {
  if (fault.service === "all" || fault.service === service) return true;
  return fault.service === "cex" && service !== "gecko" && service !== "lifi";
}

function meets({ path, query }: Fault, url: URL | undefined): boolean {
  if (url === undefined) return path === undefined && query === undefined;
  if (path !== undefined && !url.pathname.includes(path)) return false;
  return Object.entries(query ?? {}).every(([name, value]) => url.searchParams.get(name) === value);
}
