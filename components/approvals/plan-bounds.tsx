// The card's fifth part: each bound with what is true now against its limit. Leaving any of them voids the plan.
"use client";
import type { ReactNode } from "react";
import { reasonWords } from "@/components/shell/words";
import { Status } from "@/components/ui/status";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatGwei } from "@/lib/format/gwei";
import { formatInteger, shortFigures } from "@/lib/format/number";
import { CheckList, type CheckItem } from "./check-list";
import { PlanSection } from "./plan-section";
import { countChecks, isOpen } from "./plan-words";

export function ChecksWord({ plan }: { readonly plan: PlanDto }): ReactNode {
  const { all, hold, failed, unknown } = countChecks(plan);
  if (failed > 0) return <Status tone="warn">{`${failed} of ${all} fails`}</Status>;
  if (unknown > 0) return <Status tone="unknown">{`${hold} of ${all} hold, ${unknown} unknown`}</Status>;
  if (all === 0) return <Status tone="unknown">none known</Status>;
  return <Status tone="ok">{`${hold} of ${all} hold`}</Status>;
}

export function PlanBounds({ plan }: { readonly plan: PlanDto }): ReactNode {
  const open = isOpen(plan);
  const voided = plan.status === "voided";
  return (
    <PlanSection
      index={5}
      title="Bounds"
      meta={open ? <ChecksWord plan={plan} /> : "as set; the plan is over"}
      className="order-5 desk:order-none"
    >
      {voided && (
        <p className="mb-1 flex items-baseline wrap-anywhere gap-2 border-l-2 border-warn bg-warn-soft px-3 py-2 text-ink-2">
          <Status tone="warn">Left</Status> {plan.statusReason}
        </p>
      )}
      <CheckList
        label="Bounds"
        items={[
          ...plan.boundChecks
            .filter((check) => !isQuiet(check, open))
            .map((check) => (isTrust(check) ? trustItem(check, open) : boundItem(check, open))),
          ...setBounds(plan),
        ]}
      />
      <QuietChecks checks={plan.boundChecks.filter((check) => isQuiet(check, open))} open={open} />
      <p className="mt-2 text-dense text-ink-3">
        {open
          ? "Marks say what is true now. A dot is set in the plan and checked by the signer right before each signature."
          : "Values are no longer compared. What happened stands in the steps."}
      </p>
    </PlanSection>
  );
}

type Check = PlanDto["boundChecks"][number];

function isTrust(check: Check): boolean {
  return check.id.startsWith("trust:");
}

/** Inputs that are as they must be need no line each; one that is not always has its own. */
function isQuiet(check: Check, open: boolean): boolean {
  return isTrust(check) && (!open || check.ok === true);
}

function QuietChecks({ checks, open }: { readonly checks: readonly Check[]; readonly open: boolean }): ReactNode {
  if (checks.length === 0) return null;
  const words = `${checks.length} ${checks.length === 1 ? "check" : "checks"} of inputs`;
  return (
    <details className="mt-1 text-dense">
      <summary className="min-h-6 w-fit py-1 text-ink-2 hover:text-ink">
        {open ? `${words} ${checks.length === 1 ? "holds" : "hold"}` : `${words} were required`}
      </summary>
      <CheckList label="Checks of inputs" items={checks.map((check) => trustItem(check, open))} />
    </details>
  );
}

function stateOf(check: Check, open: boolean): CheckItem["state"] {
  if (!open) return "later";
  return check.ok === null ? "unknown" : check.ok ? "holds" : "fails";
}

function boundItem(check: Check, open: boolean): CheckItem {
  return {
    id: check.id,
    label: check.label,
    value: open ? check.value : check.limit,
    limit: open ? check.limit : null,
    state: stateOf(check, open),
  };
}

const RULE: Readonly<Record<string, string>> = {
  venue_quorum: "Exchanges that agree",
  reachable: "Chain answers",
  spot_vs_cex: "Pool price against exchanges",
  spot_vs_twap: "Pool price against its average",
  volume_age: "Volumes and reserves",
};

/** What the worker trusts of its inputs: the rule in words, which pool it is about, and its own sentence below. */
function trustItem(check: Check, open: boolean): CheckItem {
  const pool = /0x[0-9a-f]{40,64}$/i.exec(check.label)?.[0];
  const rule = RULE[check.limit] ?? reasonWords(check.limit);
  return {
    id: check.id,
    label: pool === undefined ? rule : `${rule}, ${shortHex(pool)}`,
    detail: open && check.value.toLowerCase() !== rule.toLowerCase() ? shortFigures(check.value) : undefined,
    value: open ? (check.ok === true ? "holds" : check.ok === false ? "does not hold" : "unknown") : "required",
    limit: null,
    state: stateOf(check, open),
  };
}

/** Bounds the desk has no live value for: shown as set, never as passed. */
function setBounds(plan: PlanDto): readonly CheckItem[] {
  const { bounds } = plan;
  return [
    ...bounds.poolTicks.map(({ pool, tick, maxTickMove }): CheckItem => ({
      id: `tick:${pool}`,
      label: bounds.poolTicks.length > 1 ? `Tick window, ${shortHex(pool)}` : "Tick window of the pool",
      value: formatInteger(tick),
      limit: `±${formatInteger(maxTickMove)}`,
      state: "later",
    })),
    ...bounds.maxFeePerGasWei.map(({ chainId, wei }): CheckItem => ({
      id: `gas:${chainId}`,
      label: plan.chains.length > 1 ? `Gas price, chain ${chainId}` : "Gas price",
      value: `at most ${formatGwei(wei)}`,
      limit: null,
      state: "later",
    })),
  ];
}
