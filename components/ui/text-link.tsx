// A link inside text: tide, underlined.
import Link from "next/link";
import type { ReactNode } from "react";
import { cx } from "./cx";

export function TextLink({
  href,
  children,
  className,
}: {
  readonly href: string;
  readonly children: ReactNode;
  readonly className?: string | undefined;
}): ReactNode {
  return (
    <Link
      href={href}
      className={cx(
        "text-tide underline decoration-[color-mix(in_srgb,var(--tide)_45%,transparent)] underline-offset-2 hover:decoration-tide",
        className,
      )}
    >
      {children}
    </Link>
  );
}
