// Block gas: a step that no block of its chain can hold is not planned (HyperEVM's small blocks take 2 M gas, its big ones are opt-in).
import { ok, type Result } from "@/lib/errors/result";
import type { Chain } from "@/lib/registry/schema";
import type { Step } from "./plan";
import type { StepGroup } from "./plan-grants";
import { refuse, type PlanRefusal } from "./plan-request";

/** Room between what is expected and what a step may take when it is made; choice. */
const HEADROOM = 1.1;

/** Refuses the first step whose expected gas does not fit into one transaction of the chain; elsewhere the signer's estimate decides. */
export function checkBlockGas(
  chain: Pick<Chain, "id" | "name" | "maxTxGas">,
  groups: readonly StepGroup[],
  gasOf: (step: Step) => number,
): Result<true, PlanRefusal> {
  const { maxTxGas: most } = chain;
  if (most === undefined) return ok(true);
  for (const { step } of groups) {
    const expected = gasOf(step);
    if (!(expected * HEADROOM > most)) continue;
    return refuse(
      "too_much_gas",
      `${wordsFor(step, expected)}; one transaction on ${chain.name} (${chain.id}) may use at most ${most}, with a tenth to spare. Choose a narrower range or another pool; where the wallet is switched to larger blocks, raise the chain's maxTxGas in the deployment's registry.`,
    );
  }
  return ok(true);
}

function wordsFor(step: StepGroup["step"], expected: number): string {
  const where = "pool" in step && step.pool !== undefined ? ` in pool ${step.pool}` : "";
  const bins =
    "family" in step && step.family === "liquidity-book" ? ` over ${step.tickUpper - step.tickLower + 1} bins` : "";
  return `The ${step.kind}${where}${bins} needs about ${Math.round(expected)} gas`;
}
