// A button that opens a short list of actions.
"use client";
import { Menu as Base } from "@base-ui/react/menu";
import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { buttonClass } from "./button";
import { cx } from "./cx";

export interface MenuItem {
  readonly id: string;
  readonly label: ReactNode;
  readonly detail?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly onSelect: () => void;
}

export function Menu({
  label,
  name,
  items,
  disabled = false,
  className,
}: {
  readonly label: ReactNode;
  /** Accessible name when the label is an icon. */
  readonly name?: string | undefined;
  readonly items: readonly MenuItem[];
  readonly disabled?: boolean;
  readonly className?: string | undefined;
}): ReactNode {
  return (
    <Base.Root>
      <Base.Trigger aria-label={name} disabled={disabled} className={cx(buttonClass(), className)}>
        {label}
        <ChevronDown size={14} aria-hidden="true" />
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-40">
          <Base.Popup className="max-w-[calc(100vw-24px)] min-w-56 rounded-dialog border border-line-2 bg-raised p-1 shadow-float outline-none">
            {items.map((item) => (
              <Base.Item
                key={item.id}
                disabled={item.disabled ?? false}
                onClick={item.onSelect}
                className="block cursor-pointer rounded-control px-2.5 py-2 outline-none select-none data-[disabled]:cursor-not-allowed data-[disabled]:text-ink-3 data-[highlighted]:bg-hover"
              >
                <span className="block font-strong">{item.label}</span>
                {item.detail !== undefined && <span className="block text-dense text-ink-3">{item.detail}</span>}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
