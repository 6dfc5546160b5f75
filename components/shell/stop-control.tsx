// The quiet shield in the header; its sheet (stop all signing, emergency exit) loads with the first press.
"use client";
import { ShieldAlert } from "lucide-react";
import dynamic from "next/dynamic";
import { useEffect, useState, type ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { lazyPart } from "@/components/ui/lazy-part";
import { onStopSheet, type StopTab } from "./open-stop-sheet";

const StopSheet = dynamic(
  lazyPart(() => import("./stop-sheet").then((loaded) => loaded.StopSheet)),
  { ssr: false },
);

export function StopControl(): ReactNode {
  const [tab, setTab] = useState<StopTab | null>(null);
  const stopped = useApi("system").data?.signer.stopped ?? null;
  useEffect(() => onStopSheet(setTab), []);
  return (
    <>
      <Button
        onClick={() => setTab("stop")}
        aria-haspopup="dialog"
        aria-label={stopped === null ? "Stop all signing, or exit" : "Signing is stopped"}
      >
        <ShieldAlert size={14} aria-hidden="true" className="text-crit" />
        <span className="hidden desk:inline">{stopped === null ? "Stop" : "Stopped"}</span>
      </Button>
      {tab !== null && <StopSheet tab={tab} onTab={setTab} onClose={() => setTab(null)} />}
    </>
  );
}
