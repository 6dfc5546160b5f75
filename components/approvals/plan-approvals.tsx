// The card's ninth part: who approved, when, in which role and with which note; who is still needed; the field for your own note.
"use client";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { Copyable } from "@/components/ui/copyable";
import { TextField } from "@/components/ui/field";
import { StatusShape } from "@/components/ui/status";
import { useSession } from "@/components/wallet/use-session";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatInstant, formatIso } from "@/lib/format/time";
import { PlanSection } from "./plan-section";
import type { PlanDecision } from "./use-plan-decision";

export function PlanApprovals({
  plan,
  decision,
}: {
  readonly plan: PlanDto;
  readonly decision: PlanDecision;
}): ReactNode {
  const nowMs = useWallNow();
  const { data: session } = useSession();
  const waits = plan.status === "waiting_approval";
  const me = session?.signedIn === true ? session.address : null;
  const isMine = (address: string): boolean => me !== null && address.toLowerCase() === me.toLowerCase();
  const hasMine = plan.approvals.some((approval) => isMine(approval.address));
  return (
    <PlanSection
      index={9}
      title="Approvals"
      meta={
        plan.approvalsNeeded === 0
          ? `none needed in mode ${plan.mode}`
          : `${plan.approvals.length} of ${plan.approvalsNeeded}`
      }
      className="order-8 border-b-0 desk:order-none"
    >
      <ul className="grid gap-2.5">
        {plan.approvals.map((approval) => (
          <Person
            key={approval.commandId}
            mark="met"
            name={isMine(approval.address) ? "You" : approval.role}
            address={approval.address}
            detail={approval.note === "" ? `role ${approval.role}, no note` : `“${approval.note}”`}
            right={
              <span title={formatIso(approval.atMs)} className="text-ink-3">
                {formatInstant(approval.atMs, nowMs)}
              </span>
            }
          />
        ))}
        {plan.rejectedBy !== null && (
          <Person
            mark="no"
            name={isMine(plan.rejectedBy.address) ? "You rejected it" : "Rejected"}
            address={plan.rejectedBy.address}
            detail={`“${plan.rejectedBy.reason}”`}
            right={
              <span title={formatIso(plan.rejectedBy.atMs)} className="text-ink-3">
                {formatInstant(plan.rejectedBy.atMs, nowMs)}
              </span>
            }
          />
        )}
        {waits && !hasMine && (
          <Person
            mark="waits"
            name={me === null ? "Nobody is signed in here" : "You"}
            address={me}
            detail={
              me === null
                ? "Approving asks you to sign in first"
                : `role ${session?.role ?? "not on the list"}${plan.origin.kind === "strategy" ? ", did not propose this plan" : ""}`
            }
            right={<span className="text-prop">waits</span>}
          />
        )}
        {plan.approvals.length === 0 && !waits && plan.rejectedBy === null && (
          <li className="text-ink-2">
            {plan.approvalsNeeded === 0
              ? `Mode ${plan.mode.toUpperCase()} acted within its limits; nobody had to sign.`
              : "Nobody signed this plan."}
          </li>
        )}
      </ul>
      {waits && (
        <TextField
          className="mt-3"
          label="Note, stored with your signature"
          placeholder="optional"
          maxLength={280}
          value={decision.note}
          onChange={(event) => decision.setNote(event.target.value)}
        />
      )}
    </PlanSection>
  );
}

function Person({
  mark,
  name,
  address,
  detail,
  right,
}: {
  readonly mark: "met" | "no" | "waits";
  readonly name: string;
  readonly address: string | null;
  readonly detail: string;
  readonly right: ReactNode;
}): ReactNode {
  return (
    <li className="grid grid-cols-[16px_minmax(0,1fr)_auto] items-start gap-x-2">
      <span className={mark === "waits" ? "pt-1 text-prop" : mark === "met" ? "pt-1 text-tide" : "pt-1 text-ink-3"}>
        {mark === "met" ? (
          <svg
            viewBox="0 0 12 12"
            width="12"
            height="12"
            aria-hidden="true"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.8"
          >
            <path d="m1.5 6.5 3 3 6-7" />
          </svg>
        ) : (
          <StatusShape tone={mark === "waits" ? "prop" : "paused"} />
        )}
      </span>
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2">
          <b className="font-title">{name}</b>
          {address !== null && <Copyable value={address} shown={shortHex(address)} what="address" />}
        </p>
        <p className="text-dense break-words text-ink-2">{detail}</p>
      </div>
      <div className="text-dense whitespace-nowrap">{right}</div>
    </li>
  );
}
