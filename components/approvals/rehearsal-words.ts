// Words of a rehearsal on the card: how each chain was tried, what each step moved, what it supposed.
import type { PlanDto } from "@/lib/api/schemas";
import { groupDigits } from "@/lib/format/number";
import { formatSignedToken } from "@/lib/format/token";

type Rehearsal = NonNullable<PlanDto["rehearsal"]>;
type Step = Rehearsal["steps"][number];

const METHOD: Readonly<Record<Rehearsal["method"], string>> = {
  eth_simulateV1: "simulated by the node in one go, state carried from step to step",
  fork: "run on a local copy of the chain, since its node cannot simulate",
  none: "not tried",
};

/** Where and how, chain by chain when they differ. */
export function howTried(plan: PlanDto, { blocks, method }: Rehearsal): string {
  if (blocks.length === 0) return METHOD[method];
  const methods = new Set(blocks.map((block) => block.method ?? method));
  const numbers = blocks.map(({ number }) => groupDigits(number)).join(" and ");
  if (methods.size === 1) return `${METHOD[method]}, from block ${numbers}`;
  return blocks
    .map((block) => {
      const name = plan.chains.find(({ id }) => id === block.chainId)?.name ?? `chain ${block.chainId}`;
      return `${name} ${METHOD[block.method ?? method]}, from block ${groupDigits(block.number)}`;
    })
    .join("; ");
}

/** What the step moved, what it supposed to have arrived, and why it failed. */
export function stepWords(plan: PlanDto, { deltas, arrivals, detail }: Step): string {
  const moved = deltas.map((delta) => amountWords(plan, delta)).join(", ");
  const supposed =
    arrivals === undefined
      ? ""
      : `tried with the expected arrival of ${arrivals.map((each) => amountWords(plan, each)).join(" and ")}`;
  return [moved, supposed, detail].filter((text) => text !== "").join("; ");
}

function amountWords(plan: PlanDto, { chainId, token, amountRaw }: Step["deltas"][number]): string {
  const known = [...plan.before, ...plan.after]
    .filter((holding) => holding.chainId === chainId)
    .flatMap(({ base, quote }) => [base.token, quote.token])
    .find(({ address }) => address.toLowerCase() === token.toLowerCase());
  if (known === undefined) return `${groupDigits(amountRaw)} units of ${token}`;
  return `${formatSignedToken(amountRaw, known.decimals)} ${known.symbol}`;
}
