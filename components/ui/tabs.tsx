// Tabs with hairline underline; panels stay mounted so that a switch is instant.
"use client";
import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

export function Tabs({
  value,
  onChange,
  tabs,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly tabs: readonly { readonly id: string; readonly label: ReactNode; readonly content: ReactNode }[];
}): ReactNode {
  return (
    <Base.Root value={value} onValueChange={(next) => onChange(String(next))}>
      <Base.List className="flex gap-4 overflow-x-auto border-b px-3.5 desk:px-4">
        {tabs.map((tab) => (
          <Base.Tab
            key={tab.id}
            value={tab.id}
            className="h-11 border-b-2 border-transparent whitespace-nowrap text-ink-3 -outline-offset-2 data-[active]:border-tide data-[active]:font-strong data-[active]:text-ink desk:h-9"
          >
            {tab.label}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.id} value={tab.id} className="outline-none">
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
