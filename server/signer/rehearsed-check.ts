// Right before an operation is signed: its exact bytes are tried once more, and what they move is compared with the plan's rehearsal.
import { walletDeltas } from "@/lib/actions/erc20";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { Rehearsal } from "@/lib/api/signer-contract";
import { valueUsd } from "./policy";
import type { PrepareInput, PreparedTx } from "./prepare-common";
import { SignerError, type Trial } from "./ports";
import { findDeltaLeft, type Movement } from "./rehearsed-deltas";

type RehearsedStep = Rehearsal["steps"][number];

/**
 * Nothing to compare with, nothing to refuse: a step that was not rehearsed, and the signer's own operations, have only the checks that
 * every operation has. The rehearsal comes from a worker and can therefore only hold a signature back, never allow one.
 */
export async function checkRehearsed(input: PrepareInput, prepared: PreparedTx): Promise<void> {
  const { op, plan, context } = input;
  const step = rehearsedStep(input);
  if (step === null) return;
  const movements = await simulateMovements(input, prepared);
  // A node that cannot say what moves: what the call itself answers was bounded when it was prepared.
  if (movements === null) return;
  const { args } = op.intent;
  const valueAt = (price: number) => (parts: readonly Movement[]) =>
    valueUsd(
      context.deps.registry,
      plan,
      { price, quoteUsd: args.quoteUsd },
      parts.map((each) => ({ ...each, chainId: op.chainId })),
    );
  const left = findDeltaLeft({
    step: op.step,
    bounds: plan.bounds,
    rehearsed: step.deltas
      .filter(({ chainId }) => chainId === op.chainId)
      .map(({ token, amountRaw }) => ({ token, amountRaw: BigInt(amountRaw) })),
    now: movements,
    most: mostOf(input),
    valueThen: valueAt(plan.bounds.referencePrice),
    valueNow: valueAt(args.price),
  });
  if (left === null) return;
  throw SignerError.refuse(
    "drift",
    `bound rehearsedDeltas: step ${op.index} (${op.step.kind}) would not do what was rehearsed: token ${left.token}, expected ${left.expected}, came ${left.came}; nothing was signed`,
    { bound: "rehearsedDeltas", token: left.token },
  );
}

function rehearsedStep({ context, op }: PrepareInput): RehearsedStep | null {
  if (op.isOwn) return null;
  const rehearsal = context.journal.state.plans.get(op.planId)?.rehearsal ?? null;
  return rehearsal?.steps.find(({ index, isOk }) => index === op.index && isOk) ?? null;
}

/** Every ERC-20 token that enters or leaves the wallet; null when no endpoint can say. */
async function simulateMovements(input: PrepareInput, prepared: PreparedTx): Promise<readonly Movement[] | null> {
  const { port, block, wallet } = input;
  const { to, data, valueRaw } = prepared;
  let trial: Trial;
  try {
    trial = await port.tryElsewhere({ call: { from: wallet, to, data, valueRaw }, reads: [], at: block });
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== "reverted") throw error;
    throw new SignerError({
      code: "reverted",
      message: `tried once more against its rehearsal it failed, nothing was signed: ${error.message}`,
      retryable: true,
      cause: error,
    });
  }
  if (trial.state === null) return null;
  const tokens = [...new Set(trial.logs.map(({ address }) => address))];
  return [...walletDeltas(trial.logs, tokens, wallet)].map(([token, amountRaw]) => ({ token, amountRaw }));
}

/** What this operation says it takes; steps that only bring something in take nothing. */
function mostOf({ op }: PrepareInput): readonly Movement[] {
  const { step } = op;
  const { args } = op.intent;
  if (step.kind === "swap" || step.kind === "bridge")
    return [{ token: step.tokenIn, amountRaw: args.amountRaw ?? step.amountInRaw }];
  if (step.kind !== "mint") return [];
  return [
    { token: step.token0, amountRaw: args.amount0DesiredRaw ?? step.amount0MaxRaw },
    { token: step.token1, amountRaw: args.amount1DesiredRaw ?? step.amount1MaxRaw },
  ];
}
