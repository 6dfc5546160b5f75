// Each process and store with its state, what it says, and what its trouble means for decisions.
"use client";
import type { ReactNode } from "react";
import { WallAge } from "@/components/live/age";
import { HEALTH } from "@/components/shell/words";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import type { ServiceDto } from "@/lib/api/schemas";
import { formatBytes } from "@/lib/format/bytes";

/** Processes report every ten seconds. */
const REPORT_MS = 15_000;

export function ServicesPanel({ services }: { readonly services: readonly ServiceDto[] }): ReactNode {
  return (
    <Panel title="Processes and stores" flush>
      {services.length === 0 ? (
        <Empty title="No process has reported.">They appear here within ten seconds of their start.</Empty>
      ) : (
        <ul className="grid grid-cols-1 gap-px bg-line desk:grid-cols-2 mid:grid-cols-3">
          {services.map((service, index) => {
            const state = HEALTH[service.state];
            const details = Object.entries(service.details).filter(([, value]) => value !== null);
            return (
              <li
                key={service.id}
                className={
                  index === services.length - 1 && services.length % 2 === 1
                    ? "bg-panel px-3.5 py-3 desk:col-span-2 desk:px-4 mid:col-span-1"
                    : "bg-panel px-3.5 py-3 desk:px-4"
                }
              >
                <div className="flex items-baseline justify-between gap-3">
                  <h3 className="min-w-0 font-title">{service.label}</h3>
                  <Status tone={state.tone}>{state.word}</Status>
                </div>
                <p className="mt-1 break-words text-ink-2">{service.sentence.replace(/:\s*$/, "")}</p>
                <p className="mt-0.5 text-dense text-ink-3">
                  {service.state === "ok" ? service.effect : `Effect: ${service.effect}`}
                </p>
                <div className="mt-1 flex flex-wrap items-center gap-x-4 text-micro text-ink-3">
                  <WallAge atMs={service.atMs} periodMs={REPORT_MS} prefix="reported" suffix="ago" />
                  {service.rssBytes !== null && <span>memory {formatBytes(service.rssBytes)}</span>}
                  {details.map(([key, value]) => (
                    <span key={key}>
                      {key} {String(value)}
                    </span>
                  ))}
                </div>
              </li>
            );
          })}
          {services.length % 3 !== 0 && <li aria-hidden="true" className="hidden bg-panel mid:block" />}
        </ul>
      )}
    </Panel>
  );
}
