// Replay of one decision: the strategy's own code runs again in this browser on the inputs its worker kept. Loaded on request.
"use client";
import { useState, type ReactNode } from "react";
import { api } from "@/components/live/api";
import { reasonWords } from "@/components/shell/words";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Status } from "@/components/ui/status";
import { walletSentence } from "@/components/wallet/wallet-error";
import type { EpochRecord } from "@/lib/epoch/epoch-record";
import { formatDuration } from "@/lib/format/age";
import type { Replay } from "./replay-decision";

type State =
  | { readonly is: "idle" | "running" }
  | { readonly is: "done"; readonly replay: Replay; readonly allMs: number }
  | { readonly is: "failed"; readonly sentence: string };

/** Most differences shown. */
const SHOWN = 12;

export function ReplayPanel({ record }: { readonly record: EpochRecord }): ReactNode {
  const [state, setState] = useState<State>({ is: "idle" });
  const run = async (): Promise<void> => {
    setState({ is: "running" });
    const fromMs = performance.now();
    try {
      const [input, { replayDecision }] = await Promise.all([
        api.call("pairPreviewInput", { params: { id: record.pairId }, query: { epoch: record.epoch } }),
        import("./replay-decision"),
      ]);
      const replay = replayDecision(input, record);
      setState({ is: "done", replay, allMs: performance.now() - fromMs });
    } catch (error) {
      setState({ is: "failed", sentence: walletSentence(error) });
    }
  };
  return (
    <Panel
      title="Replay"
      tools={
        <Button size="small" busy={state.is === "running" ? "Replaying…" : null} onClick={() => void run()}>
          {state.is === "done" ? "Replay again" : "Replay this decision"}
        </Button>
      }
    >
      <div role="status" data-testid="replay">
        {(state.is === "idle" || state.is === "running") && (
          <p className="text-ink-2">
            Runs the strategy again in this browser, on the inputs that its worker kept, and compares every gate to the
            last digit. Nothing is sent.
          </p>
        )}
        {state.is === "failed" && (
          <p>
            <Status tone="warn">No replay</Status> <span className="text-ink-2">{state.sentence}</span>
          </p>
        )}
        {state.is === "done" && <Outcome replay={state.replay} allMs={state.allMs} />}
      </div>
    </Panel>
  );
}

function Outcome({ replay, allMs }: { readonly replay: Replay; readonly allMs: number }): ReactNode {
  const { differences } = replay;
  return (
    <>
      <p>
        {differences.length === 0 ? (
          <Status tone="ok">
            The same decision: {replay.kind}, {reasonWords(replay.reason)}, {replay.gates} of {replay.gates} gates equal
            to the last digit
          </Status>
        ) : (
          <Status tone="warn">
            {differences.length === 1 ? "1 difference" : `${differences.length} differences`}: {replay.kind},{" "}
            {reasonWords(replay.reason)}
          </Status>
        )}
      </p>
      {differences.length > 0 && (
        <>
          <ul className="mt-1 text-dense text-ink-2">
            {differences.slice(0, SHOWN).map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
          <p className="mt-1 text-dense text-ink-3">
            A replay uses the settings of now and the candles as they are stored now: a change of settings since, or
            candles that came after the decision, are reasons to differ.
          </p>
        </>
      )}
      <p className="mt-1 text-dense text-ink-3">
        {formatDuration(replay.tookMs)} to compute, {formatDuration(allMs)} with reading.
      </p>
    </>
  );
}
