// Decide: an evaluation and its snapshot in, HOLD, RS or PRA out, by the policy in charge.
import { decideCarry } from "./carry/decide-carry";
import { decideForces } from "./decide-forces";
import type { DecideInput, Decision } from "./decision";

/** The decision of one epoch. Never throws: what cannot be trusted gives HOLD. */
export function decide(input: DecideInput): Decision {
  return input.evaluation.policy === "carry" ? decideCarry(input) : decideForces(input);
}
