// Holds the live stream of the session and feeds its events into the query cache.
"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { applyEvent } from "./apply-event";
import { startLiveStream } from "./live-stream";

export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const client = useQueryClient();
  useEffect(
    () =>
      startLiveStream({
        onEvent: (event) => applyEvent(client, event),
        onRefetch: () => void client.invalidateQueries(),
      }),
    [client],
  );
  return children;
}
