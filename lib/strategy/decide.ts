// Decide: an evaluation and its snapshot in, HOLD, RS or PRA out, by the policy in charge.
import { decideForces } from "./decide-forces";
import type { DecideInput, Decision } from "./decision";

/** The decision of one epoch. Never throws: what cannot be trusted gives HOLD. */
export function decide(input: DecideInput): Decision {
  return decideForces(input);
}
