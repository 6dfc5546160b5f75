// What of the pair is where now: in each position, free in the wallet, on the way between chains.
"use client";
import type { ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { AmountDto } from "@/lib/api/schemas";
import { positionName } from "@/lib/format/position-name";
import { formatToken, formatTokenExact } from "@/lib/format/token";
import { formatUsd } from "@/lib/format/usd";
import { groupDigits } from "@/lib/format/number";

export function FundsMap({ pairId }: { readonly pairId: string }): ReactNode {
  const status = useApi("pairStatus", { params: { id: pairId } });
  const positions = useApi("pairPositions", { params: { id: pairId } });
  const open = positions.data?.positions ?? [];
  return (
    <Panel title="What is where now" flush>
      <QueryView query={status} what="the funds" skeleton={<SkeletonRows rows={3} label="the funds" />}>
        {(pair) => (
          <>
            <Table caption={`Funds of ${pairId} now`}>
              <thead>
                <tr>
                  <Th>Where</Th>
                  <Th right>{pair.base}</Th>
                  <Th right>{pair.quote}</Th>
                </tr>
              </thead>
              <tbody>
                {open.map((position) => (
                  <Tr key={position.positionId}>
                    <Td>
                      {position.dexName} {positionName(position.family, position.tokenId)}
                    </Td>
                    <Amount amount={position.base} />
                    <Amount amount={position.quote} />
                  </Tr>
                ))}
                <Tr>
                  <Td>Free in the wallet</Td>
                  <Amount amount={sumOf(pair.account, pair.base)} />
                  <Amount amount={sumOf(pair.account, pair.quote)} />
                </Tr>
              </tbody>
            </Table>
            <p className="border-t px-3.5 py-2.5 text-dense text-ink-3 desk:px-4">
              {pair.inTransitUsd === null
                ? "What is between chains is not known now. "
                : pair.inTransitUsd === 0
                  ? "Nothing is between chains. "
                  : `${formatUsd(pair.inTransitUsd)} is between chains. `}
              {pair.blocks.map(({ chainId, number }) => `Block ${groupDigits(number)} of chain ${chainId}`).join(", ")}.
            </p>
          </>
        )}
      </QueryView>
    </Panel>
  );
}

function Amount({ amount }: { readonly amount: AmountDto | null }): ReactNode {
  return (
    <Td right title={amount === null ? undefined : formatTokenExact(amount.raw, amount.token.decimals)}>
      {amount === null ? "0" : formatToken(amount.raw, amount.token.decimals)}
    </Td>
  );
}

/** One token may lie on several chains with other decimals: all are brought to the most. */
function sumOf(account: readonly AmountDto[], symbol: string): AmountDto | null {
  const found = account.filter(({ token }) => token.symbol === symbol);
  const [first] = found;
  if (first === undefined) return null;
  const decimals = Math.max(...found.map(({ token }) => token.decimals));
  const raw = found.reduce((sum, each) => sum + BigInt(each.raw) * 10n ** BigInt(decimals - each.token.decimals), 0n);
  return { ...first, token: { ...first.token, decimals }, raw: raw.toString() };
}
