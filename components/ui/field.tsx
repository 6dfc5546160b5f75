// Labelled inputs: the label above, help or the error below, 3:1 border.
import { useId, type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes } from "react";
import { cx } from "./cx";

const BOX = "h-11 w-full rounded-control border border-edge bg-raised px-2.5 text-ink disabled:text-ink-3 desk:h-9";

interface FieldProps {
  readonly label: string;
  readonly help?: ReactNode;
  readonly error?: string | null | undefined;
  /** In a table whose head says it to the eye: for screen readers only. */
  readonly isLabelHidden?: boolean;
}

export function TextField({
  label,
  help,
  error,
  isLabelHidden = false,
  className,
  ...rest
}: FieldProps & InputHTMLAttributes<HTMLInputElement>): ReactNode {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className={isLabelHidden ? "sr-only" : "mb-1 block text-dense text-ink-2"}>
        {label}
      </label>
      <input
        {...rest}
        id={id}
        aria-invalid={typeof error === "string" || undefined}
        aria-describedby={`${id}-help`}
        className={cx(BOX, typeof error === "string" && "border-warn")}
      />
      <Help id={`${id}-help`} help={help} error={error} />
    </div>
  );
}

export function SelectField({
  label,
  help,
  error,
  isLabelHidden = false,
  className,
  children,
  ...rest
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement>): ReactNode {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className={isLabelHidden ? "sr-only" : "mb-1 block text-dense text-ink-2"}>
        {label}
      </label>
      <select {...rest} id={id} aria-describedby={`${id}-help`} className={BOX}>
        {children}
      </select>
      <Help id={`${id}-help`} help={help} error={error} />
    </div>
  );
}

function Help({
  id,
  help,
  error,
}: {
  readonly id: string;
  readonly help: ReactNode;
  readonly error?: string | null | undefined;
}): ReactNode {
  return (
    <div id={id} className={cx("mt-1 text-dense empty:hidden", typeof error === "string" ? "text-warn" : "text-ink-3")}>
      {typeof error === "string" ? error : help}
    </div>
  );
}
