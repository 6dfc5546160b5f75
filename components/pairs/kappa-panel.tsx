// Kappa of one of the pair's pools over time; the pool is chosen beside the title.
"use client";
import dynamic from "next/dynamic";
import { useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { poolHref } from "@/components/pools/pool-href";
import { SelectField } from "@/components/ui/field";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import type { PoolDto } from "@/lib/api/schemas";
import { formatFeePips } from "@/lib/format/percent";

const KappaChart = dynamic(
  lazyPart(() => import("@/components/pools/kappa-chart").then((module) => module.KappaChart)),
  {
    loading: () => <KappaSkeleton />,
  },
);

export function KappaPanel({ pairId }: { readonly pairId: string }): ReactNode {
  const pools = useApi("pools", { query: { pair: pairId } });
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <QueryView query={pools} what="kappa" skeleton={<KappaSkeleton />}>
      {(data) => {
        const pool = data.pools.find((each) => each.poolKey === chosen) ?? mostOurs(data.pools);
        return pool === undefined ? null : (
          <div className="grid gap-2">
            <History pool={pool} />
            <div className="flex flex-wrap items-end justify-between gap-3 px-3.5 desk:px-0">
              {data.pools.length > 1 && (
                <SelectField
                  label="Pool of the chart"
                  className="w-full desk:w-64"
                  value={pool.poolKey}
                  onChange={(event) => setChosen(event.target.value)}
                >
                  {data.pools.map((each) => (
                    <option key={each.poolKey} value={each.poolKey}>
                      {each.dexName} {formatFeePips(each.feePips)}
                    </option>
                  ))}
                </SelectField>
              )}
              <TextLink href={poolHref(pool)} className="text-dense">
                All numbers of this pool
              </TextLink>
            </div>
          </div>
        );
      }}
    </QueryView>
  );
}

function History({ pool }: { readonly pool: PoolDto }): ReactNode {
  const history = useApi("pool", { params: { chainId: pool.chainId, address: pool.address } });
  return (
    <QueryView query={history} what="the history of kappa" skeleton={<KappaSkeleton />}>
      {(data) => (
        <KappaChart
          title={`Kappa, ${pool.dexName} ${formatFeePips(pool.feePips)}`}
          points={data.history}
          fileName={`kappa-${pool.chainId}-${pool.address}.csv`}
          height={170}
        />
      )}
    </QueryView>
  );
}

function mostOurs(pools: readonly PoolDto[]): PoolDto | undefined {
  return pools.toSorted((left, right) => weight(right) - weight(left))[0];
}

function weight(pool: PoolDto): number {
  return Math.max(pool.ownUsd ?? 0, pool.allocatedUsd ?? 0);
}

function KappaSkeleton(): ReactNode {
  return (
    <Panel title="Kappa">
      <Skeleton className="h-[188px] w-full" />
    </Panel>
  );
}
