// The place of the two weeks' chart until its code and its numbers are there.
import type { ReactNode } from "react";
import { Panel } from "@/components/ui/panel";
import { Skeleton } from "@/components/ui/states";

export function MoneyDaysSkeleton(): ReactNode {
  return (
    <Panel title="Last 14 days, $">
      <Skeleton className="h-[138px] w-full" />
    </Panel>
  );
}
