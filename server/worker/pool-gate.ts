// Lets only pools through that their chain has confirmed: denied ones are out for good, unanswered ones are asked again before each use.
import type { ResolvedPool } from "@/lib/registry/resolved-pool";

export type GateVerdict =
  | { readonly kind: "confirmed" }
  | { readonly kind: "mismatch"; readonly problems: readonly string[] }
  | { readonly kind: "unreachable"; readonly problem: string };

export interface PoolGate {
  /** Asks once about every pool. */
  start(): Promise<void>;
  /** Pools that were not denied; some may still wait for their chain. */
  pools(): readonly ResolvedPool[];
  /** The chain's pools that may be used now, and those it has not confirmed yet with the reason. */
  pass(chainId: number): Promise<{
    readonly confirmed: readonly ResolvedPool[];
    readonly waiting: readonly { readonly facts: ResolvedPool; readonly detail: string }[];
  }>;
}

export function createPoolGate(deps: {
  readonly pools: readonly ResolvedPool[];
  readonly check: (pool: ResolvedPool) => Promise<GateVerdict>;
  /** Called once per denied pool. */
  readonly onDenied: (pool: ResolvedPool, reason: string) => void;
}): PoolGate {
  const verdicts = new Map<ResolvedPool, GateVerdict>();

  async function ask(pools: readonly ResolvedPool[]): Promise<void> {
    await Promise.all(
      pools.map(async (pool) => {
        const verdict = await deps.check(pool);
        const wasDenied = verdicts.get(pool)?.kind === "mismatch";
        verdicts.set(pool, verdict);
        if (verdict.kind === "mismatch" && !wasDenied) deps.onDenied(pool, verdict.problems.join("; "));
      }),
    );
  }

  const isOpen = (pool: ResolvedPool): boolean => {
    const verdict = verdicts.get(pool);
    return verdict === undefined || verdict.kind === "unreachable";
  };

  return {
    start: () => ask(deps.pools),
    pools: () => deps.pools.filter((pool) => verdicts.get(pool)?.kind !== "mismatch"),
    async pass(chainId) {
      const mine = deps.pools.filter(({ chain }) => chain.id === chainId);
      await ask(mine.filter(isOpen));
      return {
        confirmed: mine.filter((pool) => verdicts.get(pool)?.kind === "confirmed"),
        waiting: mine.flatMap((facts) => {
          const verdict = verdicts.get(facts);
          return verdict?.kind === "unreachable"
            ? [{ facts, detail: `not confirmed by its chain yet: ${verdict.problem}` }]
            : [];
        }),
      };
    },
  };
}
