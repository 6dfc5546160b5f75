// A dialog: nothing of it is loaded with the page; the code comes while the page is idle, at the latest when it opens.
"use client";
import dynamic from "next/dynamic";
import { useEffect, useState, type ReactNode } from "react";
import type { DialogProps } from "./dialog-frame";

const load = () => import("./dialog-frame").then((loaded) => loaded.DialogFrame);
const LazyFrame = dynamic(load, { ssr: false });

/** After the first paint has settled, so that a press finds it ready. */
const AHEAD_MS = 3_000;

export function Dialog(props: DialogProps): ReactNode {
  const { open } = props;
  const [isWanted, setWanted] = useState(open);
  // Kept once it was open: closing has its transition, and what was typed stays.
  if (open && !isWanted) setWanted(true);
  useEffect(() => {
    const timer = setTimeout(() => void load(), AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);
  return isWanted ? <LazyFrame {...props} /> : null;
}
