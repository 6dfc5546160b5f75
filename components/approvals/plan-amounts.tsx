// The card's third part: what is where before and after, per place and token, with the change and the wallet's leftovers.
"use client";
import type { ReactNode } from "react";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { AmountDto, PlanDto } from "@/lib/api/schemas";
import { formatSignedToken, formatToken, formatTokenExact } from "@/lib/format/token";
import { formatSignedUsd, formatUsd } from "@/lib/format/usd";
import { PlanSection } from "./plan-section";

interface Line {
  readonly key: string;
  readonly place: string;
  readonly token: AmountDto["token"];
  readonly before: bigint;
  readonly after: bigint;
}

export function PlanAmounts({ plan }: { readonly plan: PlanDto }): ReactNode {
  const lines = linesOf(plan);
  const beforeUsd = sumUsd(plan.before);
  const afterUsd = sumUsd(plan.after);
  // Less than a cent is rounding of the model, not a change.
  const changeUsd = Math.abs(afterUsd - beforeUsd) < 0.005 ? 0 : afterUsd - beforeUsd;
  return (
    <PlanSection index={3} title="Before and after" meta="from the plan's blocks" className="order-4 desk:order-none">
      <div className="-mx-3.5 desk:-mx-4">
        <Table caption="Amounts before and after the plan, per place and token">
          <thead>
            <tr>
              <Th>Where</Th>
              <Th right>Before</Th>
              <Th right>After</Th>
              <Th right>Change</Th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <Tr key={line.key}>
                <Td>
                  <b className="font-strong">{line.token.symbol}</b>
                  <span className="block text-micro text-ink-3 desk:ml-2 desk:inline desk:text-dense">
                    {line.place}
                  </span>
                </Td>
                <Amount raw={line.before} token={line.token} />
                <Amount raw={line.after} token={line.token} />
                <Td right title={formatTokenExact((line.after - line.before).toString(), line.token.decimals)}>
                  {changeText(line)}
                </Td>
              </Tr>
            ))}
            <Tr isTotal>
              <Td>Value</Td>
              <Td right>{formatUsd(beforeUsd)}</Td>
              <Td right>{formatUsd(afterUsd)}</Td>
              <Td right className={changeUsd < 0 ? "text-neg" : changeUsd > 0 ? "text-pos" : "text-ink-2"}>
                {formatSignedUsd(changeUsd)}
              </Td>
            </Tr>
          </tbody>
        </Table>
      </div>
      <p className="mt-2 text-dense text-ink-3">
        Expected amounts; what must arrive at least stands in the steps.{" "}
        {plan.chains.length > 1
          ? "Between chains the amounts are in transit until they have arrived. "
          : "One chain: nothing is bridged or in transit. "}
        Gas is paid apart.
      </p>
      <PlanNotes notes={plan.notes} />
    </PlanSection>
  );
}

/** What the plan chose that its steps do not say: what was left out, and why. */
function PlanNotes({ notes }: { readonly notes: readonly string[] }): ReactNode {
  if (notes.length === 0) return null;
  return (
    <section aria-label="Choices of this plan" className="mt-3 border-t pt-2">
      <h4 className="text-micro text-ink-3">Choices of this plan</h4>
      <ul className="mt-1 grid gap-1">
        {notes.map((note) => (
          <li key={note} className="wrap-anywhere text-ink-2">
            {note}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Dust that neither side shows is not spelled out; the exact change is on hover. */
function changeText({ before, after, token }: Line): string {
  const isShown = formatToken(before.toString(), token.decimals) !== formatToken(after.toString(), token.decimals);
  if (before === after) return "0";
  return isShown && !isDust(after - before, token)
    ? formatSignedToken((after - before).toString(), token.decimals)
    : "≈ 0";
}

/** Less than a hundred millionth of a token: its digits only make the column wide. */
function isDust(raw: bigint, { decimals }: AmountDto["token"]): boolean {
  const size = raw < 0n ? -raw : raw;
  return size > 0n && decimals > 8 && size < 10n ** BigInt(decimals - 8);
}

function Amount({ raw, token }: { readonly raw: bigint; readonly token: AmountDto["token"] }): ReactNode {
  return (
    <Td
      right
      title={`${formatTokenExact(raw.toString(), token.decimals)} ${token.symbol}`}
      className={raw === 0n ? "text-ink-3" : undefined}
    >
      {isDust(raw, token) ? "≈ 0" : formatToken(raw.toString(), token.decimals)}
    </Td>
  );
}

/** One line per place and token that has something before or after. Places pair up by pool; a new range of the same pool is a new place. */
function linesOf(plan: PlanDto): readonly Line[] {
  const lines: Line[] = [];
  const places = [...new Set([...plan.before, ...plan.after].map((holding) => `${holding.chainId}|${holding.label}`))];
  for (const place of places) {
    const match = (holding: PlanDto["before"][number]): boolean => `${holding.chainId}|${holding.label}` === place;
    const before = plan.before.filter(match);
    const after = plan.after.filter(match);
    const any = before[0] ?? after[0];
    if (any === undefined) continue;
    const chain = plan.chains.find((one) => one.id === any.chainId)?.name ?? `chain ${any.chainId}`;
    for (const side of ["base", "quote"] as const) {
      const line: Line = {
        key: `${place}|${side}`,
        place: plan.chains.length > 1 ? `${any.label}, ${chain}` : any.label,
        token: any[side].token,
        before: sumRaw(before.map((holding) => holding[side].raw)),
        after: sumRaw(after.map((holding) => holding[side].raw)),
      };
      if (line.before !== 0n || line.after !== 0n) lines.push(line);
    }
  }
  return lines;
}

function sumRaw(raws: readonly string[]): bigint {
  return raws.reduce((total, raw) => total + BigInt(raw), 0n);
}

function sumUsd(holdings: PlanDto["before"]): number {
  return holdings.reduce((total, holding) => total + holding.valueUsd, 0);
}
