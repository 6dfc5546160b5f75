// The newest epochs: what was decided, with the numbers behind it; each row opens its decision.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { reasonWords } from "@/components/shell/words";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { formatDuration } from "@/lib/format/age";
import { formatFixed } from "@/lib/format/number";
import { formatClockMinutes, formatIso } from "@/lib/format/time";
import { EPOCH_MS } from "@/lib/units";
import type { PriceView } from "./use-price-direction";

const ROWS = 12;

export function EpochsPanel({ pairId, prices }: { readonly pairId: string; readonly prices: PriceView }): ReactNode {
  const decisions = useApi("pairDecisions", { params: { id: pairId }, query: { limit: ROWS } });
  return (
    <Panel title="Epochs" flush>
      <QueryView query={decisions} what="epochs" skeleton={<SkeletonRows rows={ROWS} label="epochs" />}>
        {(data) =>
          data.decisions.length === 0 ? (
            <Empty title="No epoch yet.">
              Every 15 minutes of market time the pair decides; each decision stays here.
            </Empty>
          ) : (
            <Table caption="Newest epochs">
              <thead>
                <tr>
                  <Th>UTC</Th>
                  <Th>Decision</Th>
                  <Th right>Div.</Th>
                  <Th right from="desk">
                    V
                  </Th>
                  <Th right from="desk">
                    M
                  </Th>
                  <Th right from="desk">
                    T
                  </Th>
                  <Th right from="desk">
                    Target
                  </Th>
                  <Th right>Took</Th>
                </tr>
              </thead>
              <tbody>
                {data.decisions.map(({ epoch, record, sentence, marketAtMs }) => {
                  const kind = record.decision?.kind ?? "failed";
                  const divergence = record.positions.reduce<number | null>(
                    (max, position) => Math.max(max ?? 0, position.divergence),
                    null,
                  );
                  return (
                    <Tr key={epoch}>
                      <Td title={formatIso(marketAtMs)}>
                        <Link
                          href={`/pairs/${pairId}/decisions/${epoch}`}
                          className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-tide"
                        >
                          {formatClockMinutes(epoch * EPOCH_MS)}
                        </Link>
                      </Td>
                      <Td title={sentence} className="max-w-40 truncate">
                        <b className={kind === "RS" || kind === "PRA" ? "font-title text-prop" : "font-title"}>
                          {kind}
                        </b>{" "}
                        <span className="text-ink-3">
                          {reasonWords(record.decision?.reason ?? record.error?.code ?? "")}
                        </span>
                      </Td>
                      <Td right>{formatFixed(divergence, 2)}</Td>
                      <Td right from="desk">
                        {formatFixed(record.forces?.v, 0)}
                      </Td>
                      <Td right from="desk">
                        {formatFixed(record.forces?.m, 0)}
                      </Td>
                      <Td right from="desk">
                        {formatFixed(record.forces?.t, 0)}
                      </Td>
                      <Td right from="desk">
                        {prices.rangeText(record.target?.min, record.target?.max)}
                      </Td>
                      <Td right>{formatDuration(record.durations.totalMs)}</Td>
                    </Tr>
                  );
                })}
              </tbody>
            </Table>
          )
        }
      </QueryView>
    </Panel>
  );
}
