// One surface with a hairline: a head with title, age and tools, and a body.
import type { ReactNode } from "react";
import { cx } from "./cx";

export function Panel({
  title,
  meta,
  tools,
  children,
  className,
  flush = false,
  level = 2,
}: {
  readonly title: string;
  readonly meta?: ReactNode;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  /** Body without padding: tables and lists bring their own. */
  readonly flush?: boolean;
  readonly level?: 2 | 3;
}): ReactNode {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section aria-label={title} className={cx("min-w-0 border-y bg-panel desk:border", className)}>
      <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b px-3.5 py-1 desk:min-h-[38px] desk:px-4">
        <Heading className="text-body font-title whitespace-nowrap">{title}</Heading>
        {meta}
        {tools !== undefined && <div className="ml-auto flex items-center gap-2">{tools}</div>}
      </div>
      <div className={flush ? undefined : "p-3.5 desk:p-4"}>{children}</div>
    </section>
  );
}
