// Faults of a chain's RPC endpoint that a test switches on: of the connection, of what it says about the chain, of what it does with a send.
import * as z from "zod";

/** `endpoint` of a fault names one of the paths `/rpc/<chain>/<endpoint>`: several endpoints of one chain can lie differently. */
const KINDS = [
  /** Answers come `ms` later. */
  "latency",
  /** HTTP 429 with `retry-after`. */
  "rate_limit",
  /** HTTP `status`. */
  "server_error",
  /** The connection ends without an answer. */
  "cut",
  /** A page instead of JSON. */
  "garbage",
  /** `megabytes` of answer. */
  "huge",
  /** A method that the node does not have (`methods` says which). */
  "no_method",
  /** `eth_chainId` and `net_version` say another chain. */
  "wrong_chain",
  /** Everything as it was `blocks` blocks ago. */
  "stale",
  /** Blocks have other hashes, as on a fork of the chain. */
  "other_hashes",
  /** Receipts are not there. */
  "hidden_receipts",
  /** Every second log is missing, from `eth_getLogs` and from receipts. */
  "incomplete_logs",
  /** Transaction counts are `by` lower. */
  "nonce_back",
  /** Gas prices and estimates times `factor`. */
  "absurd_fees",
  /** A raw transaction is sent on and the answer is an error. */
  "send_says_error",
  /** A raw transaction is not sent on and the answer is its hash. */
  "send_says_ok",
] as const;
export type RpcFaultKind = (typeof KINDS)[number];

export const rpcFaultSchema = z.object({
  kind: z.enum(KINDS),
  chainId: z.number().int(),
  /** Absent: all endpoints of the chain. */
  endpoint: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .optional(),
  /** Absent: all methods. */
  methods: z.array(z.string().min(1).max(64)).min(1).optional(),
  /** Requests it applies to before it ends by itself; absent: until removed. */
  count: z.number().int().min(1).optional(),
  ms: z.number().int().min(0).max(120_000).default(3_000),
  resetSec: z.number().int().min(0).max(7_200).default(5),
  status: z.number().int().min(500).max(599).default(503),
  megabytes: z.number().int().min(1).max(200).default(50),
  blocks: z.number().int().min(1).max(10_000).default(50),
  by: z.number().int().min(1).max(1_000).default(1),
  factor: z.number().int().min(2).max(1_000_000).default(1_000),
});
export type RpcFaultInput = z.infer<typeof rpcFaultSchema>;
export interface RpcFault extends RpcFaultInput {
  readonly id: number;
  readonly left: number | null;
}

export interface RpcFaultBoard {
  add(input: RpcFaultInput): RpcFault;
  /** Null: all. */
  remove(id: number | null): number;
  list(): readonly RpcFault[];
  /** Faults of one request, by kind; it is counted against limited ones. */
  take(place: { readonly chainId: number; readonly endpoint: string; readonly method: string }): RpcFaultsNow;
}
export type RpcFaultsNow = ReadonlyMap<RpcFaultKind, RpcFault>;

export function createRpcFaultBoard(): RpcFaultBoard {
  let faults: readonly RpcFault[] = [];
  let lastId = 0;
  return {
    add(input) {
      lastId += 1;
      const fault = { ...input, id: lastId, left: input.count ?? null };
      faults = [...faults, fault];
      return fault;
    },
    remove(id) {
      const before = faults.length;
      faults = id === null ? [] : faults.filter((one) => one.id !== id);
      return before - faults.length;
    },
    list: () => faults,
    take({ chainId, endpoint, method }) {
      const hit = faults.filter(
        (one) =>
          one.chainId === chainId &&
          (one.endpoint === undefined || one.endpoint === endpoint) &&
          (one.methods === undefined || one.methods.includes(method)),
      );
      faults = faults.flatMap((one) => {
        if (!hit.includes(one) || one.left === null) return [one];
        return one.left > 1 ? [{ ...one, left: one.left - 1 }] : [];
      });
      return new Map(hit.map((one) => [one.kind, one]));
    },
  };
}
