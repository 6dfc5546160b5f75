// The acts after a failed plan: those that apply with their button, the others with the reason why not.
"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { openStopSheet } from "@/components/shell/open-stop-sheet";
import { Button, buttonClass } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { useSession } from "@/components/wallet/use-session";
import { PLAN_STATUS } from "@/components/approvals/plan-words";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { planActs, planFacts, positionToShift, type PlanAct } from "./plan-acts";

export function PlanActsPanel({ plan }: { readonly plan: PlanDto }): ReactNode {
  const { pairId } = plan;
  const { data: session } = useSession();
  const pair = useApi("pairStatus", { params: { id: pairId } }).data;
  const positions = useApi("pairPositions", { params: { id: pairId } }).data?.positions;
  const orphans = useApi("orphans", {}, { enabled: session?.signedIn === true }).data?.orphans;
  const retry = useCommand();
  const skip = useCommand();
  const facts = planFacts(plan);
  const positionId = positionToShift({ plan: facts, positions });
  const control = (act: PlanAct): ReactNode => {
    switch (act.id) {
      case "retry":
        return (
          positionId !== null && (
            <>
              <Button
                busy={retry.busy}
                onClick={() =>
                  void retry.run({
                    action: "range.shift",
                    target: pairId,
                    params: { pairId, positionId, ticks: null },
                  })
                }
              >
                Ask for a new plan
              </Button>
              <CommandNote state={retry.state} />
            </>
          )
        );
      case "skip":
        return (
          <>
            <Button
              busy={skip.busy}
              onClick={() =>
                void skip.run({
                  action: "pair.pause",
                  target: pairId,
                  params: {
                    pairId,
                    kind: "no_new_risk",
                    untilAtMs: null,
                    reason: `after plan ${shortHex(plan.planId)} ended: ${PLAN_STATUS[plan.status].word.toLowerCase()}`,
                  },
                })
              }
            >
              Pause new risk with wallet
            </Button>
            <CommandNote state={skip.state} />
          </>
        );
      case "safe":
        return <Button onClick={() => openStopSheet("exit")}>Close the pair&rsquo;s positions…</Button>;
      case "adopt":
        return (
          <Link href="/system" className={buttonClass()}>
            Open the comparison
          </Link>
        );
    }
  };
  return (
    <Panel title="What you can do" flush>
      <ul>
        {planActs({ plan: facts, pair, positions, orphans }).map((act) => (
          <li key={act.id} className="grid gap-2 border-b px-3.5 py-3 last:border-b-0 desk:px-4">
            <div>
              <h3 className="flex flex-wrap items-baseline justify-between gap-x-3 font-title">
                {act.title}
                {!act.isOffered && <span className="text-micro font-text text-ink-3">does not apply now</span>}
              </h3>
              <p className="mt-0.5 text-dense text-ink-2">{act.sentence}</p>
            </div>
            {act.isOffered && <div className="grid gap-1.5 justify-items-start">{control(act)}</div>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
