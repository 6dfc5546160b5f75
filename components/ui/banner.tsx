// One line across the page: a warning has a left bar, something critical is solid.
import type { ReactNode } from "react";
import { cx } from "./cx";
import { StatusShape } from "./status";

export function Banner({
  tone,
  title,
  children,
  action,
}: {
  readonly tone: "warn" | "crit";
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}): ReactNode {
  return (
    <div
      role={tone === "crit" ? "alert" : "status"}
      className={cx(
        "flex flex-wrap items-center gap-x-3 gap-y-1 px-3.5 py-2 desk:px-4",
        tone === "warn" ? "border-l-2 border-warn bg-warn-soft text-ink-2" : "bg-crit text-on-crit",
      )}
    >
      <span className={cx("inline-flex items-center gap-2 font-strong", tone === "warn" && "text-ink")}>
        <span className={tone === "warn" ? "text-warn" : undefined}>
          <StatusShape tone={tone} size={12} />
        </span>
        {title}
      </span>
      {children !== undefined && <span>{children}</span>}
      {action !== undefined && <span className="ml-auto">{action}</span>}
    </div>
  );
}
