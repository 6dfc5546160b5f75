// A dialog: nothing of it is loaded with the page; the code comes while the page is idle, at the latest when it opens.
"use client";
import dynamic from "next/dynamic";
import { useState, type ReactNode } from "react";
import type { DialogProps } from "./dialog-frame";
import { lazyPart } from "./lazy-part";

const LazyFrame = dynamic(
  lazyPart(() => import("./dialog-frame").then((loaded) => loaded.DialogFrame)),
  { ssr: false },
);

export function Dialog(props: DialogProps): ReactNode {
  const { open } = props;
  const [isWanted, setWanted] = useState(open);
  // Kept once it was open: closing has its transition, and what was typed stays.
  if (open && !isWanted) setWanted(true);
  return isWanted ? <LazyFrame {...props} /> : null;
}
