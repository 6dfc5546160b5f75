// All pools of all pairs: what each pays and what it costs, kappa first; our part; why it takes no part.
"use client";
import { parseAsString, useQueryState } from "nuqs";
import dynamic from "next/dynamic";
import Link from "next/link";
import type { ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { Term } from "@/components/docs/term";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Chip } from "@/components/ui/chip";
import { cx } from "@/components/ui/cx";
import { SelectField } from "@/components/ui/field";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import type { PoolDto } from "@/lib/api/schemas";
import { formatFeePips, formatPercent, formatSignedPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";
import { EPOCH_MS } from "@/lib/units";
import { LeftOutPanel } from "./left-out-panel";
import { KappaFigure } from "./kappa-figure";
import { kappaSourceWords } from "./kappa-words";
import { poolHref } from "./pool-href";

/** Only who adds a pool needs its code. */
const AddPoolPanel = dynamic(
  lazyPart(() => import("./add-pool-panel").then((module) => module.AddPoolPanel), "onDemand"),
  { ssr: false },
);

export function PoolsView(): ReactNode {
  const [pair, setPair] = useQueryState("pair", parseAsString);
  const pairs = useApi("pairs").data?.pairs ?? [];
  const pools = useApi("pools", { query: pair === null ? {} : { pair } });
  const newest = (pools.data?.pools ?? []).reduce<number | null>(
    (max, pool) => (pool.observedAtMs === null ? max : Math.max(max ?? 0, pool.observedAtMs)),
    null,
  );
  return (
    <div className="grid gap-3 desk:gap-4">
      <div className="flex flex-wrap items-end gap-3 px-3.5 desk:px-0">
        <SelectField
          label="Pair"
          className="min-w-36 flex-1 desk:flex-none"
          value={pair ?? ""}
          onChange={(event) => void setPair(event.target.value === "" ? null : event.target.value)}
        >
          <option value="">All pairs</option>
          {pair !== null && !pairs.some((each) => each.id === pair) && <option value={pair}>{pair}</option>}
          {pairs.map((each) => (
            <option key={each.id} value={each.id}>
              {each.id}
            </option>
          ))}
        </SelectField>
        <p className="max-w-prose pb-1 text-dense text-ink-2">
          Kappa is what a pool paid over 72 hours divided by what its liquidity lost to trading in the same time. Above
          1 it earned more than it lost. <TextLink href="/docs/glossary">Glossary</TextLink>
        </p>
      </div>
      <Panel title="Pools" meta={<MarketAge atMs={newest} periodMs={EPOCH_MS} />} flush>
        <QueryView query={pools} what="pools" skeleton={<SkeletonRows rows={4} height={56} label="pools" />}>
          {(data) =>
            data.pools.length === 0 ? (
              <Empty title={pair === null ? "No pool is configured." : `${pair} has no pool.`}>
                Pools come from the registry of this deployment; each is read by its pair&rsquo;s worker every epoch.
              </Empty>
            ) : (
              <PoolTable pools={data.pools} />
            )
          }
        </QueryView>
      </Panel>
      <AddPoolPanel />
      {pools.data !== undefined && <LeftOutPanel pools={pools.data.leftOut} pairId={pair} />}
    </div>
  );
}

function PoolTable({ pools }: { readonly pools: readonly PoolDto[] }): ReactNode {
  return (
    <Table caption="Pools with kappa, depth, volume and our part">
      <thead>
        <tr>
          <Th>Pool</Th>
          <Th right>
            <Term id="kappa">Kappa, 72 h</Term>
          </Th>
          <Th from="mid">Where it comes from</Th>
          <Th right from="desk">
            TVL
          </Th>
          <Th right from="desk">
            Volume a day
          </Th>
          <Th right from="wide">
            Our share
          </Th>
          <Th right>Ours → target</Th>
          <Th right from="mid">
            Best alone, model
          </Th>
        </tr>
      </thead>
      <tbody>
        {pools.map((pool) => (
          <Tr key={pool.poolKey} className={pool.exclusion === null ? undefined : "text-ink-3"}>
            <Td title={pool.poolKey}>
              <Link
                href={poolHref(pool)}
                className="font-title text-ink after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-tide"
              >
                {pool.dexName} {pool.feePips === null ? "" : formatFeePips(pool.feePips)}
              </Link>
              <Sub>
                {pool.pairId}, {pool.chainName}
                {pool.feePips === null && ", fee not read yet"}
              </Sub>
              {pool.isStandIn && !pool.dexName.includes("stand-in") && (
                <span className="mt-1 block">
                  <Chip title="Contracts that imitate the family; the real bytecode is not available here">
                    Stand-in
                  </Chip>
                </span>
              )}
              {pool.exclusionSentence !== null && (
                <Sub className="max-w-64 whitespace-normal">left out: {pool.exclusionSentence}</Sub>
              )}
            </Td>
            <Td right>
              <KappaFigure rates={pool.rates} />
            </Td>
            <Td from="mid" className="text-ink-2">
              {kappaSourceWords(pool.rates)}
            </Td>
            <Td right from="desk">
              {formatUsd(pool.tvlUsd)}
            </Td>
            <Td right from="desk">
              {formatUsd(pool.volumeUsdPerDay)}
            </Td>
            <Td right from="wide">
              {formatPercent(pool.ownShareFrac, 2)}
            </Td>
            <Td right>
              {formatUsd(pool.ownUsd)}
              <Sub
                className={cx(
                  Math.abs((pool.allocatedUsd ?? 0) - (pool.ownUsd ?? 0)) > 1 &&
                    pool.allocatedUsd !== null &&
                    "text-prop!",
                )}
              >
                → {formatUsd(pool.allocatedUsd)}
              </Sub>
            </Td>
            <Td right from="mid">
              {formatSignedPercent(pool.best?.netAprFrac, 1)}
              {pool.best !== null && <Sub>a year on {formatUsd(pool.best.amountUsd)}</Sub>}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
