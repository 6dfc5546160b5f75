// Everything that happened with one plan: timeline, what went where, what comes next, and a file for a report.
"use client";
import { Download } from "lucide-react";
import dynamic from "next/dynamic";
import { useState, type ReactNode } from "react";
import { StatusChip } from "@/components/approvals/plan-head";
import { nextSentence, planTitle } from "@/components/approvals/plan-words";
import { api } from "@/components/live/api";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Copyable } from "@/components/ui/copyable";
import { KeyValue } from "@/components/ui/key-value";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import type { AmountDto, PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatAge } from "@/lib/format/age";
import { formatInteger } from "@/lib/format/number";
import { formatPrice } from "@/lib/format/price";
import { formatInstant } from "@/lib/format/time";
import { formatSignedToken, formatTokenExact } from "@/lib/format/token";
import { formatUsd } from "@/lib/format/usd";
import { FundsMap } from "./funds-map";
import { needsActs, planFacts } from "./plan-acts";
import { PlanScore } from "./plan-score";
import { PlanTimeline } from "./plan-timeline";
import { withoutSecrets } from "./report-bundle";
import { saveJson } from "./save-json";
import { hasFailed } from "./step-cause";

/** Below the timeline, and only wanted when something went wrong: both come after the first paint. */
const PlanTrace = dynamic(
  lazyPart(() => import("./plan-trace").then((module) => module.PlanTrace)),
  {
    ssr: false,
    loading: () => (
      <Panel title="Log by trace id" flush>
        <SkeletonRows rows={6} height={40} label="the log" />
      </Panel>
    ),
  },
);
const PlanActsPanel = dynamic(
  lazyPart(() => import("./plan-acts-panel").then((module) => module.PlanActsPanel)),
  {
    ssr: false,
    loading: () => (
      <Panel title="What you can do" flush>
        <SkeletonRows rows={4} height={72} label="the acts" />
      </Panel>
    ),
  },
);

export function ActivityDetail({ planId }: { readonly planId: string }): ReactNode {
  const plan = useApi("plan", { params: { planId } });
  return (
    <QueryView
      query={plan}
      what="this plan"
      skeleton={
        <Panel title="Timeline" flush>
          <SkeletonRows rows={8} height={56} label="the plan" />
        </Panel>
      }
    >
      {(data) => <Detail plan={data} />}
    </QueryView>
  );
}

function Detail({ plan }: { readonly plan: PlanDto }): ReactNode {
  const nowMs = useWallNow();
  const deltas = sumDeltas(plan);
  const gasUsed = plan.steps.reduce((total, step) => total + Number(step.op?.gasUsed ?? 0), 0);
  const sent = plan.steps.reduce((total, step) => total + (step.op?.attempts.length ?? 0), 0);
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_348px] mid:grid-rows-[auto_1fr]">
      <Panel title={planTitle(plan)} meta={<StatusChip status={plan.status} />}>
        <PlanTimeline plan={plan} />
      </Panel>
      <div className="grid gap-3 desk:gap-4 mid:row-span-2">
        <Panel title="What comes next">
          <p className="text-ink-2">{nextSentence(plan)}</p>
          <NextEpoch pairId={plan.pairId} />
          <ul className="mt-2 grid gap-1">
            <li>
              <TextLink href={`/approvals/${plan.planId}`}>The card with ranges, bounds and limits</TextLink>
            </li>
          </ul>
        </Panel>
        {needsActs(planFacts(plan)) && <PlanActsPanel plan={plan} />}
        {plan.endedAtMs !== null && <PlanScore planId={plan.planId} pairId={plan.pairId} />}
        <Panel title="What went where">
          {deltas.length === 0 ? (
            <p className="text-ink-2">No transaction has changed the wallet.</p>
          ) : (
            <KeyValue
              ruled
              rows={deltas.map((delta) => ({
                key: `${delta.token.symbol}, ${delta.chain}`,
                title: `${formatTokenExact(delta.raw, delta.token.decimals)} ${delta.token.symbol}`,
                value: <b className="font-strong">{formatSignedToken(delta.raw, delta.token.decimals)}</b>,
              }))}
            />
          )}
          <p className="mt-2 text-dense text-ink-3">Changes of the wallet by all verified steps, gas apart.</p>
        </Panel>
        <FundsMap pairId={plan.pairId} />
        <Panel title="Facts" tools={<SaveReport plan={plan} />}>
          <KeyValue
            rows={[
              {
                key: "Pair",
                value: <TextLink href={`/pairs/${encodeURIComponent(plan.pairId)}`}>{plan.pairId}</TextLink>,
              },
              { key: "Made", value: formatInstant(plan.createdAtMs, nowMs) },
              {
                key: "Lived",
                value: plan.endedAtMs === null ? "still open" : formatAge(plan.endedAtMs - plan.createdAtMs),
              },
              {
                key: "Decision",
                value: (
                  <TextLink href={`/pairs/${encodeURIComponent(plan.pairId)}/decisions/${plan.epoch}`}>
                    epoch {formatInteger(plan.epoch)}
                  </TextLink>
                ),
              },
              { key: "Reference price", value: formatPrice(plan.bounds.referencePrice) },
              { key: "Transactions signed", value: formatInteger(sent) },
              {
                key: "Gas used",
                value: gasUsed === 0 ? "none" : `${formatInteger(gasUsed)}, ${formatUsd(plan.gasUsd)}`,
              },
              {
                key: "Expected cost",
                value: formatUsd(plan.forecast.costUsd),
              },
              { key: "Plan", value: <Copyable value={plan.planId} shown={shortHex(plan.planId)} what="plan id" /> },
              {
                key: "Plan hash",
                value: <Copyable value={plan.planHash} shown={shortHex(plan.planHash)} what="plan hash" />,
              },
            ]}
          />
        </Panel>
      </div>
      <PlanTrace planId={plan.planId} />
    </div>
  );
}

/** The next automatic act, whatever became of this plan. */
function NextEpoch({ pairId }: { readonly pairId: string }): ReactNode {
  const pair = useApi("pairStatus", { params: { id: pairId } }).data;
  if (pair === undefined) return null;
  const left = pair.nextEpochMarketAtMs === null ? null : pair.nextEpochMarketAtMs - pair.marketNowMs;
  return (
    <p className="mt-1 text-ink-2">
      {pair.halted !== null
        ? `${pairId} is halted: nothing happens until a signed unhalt.`
        : pair.pause !== null
          ? `${pairId} is paused: nothing new is planned until it is resumed.`
          : left === null
            ? "When the next epoch decides is not known now."
            : `The next epoch decides in ${formatAge(Math.max(0, left))} of market time, in mode ${pair.mode.toUpperCase()}.`}
    </p>
  );
}

function SaveReport({ plan }: { readonly plan: PlanDto }): ReactNode {
  const [isBusy, setBusy] = useState(false);
  const environment = useApi("environment").data;
  const pair = useApi("pairStatus", { params: { id: plan.pairId } }).data;
  const system = useApi("system").data;
  const save = async (): Promise<void> => {
    setBusy(true);
    const causes = await Promise.all(
      plan.steps.filter(hasFailed).map(async ({ index }) => {
        try {
          return { step: index, ...(await api.call("opCause", { params: { planId: plan.planId, index } })) };
        } catch {
          // The chain is away: the report goes without this part and says so.
          return { step: index, reason: "could not be read when the report was saved" };
        }
      }),
    );
    saveJson(
      `tidegate-plan-${plan.planId.slice(2, 10)}.json`,
      withoutSecrets({
        version: environment?.version ?? null,
        savedAtMs: Date.now(),
        plan,
        causes,
        pair: pair ?? null,
        services: system?.services ?? null,
      }),
    );
    setBusy(false);
  };
  return (
    <Button size="small" kind="quiet" busy={isBusy ? "Reading…" : null} onClick={() => void save()}>
      <Download size={13} aria-hidden="true" />
      JSON for a report
    </Button>
  );
}

interface WalletChange {
  readonly chain: string;
  readonly token: AmountDto["token"];
  readonly raw: string;
}

function sumDeltas(plan: PlanDto): readonly WalletChange[] {
  const totals = new Map<
    string,
    { readonly chainId: number; readonly token: AmountDto["token"]; readonly raw: bigint }
  >();
  for (const step of plan.steps) {
    const { chainId } = step.step;
    for (const delta of step.op?.deltas ?? []) {
      const key = `${chainId}:${delta.token.address}`;
      totals.set(key, { chainId, token: delta.token, raw: (totals.get(key)?.raw ?? 0n) + BigInt(delta.raw) });
    }
  }
  return [...totals.values()].map(({ chainId, token, raw }) => ({
    chain: plan.chains.find(({ id }) => id === chainId)?.name ?? `chain ${chainId}`,
    token,
    raw: raw.toString(),
  }));
}
