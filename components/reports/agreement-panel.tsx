// How the views of the same results agree, and what explains the capital: every difference has a line with a name.
"use client";
import type { ReactNode } from "react";
import { KeyValue } from "@/components/ui/key-value";
import { Panel } from "@/components/ui/panel";
import { Status } from "@/components/ui/status";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { AgreementDto, FlowSumsDto } from "@/lib/api/money-schemas";
import { formatInteger } from "@/lib/format/number";
import { formatDayMinutes } from "@/lib/format/time";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { Money } from "./days-panel";

/** Sums of floating-point dollars may differ in the last digits; a hundredth of a cent is none of them. */
const EQUAL_USD = 1e-4;
/** strategy.md section 12: a larger part of the capital must not stay unexplained. */
const MAX_RESIDUAL_FRAC = 0.001;

export function AgreementPanel({ agreement }: { readonly agreement: AgreementDto }): ReactNode {
  const { byEpoch, byDay, byPosition, ofNoPosition, differenceUsd, capital } = agreement;
  const isEqual = differenceUsd < EQUAL_USD && Math.abs(capital?.differenceUsd ?? 0) < EQUAL_USD;
  return (
    <Panel
      title="How the figures agree"
      meta={
        <Status tone={isEqual ? "ok" : "crit"}>
          {isEqual
            ? "Equal: difference 0.00"
            : `Differs by ${formatUsd(Math.max(differenceUsd, Math.abs(capital?.differenceUsd ?? 0)))}`}
        </Status>
      }
      flush
    >
      <Table caption="The same results by epoch, by day and by position">
        <thead>
          <tr>
            <Th>Sum</Th>
            <Th right>Net</Th>
            <Th right>Fees</Th>
            <Th right from="desk">
              Change of value
            </Th>
            <Th right from="mid">
              Divergence
            </Th>
            <Th right from="mid">
              Gas
            </Th>
            <Th right from="mid">
              Swaps
            </Th>
            <Th right from="desk">
              Bridges
            </Th>
            <Th right>Alpha</Th>
          </tr>
        </thead>
        <tbody>
          <Line name="By epoch" sums={byEpoch} />
          <Line name="By day" sums={byDay} />
          <Line name="By position" sums={byPosition} />
          <Line name="Of no position" sums={ofNoPosition} title="Swaps, bridges, and the gas of approvals" />
        </tbody>
      </Table>
      <div className="grid gap-x-8 gap-y-3 border-t p-3.5 desk:p-4 mid:grid-cols-2">
        {capital === null ? (
          <p className="text-ink-2">The capital is explained from the second epoch on.</p>
        ) : (
          <Capital capital={capital} />
        )}
        <Checks agreement={agreement} />
      </div>
    </Panel>
  );
}

function Line({
  name,
  sums,
  title,
}: {
  readonly name: string;
  readonly sums: FlowSumsDto;
  readonly title?: string;
}): ReactNode {
  return (
    <Tr>
      <Td {...(title === undefined ? {} : { title })}>{name}</Td>
      <Money value={sums.netUsd} strong />
      <Money value={sums.feesUsd} />
      <Money value={sums.markUsd} from="desk" />
      <Money value={0 - sums.lvrUsd} from="mid" />
      <Money value={0 - sums.gasUsd} from="mid" />
      <Money value={0 - sums.swapCostUsd} from="mid" />
      <Money value={0 - sums.bridgeCostUsd} from="desk" />
      <Money value={sums.alphaUsd} />
    </Tr>
  );
}

function line(key: string, usd: number, isShown = true) {
  return isShown ? [{ key, value: formatSignedUsd(usd) }] : [];
}

function Capital({ capital }: { readonly capital: NonNullable<AgreementDto["capital"]> }): ReactNode {
  return (
    <KeyValue
      ruled
      rows={[
        { key: `Capital ${formatDayMinutes(capital.fromMs)}`, value: formatUsd(capital.startUsd) },
        ...line("Assigned and adopted", capital.paidInUsd),
        ...line("Fees", capital.feesUsd),
        ...line("Change of value in pools", capital.markUsd),
        ...line("Price of tokens outside pools", capital.outsideUsd),
        ...line("Swaps", 0 - capital.swapCostUsd),
        ...line("Bridges", 0 - capital.bridgeCostUsd, capital.bridgeCostUsd !== 0),
        ...line("Written off", 0 - capital.writtenOffUsd, capital.writtenOffUsd !== 0),
        ...line("Epochs that are not kept", capital.notKeptUsd, Math.abs(capital.notKeptUsd) >= EQUAL_USD),
        {
          key: `Capital ${formatDayMinutes(capital.toMs)}`,
          value: <b className="font-strong">{formatUsd(capital.endUsd)}</b>,
        },
      ]}
    />
  );
}

function Checks({ agreement }: { readonly agreement: AgreementDto }): ReactNode {
  const { receipts, capital, waitingEntries } = agreement;
  const residualUsd = capital?.residualUsd ?? null;
  const isExplained =
    residualUsd === null || Math.abs(residualUsd) <= MAX_RESIDUAL_FRAC * Math.abs(capital?.endUsd ?? 0);
  return (
    <div className="grid content-start gap-2">
      <KeyValue
        ruled
        rows={[
          {
            key: "Against balances on chain",
            value:
              residualUsd === null ? (
                "not now"
              ) : (
                <Status tone={isExplained ? "ok" : "crit"}>
                  {Math.abs(residualUsd) < EQUAL_USD ? "equal: difference $0.00" : formatSignedUsd(residualUsd)}
                </Status>
              ),
          },
          {
            key: "Closed positions against receipts",
            value: (
              <Status tone={receipts.feeDifferences === 0 && receipts.markDifferenceUsd < EQUAL_USD ? "ok" : "crit"}>
                {receipts.feeDifferences === 0 && receipts.markDifferenceUsd < EQUAL_USD
                  ? `${formatInteger(receipts.lives)} equal`
                  : `${formatInteger(receipts.feeDifferences)} fees differ, value by ${formatUsd(receipts.markDifferenceUsd)}`}
              </Status>
            ),
          },
          { key: "Entries for the next epoch", value: formatInteger(waitingEntries) },
        ]}
      />
      <p className="text-dense text-ink-3">
        Gas is paid from the wallet&rsquo;s coin, which is no pair&rsquo;s capital: it is in net, not in these lines.
        Fees of closed positions are compared to the last unit.
      </p>
    </div>
  );
}
