// The desk's key listener: mod-K commands, g and a letter goes, j and k move in rows, / searches, ? explains. What they open loads then.
"use client";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { fetchPartsAhead, lazyPart } from "@/components/ui/lazy-part";
import { NAV } from "./nav";

/** How long `g` waits for its letter. */
const CHORD_MS = 1_500;
const Palette = dynamic(
  lazyPart(() => import("./palette").then((loaded) => loaded.Palette)),
  { ssr: false },
);
const KeyHelp = dynamic(
  lazyPart(() => import("./key-help").then((loaded) => loaded.KeyHelp)),
  { ssr: false },
);

export function Keyboard(): ReactNode {
  const router = useRouter();
  const [shown, setShown] = useState<"help" | "palette" | null>(null);
  const chordAt = useRef<number | null>(null);
  useEffect(() => fetchPartsAhead(), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.altKey || event.defaultPrevented) return;
      if (document.querySelector("[data-desk-dialog],[role=menu]") !== null) return;
      if (event.ctrlKey || event.metaKey) {
        if (event.key.toLowerCase() !== "k" || event.shiftKey) return;
        event.preventDefault();
        setShown("palette");
        return;
      }
      if (isTyping(event.target)) return;
      const isChord = chordAt.current !== null && event.timeStamp - chordAt.current < CHORD_MS;
      chordAt.current = null;
      if (isChord) {
        const item = NAV.find(({ key }) => key === event.key);
        if (item === undefined) return;
        event.preventDefault();
        router.push(item.href);
      } else if (event.key === "g") chordAt.current = event.timeStamp;
      else if (event.key === "?") setShown("help");
      else if (event.key === "/") {
        event.preventDefault();
        setShown("palette");
      } else if (event.key === "j" || event.key === "k") {
        event.preventDefault();
        const by = event.key === "j" ? 1 : -1;
        void import("./move-row").then(({ moveRow }) => moveRow(by));
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [router]);
  const close = (): void => setShown(null);
  return (
    <>
      {shown === "palette" && <Palette onClose={close} />}
      {shown === "help" && <KeyHelp onClose={close} />}
    </>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}
