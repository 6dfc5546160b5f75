// A page that failed to draw: says so, keeps the frame, offers a way out.
"use client";
import type { ReactNode } from "react";
import { ErrorState } from "@/components/ui/states";

export default function PageError({ error, reset }: { readonly error: Error; readonly reset: () => void }): ReactNode {
  // Code that did not arrive is remembered as missing until the page is loaded anew.
  const isCodeMissing = /chunk/i.test(`${error.name} ${error.message}`);
  return (
    <div className="border-y bg-panel desk:border">
      <ErrorState
        what="this page"
        sentence={
          isCodeMissing
            ? "A part of its code did not arrive: this browser is offline, or the desk was updated meanwhile. Workers and signer run without the page."
            : "Drawing it failed. The system behind it is not affected: workers and signer run without the page."
        }
        onRetry={isCodeMissing ? () => location.reload() : reset}
      />
    </div>
  );
}
