// One signed act from the first press to its result: what it waits for now, and what became of it, by the stream and by asking.
"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useApi } from "@/components/live/use-api";
import type { CommandAction } from "@/lib/api/commands";
import { showToast } from "@/components/ui/toast";
import type { CommandRequest } from "./send-command";
import { walletSentence } from "./wallet-error";

export interface CommandState {
  readonly phase: "idle" | "wallet" | "signature" | "sending" | "accepted" | "done" | "refused" | "failed";
  /** What is true now, one sentence; empty while idle. */
  readonly sentence: string;
  readonly commandId: `0x${string}` | null;
}

export interface UseCommand {
  readonly state: CommandState;
  /** Text for a busy button, null when it may be pressed. */
  readonly busy: string | null;
  run<A extends CommandAction>(request: CommandRequest<A>): Promise<void>;
  reset(): void;
}

const IDLE: CommandState = { phase: "idle", sentence: "", commandId: null };
const WAITS = {
  wallet: "Opening the wallet…",
  signature: "Waiting for your signature…",
  sending: "Sending…",
  accepted: "Accepted, waiting for the result…",
} as const;
/** The stream brings the result; asking is the net under it. */
const FOLLOW_MS = 2_000;

export function useCommand(): UseCommand {
  const client = useQueryClient();
  const [state, setState] = useState<CommandState>(IDLE);
  const isFollowing = state.phase === "accepted" && state.commandId !== null;
  const record = useApi("command", state.commandId === null ? {} : { params: { commandId: state.commandId } }, {
    enabled: isFollowing,
    refetchMs: FOLLOW_MS,
  });

  const outcome = isFollowing && record.data?.commandId === state.commandId ? record.data : null;
  const shown: CommandState =
    outcome === null || outcome.status === "accepted"
      ? state
      : { ...state, phase: outcome.status, sentence: outcome.result };

  const isOver = outcome !== null && outcome.status !== "accepted";
  useEffect(() => {
    if (!isOver) return;
    void client.invalidateQueries();
    showToast(shown.phase === "done" ? "ok" : "warn", shown.sentence);
  }, [isOver, client, shown.phase, shown.sentence]);

  async function run<A extends CommandAction>(request: CommandRequest<A>): Promise<void> {
    setState({ phase: "wallet", sentence: WAITS.wallet, commandId: null });
    try {
      const { sendCommand } = await import("./send-command");
      const answer = await sendCommand(request, (phase) =>
        setState({ phase, sentence: WAITS[phase], commandId: null }),
      );
      setState({ phase: answer.status, sentence: answer.result, commandId: answer.commandId });
      if (answer.status === "accepted") return;
      void client.invalidateQueries();
      showToast(answer.status === "done" ? "ok" : "warn", answer.result);
    } catch (error) {
      // The sentence is what the person sees beside the button; nothing was signed or sent when it says so.
      setState({ phase: "failed", sentence: walletSentence(error), commandId: null });
    }
  }

  const { phase } = shown;
  const busy =
    phase === "wallet" || phase === "signature" || phase === "sending" || phase === "accepted" ? WAITS[phase] : null;
  return { state: shown, busy, run, reset: () => setState(IDLE) };
}
