// The menu of a pair's row: pause, resume, shift, latest decision; acts open the dialogs of the pair's own page, loaded when asked for.
"use client";
import { Ellipsis } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState, type ReactNode } from "react";
import { lazyPart } from "@/components/ui/lazy-part";
import { Menu } from "@/components/ui/menu";
import { useSession } from "@/components/wallet/use-session";
import type { PairSummary } from "@/lib/api/schemas";
import { pairActs, type PairAct } from "./pair-acts";

const RowDialogs = dynamic(
  lazyPart(() => import("./row-dialogs").then((module) => module.RowDialogs)),
  { ssr: false },
);

export function RowMenu({ pair, isOld }: { readonly pair: PairSummary; readonly isOld: boolean }): ReactNode {
  const router = useRouter();
  const session = useSession();
  const [act, setAct] = useState<PairAct | null>(null);
  const [isOpen, setOpen] = useState(false);
  const last = pair.lastDecision;
  const acts = pairActs(pair, { isOld, session: session.data });
  return (
    // Above the link that covers the row.
    <span className="relative z-10 inline-flex">
      <Menu
        name={`Acts on ${pair.id}`}
        label={<Ellipsis size={16} aria-hidden="true" />}
        hasChevron={false}
        className="size-11! border-transparent! px-0! text-ink-2! desk:size-7!"
        items={[
          ...acts.map(({ id, label, detail, isOff, act: offered }) => ({
            id,
            label,
            detail,
            disabled: isOff,
            onSelect: () => {
              setAct(offered);
              setOpen(true);
            },
          })),
          {
            id: "decision",
            label: "Open the latest decision",
            detail: last === null ? "no epoch has been decided yet" : `${last.kind}, with every gate`,
            disabled: last === null,
            onSelect: () => {
              if (last !== null) router.push(`/pairs/${pair.id}/decisions/${last.epoch}`);
            },
          },
        ]}
      />
      {act !== null && <RowDialogs pair={pair} act={act} open={isOpen} onOpenChange={setOpen} />}
    </span>
  );
}
