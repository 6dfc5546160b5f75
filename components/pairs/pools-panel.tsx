// Where the pair's capital is and where the strategy wants it, pool by pool, with what each pays over what it costs.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { reasonWords } from "@/components/shell/words";
import { KappaFigure } from "@/components/pools/kappa-figure";
import { kappaSourceWords } from "@/components/pools/kappa-words";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatFeePips, formatPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";

export function PoolsPanel({
  pairId,
  epoch,
}: {
  readonly pairId: string;
  readonly epoch: EpochRecord | null;
}): ReactNode {
  const ratesOf = (poolKey: string) => epoch?.pools.find((pool) => pool.poolKey === poolKey)?.rates ?? null;
  const pools = useApi("pairAllocations", { params: { id: pairId } });
  return (
    <Panel title="Pools" flush tools={<span className="text-micro text-ink-3">now → target</span>}>
      <QueryView query={pools} what="pools" skeleton={<SkeletonRows rows={2} height={44} label="pools" />}>
        {(data) =>
          data.allocations.length === 0 ? (
            <Empty title="No pool evaluated yet.">Pools appear with the first epoch that could read them.</Empty>
          ) : (
            <Table caption="Pools with current and target capital">
              <thead>
                <tr>
                  <Th>Pool</Th>
                  <Th right>Kappa</Th>
                  <Th right from="wide">
                    TVL
                  </Th>
                  <Th right from="wide">
                    Volume a day
                  </Th>
                  <Th right>Now → target</Th>
                  <Th right from="desk">
                    Net APR, model
                  </Th>
                </tr>
              </thead>
              <tbody>
                {data.allocations.map((pool) => (
                  <Tr key={pool.poolKey} className={pool.exclusion === null ? undefined : "text-ink-3"}>
                    <Td words title={pool.poolKey}>
                      {pool.dexName} {formatFeePips(pool.feeFrac * 1_000_000)}
                      <Sub>{kappaSourceWords(ratesOf(pool.poolKey))}</Sub>
                      {pool.exclusion !== null && <Sub>left out: {reasonWords(pool.exclusion)}</Sub>}
                    </Td>
                    <Td right>
                      <KappaFigure rates={ratesOf(pool.poolKey)} />
                    </Td>
                    <Td right from="wide">
                      {formatUsd(pool.tvlUsd)}
                    </Td>
                    <Td right from="wide">
                      {formatUsd(pool.volumeUsdPerDay)}
                    </Td>
                    <Td right>
                      {formatUsd(pool.currentUsd)}
                      <Sub className={Math.abs(pool.targetUsd - pool.currentUsd) > 1 ? "text-prop!" : ""}>
                        → {formatUsd(pool.targetUsd)}
                      </Sub>
                    </Td>
                    <Td right from="desk">
                      {formatPercent(pool.netAprFrac, 1)}
                    </Td>
                  </Tr>
                ))}
              </tbody>
            </Table>
          )
        }
      </QueryView>
    </Panel>
  );
}
