// One backtest at a time in a worker of its own: progress while it runs, its report at the end, stopped at once on request.
"use client";
import { useEffect, useRef, useState } from "react";
import type { BacktestReport } from "@/lib/backtest/report";
import { runMessageSchema, type RunCommand } from "./run-messages";

export type RunState =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly stage: string; readonly doneFrac: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly message: string };

export interface LabRun {
  readonly state: RunState;
  readonly start: (command: RunCommand, onDone: (report: BacktestReport) => void) => void;
  readonly cancel: () => void;
  /** For a failure before the worker began, such as data that could not be read. */
  readonly fail: (message: string) => void;
}

export function useLabRun(): LabRun {
  const [state, setState] = useState<RunState>({ kind: "idle" });
  const worker = useRef<Worker | null>(null);
  useEffect(
    () => () => {
      worker.current?.terminate();
      worker.current = null;
    },
    [],
  );
  const end = (next: RunState): void => {
    worker.current?.terminate();
    worker.current = null;
    setState(next);
  };
  return {
    state,
    start(command, onDone) {
      worker.current?.terminate();
      const next = new Worker(new URL("./run-worker.ts", import.meta.url), { type: "module" });
      worker.current = next;
      setState({ kind: "running", stage: "Starting", doneFrac: 0 });
      next.addEventListener("message", (event: MessageEvent<unknown>) => {
        // A message that was under way when its run was stopped belongs to nobody.
        if (worker.current !== next) return;
        const message = runMessageSchema.safeParse(event.data);
        if (!message.success) {
          const issue = message.error.issues[0];
          end({
            kind: "failed",
            message: `The run ended with a report of an unknown shape (${issue?.path.join(".") ?? "?"}: ${issue?.message ?? "?"}). Reload the page.`,
          });
        } else if (message.data.kind === "progress") {
          setState({ kind: "running", stage: message.data.stage, doneFrac: message.data.doneFrac });
        } else if (message.data.kind === "failed") {
          end({ kind: "failed", message: message.data.message });
        } else {
          end({ kind: "idle" });
          onDone(message.data.report);
        }
      });
      next.addEventListener("error", (event) => {
        if (worker.current !== next) return;
        end({
          kind: "failed",
          message: `The run stopped: ${event.message === "" ? "its program could not be loaded" : event.message}. Reload the page and try again.`,
        });
      });
      next.postMessage(command, []);
    },
    cancel: () => end({ kind: "stopped" }),
    fail: (message) => end({ kind: "failed", message }),
  };
}
