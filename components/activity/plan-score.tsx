// What a finished plan was expected to bring, beside what it brought, after a day and a week.
"use client";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { ScoreState, shownWindows } from "@/components/reports/scores-panel";
import { Panel } from "@/components/ui/panel";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";

export function PlanScore({ planId, pairId }: { readonly planId: string; readonly pairId: string }): ReactNode {
  const pnl = useApi("pairPnl", { params: { id: pairId } });
  const card = pnl.data?.scores.find((each) => each.planId === planId);
  // A plan that moved nothing has no card.
  if (card === undefined) return null;
  return (
    <Panel title="Score card" flush>
      <Table caption="Expected and earned after the plan">
        <thead>
          <tr>
            <Th>Window</Th>
            <Th right>Expected</Th>
            <Th right>Earned</Th>
          </tr>
        </thead>
        <tbody>
          {shownWindows(card.windows).flatMap(({ window, horizons }) => [
            <Tr key={`fees:${window.horizonMs}`}>
              <Td>
                <ScoreState window={window} horizons={horizons} />
              </Td>
              <Td right title="Fees">
                {formatUsd(window.expectedFeesUsd)}
              </Td>
              <Td right title="Fees">
                {formatUsd(window.earned?.feesUsd)}
              </Td>
            </Tr>,
            <Tr key={`alpha:${window.horizonMs}`}>
              <Td className="text-ink-2">less divergence and cost</Td>
              <Td right>{formatSignedUsd(window.expectedAlphaUsd)}</Td>
              <Td right>{formatSignedUsd(window.earned?.alphaUsd)}</Td>
            </Tr>,
          ])}
        </tbody>
      </Table>
      <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">
        Fees, then fees less divergence and the plan&rsquo;s cost, for the time measured.{" "}
        <TextLink href={`/reports?pair=${encodeURIComponent(pairId)}`}>All score cards</TextLink>
      </p>
    </Panel>
  );
}
