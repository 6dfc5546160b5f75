// The mark: two posts, the filled level between them, the water outside.
import type { ReactNode } from "react";

export function Logo({ size }: { readonly size: number }): ReactNode {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <path fill="var(--ink)" d="M6 3h4v26H6zM22 3h4v26h-4z" />
      <path fill="var(--tide)" d="M10 16h12v13H10zM1 15h5v2H1zM26 15h5v2h-5z" />
    </svg>
  );
}
