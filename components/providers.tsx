// Everything the pages share in the browser: query cache, URL state, the live stream, toasts and the wallet dialog.
"use client";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { useState, type ReactNode } from "react";
import { config as zodConfig } from "zod/v4/core";
import { LiveProvider } from "@/components/live/live-provider";
import { ToastArea } from "@/components/ui/toast";
import { LazyWalletDialog } from "@/components/wallet/lazy-wallet-dialog";

// The page's content policy forbids building functions from text, which zod would try for speed.
zodConfig({ jitless: true });

/** Answers stay in memory this long after their view is gone: going back shows them at once. */
const KEEP_MS = 10 * 60_000;

export function Providers({ children }: { readonly children: ReactNode }): ReactNode {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { staleTime: 2_000, gcTime: KEEP_MS, refetchOnWindowFocus: true, refetchOnReconnect: true },
        },
      }),
  );
  return (
    <QueryClientProvider client={client}>
      <NuqsAdapter>
        <LiveProvider>
          {children}
          <LazyWalletDialog />
          <ToastArea />
        </LiveProvider>
      </NuqsAdapter>
    </QueryClientProvider>
  );
}
