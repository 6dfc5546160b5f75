// The policy in charge and the other one beside it: both decide every epoch on the same inputs; paper results never enter a total.
"use client";
import type { ReactNode } from "react";
import { SignedMoney } from "@/components/live/signed-money";
import { reasonWords } from "@/components/shell/words";
import { Chip } from "@/components/ui/chip";
import { cx } from "@/components/ui/cx";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatAge } from "@/lib/format/age";
import { formatInteger } from "@/lib/format/number";
import { formatPercent } from "@/lib/format/percent";
import { formatDayMinutes } from "@/lib/format/time";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import type { PriceView } from "./use-price-direction";

type Paper = NonNullable<EpochRecord["paper"]>[number];

const POLICY = {
  forces: { name: "Forces", rule: "width from volatility and trend" },
  carry: { name: "Carry", rule: "width from what the pool paid" },
} as const;

export function PolicyPanel({
  epoch,
  prices,
}: {
  readonly epoch: EpochRecord | null;
  readonly prices: PriceView;
}): ReactNode {
  const papers = epoch?.paper ?? [];
  const inCharge = POLICY[epoch?.policy ?? "forces"];
  return (
    <Panel title="Policies" flush tools={<TextLink href="/docs/glossary">What alpha is</TextLink>}>
      {epoch === null ? (
        <Empty title="No epoch yet.">Both policies decide at the first epoch boundary.</Empty>
      ) : (
        <>
          <Table caption="Policy in charge and the other on paper">
            <thead>
              <tr>
                <Th>Policy</Th>
                <Th>This epoch</Th>
                <Th right from="desk">
                  Range
                </Th>
                <Th right>Net since start</Th>
                <Th right>Alpha</Th>
              </tr>
            </thead>
            <tbody>
              <Tr>
                <Td>
                  <b className="font-title">{inCharge.name}</b>
                  <Sub>{epoch.mode === "observe" ? "in charge, observes only" : "in charge"}</Sub>
                </Td>
                <Td>
                  {epoch.decision === null ? "–" : <Word kind={epoch.decision.kind} reason={epoch.decision.reason} />}
                </Td>
                <Td right from="desk">
                  {epoch.positions.length === 0 ? (
                    <span className="text-ink-3">no position</span>
                  ) : (
                    epoch.positions.map((position) => (
                      <span key={position.positionId} className="block">
                        {prices.rangeText(position.priceLower, position.priceUpper)}
                      </span>
                    ))
                  )}
                </Td>
                <Td right colSpan={2} className="text-ink-3">
                  real money, in the ledger
                </Td>
              </Tr>
              {papers.map((paper) => (
                <PaperRow
                  key={`${paper.policy} ${paper.role}`}
                  paper={paper}
                  prices={prices}
                  nowMs={epoch.marketAtMs}
                />
              ))}
            </tbody>
          </Table>
          {papers.length === 0 ? (
            <p className="border-t px-3.5 py-2.5 text-dense text-ink-2 desk:px-4">
              No paper account on record for this epoch: it begins with the first epoch of a version that keeps one.
            </p>
          ) : (
            <ul className="border-t px-3.5 py-2.5 text-dense text-ink-2 desk:px-4">
              {papers.map((paper) => (
                <li key={`${paper.policy} ${paper.role}`} className="py-0.5">
                  {paperSentence(paper)}
                </li>
              ))}
              <li className="py-0.5 text-ink-3">
                Paper accounts trade with the pools&rsquo; real fee growth, gas and swap costs; their results are in no
                total.
              </li>
            </ul>
          )}
        </>
      )}
    </Panel>
  );
}

function PaperRow({
  paper,
  prices,
  nowMs,
}: {
  readonly paper: Paper;
  readonly prices: PriceView;
  readonly nowMs: number;
}): ReactNode {
  return (
    <Tr>
      <Td>
        <span className="inline-flex flex-wrap items-center gap-1.5">
          <b className="font-strong">{POLICY[paper.policy].name}</b>
          <Chip tone="prop">paper</Chip>
        </span>
        <Sub>
          {paper.role === "shadow" ? "shadow" : "what observe would do"}, for {formatAge(nowMs - paper.startedAtMs)}
        </Sub>
      </Td>
      <Td>
        <Word kind={paper.decision.kind} reason={paper.decision.reason} />
        {paper.pending !== null && <Sub>on its way: {reasonWords(paper.pending.reason)}</Sub>}
      </Td>
      <Td right from="desk">
        {paper.positions.length === 0 ? (
          <span className="text-ink-3">cash</span>
        ) : (
          paper.positions.map((position) => (
            <span key={`${position.poolKey} ${position.priceLower}`} className="block">
              {prices.rangeText(position.priceLower, position.priceUpper)}
              {!position.inRange && <Sub>out of range</Sub>}
            </span>
          ))
        )}
      </Td>
      <Td right>
        <SignedMoney value={paper.netUsd} />
        <Sub>hold {formatSignedUsd(paper.holdUsd)}</Sub>
      </Td>
      <Td right>
        <SignedMoney value={paper.alphaUsd} />
        <Sub>of {formatUsd(paper.startUsd)}</Sub>
      </Td>
    </Tr>
  );
}

function Word({ kind, reason }: { readonly kind: string; readonly reason: string }): ReactNode {
  return (
    <>
      <b className={cx("font-strong", kind !== "HOLD" && "text-prop")}>{kind}</b>
      <Sub>{reasonWords(reason)}</Sub>
    </>
  );
}

function paperSentence(paper: Paper): string {
  const last = paper.lastAction;
  return [
    `${POLICY[paper.policy].name} on paper since ${formatDayMinutes(paper.startedAtMs)} UTC: ${POLICY[paper.policy].rule};`,
    `fees ${formatUsd(paper.feesUsd)}, LVR ${formatUsd(paper.lvrUsd)}, gas ${formatUsd(paper.gasUsd)}, swaps ${formatUsd(paper.swapCostUsd)};`,
    `${formatInteger(paper.rebalances)} moves, in range ${formatPercent(paper.timeInRangeFrac, 0)}, deepest fall ${formatPercent(paper.maxDrawdownFrac, 1)}.`,
    ...(last === null
      ? []
      : [
          `Last: ${reasonWords(last.reason)} ${last.outcome === "failed" ? "did not land" : "done"} ${formatDayMinutes(last.atMs)}.`,
        ]),
    ...(paper.unseenMs > 0 ? [`${formatAge(paper.unseenMs)} without samples, whose fees are not counted.`] : []),
  ].join(" ");
}
