// All keys of the desk in one list. Loaded when somebody asks for it.
"use client";
import type { ReactNode } from "react";
import { Dialog } from "@/components/ui/dialog";
import { KeyValue } from "@/components/ui/key-value";
import { NAV } from "./nav";

export function KeyHelp({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Dialog open onOpenChange={onClose} title="Keyboard" description="No single key does anything dangerous.">
      <KeyValue
        ruled
        rows={[
          { key: "Commands, pages and pairs", value: <Keys keys={["Ctrl", "K"]} /> },
          { key: "Search", value: <Keys keys={["/"]} /> },
          { key: "Next and previous row", value: <Keys keys={["j", "k"]} /> },
          { key: "Open the row", value: <Keys keys={["Enter"]} /> },
          { key: "Close", value: <Keys keys={["Esc"]} /> },
          { key: "This list", value: <Keys keys={["?"]} /> },
          ...NAV.map(({ label, key }) => ({ key: label, value: <Keys keys={["g", key]} /> })),
        ]}
      />
      <p className="mt-2 text-dense text-ink-3">On a Mac, the command key stands for Ctrl.</p>
    </Dialog>
  );
}

export function Keys({ keys }: { readonly keys: readonly string[] }): ReactNode {
  return keys.map((key) => (
    <kbd
      key={key}
      className="ml-1 inline-block min-w-5 rounded-chip border border-line-2 px-1 text-center font-ui text-micro leading-5"
    >
      {key}
    </kbd>
  ));
}
