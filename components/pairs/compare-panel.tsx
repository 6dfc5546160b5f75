// This decision beside the one of the epoch before: every gate with both numbers, what changed marked in words.
"use client";
import { useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatUsd } from "@/lib/format/usd";
import { gateNumbers, verdictOf } from "./gate-items";
import type { PriceView } from "./use-price-direction";

const WORD = { pass: "met", fail: "not met", not_reached: "not reached" } as const;

export function ComparePanel({
  record,
  prices,
}: {
  readonly record: EpochRecord;
  readonly prices: PriceView;
}): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <Panel
      title="Against the epoch before"
      tools={
        <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Hide" : "Compare"}
        </Button>
      }
      flush={isOpen}
    >
      {isOpen ? (
        <Compared record={record} prices={prices} />
      ) : (
        <p className="text-ink-2">Which gate turned, and by how much each number moved in one epoch.</p>
      )}
    </Panel>
  );
}

function Compared({ record, prices }: { readonly record: EpochRecord; readonly prices: PriceView }): ReactNode {
  const before = useApi("pairDecision", { params: { id: record.pairId, epoch: record.epoch - 1 } });
  return (
    <QueryView
      query={before}
      what="the epoch before"
      skeleton={<SkeletonRows rows={6} height={36} label="the epoch before" />}
    >
      {({ record: then }) => <Rows now={record} then={then} prices={prices} />}
    </QueryView>
  );
}

function Rows({
  now,
  then,
  prices,
}: {
  readonly now: EpochRecord;
  readonly then: EpochRecord;
  readonly prices: PriceView;
}): ReactNode {
  const gatesThen = new Map((then.decision?.gates ?? []).map((gate) => [`${gate.id} ${gate.positionId ?? ""}`, gate]));
  const gates = now.decision?.gates ?? [];
  return (
    <Table caption="This decision beside the epoch before">
      <thead>
        <tr>
          <Th>What</Th>
          <Th right>Before</Th>
          <Th right>This epoch</Th>
          <Th from="desk">Change</Th>
        </tr>
      </thead>
      <tbody>
        <Line what="Verdict" before={verdict(then)} now={verdict(now)} isSame={verdict(then) === verdict(now)} />
        <Line
          what={`Price, ${prices.unit}`}
          before={prices.text(then.price)}
          now={prices.text(now.price)}
          isSame={then.price === now.price}
        />
        <Line
          what="Capital"
          before={formatUsd(then.capitalUsd)}
          now={formatUsd(now.capitalUsd)}
          isSame={then.capitalUsd === now.capitalUsd}
        />
        {gates.map((gate) => {
          const key = `${gate.id} ${gate.positionId ?? ""}`;
          const other = gatesThen.get(key);
          const turned = other !== undefined && other.status !== gate.status;
          const change =
            other === undefined
              ? "new"
              : turned
                ? `turned: ${WORD[other.status]} → ${WORD[gate.status]}`
                : WORD[gate.status];
          return (
            <Tr key={key}>
              <Td>
                {gate.label}
                <Sub className="desk:hidden">{change}</Sub>
              </Td>
              <Td right>{other === undefined ? "–" : gateNumbers(other).value}</Td>
              <Td right>{gateNumbers(gate).value}</Td>
              <Td from="desk" className={turned ? "font-strong" : "text-ink-3"}>
                {change}
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function Line({
  what,
  before,
  now,
  isSame,
}: {
  readonly what: string;
  readonly before: string;
  readonly now: string;
  readonly isSame: boolean;
}): ReactNode {
  return (
    <Tr>
      <Td>{what}</Td>
      <Td right>{before}</Td>
      <Td right>{now}</Td>
      <Td from="desk" className="text-ink-3">
        {isSame ? "same" : "changed"}
      </Td>
    </Tr>
  );
}

function verdict(record: EpochRecord): string {
  return record.decision === null ? "not finished" : verdictOf(record.decision);
}
