// The four states of a view around one reading: skeleton, error with a way out, last good value marked as such, data.
"use client";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { ApiError } from "@/lib/api/client";
import { formatAge } from "@/lib/format/age";
import { useWallNow } from "./ticker";

interface Reading<T> {
  readonly data: T | undefined;
  readonly error: ApiError | null;
  readonly isPending: boolean;
  readonly dataUpdatedAt: number;
  refetch(): unknown;
}

export function QueryView<T>({
  query,
  what,
  skeleton,
  children,
}: {
  readonly query: Reading<T>;
  /** What is read, in the plural: "positions". */
  readonly what: string;
  readonly skeleton: ReactNode;
  readonly children: (data: T) => ReactNode;
}): ReactNode {
  const { data, error } = query;
  if (data === undefined) {
    if (error === null) return skeleton;
    if (error.code === "unauthenticated" || error.code === "forbidden") {
      return (
        <div className="px-3.5 py-5 desk:px-4">
          <Status tone="unknown">{error.code === "forbidden" ? "Not for your role" : "Sign in to see this"}</Status>
          <p className="mt-1 max-w-prose text-ink-2">
            {error.message} {error.code === "unauthenticated" && <SignInLink />}
          </p>
        </div>
      );
    }
    return <ErrorState what={what} sentence={error.message} onRetry={() => void query.refetch()} />;
  }
  return (
    <>
      {error !== null && (
        <div
          role="status"
          className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-l-2 border-l-warn bg-warn-soft px-3.5 py-1.5 desk:px-4"
        >
          <span className="text-dense text-ink-2">
            {error.message} Showing the last good value
            <Old sinceMs={query.dataUpdatedAt} />.
          </span>
          <Button size="small" kind="quiet" onClick={() => void query.refetch()}>
            Try again
          </Button>
        </div>
      )}
      {children(data)}
    </>
  );
}

/** Back to this page afterwards: the link of an alert is opened signed out. */
function SignInLink(): ReactNode {
  return <TextLink href={`/login?next=${encodeURIComponent(usePathname())}`}>Sign in</TextLink>;
}

/** Apart, so that only these words follow the clock. */
function Old({ sinceMs }: { readonly sinceMs: number }): ReactNode {
  const nowMs = useWallNow();
  return nowMs > 0 ? `, ${formatAge(nowMs - sinceMs)} old` : null;
}
