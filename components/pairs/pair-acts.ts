// What one may do with a pair now: each act with its words, and in a sentence why it is off where it is.
import { PAUSE_WORD } from "@/components/shell/words";
import type { CommandAction } from "@/lib/api/commands";
import { LOWEST_ROLES, roleAtLeast, type Role } from "@/lib/api/roles";
import type { PairSummary } from "@/lib/api/schemas";
import { PAUSE_KINDS, type PauseKind } from "@/lib/registry/mode";

export type PairAct =
  { readonly kind: "pause"; readonly pause: PauseKind } | { readonly kind: "resume" } | { readonly kind: "shift" };

export interface OfferedAct {
  readonly id: string;
  readonly label: string;
  /** What it means; why it is off when it is. */
  readonly detail: string;
  readonly isOff: boolean;
  readonly act: PairAct;
}

export interface ActContext {
  /** The last reading failed: what is shown may be true no more. */
  readonly isOld: boolean;
  /** Undefined while nobody knows who is signed in; signed out one is asked when acting. */
  readonly session: { readonly signedIn: boolean; readonly role: Role | null } | undefined;
}

const STOPS: Readonly<Record<PauseKind, string>> = {
  no_new_risk: "no new plan; one that runs finishes its steps",
  no_transactions: "the signer refuses everything of this pair",
  stop_worker: "nothing is decided until it is resumed",
};

type Pair = Pick<PairSummary, "pause" | "halted" | "state" | "positionsUsd">;

export function pairActs(pair: Pair, context: ActContext): readonly OfferedAct[] {
  const offer = (
    action: CommandAction,
    { id, label, detail, act }: Omit<OfferedAct, "isOff">,
    obstacle: string | null = null,
  ): OfferedAct => {
    const off = offBecause(action, context) ?? obstacle;
    return { id, label, detail: off ?? detail, isOff: off !== null, act };
  };
  const { pause, halted } = pair;
  const pauses =
    halted !== null
      ? [
          offer("pair.unhalt", {
            id: "resume",
            label: "Unhalt…",
            detail: `halted: ${halted.cause}`,
            act: { kind: "resume" },
          }),
        ]
      : pause !== null
        ? [
            offer("pair.resume", {
              id: "resume",
              label: "Resume…",
              detail: `paused: ${PAUSE_WORD[pause.kind].toLowerCase()}`,
              act: { kind: "resume" },
            }),
          ]
        : PAUSE_KINDS.map((kind) =>
            offer("pair.pause", {
              id: kind,
              label: `Pause: ${PAUSE_WORD[kind].toLowerCase()}…`,
              detail: STOPS[kind],
              act: { kind: "pause", pause: kind },
            }),
          );
  return [
    ...pauses,
    offer(
      "range.shift",
      { id: "shift", label: "Shift range…", detail: "by hand, on the chart; becomes a plan", act: { kind: "shift" } },
      shiftObstacle(pair),
    ),
  ];
}

function offBecause(action: CommandAction, { isOld, session }: ActContext): string | null {
  if (isOld) return "off: the server does not answer, what is shown may be old";
  if (session === undefined) return "off: it is not known yet who is signed in";
  return roleObstacle(action, session);
}

/** Null for who may, and for who is signed out: they are asked to sign in when they act. */
export function roleObstacle(action: CommandAction, session: ActContext["session"]): string | null {
  const needed = LOWEST_ROLES[action];
  if (session === undefined || !session.signedIn) return null;
  if (session.role !== null && roleAtLeast(session.role, needed)) return null;
  return `needs the role ${needed}; you are ${session.role ?? "not on the list"}`;
}

/** The plan is made by the worker, from a position. */
function shiftObstacle(pair: Pair): string | null {
  if (pair.state === "unknown") return "off: the worker of this pair does not report";
  return (pair.positionsUsd ?? 0) > 0 ? null : "there is no position to shift yet";
}
