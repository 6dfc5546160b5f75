// The four states of a view: skeleton of the same size, empty, error with a way out, and stale over the last good value.
import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { cx } from "./cx";
import { Status } from "./status";

export function Skeleton({ className }: { readonly className?: string | undefined }): ReactNode {
  return (
    <span
      aria-hidden="true"
      data-skeleton=""
      className={cx("block rounded-chip bg-hover", className ?? "h-4 w-full")}
    />
  );
}

/** Rows of the height the data will have; announced once. */
export function SkeletonRows({
  rows,
  height = 33,
  label,
}: {
  readonly rows: number;
  readonly height?: number;
  readonly label: string;
}): ReactNode {
  return (
    <div role="status" aria-label={`Loading ${label}`}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center gap-4 border-b px-4 last:border-b-0" style={{ height }}>
          <Skeleton className="h-3 w-1/4" />
          <Skeleton className="h-3 w-1/6" />
          <Skeleton className="ml-auto h-3 w-1/5" />
        </div>
      ))}
    </div>
  );
}

/** Nothing there yet: says what will appear and how. */
export function Empty({
  title,
  children,
  action,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}): ReactNode {
  return (
    <div className="px-3.5 py-6 text-ink-2 desk:px-4">
      <p className="font-strong text-ink">{title}</p>
      {children !== undefined && <p className="mt-1 max-w-prose">{children}</p>}
      {action !== undefined && <div className="mt-3">{action}</div>}
    </div>
  );
}

export function ErrorState({
  what,
  sentence,
  onRetry,
}: {
  /** What could not be shown: "positions". */
  readonly what: string;
  readonly sentence: string;
  readonly onRetry?: (() => void) | undefined;
}): ReactNode {
  return (
    <div role="status" className="px-3.5 py-5 desk:px-4">
      <Status tone="warn">No answer for {what}</Status>
      <p className="mt-1 max-w-prose text-ink-2">{sentence}</p>
      {onRetry !== undefined && (
        <Button size="small" className="mt-3" onClick={onRetry}>
          <RotateCw size={13} aria-hidden="true" />
          Try again
        </Button>
      )}
    </div>
  );
}
