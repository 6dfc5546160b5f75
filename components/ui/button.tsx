// Buttons: one primary per screen in ink, danger as an outline, and a busy form that says what it waits for.
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { cx } from "./cx";

export type ButtonKind = "default" | "primary" | "quiet" | "danger";

const KIND: Readonly<Record<ButtonKind, string>> = {
  default: "border-line-2 text-ink hover:bg-hover",
  primary: "border-primary bg-primary text-on-primary hover:opacity-90",
  quiet: "border-transparent text-ink-2 hover:bg-hover",
  danger: "border-crit text-crit hover:bg-hover",
};

const SIZE = {
  normal: "h-11 px-3.5 desk:h-8 desk:px-3 font-strong",
  small: "h-9 min-w-11 px-2.5 desk:h-[26px] desk:min-w-0 desk:px-[9px] text-dense font-text",
} as const;

export function buttonClass(kind: ButtonKind = "default", size: keyof typeof SIZE = "normal"): string {
  return cx(
    "relative inline-flex shrink-0 items-center justify-center gap-[7px] rounded-control border whitespace-nowrap transition-colors duration-1",
    "disabled:cursor-not-allowed disabled:border-line disabled:bg-transparent disabled:text-ink-3 disabled:opacity-100",
    "aria-disabled:cursor-not-allowed aria-disabled:border-line aria-disabled:text-ink-3",
    KIND[kind],
    SIZE[size],
  );
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: ButtonKind | undefined;
  readonly size?: keyof typeof SIZE | undefined;
  /** After the first press: disabled, and these words say what it waits for. */
  readonly busy?: string | null | undefined;
}

export function Button({ kind, size, busy, children, className, disabled, ...rest }: ButtonProps): ReactNode {
  const isBusy = typeof busy === "string";
  return (
    <button
      type="button"
      {...rest}
      disabled={isBusy || disabled === true}
      aria-busy={isBusy || undefined}
      className={cx(buttonClass(kind, size), className)}
    >
      {isBusy ? busy : children}
    </button>
  );
}
