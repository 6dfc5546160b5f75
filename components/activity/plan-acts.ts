// What a person can do after a plan came to nothing: each act that exists as a signed command, what it will do, or why it does not apply.
import { hasFailed } from "./step-cause";
import { isOpen } from "@/components/approvals/plan-words";
import type { OrphanDto } from "@/lib/api/money-schemas";
import type { PairStatus, PlanDto } from "@/lib/api/schemas";
import { formatAge } from "@/lib/format/age";

export interface PlanAct {
  readonly id: "retry" | "skip" | "safe" | "adopt";
  readonly title: string;
  /** What it will do; why it is not offered when it is not. */
  readonly sentence: string;
  readonly isOffered: boolean;
}

/** What the acts look at. */
export interface PlanFacts extends Pick<PlanDto, "kind" | "pairId" | "status"> {
  /** Positions it was to close. */
  readonly burns: readonly { readonly chainId: number; readonly tokenId?: string | null | undefined }[];
  readonly hasFailedStep: boolean;
}

export function planFacts({ kind, pairId, status, steps }: PlanDto): PlanFacts {
  return {
    kind,
    pairId,
    status,
    burns: steps.flatMap(({ step }) => (step.kind === "burn" ? [step] : [])),
    hasFailedStep: steps.some(hasFailed),
  };
}

interface Known {
  readonly plan: PlanFacts;
  /** Undefined: not read yet, so that nothing is offered. */
  readonly pair: Pick<PairStatus, "mode" | "pause" | "halted" | "nextEpochMarketAtMs" | "marketNowMs"> | undefined;
  readonly positions:
    readonly { readonly chainId: number; readonly tokenId: string | null; readonly positionId: string }[] | undefined;
  /** Undefined: nobody is signed in who may read them. */
  readonly orphans: readonly Pick<OrphanDto, "status" | "pairId">[] | undefined;
}

const WAITS = "It is not known yet how the pair stands.";
const OPEN =
  "The plan is still open: its worker carries on step by step. A step is never repeated or left out by hand; to end the plan, pause the pair.";

export function planActs(known: Known): readonly PlanAct[] {
  const act = (id: PlanAct["id"], title: string, offer: string, obstacle: string | null): PlanAct => ({
    id,
    title,
    sentence: obstacle ?? offer,
    isOffered: obstacle === null,
  });
  const { pairId } = known.plan;
  return [
    act(
      "retry",
      "Retry",
      `Asks the worker of ${pairId} for a new plan from what is there now to the strategy’s present target, with every check anew. The failed step itself is never sent again: a plan is bound to the state it was made from.`,
      retryObstacle(known),
    ),
    act(
      "skip",
      "Skip it and hold",
      `Pauses ${pairId} for new risk: what was not done is left out, nothing new is opened until somebody resumes, positions stay as they are.`,
      skipObstacle(known),
    ),
    act(
      "safe",
      "Roll to a safe state",
      `Closes the positions of ${pairId} into the wallet as they are; the pair stays in EXIT_ONLY until a signed unhalt. The sheet opens with the amounts, asks for a hold of 3 s and a signature.`,
      safeObstacle(known),
    ),
    act(
      "adopt",
      "Adopt or close",
      "What the chain has and the journal does not is on the system page: each becomes the pair’s own, or is closed into the wallet, by a signature.",
      adoptObstacle(known),
    ),
  ];
}

/** The position a new shift would start from: the one the plan was to close, while it is there. */
export function positionToShift({ plan, positions }: Pick<Known, "plan" | "positions">): string | null {
  const [burn] = plan.burns;
  if (plan.kind !== "RS" || burn === undefined) return null;
  return (
    positions?.find(({ chainId, tokenId }) => chainId === burn.chainId && tokenId === burn.tokenId)?.positionId ?? null
  );
}

/** A plan after which these acts are a question at all. */
export function needsActs(plan: PlanFacts): boolean {
  return plan.hasFailedStep || (!isOpen(plan) && plan.status !== "done");
}

function retryObstacle(known: Known): string | null {
  const { plan, pair, positions } = known;
  if (isOpen(plan)) return OPEN;
  if (pair === undefined || positions === undefined) return WAITS;
  if (pair.halted !== null) return "The pair is halted: a signed unhalt comes first.";
  if (pair.pause !== null) return "The pair is paused: nothing is planned until it is resumed.";
  const left = pair.nextEpochMarketAtMs === null ? null : pair.nextEpochMarketAtMs - pair.marketNowMs;
  const next = `The next epoch decides anew${left === null ? "" : ` in ${formatAge(Math.max(0, left))} of market time`}.`;
  if (pair.mode === "observe") return `In OBSERVE nothing is sent. ${next}`;
  if (plan.kind !== "RS") return `A move between pools is planned by the strategy alone. ${next}`;
  if (positionToShift(known) === null) {
    return `The position it was to shift is closed and its tokens are the pair’s again: there is nothing left to shift. ${next}`;
  }
  return null;
}

function skipObstacle({ plan, pair }: Known): string | null {
  if (isOpen(plan)) return OPEN;
  if (pair === undefined) return WAITS;
  if (pair.halted !== null) return "The pair is halted: nothing new is opened anyway, until a signed unhalt.";
  if (pair.pause !== null) return "The pair is paused already: nothing new is opened until it is resumed.";
  return null;
}

function safeObstacle({ pair, positions }: Known): string | null {
  if (pair === undefined || positions === undefined) return WAITS;
  if (pair.halted?.state === "EXIT_ONLY")
    return "The pair is in EXIT_ONLY already; the shield shows how far its exit is.";
  if (positions.length === 0) return "No position of the pair is open: its money is in the wallet already.";
  return null;
}

function adoptObstacle({ plan, orphans }: Known): string | null {
  if (orphans === undefined) return "Sign in to see what the chains hold beside the journal.";
  const open = orphans.filter(({ status, pairId }) => status === "open" && (pairId === null || pairId === plan.pairId));
  return open.length > 0 ? null : "Chain and journal agree: nothing is left that nobody accounts for.";
}
