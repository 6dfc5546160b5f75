// The body of a dialog: keeps focus, closes by Esc and is a bottom sheet on phones. Loaded with the first one that opens.
"use client";
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";

export interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly size?: "normal" | "large" | "wide";
}

export function DialogFrame({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  size = "normal",
}: DialogProps): ReactNode {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-scrim transition-opacity duration-2 data-[ending-style]:opacity-0 data-[starting-style]:opacity-0" />
        <Base.Popup
          data-desk-dialog=""
          className={cx(
            "fixed inset-x-0 bottom-0 z-40 max-h-[92dvh] overflow-y-auto rounded-t-dialog border border-line-2 bg-panel shadow-float outline-none",
            "desk:inset-x-auto desk:top-1/2 desk:bottom-auto desk:left-1/2 desk:-translate-x-1/2 desk:-translate-y-1/2 desk:rounded-dialog",
            size === "wide"
              ? "desk:w-[1080px] desk:max-w-[calc(100vw-48px)]"
              : size === "large"
                ? "desk:w-[640px]"
                : "desk:w-[440px]",
          )}
        >
          <div className="flex items-start gap-3 px-4 pt-3.5">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-lead font-title">{title}</Base.Title>
              {description !== undefined && (
                <Base.Description className="mt-1 text-body text-ink-2">{description}</Base.Description>
              )}
            </div>
            <Base.Close
              aria-label="Close"
              className="-mr-1.5 grid size-11 shrink-0 place-items-center rounded-control text-ink-3 hover:bg-hover hover:text-ink desk:size-7"
            >
              <X size={16} aria-hidden="true" />
            </Base.Close>
          </div>
          <div className="px-4 py-3.5">{children}</div>
          {footer !== undefined && (
            <div className="sticky bottom-0 flex flex-wrap items-center justify-end gap-2 border-t bg-panel px-4 py-3">
              {footer}
            </div>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
