// A word of others beside a figure, such as a token's symbol: cut when it has no end, whole on hover, so that the figure stays.
import type { ReactNode } from "react";

export function ShortWord({ children }: { readonly children: string }): ReactNode {
  return (
    <span title={children} className="inline-block max-w-[9em] truncate align-bottom">
      {children}
    </span>
  );
}
