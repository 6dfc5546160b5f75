// Money with its sign, in the colour and the words of gain or loss.
import type { ReactNode } from "react";
import { formatSignedUsd } from "@/lib/format/usd";
import { cx } from "@/components/ui/cx";

export function SignedMoney({
  value,
  className,
}: {
  readonly value: number | null | undefined;
  readonly className?: string;
}): ReactNode {
  const tone =
    value === null || value === undefined || value === 0 ? "text-ink-2" : value > 0 ? "text-pos" : "text-neg";
  return <span className={cx("whitespace-nowrap", tone, className)}>{formatSignedUsd(value)}</span>;
}
