// Dense tables with hairlines: 28 px head, numbers right, whole row opens; on phones columns leave by importance.
import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from "react";
import { cx } from "./cx";

export function Table({
  caption,
  children,
  className,
}: {
  /** Read by screen readers, not shown. */
  readonly caption: string;
  readonly children: ReactNode;
  readonly className?: string | undefined;
}): ReactNode {
  return (
    // On a narrow screen it scrolls sideways, which the keyboard must reach too.
    // Relative, so that words for screen readers alone stay inside what scrolls.
    <div className="relative overflow-x-auto" tabIndex={0} role="group" aria-label={caption}>
      <table className={cx("w-full border-collapse text-dense", className)}>
        <caption className="sr-only">{caption}</caption>
        {children}
      </table>
    </div>
  );
}

/** From which width a column is there. */
export type ColumnFrom = "always" | "desk" | "mid" | "full" | "wide";
const FROM: Readonly<Record<ColumnFrom, string>> = {
  always: "",
  desk: "hidden desk:table-cell",
  mid: "hidden mid:table-cell",
  // Tables across the whole page have all their columns on a screen of 1440.
  full: "hidden min-[1400px]:table-cell",
  wide: "hidden wide:table-cell",
};

export function Th({
  right = false,
  from = "always",
  className,
  ...rest
}: ThHTMLAttributes<HTMLTableCellElement> & { readonly right?: boolean; readonly from?: ColumnFrom }): ReactNode {
  return (
    <th
      scope="col"
      {...rest}
      className={cx(
        "h-7 border-b px-2 text-micro font-text whitespace-nowrap text-ink-3 first:pl-3.5 last:pr-3.5 desk:px-3 desk:first:pl-4 desk:last:pr-4",
        right ? "text-right" : "text-left",
        FROM[from],
        className,
      )}
    />
  );
}

export function Td({
  right = false,
  words = false,
  from = "always",
  className,
  ...rest
}: TdHTMLAttributes<HTMLTableCellElement> & {
  readonly right?: boolean;
  /** Words of others, perhaps one without end: broken anywhere, so that the figures beside them stay in sight. */
  readonly words?: boolean;
  readonly from?: ColumnFrom;
}): ReactNode {
  return (
    <td
      {...rest}
      className={cx(
        "border-b px-2 py-[7px] align-middle first:pl-3.5 last:pr-3.5 desk:px-3 desk:first:pl-4 desk:last:pr-4",
        right && "text-right whitespace-nowrap",
        words && "min-w-28 wrap-anywhere",
        FROM[from],
        className,
      )}
    />
  );
}

export function Tr({
  className,
  children,
  isTotal = false,
}: {
  readonly className?: string | undefined;
  readonly children: ReactNode;
  readonly isTotal?: boolean;
}): ReactNode {
  return (
    <tr
      className={cx(
        "relative last:[&>td]:border-b-0",
        isTotal ? "font-title [&>td]:border-t [&>td]:border-t-line-2" : "[&:has(a)]:hover:bg-hover",
        className,
      )}
    >
      {children}
    </tr>
  );
}

/** Second line of a cell. */
export function Sub({ children, className }: { readonly children: ReactNode; readonly className?: string }): ReactNode {
  return <span className={cx("block text-micro text-ink-3", className)}>{children}</span>;
}
