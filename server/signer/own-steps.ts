// Operations the signer makes itself to close an orphan: which they are, the frame they are prepared in, and whose their proceeds are.
import { NATIVE_TOKEN, feesAccount, walletAccount } from "@/lib/ledger/accounts";
import type { Entry } from "@/lib/ledger/entries";
import type { Plan } from "@/lib/plan/plan";
import type { EngineContext } from "./context";
import type { OpRecord } from "./journal/projection";
import { isOrderedExit } from "./policy";
import { SignerError } from "./ports";

const OWN_SLIPPAGE_BPS = 500;
/** More than any two ticks or bins are apart. */
const ANY_TICK = 2 ** 25;
/** Operations that close an orphan: no plan, ordered by a signed command; what they bring is a credit. */
export const ORPHAN_PLAN_PREFIX = "orphan-";

/** The frame an own operation is prepared in: its slippage and deadline, no bound of a market that nobody planned for. */
export function planOfOwn(op: OpRecord): Plan {
  const { step } = op;
  if (!op.planId.startsWith(ORPHAN_PLAN_PREFIX)) {
    throw SignerError.refuse("internal", `${op.opId} has no plan in the journal and closes no orphan`);
  }
  const none = { feesUsdPerDayBefore: 0, feesUsdPerDayAfter: 0, lvrUsdPerDayAfter: 0, gainUsdPerYear: 0 };
  const token = { symbol: "", decimals: 0, address: op.step.kind === "burn" ? op.step.token0 : NATIVE_TOKEN };
  return {
    version: 1,
    pairId: op.pairId,
    epoch: 0,
    kind: "RS",
    reason: "orphan",
    origin: { kind: "strategy" },
    configVersion: 0,
    blocks: [],
    notionalUsd: 0,
    base: token,
    quote: token,
    before: [],
    after: [],
    forecast: {
      ...none,
      gasUsd: 0,
      swapFeeUsd: 0,
      slippageUsd: 0,
      costUsd: 0,
      paybackDays: null,
      net7dUsd: 0,
      net7dLowUsd: 0,
      net7dHighUsd: 0,
    },
    bounds: {
      referencePrice: op.intent.args.price,
      maxPriceMoveFrac: 0.2,
      maxSlippageBps: OWN_SLIPPAGE_BPS,
      deadlineSec: 120,
      maxPlanAgeMs: 3_600_000,
      poolTicks: step.kind === "burn" ? [{ pool: step.pool, tick: 0, maxTickMove: ANY_TICK }] : [],
      maxFeePerGasWei: [],
    },
    steps: [step],
  };
}

/** By a signed command: the closing of an orphan, or a step of a system.exit. */
export function isOrdered(context: EngineContext, op: OpRecord): boolean {
  if (op.isOwn && op.planId.startsWith(ORPHAN_PLAN_PREFIX)) return true;
  const plan = context.journal.state.plans.get(op.planId)?.plan;
  return plan !== undefined && isOrderedExit(context.deps.authority, plan);
}

/** What an orphan's closing paid belongs to nobody yet: it waits as a credit until a command assigns it. */
export function bookedEntries(op: OpRecord, entries: readonly Entry[]): Entry[] {
  if (!op.isOwn || !op.planId.startsWith(ORPHAN_PLAN_PREFIX)) return [...entries];
  return entries.map((entry) => {
    if (entry.account === walletAccount(op.pairId)) return { ...entry, account: "credit", kind: "credit" };
    return entry.account === feesAccount(op.pairId) ? { ...entry, account: "external", kind: "credit" } : entry;
  });
}
