// The backtest of a pool that is not added yet: the lab's worker on the pair's candles, its result net of costs beside holding.
"use client";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { leadingTwin, TWIN_LABEL } from "@/components/lab/lab-numbers";
import { ResultHead, RunNotes } from "@/components/lab/result-head";
import { newRunId } from "@/components/lab/run-id";
import { RunProgress } from "@/components/lab/run-progress";
import type { KeptRun } from "@/components/lab/run-store";
import { useLabRun } from "@/components/lab/use-lab-run";
import { useRunActs } from "@/components/lab/use-runs";
import { SignedMoney } from "@/components/live/signed-money";
import { useApi } from "@/components/live/use-api";
import { askSettings, type SettingsAnswer } from "@/components/settings/settings-api";
import { Button } from "@/components/ui/button";
import { TextField } from "@/components/ui/field";
import { Status } from "@/components/ui/status";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { ApiError } from "@/lib/api/client";
import type { RegistryAddition } from "@/lib/api/system-settings";
import type { TwinReport } from "@/lib/backtest/report";
import { formatUsd } from "@/lib/format/usd";
import { capsOfDepth } from "./pool-caps";
import { planTrial, type Trial } from "./pool-trial";

/** Where the depth is not known: what the lab's sample of a small account starts with. */
const CAPITAL_USD = 10_000;
const GAS_USD_PER_TX = "0.1";

export function PoolTrialPanel({
  addition,
  market,
}: {
  readonly addition: RegistryAddition;
  readonly market: SettingsAnswer<"poolCheck">["market"];
}): ReactNode {
  const caps = capsOfDepth(market?.depthUsd ?? null);
  const [capitalUsd, setCapitalUsd] = useState(() => String(caps?.maxUsdPerPlan ?? CAPITAL_USD));
  const [gasUsdPerTx, setGasUsdPerTx] = useState(GAS_USD_PER_TX);
  const [trial, setTrial] = useState<Trial | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [finished, setFinished] = useState<KeptRun | null>(null);
  const [notKept, setNotKept] = useState<string | null>(null);
  const [isReading, setReading] = useState(false);
  const asked = useRef<AbortController | null>(null);
  const environment = useApi("environment").data;
  const acts = useRunActs();
  const run = useLabRun();
  useEffect(() => () => asked.current?.abort(), []);

  const start = async (): Promise<void> => {
    const controller = new AbortController();
    asked.current = controller;
    setProblem(null);
    setFinished(null);
    setTrial(null);
    setNotKept(null);
    setReading(true);
    try {
      const answer = await askSettings("poolTrial", { body: { addition }, signal: controller.signal });
      if (controller.signal.aborted) return;
      const planned = planTrial(answer, { capitalUsd, gasUsdPerTx, market });
      if (!planned.ok) {
        setProblem(planned.message);
        return;
      }
      const { request, data, source } = planned.trial;
      setTrial(planned.trial);
      run.start({ request, data }, (report) => {
        const kept: KeptRun = {
          id: newRunId(),
          name: request.name,
          savedAtMs: Date.now(),
          source,
          isSimulated: (environment?.sandbox ?? null) !== null,
          report,
        };
        setFinished(kept);
        void acts.keep(kept).then(setNotKept);
      });
    } catch (error) {
      if (controller.signal.aborted) return;
      setProblem(error instanceof ApiError ? error.message : "The desk did not answer; no candles were read.");
    } finally {
      if (asked.current === controller) setReading(false);
    }
  };
  const stop = (): void => {
    asked.current?.abort();
    asked.current = null;
    setReading(false);
  };
  const leading = finished === null ? null : leadingTwin(finished.report);

  return (
    <section aria-label="Backtest of 30 days" className="min-w-0 border-t py-3">
      <div className="px-3.5 desk:px-4">
        <h3 className="mb-1 font-title">Backtest of 30 days</h3>
        <p className="max-w-prose text-dense text-ink-2">
          What the pair&rsquo;s policies would have made in this pool, net of gas and swaps, beside holding the same
          money. It runs in this browser and changes nothing.
        </p>
        <form
          className="mt-3 flex flex-wrap items-start gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            void start();
          }}
        >
          <TextField
            label="Capital, $"
            className="w-36"
            inputMode="decimal"
            value={capitalUsd}
            onChange={(event) => setCapitalUsd(event.target.value)}
          />
          <TextField
            label="Gas per tx, $"
            className="w-36"
            inputMode="decimal"
            value={gasUsdPerTx}
            onChange={(event) => setGasUsdPerTx(event.target.value)}
          />
          {run.state.kind !== "running" && (
            <Button type="submit" className="desk:mt-6" busy={isReading ? "Reading the candles…" : null}>
              Run the backtest
            </Button>
          )}
          {isReading && (
            <Button kind="quiet" className="desk:mt-6" onClick={stop}>
              Stop
            </Button>
          )}
        </form>
        <div className="mt-3 max-w-prose empty:hidden">
          <RunProgress run={run} />
        </div>
        <div role="status" className="mt-3 grid max-w-prose gap-1 text-dense text-ink-2 empty:hidden">
          {problem !== null && (
            <p className="wrap-anywhere">
              <Status tone="warn">No result</Status> {problem}
            </p>
          )}
          {run.state.kind === "failed" && (
            <p className="wrap-anywhere">
              <Status tone="warn">The run failed</Status> {run.state.message}
            </p>
          )}
          {run.state.kind === "stopped" && <p>Stopped. There is no result.</p>}
          {trial !== null && <p data-testid="trial-data">{trial.sentence}</p>}
          {notKept !== null && <p>{notKept}</p>}
        </div>
      </div>
      {finished !== null && leading !== null && (
        <div className="mt-3 grid gap-3 desk:px-4">
          <BesideHolding twins={finished.report.twins} />
          {leading.rebalances === 0 && (
            <p className="max-w-prose px-3.5 text-dense text-ink-2 desk:px-0">
              {leading.title} opened no position in these days: at the fees and costs above none paid for its risk, so
              that it kept what it began with.
            </p>
          )}
          <ResultHead run={finished} twin={leading} />
          <RunNotes run={finished} />
          {notKept === null && (
            <p className="px-3.5 text-dense desk:px-0">
              <TextLink href={`/lab?run=${finished.id}`}>Open this run in the lab, with charts and decisions</TextLink>
            </p>
          )}
        </div>
      )}
    </section>
  );
}

function BesideHolding({ twins }: { readonly twins: readonly TwinReport[] }): ReactNode {
  return (
    <Table caption="Net of costs, beside holding">
      <thead>
        <tr>
          <Th>Policy</Th>
          <Th right>Net of costs</Th>
          <Th right>Against holding</Th>
          <Th right from="desk">
            Fees, estimate
          </Th>
          <Th right from="desk">
            Gas and swaps
          </Th>
        </tr>
      </thead>
      <tbody>
        {twins.map((twin) => (
          <Tr key={twin.name}>
            <Td>{TWIN_LABEL[twin.name]}</Td>
            <Td right>
              <SignedMoney value={twin.netUsd} />
            </Td>
            <Td right>{twin.name === "hold" ? "it is holding" : <SignedMoney value={twin.netVsHoldUsd} />}</Td>
            <Td right from="desk">
              {formatUsd(twin.feesUsd)}
            </Td>
            <Td right from="desk">
              {formatUsd(twin.gasUsd + twin.swapCostUsd)}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
