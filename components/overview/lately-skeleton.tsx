// The place of the newest plans until their code and their rows are there.
import type { ReactNode } from "react";
import { Panel } from "@/components/ui/panel";
import { SkeletonRows } from "@/components/ui/states";

const ROW_HEIGHT = 49;

export function LatelyRows(): ReactNode {
  return <SkeletonRows rows={5} height={ROW_HEIGHT} label="what was done lately" />;
}

export function LatelySkeleton(): ReactNode {
  return (
    <Panel title="Lately" flush>
      <LatelyRows />
    </Panel>
  );
}
