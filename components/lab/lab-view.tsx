// The lab: a finished run first, what to run next beside it; charts and form load after the words.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { cx } from "@/components/ui/cx";
import { lazyPart } from "@/components/ui/lazy-part";
import { Panel } from "@/components/ui/panel";
import { ErrorState, Skeleton, SkeletonRows } from "@/components/ui/states";
import type { TwinReport } from "@/lib/backtest/report";
import { leadingTwin } from "./lab-numbers";
import { LAB_TABS, useLabState, type LabState, type LabTab, type SetLabState } from "./lab-state";
import type { KeptRun } from "./run-store";
import { SAMPLE_ID } from "./sample-id";
import { useRun, useRunList } from "./use-runs";

const chart = () => (
  <Panel title="Chart">
    <Skeleton className="h-[300px] w-full" />
  </Panel>
);
const EquityPanels = dynamic(
  lazyPart(() => import("./equity-panels").then((module) => module.EquityPanels)),
  { loading: chart },
);
const RangePanel = dynamic(
  lazyPart(() => import("./range-panel").then((module) => module.RangePanel)),
  { loading: chart },
);
const ComparePanel = dynamic(
  lazyPart(() => import("./compare-panel").then((module) => module.ComparePanel)),
  { loading: chart },
);
const DecisionsPanel = dynamic(lazyPart(() => import("./decisions-panel").then((module) => module.DecisionsPanel)));
const WindowsPanel = dynamic(lazyPart(() => import("./windows-panel").then((module) => module.WindowsPanel)));
const TwinsTable = dynamic(lazyPart(() => import("./twins-table").then((module) => module.TwinsTable)));
const ResultHead = dynamic(
  lazyPart(() => import("./result-head").then((module) => module.ResultHead)),
  {
    loading: HeadSkeleton,
  },
);
// In the browser only: what the server renders it also asks the browser to load before anything can be used.
const RunsPanel = dynamic(
  lazyPart(() => import("./runs-panel").then((module) => module.RunsPanel)),
  { ssr: false },
);
const RunNotes = dynamic(lazyPart(() => import("./result-head").then((module) => module.RunNotes)));
const TwinPicker = dynamic(lazyPart(() => import("./twin-picker").then((module) => module.TwinPicker)));
const RunForm = dynamic(
  lazyPart(() => import("./run-form").then((module) => module.RunForm)),
  {
    ssr: false,
    loading: () => (
      <Panel title="New run" flush>
        <SkeletonRows rows={8} height={56} label="the form" />
      </Panel>
    ),
  },
);

const TAB_LABEL: Readonly<Record<LabTab, string>> = {
  result: "Result",
  range: "Range",
  decisions: "Decisions",
  windows: "Windows",
  compare: "Compare",
};

export function LabView(): ReactNode {
  const [state, setState] = useLabState();
  const run = useRun(state.run);
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_348px]">
      <div className="grid min-w-0 gap-3 desk:gap-4">
        {run.data !== undefined ? (
          <Result run={run.data} state={state} setState={setState} />
        ) : run.error === null ? (
          <HeadSkeleton />
        ) : (
          <Panel title="Run" flush>
            <ErrorState
              what="this run"
              sentence={run.error.message}
              onRetry={() => void (state.run === SAMPLE_ID ? run.refetch() : setState({ run: SAMPLE_ID }))}
            />
          </Panel>
        )}
      </div>
      {run.data !== undefined && state.tab === "result" && (
        <div className="grid min-w-0 gap-3 desk:gap-4 mid:order-3 mid:col-span-2">
          <Table run={run.data} state={state} setState={setState} />
        </div>
      )}
      <div className="grid min-w-0 gap-3 desk:gap-4">
        <RunsPanel state={state} setState={setState} />
        <RunForm
          onDone={(id, policy) => void setState({ run: id, twin: policy, tab: "result" }, { history: "push" })}
        />
      </div>
    </div>
  );
}

function Result({
  run,
  state,
  setState,
}: {
  readonly run: KeptRun;
  readonly state: LabState;
  readonly setState: SetLabState;
}): ReactNode {
  const { report } = run;
  const runs = useRunList().data ?? [];
  const twin = twinOf(run, state);
  if (twin === null) {
    return (
      <Panel title={run.name} flush>
        <ErrorState what="twins" sentence="This report holds no twin; run the backtest again." />
      </Panel>
    );
  }
  return (
    <>
      <ResultHead run={run} twin={twin} />
      <Tabs tab={state.tab} onChoose={(tab) => void setState({ tab }, { history: "push" })} />
      {state.tab !== "result" && state.tab !== "windows" && (
        <div className="px-3.5 desk:px-0">
          <TwinPicker report={report} chosen={twin.name} onChoose={(name) => void setState({ twin: name })} />
        </div>
      )}
      <TabBody run={run} twin={twin} state={state} setState={setState} runs={runs} />
    </>
  );
}

/** Twelve numbers a row need the width of the page. */
function Table({
  run,
  state,
  setState,
}: {
  readonly run: KeptRun;
  readonly state: LabState;
  readonly setState: SetLabState;
}): ReactNode {
  const twin = twinOf(run, state);
  return twin === null ? null : (
    <>
      <TwinsTable report={run.report} chosen={twin.name} state={state} setState={setState} />
      <RunNotes run={run} />
    </>
  );
}

function twinOf(run: KeptRun, state: LabState): TwinReport | null {
  return run.report.twins.find((each) => each.name === state.twin) ?? leadingTwin(run.report);
}

function TabBody({
  run,
  twin,
  state,
  setState,
  runs,
}: {
  readonly run: KeptRun;
  readonly twin: TwinReport;
  readonly state: LabState;
  readonly setState: SetLabState;
  readonly runs: NonNullable<ReturnType<typeof useRunList>["data"]>;
}): ReactNode {
  const { report } = run;
  switch (state.tab) {
    case "result":
      return <EquityPanels report={report} chosen={twin.name} />;
    case "range":
      return (
        <RangePanel
          report={report}
          twin={twin}
          hrefOf={(kind) => `/lab?run=${encodeURIComponent(run.id)}&twin=${twin.name}&tab=decisions&kind=${kind}`}
        />
      );
    case "decisions":
      return <DecisionsPanel twin={twin} state={state} setState={setState} />;
    case "windows":
      return <WindowsPanel report={report} chosen={twin.name} />;
    case "compare":
      return (
        <ComparePanel
          a={run}
          otherId={state.with}
          runs={runs}
          chosen={twin.name}
          onChoose={(id) => void setState({ with: id })}
        />
      );
  }
}

function Tabs({ tab, onChoose }: { readonly tab: LabTab; readonly onChoose: (tab: LabTab) => void }): ReactNode {
  return (
    <div role="group" aria-label="Parts of the result" className="grid grid-cols-5 border-b desk:flex desk:gap-5">
      {LAB_TABS.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === tab}
          onClick={() => onChoose(each)}
          className={cx(
            "-mb-px h-11 border-b-2 text-dense -outline-offset-2 desk:h-8 desk:px-1",
            each === tab ? "border-tide! font-strong text-ink" : "border-transparent! text-ink-3 hover:text-ink",
          )}
        >
          {TAB_LABEL[each]}
        </button>
      ))}
    </div>
  );
}

function HeadSkeleton(): ReactNode {
  return (
    <Panel title="Run">
      <Skeleton className="h-8 w-56" />
      <Skeleton className="mt-3 h-3.5 w-full max-w-prose" />
      <div className="mt-5 grid grid-cols-2 gap-6 desk:grid-cols-3 wide:grid-cols-6">
        {[0, 1, 2, 3, 4, 5].map((tile) => (
          <Skeleton key={tile} className="h-12 w-full" />
        ))}
      </div>
    </Panel>
  );
}
