// Endpoints of a chain for the desk: what the desk measured just now, beside what the workers met; sentences in plain words.
import {
  ENDPOINT_ERRORS,
  type ChainEndpointsDto,
  type EndpointDto,
  type EndpointStats,
  type WorkerEndpoints,
} from "@/lib/api/endpoint-schemas";
import type { EndpointState } from "@/server/infra/chain/rpc-fallback";
import type { NamedEndpoint } from "@/server/api/settings-desk";

/** Blocks behind the best head beyond which an endpoint is called behind; younger chains differ by a few at any moment. */
export const BEHIND_BLOCKS = 5;

export interface Measured {
  readonly state: EndpointState;
  readonly height: bigint | null;
}

const NOTHING: EndpointStats = { requests: 0, p50Ms: null, p95Ms: null, errors: {} };

export function endpointView(
  named: NamedEndpoint,
  input: {
    readonly measured: Measured | null;
    readonly best: bigint | null;
    readonly workers: readonly WorkerEndpoints[];
    readonly chainId: number;
  },
): EndpointDto {
  const { measured, best } = input;
  const height = measured?.height ?? null;
  const lagBlocks = height === null || best === null ? null : Number(best - height);
  const { state, sentence } = stateOf(named, measured, lagBlocks);
  return {
    id: named.id,
    label: named.label,
    use: named.use,
    from: named.from,
    isKnown: named.url !== null,
    state,
    sentence,
    height: height === null ? null : height.toString(),
    lagBlocks,
    desk: measured?.state.stats ?? NOTHING,
    workers: slowest(input.workers, input.chainId, named.id),
  };
}

function stateOf(
  named: NamedEndpoint,
  measured: Measured | null,
  lagBlocks: number | null,
): { readonly state: EndpointDto["state"]; readonly sentence: string } {
  if (named.use === "removed") return { state: "removed", sentence: "configured on this machine, but not asked" };
  if (named.url === null) {
    return { state: "unknown", sentence: "its address is not known on this machine: remove it, or test it again" };
  }
  if (measured === null) return { state: "unknown", sentence: "not asked yet" };
  const { state } = measured;
  if (state.status === "wrong_chain") return { state: "wrong_chain", sentence: state.lastError ?? "another chain" };
  if (measured.height === null) return { state: "failing", sentence: state.lastError ?? "it does not answer" };
  if (named.use === "drain")
    return { state: "draining", sentence: "nothing new is asked; transactions under way end here" };
  if (lagBlocks !== null && lagBlocks > BEHIND_BLOCKS) {
    return { state: "behind", sentence: `${lagBlocks} blocks behind the best` };
  }
  return { state: "ok", sentence: "answers" };
}

/** The worker that waits longest says how slow an endpoint is; errors are those of all workers together. */
function slowest(workers: readonly WorkerEndpoints[], chainId: number, id: string): EndpointStats | null {
  const found = workers.flatMap(({ chains }) =>
    chains
      .filter((chain) => chain.chainId === chainId)
      .flatMap(({ endpoints }) => endpoints.filter((each) => each.id === id)),
  );
  if (found.length === 0) return null;
  const errors: EndpointStats["errors"] = {};
  for (const kind of ENDPOINT_ERRORS) {
    const count = found.reduce((sum, each) => sum + (each.errors[kind] ?? 0), 0);
    if (count > 0) errors[kind] = count;
  }
  return {
    requests: found.reduce((sum, each) => sum + each.requests, 0),
    p50Ms: most(found.map(({ p50Ms }) => p50Ms)),
    p95Ms: most(found.map(({ p95Ms }) => p95Ms)),
    errors,
  };
}

function most(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>((max, value) => (value === null ? max : Math.max(max ?? 0, value)), null);
}

/** The newest switch any worker made on the chain. */
export function lastSwitchOf(workers: readonly WorkerEndpoints[], chainId: number): ChainEndpointsDto["lastSwitch"] {
  return workers
    .flatMap(({ chains }) =>
      chains.filter((chain) => chain.chainId === chainId).flatMap(({ lastSwitch }) => lastSwitch ?? []),
    )
    .reduce<ChainEndpointsDto["lastSwitch"]>(
      (newest, each) => (newest === null || each.atMs > newest.atMs ? each : newest),
      null,
    );
}
