// Evaluate: one snapshot and one set of parameters in, every number a decision or a screen needs out.
import { drain } from "@/lib/math/drain";
import { evaluateCarry } from "./carry/evaluate-carry";
import { evaluateForcesSteps } from "./evaluate-forces";
import type { EvaluateInput } from "./evaluate-input";
import type { Evaluation } from "./evaluation";
import { readableSnapshot } from "./readable-snapshot";

/** Everything about one epoch, by the policy in charge. Pure; invalid data gives neutral results. */
export function evaluate(input: EvaluateInput): Evaluation {
  return drain(evaluateSteps(input));
}

/** The same with pauses after a few milliseconds of work each, so that a caller can serve others in between. */
export function* evaluateSteps(input: EvaluateInput): Generator<void, Evaluation> {
  const readable = { ...input, snapshot: readableSnapshot(input.snapshot) };
  if (input.params.policy === "carry") return evaluateCarry(readable);
  return yield* evaluateForcesSteps(readable);
}
