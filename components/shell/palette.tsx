// The command palette: type to find a page, a pair, a waiting plan or an action; Enter goes there. Acts open their own dialog, none happens here.
"use client";
import { useRouter } from "next/navigation";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { planTitle } from "@/components/approvals/plan-words";
import { useApi } from "@/components/live/use-api";
import { cx } from "@/components/ui/cx";
import { Dialog } from "@/components/ui/dialog";
import { askForSignIn } from "@/components/wallet/wallet-store";
import { NAV } from "./nav";
import { findItems, type PaletteItem } from "./palette-items";
import { openStopSheet } from "./open-stop-sheet";
import { pairStateWord } from "./words";

interface Entry extends PaletteItem {
  readonly run: () => void;
}

export function Palette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const entries = useEntries(onClose);
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const found = findItems(entries, text);
  const at = Math.min(active, Math.max(0, found.length - 1));

  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: found.length - 1,
    };
    const next = moves[event.key];
    if (next !== undefined) {
      event.preventDefault();
      setActive((next + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      found[at]?.run();
    }
  };
  return (
    <Dialog open onOpenChange={onClose} title="Go to, or do" size="large">
      <input
        role="combobox"
        aria-label="Page, pair, plan or action"
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls={`${id}-list`}
        aria-activedescendant={found.length === 0 ? undefined : `${id}-${at}`}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        placeholder="Type a page, a pair or an action"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
        className="h-11 w-full rounded-control border border-edge bg-raised px-2.5 text-ink desk:h-9"
      />
      <ul role="listbox" id={`${id}-list`} aria-label="Found" className="mt-2 max-h-[52dvh] overflow-y-auto">
        {found.map((entry, index) => (
          // The keys are on the field, which keeps the focus; a pointer presses the row.
          <li
            key={entry.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === at}
            ref={index === at ? keepInView : null}
            onClick={entry.run}
            onPointerMove={() => setActive(index)}
            className={cx(
              "flex h-11 cursor-pointer items-center gap-3 rounded-control px-2.5 desk:h-8",
              index === at && "bg-raised",
            )}
          >
            <span className="w-14 shrink-0 text-micro text-ink-3">{entry.group}</span>
            <span className="min-w-0 truncate font-strong">{entry.label}</span>
            <span className="ml-auto shrink-0 text-dense text-ink-3">{entry.hint}</span>
          </li>
        ))}
      </ul>
      <p role="status" className="mt-1 text-dense text-ink-3">
        {found.length === 0 ? "Nothing here has all these words." : `${found.length} found`}
      </p>
    </Dialog>
  );
}

function keepInView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}

function useEntries(onClose: () => void): readonly Entry[] {
  const router = useRouter();
  const pairs = useApi("overview").data?.pairs ?? [];
  const plans = useApi("plans", { query: { status: "waiting_approval" } }).data?.plans ?? [];
  const session = useApi("session").data;
  const go = (href: string) => () => {
    onClose();
    router.push(href);
  };
  const then = (act: () => void) => () => {
    onClose();
    // After the palette has given the focus back, so that the next dialog can take it.
    setTimeout(act, 0);
  };
  return [
    ...plans.map((plan): Entry => ({
      id: plan.planId,
      group: "Plans",
      label: planTitle(plan),
      hint: "waits for you",
      words: `${plan.pairId} approve review`,
      run: go(`/approvals/${plan.planId}`),
    })),
    ...pairs.map((pair): Entry => ({
      id: pair.id,
      group: "Pairs",
      label: pair.id,
      hint: pairStateWord(pair),
      words: "pair",
      run: go(`/pairs/${pair.id}`),
    })),
    ...NAV.map(({ href, label, key }): Entry => ({
      id: href,
      group: "Pages",
      label,
      hint: `g ${key}`,
      words: "page",
      run: go(href),
    })),
    {
      id: "/setup",
      group: "Pages",
      label: "Set-up checks",
      hint: "",
      words: "doctor first run",
      run: go("/setup"),
    },
    ...pairs.flatMap((pair): readonly Entry[] => [
      {
        id: `pause ${pair.id}`,
        group: "Actions",
        label: `${pair.pause === null ? "Pause" : "Resume"} ${pair.id}…`,
        hint: "opens its dialog",
        words: "hold stop",
        run: go(`/pairs/${pair.id}?act=pause`),
      },
      ...(pair.lastDecision === null
        ? []
        : [
            {
              id: `why ${pair.id}`,
              group: "Actions" as const,
              label: `Why ${pair.lastDecision.kind} of ${pair.id}?`,
              hint: "last decision",
              words: "decision explain gates",
              run: go(`/pairs/${pair.id}/decisions/${pair.lastDecision.epoch}`),
            },
          ]),
    ]),
    {
      id: "stop",
      group: "Actions",
      label: "Stop all signing…",
      hint: "opens its sheet",
      words: "shield emergency",
      run: then(() => openStopSheet("stop")),
    },
    {
      id: "exit",
      group: "Actions",
      label: "Emergency exit…",
      hint: "opens its sheet",
      words: "close all positions shield",
      run: then(() => openStopSheet("exit")),
    },
    ...(session?.signedIn === true
      ? []
      : [
          {
            id: "sign-in",
            group: "Actions" as const,
            label: "Sign in…",
            hint: "by wallet",
            words: "login connect",
            run: then(() => void askForSignIn("Sign in to act on this desk.")),
          },
        ]),
  ];
}
