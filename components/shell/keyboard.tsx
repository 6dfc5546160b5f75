// Keyboard of the desk: g and a letter goes, / finds a pair, ? shows this, Esc closes. No single key does anything dangerous.
"use client";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { cx } from "@/components/ui/cx";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { KeyValue } from "@/components/ui/key-value";
import { NAV } from "./nav";
import { pairStateWord } from "./words";

/** How long `g` waits for its letter. */
const CHORD_MS = 1_500;

export function Keyboard(): ReactNode {
  const router = useRouter();
  const [shown, setShown] = useState<"help" | "find" | null>(null);
  const chordAt = useRef<number | null>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector("[data-desk-dialog],[role=menu]") !== null) return;
      const isChord = chordAt.current !== null && event.timeStamp - chordAt.current < CHORD_MS;
      chordAt.current = null;
      if (isChord) {
        const item = NAV.find(({ key }) => key === event.key);
        if (item === undefined) return;
        event.preventDefault();
        router.push(item.href);
        return;
      }
      if (event.key === "g") chordAt.current = event.timeStamp;
      else if (event.key === "?") setShown("help");
      else if (event.key === "/") {
        event.preventDefault();
        setShown("find");
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [router]);
  return (
    <>
      <Dialog open={shown === "help"} onOpenChange={() => setShown(null)} title="Keyboard">
        <KeyValue
          ruled
          rows={[
            ...NAV.map(({ label, key }) => ({ key: label, value: <Keys keys={["g", key]} /> })),
            { key: "Find a pair", value: <Keys keys={["/"]} /> },
            { key: "This list", value: <Keys keys={["?"]} /> },
            { key: "Close", value: <Keys keys={["Esc"]} /> },
          ]}
        />
      </Dialog>
      <Dialog open={shown === "find"} onOpenChange={() => setShown(null)} title="Find a pair">
        <FindPair
          onChoose={(id) => {
            setShown(null);
            router.push(`/pairs/${id}`);
          }}
        />
      </Dialog>
    </>
  );
}

function Keys({ keys }: { readonly keys: readonly string[] }): ReactNode {
  return keys.map((key) => (
    <kbd
      key={key}
      className="ml-1 inline-block min-w-5 rounded-chip border border-line-2 px-1 text-center font-ui text-micro leading-5"
    >
      {key}
    </kbd>
  ));
}

function FindPair({ onChoose }: { readonly onChoose: (id: string) => void }): ReactNode {
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const overview = useApi("overview");
  const found = (overview.data?.pairs ?? []).filter((pair) =>
    pair.id.toLowerCase().includes(text.trim().toLowerCase()),
  );
  const at = Math.min(active, Math.max(0, found.length - 1));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const pair = found[at];
        if (pair !== undefined) onChoose(pair.id);
      }}
    >
      <TextField
        label="Name"
        value={text}
        autoFocus
        autoComplete="off"
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setActive(Math.max(0, Math.min(found.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))));
          }
        }}
      />
      <ul aria-label="Pairs found" className="mt-3">
        {found.map((pair, index) => (
          <li key={pair.id}>
            <button
              type="button"
              onClick={() => onChoose(pair.id)}
              className={cx(
                "flex h-11 w-full items-center justify-between px-2.5 desk:h-8",
                index === at && "bg-raised",
              )}
            >
              <span className="font-strong">{pair.id}</span>
              <span className="text-dense text-ink-3">{pairStateWord(pair)}</span>
            </button>
          </li>
        ))}
        {found.length === 0 && <li className="px-2.5 text-ink-3">No pair has this in its name.</li>}
      </ul>
    </form>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}
