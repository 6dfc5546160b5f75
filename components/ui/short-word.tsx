// A word of others beside a figure, such as a token's symbol: cut when it has no end, so that the figure stays; whole on hover and where the keyboard stands.
import type { ReactNode } from "react";
import { cx } from "./cx";

/** In a row whose link the keyboard is at the word is broken instead of cut; a screen reader reads all of it always. */
export function ShortWord({
  isTight = false,
  children,
}: {
  /** Where two stand on a line of a table. */
  readonly isTight?: boolean;
  readonly children: string;
}): ReactNode {
  return (
    <span
      title={children}
      className={cx(
        "inline-block truncate align-bottom [tr:has(a:focus-visible)_&]:wrap-anywhere [tr:has(a:focus-visible)_&]:whitespace-normal",
        isTight ? "max-w-[5.5em]" : "max-w-[9em]",
      )}
    >
      {children}
    </span>
  );
}
