// Acknowledges an alert: asks for a session first when there is none, then says what is true.
"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/components/live/api";
import { showToast } from "@/components/ui/toast";
import { useSession } from "@/components/wallet/use-session";
import { askForSignIn } from "@/components/wallet/wallet-store";
import type { AlertDto } from "@/lib/api/alert-schemas";
import { ApiError } from "@/lib/api/client";

export interface Acknowledge {
  /** What it waits for; null when nothing runs. */
  readonly busy: string | null;
  readonly error: string | null;
  run(alert: AlertDto, note: string): Promise<boolean>;
}

export function useAcknowledge(): Acknowledge {
  const client = useQueryClient();
  const session = useSession();
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  return {
    busy,
    error,
    async run(alert, note) {
      setError(null);
      if (session.data?.signedIn !== true) {
        const isIn = await askForSignIn("Acknowledging an alert is written down with your address.");
        if (!isIn) return false;
      }
      setBusy("Acknowledging");
      try {
        const answer = await api.call("alertAck", { params: { alertId: alert.id }, body: { note } });
        await client.invalidateQueries({ queryKey: ["alerts"] });
        if (answer.status === "done") showToast("ok", "Acknowledged", "No more reminders, for anybody.");
        else showToast("warn", "Written down, not yet taken up", "The alerts process has not answered yet.");
        return true;
      } catch (cause) {
        setError(cause instanceof ApiError ? cause.message : "The desk did not answer; try again.");
        return false;
      } finally {
        setBusy(null);
      }
    },
  };
}
