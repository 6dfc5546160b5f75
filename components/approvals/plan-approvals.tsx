// The card's ninth part: who approved, when, in which role and with which note; who is still needed; the field for your own note.
"use client";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { Copyable } from "@/components/ui/copyable";
import { TextField } from "@/components/ui/field";
import { StatusShape } from "@/components/ui/status";
import { usePeople } from "@/components/settings/use-versions";
import { TextLink } from "@/components/ui/text-link";
import { useSession } from "@/components/wallet/use-session";
import type { PlanDto } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";
import { formatInstant, formatIso } from "@/lib/format/time";
import { countWords, missingPeople, needWords } from "./approval-words";
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
  const people = usePeople();
  const waits = plan.status === "waiting_approval";
  const me = session?.signedIn === true ? session.address : null;
  const isMine = (address: string): boolean => me !== null && address.toLowerCase() === me.toLowerCase();
  const hasMine = plan.approvals.some((approval) => isMine(approval.address));
  const nameOf = (address: string): string | null => {
    const name = people.find((person) => person.address.toLowerCase() === address.toLowerCase())?.name ?? "";
    return name === "" ? null : name;
  };
  const isProposer = (address: string): boolean => plan.approval?.proposer?.toLowerCase() === address.toLowerCase();
  const isEnough = plan.approvals.length >= plan.approvalsNeeded;
  const others = isEnough ? [] : missingPeople(plan, people).filter(({ address }) => !isMine(address));
  const need = needWords(plan);
  return (
    <PlanSection
      index={9}
      title="Approvals"
      meta={countWords(plan) ?? `none needed in mode ${plan.mode}`}
      className="order-8 border-b-0 desk:order-none"
    >
      {need !== null && (
        <p className="mb-2.5 text-dense text-ink-2">
          {need} <TextLink href="/settings/limits">Limits</TextLink>
        </p>
      )}
      <ul aria-label="Approvals" className="grid gap-2.5">
        {plan.approvals.map((approval) => (
          <Person
            key={approval.commandId}
            mark="met"
            name={isMine(approval.address) ? "You" : (nameOf(approval.address) ?? approval.role)}
            address={approval.address}
            detail={`role ${approval.role}${isProposer(approval.address) ? ", proposed this plan" : ""}${approval.note === "" ? ", no note" : `: “${approval.note}”`}`}
            right={
              <span title={formatIso(approval.atMs)} className="text-ink-3">
                {formatInstant(approval.atMs, nowMs)}
              </span>
            }
          />
        ))}
        {(plan.approval?.notCounted ?? []).map(({ address, atMs }) => (
          <Person
            key={address}
            mark="no"
            name={nameOf(address) ?? "Signed"}
            address={address}
            detail="does not count: the role was taken away since"
            right={
              <span title={formatIso(atMs)} className="text-ink-3">
                {formatInstant(atMs, nowMs)}
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
            name={
              session === undefined ? "Not known who is signed in" : me === null ? "Nobody is signed in here" : "You"
            }
            address={me}
            detail={
              me === null
                ? session === undefined
                  ? "Asked again in a moment"
                  : "Approving asks you to sign in first"
                : `role ${session?.role ?? "not on the list"}, ${isProposer(me) ? "proposed this plan" : "did not propose this plan"}`
            }
            right={<span className="text-prop">waits</span>}
          />
        )}
        {waits &&
          others.map((person) => (
            <Person
              key={person.address}
              mark="waits"
              name={person.name === "" ? person.role : person.name}
              address={person.address}
              detail={`role ${person.role}, can still approve${isProposer(person.address) ? ", proposed this plan" : ""}`}
              right={<span className="text-ink-3">not yet</span>}
            />
          ))}
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
