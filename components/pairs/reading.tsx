// Beside the charts while the stretch of time that was pressed is read and the one before still shows.
import type { ReactNode } from "react";
import { windowLabel, type WindowName } from "./use-chart-window";

/** Not there for the moment that a quick answer takes. */
export function Reading({ name }: { readonly name: WindowName }): ReactNode {
  return (
    <span role="status" className="text-micro text-ink-3 transition-opacity delay-300 starting:opacity-0">
      Reading {windowLabel(name)}
    </span>
  );
}
