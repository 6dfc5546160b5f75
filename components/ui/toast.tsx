// Toasts say what is true now; never the only record of it.
"use client";
import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";
import { StatusShape, type StatusTone } from "./status";

const manager = Toast.createToastManager<{ readonly tone: StatusTone }>();

/** Shows a sentence for 8 s; warnings and worse stay until they are closed. */
export function showToast(tone: StatusTone, title: string, detail?: string): void {
  const lasting = tone === "crit" || tone === "warn";
  manager.add({
    title,
    ...(detail === undefined ? {} : { description: detail }),
    priority: lasting ? "high" : "low",
    timeout: lasting ? 0 : 8_000,
    data: { tone },
  });
}

function ToastList(): ReactNode {
  const { toasts } = Toast.useToastManager<{ readonly tone: StatusTone }>();
  return toasts.map((toast) => {
    const tone = toast.data?.tone ?? "ok";
    return (
      <Toast.Root
        key={toast.id}
        toast={toast}
        className="flex w-full items-start gap-3 rounded-dialog border border-line-2 bg-raised px-3.5 py-2.5 shadow-float"
      >
        <span className={cx("mt-[3px]", tone === "warn" && "text-warn", tone === "crit" && "text-crit")}>
          <StatusShape tone={tone} />
        </span>
        <div className="min-w-0 flex-1">
          <Toast.Title className="text-body font-strong" />
          <Toast.Description className="text-dense text-ink-2" />
        </div>
        <Toast.Close
          aria-label="Close"
          className="-mr-1.5 grid size-7 place-items-center rounded-control text-ink-3 hover:bg-hover hover:text-ink"
        >
          <X size={14} aria-hidden="true" />
        </Toast.Close>
      </Toast.Root>
    );
  });
}

export function ToastArea(): ReactNode {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-3 bottom-[70px] left-3 z-50 flex flex-col gap-2 desk:right-6 desk:bottom-6 desk:left-auto desk:w-[380px]">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
