// The cost by hop: each swap and bridge with who carries it, gas by chain; what the plan expects, before anything is signed.
"use client";
import type { ReactNode } from "react";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import type { PlanDto } from "@/lib/api/schemas";
import { UNKNOWN } from "@/lib/format/number";
import { formatUsd } from "@/lib/format/usd";

export function PlanHops({ plan }: { readonly plan: PlanDto }): ReactNode {
  const { hops } = plan;
  const known = hops.flatMap(({ feeUsd }) => (feeUsd === null ? [] : [feeUsd]));
  const isWhole = known.length === hops.length;
  return (
    <div className="-mx-3.5 mt-3 border-t desk:-mx-4">
      <Table caption="Cost by hop">
        <thead>
          <tr>
            <Th>Hop</Th>
            <Th from="desk">Carried by</Th>
            <Th right>Takes, expected</Th>
          </tr>
        </thead>
        <tbody>
          {hops.map((hop) => (
            <Tr key={hop.id}>
              <Td className="wrap-anywhere">
                {hop.title}
                <Sub className="desk:hidden">{hop.provider}</Sub>
                <Sub className="whitespace-normal">{hop.detail}</Sub>
              </Td>
              <Td from="desk" className="text-ink-2">
                {hop.provider === "" ? <span className="text-ink-3">the chain itself</span> : hop.provider}
              </Td>
              <Td right>
                {hop.feeUsd === null ? (
                  <span title="Known when the quote is fetched">{UNKNOWN}</span>
                ) : (
                  formatUsd(hop.feeUsd)
                )}
              </Td>
            </Tr>
          ))}
          <Tr isTotal>
            <Td>{isWhole ? "All hops" : "Hops that are known"}</Td>
            <Td from="desk" />
            <Td right>{formatUsd(known.reduce((sum, usd) => sum + usd, 0))}</Td>
          </Tr>
        </tbody>
      </Table>
    </div>
  );
}
