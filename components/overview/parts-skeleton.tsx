// The place of the parts of the net until their code and their numbers are there.
import type { ReactNode } from "react";
import { Skeleton } from "@/components/ui/states";

const ROWS = 7;

/** As high as the parts: nothing below it moves when they come. */
export function PartsSkeleton(): ReactNode {
  return (
    <div role="status" aria-label="Loading profit and loss" className="grid h-[264px] content-start gap-3">
      <Skeleton className="h-6 w-52" />
      {Array.from({ length: ROWS }, (_, index) => (
        <Skeleton key={index} className="h-3.5 w-full" />
      ))}
    </div>
  );
}
