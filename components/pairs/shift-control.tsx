// Manual range shift: the strategy's target, or two edges snapped to ticks with steppers and arrow keys; the result is a plan, not a transaction.
"use client";
import { Minus, MoveVertical, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { SelectField, TextField } from "@/components/ui/field";
import { GateBar } from "@/components/ui/gate-bar";
import { KeyValue } from "@/components/ui/key-value";
import { Segmented } from "@/components/ui/segmented";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand, type UseCommand } from "@/components/wallet/use-command";
import { formatInteger } from "@/lib/format/number";
import { formatFeePips, formatPercent } from "@/lib/format/percent";
import { formatUsd } from "@/lib/format/usd";
import type { PairStatus, PositionDto } from "@/lib/api/schemas";
import { clampTick, frameOf, pricesOf, rangeProblem, snapPrice, spacingOf, type TickRange } from "./snap-range";
import type { PriceView } from "./use-price-direction";

export function ShiftControl({ pair, prices }: { readonly pair: PairStatus; readonly prices: PriceView }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  // Kept here: between burn and mint there is no position, and the form goes while the act is still followed.
  const command = useCommand();
  const positions = useApi("pairPositions", { params: { id: pair.id } });
  const none = positions.data !== undefined && positions.data.positions.length === 0;
  return (
    <>
      <Button
        onClick={() => setOpen(true)}
        disabled={none}
        title={none ? "There is no position to shift yet" : undefined}
      >
        <MoveVertical size={14} aria-hidden="true" />
        Shift range
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={(open) => {
          setOpen(open);
          if (!open) command.reset();
        }}
        size="large"
        title={`Shift a range of ${pair.id}`}
        description={
          pair.mode === "approve"
            ? "You sign what you want; the worker makes a plan from the live state, and the plan waits for an approval."
            : pair.mode === "auto"
              ? "You sign what you want; the worker makes a plan from the live state and carries it out inside the limits."
              : "The pair observes only: the signer refuses transactions until its mode is APPROVE or AUTO."
        }
      >
        {positions.data === undefined ? (
          <SkeletonRows rows={3} label="positions" />
        ) : positions.data.positions.length === 0 ? (
          <Empty title="No position to shift.">
            {command.busy === null
              ? "The first deployment opens one."
              : "It is being moved; the new one appears when its mint is verified."}
          </Empty>
        ) : (
          <ShiftForm key={pair.id} pair={pair} prices={prices} positions={positions.data.positions} command={command} />
        )}
        <div className="mt-3">
          <CommandNote state={command.state} />
        </div>
      </Dialog>
    </>
  );
}

function ShiftForm({
  pair,
  prices,
  positions,
  command,
}: {
  readonly pair: PairStatus;
  readonly prices: PriceView;
  readonly positions: readonly PositionDto[];
  readonly command: UseCommand;
}): ReactNode {
  const [positionId, setPositionId] = useState(positions[0]?.positionId ?? "");
  const [kind, setKind] = useState<"target" | "own">("target");
  const [own, setOwn] = useState<TickRange | null>(null);
  const position = positions.find((each) => each.positionId === positionId) ?? positions[0];
  if (position === undefined) return null;
  const frame = frameOf(position);
  const spacing = spacingOf(position);
  const ticks = own ?? startTicks(position, spacing);
  const chosen =
    kind === "own"
      ? pricesOf(ticks, frame)
      : position.targetLower === null || position.targetUpper === null
        ? null
        : { lower: position.targetLower, upper: position.targetUpper };
  const problem =
    kind === "own"
      ? rangeProblem(ticks, position)
      : chosen === null
        ? "The strategy has no target now; give a range of your own."
        : null;
  const now = prices.range(position.priceLower, position.priceUpper);
  const next = chosen === null ? null : prices.range(chosen.lower, chosen.upper);
  const price = prices.value(pair.price);
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void command.run({
          action: "range.shift",
          target: pair.id,
          params: { pairId: pair.id, positionId: position.positionId, ticks: kind === "own" ? ticks : null },
        });
      }}
    >
      {positions.length > 1 && (
        <SelectField
          label="Position"
          value={position.positionId}
          onChange={(event) => {
            setPositionId(event.target.value);
            setOwn(null);
          }}
        >
          {positions.map((each) => (
            <option key={each.positionId} value={each.positionId}>
              #{each.tokenId}, {each.dexName} {formatFeePips(each.feePips)}, {formatUsd(each.valueUsd)}
            </option>
          ))}
        </SelectField>
      )}
      <div>
        <Segmented
          label="Which range"
          value={kind}
          options={[
            { value: "target", label: "Strategy's target" },
            { value: "own", label: "My own range" },
          ]}
          onChange={setKind}
        />
      </div>
      {kind === "own" && (
        <div className="grid gap-3 desk:grid-cols-2">
          {/* Field order follows the page's direction: low price first. */}
          {(prices.direction === "quote_per_base") === frame.baseIsToken0 ? (
            <>
              <EdgeField name="Lower price" edge="tickLower" {...{ ticks, spacing, frame, prices, setOwn }} />
              <EdgeField name="Upper price" edge="tickUpper" {...{ ticks, spacing, frame, prices, setOwn }} />
            </>
          ) : (
            <>
              <EdgeField name="Lower price" edge="tickUpper" {...{ ticks, spacing, frame, prices, setOwn }} />
              <EdgeField name="Upper price" edge="tickLower" {...{ ticks, spacing, frame, prices, setOwn }} />
            </>
          )}
        </div>
      )}
      <div>
        <GateBar
          size="full"
          price={price}
          lower={now?.lower ?? null}
          upper={now?.upper ?? null}
          targetLower={next?.lower}
          targetUpper={next?.upper}
          label={`Now ${prices.rangeText(position.priceLower, position.priceUpper)}, then ${prices.rangeText(chosen?.lower, chosen?.upper)}, price ${prices.text(pair.price)}`}
        />
        <div className="mt-2">
          <KeyValue
            ruled
            rows={[
              { key: `Now, ${prices.unit}`, value: prices.rangeText(position.priceLower, position.priceUpper) },
              {
                key: "Then",
                value: (
                  <span className="text-prop">
                    {prices.rangeText(chosen?.lower, chosen?.upper)}
                    {kind === "target" && " at the next cycle's numbers"}
                  </span>
                ),
              },
              ...(kind === "own"
                ? [
                    {
                      key: "Ticks",
                      value: `${formatInteger(ticks.tickLower)} – ${formatInteger(ticks.tickUpper)}, spacing ${spacing}`,
                    },
                  ]
                : []),
              {
                key: "Width",
                value: next === null || next.lower <= 0 ? "–" : formatPercent(next.upper / next.lower - 1),
              },
              {
                key: "Price stands",
                value:
                  next === null || price === null
                    ? "–"
                    : price < next.lower
                      ? "below it: all in one token, earns nothing until the price comes"
                      : price > next.upper
                        ? "above it: all in one token, earns nothing until the price comes"
                        : `${formatPercent((price - next.lower) / (next.upper - next.lower), 0)} from its lower edge`,
              },
              { key: "Moves", value: formatUsd(position.valueUsd + position.feesUsd) },
            ]}
          />
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <Button
          kind="primary"
          type="submit"
          disabled={problem !== null}
          busy={command.busy}
          className="w-full desk:w-auto"
        >
          Ask for this shift with wallet
        </Button>
        {problem !== null && <span className="text-dense text-ink-2">{problem}</span>}
      </div>
    </form>
  );
}

function startTicks(position: PositionDto, spacing: number): TickRange {
  const frame = frameOf(position);
  const { targetLower, targetUpper } = position;
  if (targetLower !== null && targetUpper !== null) {
    const a = snapPrice(targetLower, spacing, frame);
    const b = snapPrice(targetUpper, spacing, frame);
    if (a !== null && b !== null && a !== b) return { tickLower: Math.min(a, b), tickUpper: Math.max(a, b) };
  }
  return { tickLower: position.tickLower, tickUpper: position.tickUpper };
}

/** One edge: type a price, step by a tick spacing (arrow keys), ten with shift; it snaps when left. */
function EdgeField({
  name,
  edge,
  ticks,
  spacing,
  frame,
  prices,
  setOwn,
}: {
  readonly name: string;
  readonly edge: "tickLower" | "tickUpper";
  readonly ticks: TickRange;
  readonly spacing: number;
  readonly frame: ReturnType<typeof frameOf>;
  readonly prices: PriceView;
  readonly setOwn: (ticks: TickRange) => void;
}): ReactNode {
  const [draft, setDraft] = useState<string | null>(null);
  const tick = ticks[edge];
  const raw = pricesOf({ tickLower: tick, tickUpper: clampTick(tick + spacing, spacing) }, frame);
  const price = frame.baseIsToken0 ? raw.lower : raw.upper;
  // Up means a higher price as the page shows it.
  const up = (prices.direction === "quote_per_base") === frame.baseIsToken0 ? 1 : -1;
  const step = (count: number): void => {
    setDraft(null);
    setOwn({ ...ticks, [edge]: clampTick(tick + up * count * spacing, spacing) });
  };
  const take = (): void => {
    if (draft === null) return;
    const typed = prices.value(Number(draft.replaceAll(",", "").trim()));
    const snapped = typed === null ? null : snapPrice(typed, spacing, frame);
    setDraft(null);
    if (snapped !== null) setOwn({ ...ticks, [edge]: snapped });
  };
  return (
    <div className="flex items-end gap-1.5">
      <TextField
        className="min-w-0 flex-1"
        label={`${name}, ${prices.unit}`}
        inputMode="decimal"
        value={draft ?? prices.text(price)}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === "Enter" && draft !== null) {
            event.preventDefault();
            take();
          }
          if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
          event.preventDefault();
          step((event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1));
        }}
      />
      <Button
        className="w-11 px-0! desk:h-9! desk:w-9"
        aria-label={`${name}: one tick spacing down`}
        onClick={() => step(-1)}
      >
        <Minus size={14} aria-hidden="true" />
      </Button>
      <Button
        className="w-11 px-0! desk:h-9! desk:w-9"
        aria-label={`${name}: one tick spacing up`}
        onClick={() => step(1)}
      >
        <Plus size={14} aria-hidden="true" />
      </Button>
    </div>
  );
}
