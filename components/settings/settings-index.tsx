// The list of settings: each with what it decides, who may sign a change, and where it is.
"use client";
import type { ReactNode } from "react";
import { Panel } from "@/components/ui/panel";
import { TextLink } from "@/components/ui/text-link";
import { AppearancePanel } from "./appearance-panel";

const PLACES = [
  {
    href: "/settings/people",
    name: "People",
    what: "Who may see, operate, approve and own; every list there was; sign out everywhere.",
    who: "Signed by an owner; roles are looked up at every request and every count.",
  },
  {
    href: "/settings/limits",
    name: "Approval limits",
    what: "What one approver may let through, and how many it takes above that.",
    who: "Signed by an owner; stricter at once, looser after 24 h.",
  },
  {
    href: "/settings/pairs",
    name: "Pairs and limits",
    what: "Caps per transaction, plan and day; how long a plan waits; what the strategy may do.",
    who: "Signed by an owner; in force from the signer's next check.",
  },
  {
    href: "/pairs",
    name: "Mode and pause",
    what: "How much a pair may do on its own, and stopping it.",
    who: "On the page of each pair, by an owner or operator.",
  },
  {
    href: "/settings/chains",
    name: "Chains and endpoints",
    what: "RPC endpoints per chain: height, latency, errors; test, add, order, drain, remove.",
    who: "Signed by an owner; in force within seconds, without a start.",
  },
  {
    href: "/pools",
    name: "Pools",
    what: "Which pools a pair has, which are left out and why; look one up by its address and add it.",
    who: "Checked on its chain first, then signed by an owner.",
  },
  {
    href: "/settings/notifications",
    name: "Notifications",
    what: "Who is told of what: channels, rules, quiet hours, reminders.",
    who: "Signed by an owner; keys of channels stay in the environment.",
  },
  {
    href: "/system",
    name: "Sources",
    what: "Exchanges, quote services and stores with their ages.",
    who: "Set in the environment (see .env.example), read at the start.",
  },
  {
    href: "/setup",
    name: "Set-up checks",
    what: "Stores, keys, chains and exchanges, each failure with its fix.",
    who: "Read only; the same as tidegate doctor.",
  },
  {
    href: "/settings/audit",
    name: "Command log",
    what: "Every signed act with its parameters, hash-chained.",
    who: "Read only.",
  },
] as const;

export function SettingsIndex(): ReactNode {
  return (
    <div className="grid items-start gap-3 desk:gap-4 mid:grid-cols-[minmax(0,1fr)_372px]">
      <Panel title="Settings" flush>
        <ul>
          {PLACES.map(({ href, name, what, who }) => (
            <li key={href} className="border-b px-3.5 py-3 last:border-b-0 desk:px-4">
              <TextLink href={href}>{name}</TextLink>
              <p className="mt-0.5">{what}</p>
              <p className="text-dense text-ink-3">{who}</p>
            </li>
          ))}
        </ul>
      </Panel>
      <AppearancePanel />
    </div>
  );
}
