// Plans of the pair, newest first: what was proposed, by whom, what became of it and what it cost.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { reasonWords } from "@/components/shell/words";
import { Chip, type ChipTone } from "@/components/ui/chip";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { formatDayMinutes, formatIso } from "@/lib/format/time";
import { formatUsd } from "@/lib/format/usd";
import type { PlanDto } from "@/lib/api/schemas";

const TONE: Readonly<Record<PlanDto["status"], ChipTone>> = {
  waiting_approval: "prop",
  approved: "prop",
  executing: "prop",
  done: "tide",
  partial: "warn",
  expired: "plain",
  rejected: "plain",
  voided: "warn",
  refused: "warn",
};
const ROWS = 6;

export function PlanStatusChip({ plan }: { readonly plan: Pick<PlanDto, "status" | "statusReason"> }): ReactNode {
  return (
    <Chip tone={TONE[plan.status]} title={plan.statusReason}>
      {reasonWords(plan.status)}
    </Chip>
  );
}

export function PlansPanel({ pairId }: { readonly pairId: string }): ReactNode {
  const plans = useApi("plans", { query: { pair: pairId, limit: ROWS } });
  return (
    <Panel title="Plans" flush>
      <QueryView query={plans} what="plans" skeleton={<SkeletonRows rows={4} height={44} label="plans" />}>
        {(data) =>
          data.plans.length === 0 ? (
            <Empty title="No plan yet.">
              A plan appears when the strategy decides to act, or when you ask for a range shift above.
            </Empty>
          ) : (
            <Table caption="Plans, newest first">
              <thead>
                <tr>
                  <Th>UTC</Th>
                  <Th>Plan</Th>
                  <Th>Status</Th>
                  <Th right from="desk">
                    Moves
                  </Th>
                  <Th right>Gas</Th>
                </tr>
              </thead>
              <tbody>
                {data.plans.map((plan) => (
                  <Tr key={plan.planId}>
                    <Td title={formatIso(plan.createdAtMarketMs)} className="whitespace-nowrap">
                      {formatDayMinutes(plan.createdAtMarketMs)}
                    </Td>
                    <Td>
                      <Link
                        href={
                          plan.status === "waiting_approval" ? `/approvals/${plan.planId}` : `/activity/${plan.planId}`
                        }
                        className="font-title after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-tide"
                      >
                        {plan.kind} {reasonWords(plan.reason)}
                      </Link>
                      <Sub>{plan.origin.kind === "command" ? `by ${plan.proposedBy}` : plan.proposedBy}</Sub>
                    </Td>
                    <Td>
                      <PlanStatusChip plan={plan} />
                    </Td>
                    <Td right from="desk">
                      {formatUsd(plan.notionalUsd)}
                    </Td>
                    <Td right>{formatUsd(plan.gasUsd)}</Td>
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
