// Messages to outside channels: waiting with their next try, sent, or given up with the reason.
"use client";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import type { AlertDeliveryDto } from "@/lib/api/alert-schemas";
import { formatAge } from "@/lib/format/age";
import { formatInstant, formatIso } from "@/lib/format/time";
import { DELIVERY, NOTICE } from "./alert-words";

export function DeliveriesPanel({
  deliveries,
  hasLinks = true,
}: {
  readonly deliveries: readonly AlertDeliveryDto[];
  readonly hasLinks?: boolean;
}): ReactNode {
  const nowMs = useWallNow();
  return (
    <Panel title="Messages" flush>
      {deliveries.length === 0 ? (
        <Empty title="Nothing was sent.">
          Each message to an outside channel appears here with what became of it, also while it waits for a channel that
          is away.
        </Empty>
      ) : (
        <Table caption="Messages to outside channels">
          <thead>
            <tr>
              <Th>State</Th>
              <Th>Channel</Th>
              <Th>What</Th>
              <Th right from="desk">
                Tries
              </Th>
              <Th right>When</Th>
            </tr>
          </thead>
          <tbody>
            {deliveries.map((each) => (
              <Tr key={each.id}>
                <Td>
                  <Status tone={DELIVERY[each.state].tone}>{DELIVERY[each.state].word}</Status>
                </Td>
                <Td>{each.channelId}</Td>
                <Td>
                  {hasLinks && each.kind !== "test" ? (
                    <TextLink href={`/alerts/${each.alertId}`}>{NOTICE[each.kind]}</TextLink>
                  ) : (
                    NOTICE[each.kind]
                  )}
                  {each.error !== null && <Sub className="wrap-anywhere">{each.error}</Sub>}
                  {each.nextAtMs !== null && each.attempts > 0 && nowMs > 0 && (
                    <Sub>tried again in {formatAge(each.nextAtMs - nowMs)}</Sub>
                  )}
                </Td>
                <Td right from="desk">
                  {each.attempts}
                </Td>
                <Td right>
                  <span title={formatIso(each.atMs)}>{nowMs === 0 ? "" : formatInstant(each.atMs, nowMs)}</span>
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
