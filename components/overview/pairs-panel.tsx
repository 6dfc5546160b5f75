// All pairs in a row each: state, gate, price, range, money, last decision; two-line rows on phones.
"use client";
import Link from "next/link";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import { MarketAge } from "@/components/live/age";
import { SignedMoney } from "@/components/live/signed-money";
import { RowMenu } from "@/components/pairs/row-menu";
import { modeOf, PAIR_STATE, pairStateWord, reasonWords } from "@/components/shell/words";
import { GateBar } from "@/components/ui/gate-bar";
import { ModeBadge } from "@/components/ui/mode-badge";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import type { RouteResponse } from "@/lib/api/contract";
import { UNKNOWN } from "@/lib/format/number";
import { formatPercent } from "@/lib/format/percent";
import { formatPrice, formatRange } from "@/lib/format/price";
import { formatUsd } from "@/lib/format/usd";
import { findPairs, orderPairs, PAIR_ORDERS, type PairOrder } from "./pairs-order";

type Pair = RouteResponse<"pairs">["pairs"][number];

/** Prices are marked once a block at most; older than two minutes of market time is late. */
const PRICE_PERIOD_MS = 60_000;

interface Props {
  readonly pairs: readonly Pair[];
  /** The last reading failed. */
  readonly isOld: boolean;
}

/** From so many on a way to find one is worth its room. */
const FIND_FROM = 8;
const ORDERS = [
  { value: "attention", label: "needs a look first" },
  { value: "name", label: "by name" },
  { value: "value", label: "by value" },
  { value: "net", label: "by net 24 h" },
] as const satisfies readonly { readonly value: PairOrder; readonly label: string }[];

export function PairsPanel({ pairs: all, isOld }: Props): ReactNode {
  const [{ find, order }, setView] = useQueryStates({
    find: parseAsString.withDefault(""),
    order: parseAsStringLiteral(PAIR_ORDERS).withDefault("attention"),
  });
  const hasTools = all.length >= FIND_FROM;
  const pairs = hasTools ? orderPairs(findPairs(all, find), order) : all;
  const newest = all.reduce<number | null>(
    (max, pair) => (pair.priceAtMs === null ? max : Math.max(max ?? 0, pair.priceAtMs)),
    null,
  );
  return (
    <Panel
      title="Pairs"
      meta={
        <>
          <MarketAge atMs={newest} periodMs={PRICE_PERIOD_MS} />
          {hasTools && (
            <span role="status" className="text-micro text-ink-3">
              {pairs.length} of {all.length}
            </span>
          )}
        </>
      }
      tools={
        hasTools ? (
          <>
            <input
              type="search"
              aria-label="Find pairs by name, mode, state or chain"
              placeholder="Find"
              value={find}
              onChange={(event) => void setView({ find: event.target.value || null })}
              className="h-9 w-32 rounded-control border border-edge bg-raised px-2 text-dense desk:h-7 desk:w-44"
            />
            <select
              aria-label="Order of the pairs"
              value={order}
              onChange={(event) =>
                void setView({ order: ORDERS.find(({ value }) => value === event.target.value)?.value ?? null })
              }
              className="h-9 rounded-control border border-edge bg-raised px-1.5 text-dense desk:h-7"
            >
              {ORDERS.map(({ value, label }) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </>
        ) : undefined
      }
      flush
    >
      {all.length === 0 ? (
        <Empty title="No pair is configured.">
          A pair appears here once it is set up and its worker has started. <TextLink href="/pairs">Pairs</TextLink>{" "}
          <TextLink href="/setup">Set-up checks</TextLink>
        </Empty>
      ) : pairs.length === 0 ? (
        <Empty title={`No pair matches “${find}”.`}>Names, modes, states and chains are searched.</Empty>
      ) : (
        <>
          <Wide pairs={pairs} isOld={isOld} />
          <Narrow pairs={pairs} isOld={isOld} />
        </>
      )}
    </Panel>
  );
}

function PairLink({ pair }: { readonly pair: Pair }): ReactNode {
  return (
    <Link
      href={`/pairs/${pair.id}`}
      className="font-title after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-tide"
    >
      {pair.id}
    </Link>
  );
}

function Gate({ pair, size }: { readonly pair: Pair; readonly size: "table" | "full" }): ReactNode {
  return (
    <GateBar
      size={size}
      price={pair.price}
      lower={pair.range?.lower ?? null}
      upper={pair.range?.upper ?? null}
      targetLower={pair.state === "out_of_range" || pair.openPlanId !== null ? pair.range?.targetLower : null}
      targetUpper={pair.state === "out_of_range" || pair.openPlanId !== null ? pair.range?.targetUpper : null}
      hasPosition={(pair.positionsUsd ?? 0) > 0}
    />
  );
}

function Wide({ pairs, isOld }: Props): ReactNode {
  const sum = (pick: (pair: Pair) => number | null): number | null =>
    pairs.reduce<number | null>((total, pair) => {
      const value = pick(pair);
      return total === null || value === null ? null : total + value;
    }, 0);
  return (
    <div className="hidden mid:block">
      <Table caption="Pairs with state, price, range and money">
        <thead>
          <tr>
            <Th>Pair</Th>
            <Th>Mode</Th>
            <Th>State</Th>
            <Th>Price in range</Th>
            <Th right>Price</Th>
            <Th right from="full">
              Range
            </Th>
            <Th right from="full">
              In range 24 h
            </Th>
            <Th right>Value</Th>
            <Th right from="full">
              Fees 24 h
            </Th>
            <Th right>Net 24 h</Th>
            <Th>Last decision</Th>
            <Th className="px-0!">
              <span className="sr-only">Acts</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {pairs.map((pair) => (
            <Tr key={pair.id}>
              <Td>
                <PairLink pair={pair} />
                <Chains names={pair.chains.map((chain) => chain.name)} />
              </Td>
              <Td>
                <ModeBadge mode={modeOf(pair)} />
              </Td>
              <Td>
                <Status tone={PAIR_STATE[pair.state].tone} title={pair.stateSentence}>
                  {pairStateWord(pair)}
                </Status>
              </Td>
              <Td>
                {pair.range === null ? <span className="text-ink-3">no range</span> : <Gate pair={pair} size="table" />}
              </Td>
              <Td right>{formatPrice(pair.price)}</Td>
              <Td right from="full">
                {formatRange(pair.range?.lower, pair.range?.upper, pair.price)}
              </Td>
              <Td right from="full">
                {formatPercent(pair.inRange24hFrac, 1)}
              </Td>
              <Td right>{formatUsd(pair.valueUsd)}</Td>
              <Td right from="full">
                <SignedMoney value={pair.fees24hUsd} />
              </Td>
              <Td right>
                <SignedMoney value={pair.net24hUsd} />
              </Td>
              <Td className="max-w-36">
                <LastDecision pair={pair} />
              </Td>
              <Td right className="w-9 py-0! pl-0! desk:pr-2!">
                <RowMenu pair={pair} isOld={isOld} />
              </Td>
            </Tr>
          ))}
          <Tr isTotal>
            <Td colSpan={5}>{pairs.length === 1 ? "Total" : `Total of ${pairs.length}`}</Td>
            <Td from="full" />
            <Td from="full" />
            <Td right>{formatUsd(sum((pair) => pair.valueUsd))}</Td>
            <Td right from="full">
              <SignedMoney value={sum((pair) => pair.fees24hUsd)} />
            </Td>
            <Td right>
              <SignedMoney value={sum((pair) => pair.net24hUsd)} />
            </Td>
            <Td />
            <Td />
          </Tr>
        </tbody>
      </Table>
    </div>
  );
}

/** Two by name, more as a count: the row keeps its two lines. */
function Chains({ names }: { readonly names: readonly string[] }): ReactNode {
  return (
    <Sub className="whitespace-nowrap">
      <span title={names.join(", ")}>{names.length > 2 ? `${names.length} chains` : names.join(", ")}</span>
    </Sub>
  );
}

function LastDecision({ pair }: { readonly pair: Pair }): ReactNode {
  const last = pair.lastDecision;
  if (last === null) return <span title="No epoch has been decided yet">{UNKNOWN}</span>;
  return (
    <span title={last.sentence} className="block truncate">
      <b className={last.kind === "HOLD" ? "font-title" : "font-title text-prop"}>{last.kind}</b>
      <Sub className="truncate">
        {last.planStatus === null ? reasonWords(last.reason) : `plan ${reasonWords(last.planStatus)}`}
      </Sub>
    </span>
  );
}

function Narrow({ pairs, isOld }: Props): ReactNode {
  return (
    <ul className="mid:hidden">
      {pairs.map((pair) => (
        <li
          key={pair.id}
          data-row=""
          className="relative grid grid-cols-[minmax(0,1fr)_44px] gap-y-1.5 border-b py-3 pl-3.5 last:border-b-0"
        >
          <div className="grid gap-1.5">
            <div className="flex items-center gap-2">
              <PairLink pair={pair} />
              <ModeBadge mode={modeOf(pair)} />
              <span className="ml-auto font-title">{formatUsd(pair.valueUsd)}</span>
            </div>
            <div className="flex items-center gap-2">
              <Status tone={PAIR_STATE[pair.state].tone}>{pairStateWord(pair)}</Status>
              <span className="ml-auto">
                <SignedMoney value={pair.net24hUsd} />
              </span>
            </div>
          </div>
          <RowMenu pair={pair} isOld={isOld} />
          {pair.range !== null && (
            <div className="col-span-2 pr-3.5">
              <Gate pair={pair} size="full" />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
