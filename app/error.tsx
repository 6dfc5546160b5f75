// A page that failed to draw: says so, keeps the frame, offers a way out.
"use client";
import type { ReactNode } from "react";
import { ErrorState } from "@/components/ui/states";

export default function PageError({ reset }: { readonly error: Error; readonly reset: () => void }): ReactNode {
  return (
    <div className="border-y bg-panel desk:border">
      <ErrorState
        what="this page"
        sentence="Drawing it failed. The system behind it is not affected: workers and signer run without the page."
        onRetry={reset}
      />
    </div>
  );
}
