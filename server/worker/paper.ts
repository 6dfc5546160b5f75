// Paper: what the policy that is not in charge (and, in a pair that only observes, the one that is) would have done with the same money, epoch by epoch.
import { humanAmount } from "@/lib/amm/human-units";
import { closeEpoch, createPaper, executePlan, advancePaper, paperNetUsd } from "@/lib/backtest/account";
import type { PaperEvent, PaperPool, PaperState } from "@/lib/backtest/paper-state";
import { planOfDecision, viewPaper } from "@/lib/backtest/paper-view";
import type { PaperRecord } from "@/lib/epoch/epoch-record";
import type { Result } from "@/lib/errors/result";
import { errorText, type StoreError } from "@/lib/errors/tidegate-error";
import type { CandleSeries } from "@/lib/market/candle";
import { POOL_SAMPLE_MS } from "@/lib/market/pool-sample";
import type { MarketSnapshot, TickPoolState } from "@/lib/market/snapshot";
import {
  decide,
  evaluateSteps,
  NO_MEMORY,
  type Decision,
  type Evaluation,
  type PolicyName,
  type StrategyParams,
} from "@/lib/strategy/index";
import type { PaperAccount, PaperBook } from "./paper-book";
import { paperSteps, stillInterval, type PaperStep } from "./paper-market";
import type { PaperInput, PaperPort, WorkerLog } from "./ports";
import { runSlices, type SliceDeps } from "./run-slices";

export interface PaperDeps {
  readonly pairId: string;
  readonly read: () => Promise<Result<PaperBook | null, StoreError>>;
  readonly write: (book: PaperBook) => Promise<Result<true, StoreError>>;
  readonly slices: SliceDeps;
  readonly log: WorkerLog;
}

/** Transactions of a range shift, for the price of one (close, swap, open). */
const SHIFT_TX_COUNT = 3;
const POLICIES: readonly PolicyName[] = ["forces", "carry"];

export function createPaperDesk(deps: PaperDeps): PaperPort {
  let book: PaperBook | null = null;

  async function open(): Promise<PaperBook> {
    if (book !== null) return book;
    const stored = await deps.read();
    if (stored.ok) return stored.value ?? { version: 1, accounts: [] };
    if (stored.error.code !== "bad_data") throw stored.error;
    // Kept in the shape of another version: the accounts begin anew.
    deps.log.warn("store.lost", { pairId: deps.pairId, what: "paper", detail: stored.error.message });
    return { version: 1, accounts: [] };
  }

  async function runAll(input: PaperInput): Promise<readonly PaperRecord[]> {
    const { snapshot } = input;
    // Nothing to value with: the accounts wait, and the next samples bring what was earned meanwhile.
    if (!(snapshot.price > 0 && snapshot.quoteUsd > 0) || snapshot.pools.length === 0) return [];
    const known = await open();
    const accounts: PaperAccount[] = [];
    const records: PaperRecord[] = [];
    for (const policy of wantedPolicies(input)) {
      const kept = known.accounts.find(
        // One of another market, whose time lies ahead, is not gone on with.
        (each) => each.policy === policy && each.state.atMs <= snapshot.observedAtMs,
      );
      const done = await runPaperEpoch(deps.slices, { ...input, policy, account: kept ?? null });
      if (done === null) continue;
      accounts.push(done.account);
      records.push(done.record);
    }
    book = { version: 1, accounts };
    const written = await deps.write(book);
    if (!written.ok) deps.log.warn("store.lost", { pairId: deps.pairId, what: "paper", detail: written.error.message });
    return records;
  }

  return {
    async run(input) {
      try {
        return await runAll(input);
      } catch (error) {
        // Paper is beside the real money: going on without it is safe. The next epoch takes up what the store holds.
        book = null;
        deps.log.error("paper.failed", { pairId: deps.pairId, detail: errorText(error) });
        return [];
      }
    },
  };
}

/** An account of a policy ends when nobody asks for it any more: what takes charge goes on with real money. */
function wantedPolicies({ params, mode }: PaperInput): readonly PolicyName[] {
  return POLICIES.filter((policy) => policy !== params.policy || mode === "observe");
}

interface EpochInput extends PaperInput {
  readonly policy: PolicyName;
  readonly account: PaperAccount | null;
}

/** One epoch of one account; null while the pair has no money to start with. */
export async function runPaperEpoch(
  slices: SliceDeps,
  input: EpochInput,
): Promise<{ readonly account: PaperAccount; readonly record: PaperRecord } | null> {
  const { snapshot, policy } = input;
  const pools = snapshot.pools.filter((pool): pool is TickPoolState => pool.kind === "ticks");
  const account = input.account ?? openAccount(snapshot, policy);
  if (account === null) return null;
  const { state } = account;

  const past = paperSteps({
    pools,
    samples: snapshot.poolSamples,
    marks: account.marks,
    untilMs: snapshot.observedAtMs,
  });
  let { lastAction } = account;
  for (const step of past.steps) {
    if (step.toMs <= state.atMs) continue;
    advancePaper(state, {
      toMs: step.toMs,
      price: closeAt(snapshot.candles, step.toMs) ?? snapshot.price,
      quoteUsd: snapshot.quoteUsd,
      pools: step.intervals,
    });
    lastAction = landPending(state, step, input) ?? lastAction;
  }
  const still = pools.map(stillInterval);
  advancePaper(state, {
    toMs: snapshot.observedAtMs,
    price: snapshot.price,
    quoteUsd: snapshot.quoteUsd,
    pools: still,
  });
  const isNewEpoch = snapshot.epoch > account.lastEpoch;
  if (isNewEpoch) closeEpoch(state, still);

  const params: StrategyParams = { ...input.params, policy };
  const view = viewPaper(snapshot, state);
  const evaluation = await runSlices(
    slices,
    evaluateSteps({ snapshot: view, params, memory: account.memory, market: input.market }),
  );
  if (evaluation.regime.suppressed) {
    state.suppressUntilEpoch = Math.max(state.suppressUntilEpoch, evaluation.regime.suppressUntilEpoch);
  }
  const decision = decide({ snapshot: view, evaluation, params });
  const plan = planOfDecision(decision);
  if (plan !== null && state.pending === null) {
    state.pending = {
      plan,
      detail: decision.reason,
      decidedAtMs: snapshot.observedAtMs,
      dueAtMs: snapshot.observedAtMs + POOL_SAMPLE_MS,
    };
  }
  const next: PaperAccount = {
    ...account,
    marks: { ...past.marks },
    memory: memoryOf(evaluation),
    lastEpoch: Math.max(account.lastEpoch, snapshot.epoch),
    lastAction,
    unseenMs: account.unseenMs + past.unseenMs,
  };
  return { account: next, record: recordOf(next, input, decision, still) };
}

/** A decision takes effect with the first samples five minutes later, at their prices: nothing known when it fell is used. */
function landPending(state: PaperState, step: PaperStep, input: EpochInput): PaperAccount["lastAction"] {
  const { pending } = state;
  if (pending === null || step.toMs < pending.dueAtMs) return null;
  state.pending = null;
  const { params, snapshot } = input;
  const event: PaperEvent = executePlan(state, pending.plan, {
    atMs: step.toMs,
    epoch: snapshot.epoch,
    pools: step.pools,
    swapCostFrac: params.routerFeeFrac + params.expectedSlippageFrac,
    gasUsdPerTx: gasPerTxUsd(snapshot, step.pools),
    fails: false,
  });
  return { atMs: step.toMs, reason: pending.plan.reason, outcome: event.outcome, detail: event.detail };
}

/** Live gas of one transaction: a third of the dearest shift among the pools. */
function gasPerTxUsd(snapshot: MarketSnapshot, pools: readonly PaperPool[]): number {
  const keys = new Set(pools.map(({ poolKey }) => poolKey));
  const shifts = snapshot.pools
    .filter(({ poolKey, gasRsUsd }) => keys.has(poolKey) && Number.isFinite(gasRsUsd))
    .map(({ gasRsUsd }) => gasRsUsd);
  return Math.max(0, ...shifts) / SHIFT_TX_COUNT;
}

/** Starts with everything the pair has now, as tokens: its wallets and what its positions and their fees would pay. */
function openAccount(snapshot: MarketSnapshot, policy: PolicyName): PaperAccount | null {
  // Whole tokens: a chain with two tokens for one side is one wallet here.
  const wallets = [...new Set(snapshot.capital.wallets.map(({ chainId }) => chainId))].map((chainId) => {
    const wallet = { chainId, base: 0, quote: 0 };
    for (const each of snapshot.capital.wallets) {
      if (each.chainId !== chainId) continue;
      wallet.base += humanAmount(each.baseRaw, each.base.decimals);
      wallet.quote += humanAmount(each.quoteRaw, each.quote.decimals);
    }
    for (const position of snapshot.positions) {
      const pool = snapshot.pools.find(({ poolKey }) => poolKey === position.poolKey);
      const tokens = pool ?? snapshot.capital.wallets.find((each) => each.chainId === chainId);
      if (position.chainId !== chainId || tokens === undefined) continue;
      wallet.base += humanAmount(position.baseRaw + position.uncollectedBaseRaw, tokens.base.decimals);
      wallet.quote += humanAmount(position.quoteRaw + position.uncollectedQuoteRaw, tokens.quote.decimals);
    }
    return wallet;
  });
  const state = createPaper({
    atMs: snapshot.observedAtMs,
    price: snapshot.price,
    quoteUsd: snapshot.quoteUsd,
    wallets,
  });
  if (!(state.startUsd > 0)) return null;
  const marks: Record<string, number> = {};
  for (const pool of snapshot.pools) {
    const newest = (snapshot.poolSamples[pool.poolKey] ?? []).at(-1);
    if (newest !== undefined) marks[pool.poolKey] = newest.observedAtMs;
  }
  return {
    policy,
    state,
    startBase: wallets.reduce((sum, { base }) => sum + base, 0),
    startQuote: wallets.reduce((sum, { quote }) => sum + quote, 0),
    marks,
    memory: { warmStart: null, incumbent: NO_MEMORY.incumbent, lastTuning: NO_MEMORY.lastTuning },
    lastEpoch: snapshot.epoch,
    lastAction: null,
    unseenMs: 0,
  };
}

function memoryOf({ memory }: Evaluation): PaperAccount["memory"] {
  return {
    warmStart: memory.warmStart === null ? null : [...memory.warmStart],
    incumbent: memory.incumbent,
    lastTuning: memory.lastTuning,
  };
}

function recordOf(
  account: PaperAccount,
  input: EpochInput,
  decision: Decision,
  pools: readonly { readonly poolKey: string; readonly price: number }[],
): PaperRecord {
  const { state } = account;
  const { totals } = state;
  const holdNowUsd = (account.startBase * state.price + account.startQuote) * state.quoteUsd;
  return {
    policy: input.policy,
    role: input.policy === input.params.policy ? "observe" : "shadow",
    decision: { kind: decision.kind, reason: decision.reason, detail: detailOf(decision) },
    startedAtMs: state.startedAtMs,
    startUsd: state.startUsd,
    valueUsd: state.valueUsd,
    netUsd: paperNetUsd(state),
    alphaUsd: totals.feesUsd - totals.lvrUsd - totals.gasUsd - totals.swapCostUsd,
    feesUsd: totals.feesUsd,
    lvrUsd: totals.lvrUsd,
    markUsd: totals.markUsd,
    gasUsd: totals.gasUsd,
    swapCostUsd: totals.swapCostUsd,
    holdUsd: holdNowUsd - state.startUsd,
    rebalances: totals.rebalances,
    failedActions: totals.failedActions,
    timeInRangeFrac: totals.openMs > 0 ? totals.inRangeMs / totals.openMs : null,
    maxDrawdownFrac: state.maxDrawdownFrac,
    positions: state.positions.map((position) => {
      const price = pools.find(({ poolKey }) => poolKey === position.poolKey)?.price ?? state.price;
      const root = Math.sqrt(Math.min(Math.max(price, position.lower), position.upper));
      const base = position.liquidity * (1 / root - 1 / Math.sqrt(position.upper));
      const quote = position.liquidity * (root - Math.sqrt(position.lower));
      return {
        poolKey: position.poolKey,
        priceLower: position.lower,
        priceUpper: position.upper,
        inRange: position.lower < price && price < position.upper,
        valueUsd: (base * state.price + quote) * state.quoteUsd,
        feesUsd: (position.feesBase * state.price + position.feesQuote) * state.quoteUsd,
      };
    }),
    pending: state.pending === null ? null : { reason: state.pending.plan.reason, dueAtMs: state.pending.dueAtMs },
    lastAction: account.lastAction,
    unseenMs: account.unseenMs,
  };
}

/** The gate that decided, in words. */
function detailOf(decision: Decision): string {
  if (decision.kind === "HOLD" && decision.detail !== null) {
    return `${decision.detail.input} broke ${decision.detail.rule}`;
  }
  return decision.gates.find(({ status }) => status === "fail")?.detail ?? "";
}

/** Close of the last minute that was over at `atMs`. */
function closeAt(candles: CandleSeries, atMs: number): number | null {
  let low = 0;
  let high = candles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((candles.openAtMs[middle] ?? 0) + candles.timeframeMs <= atMs) low = middle + 1;
    else high = middle;
  }
  const price = low === 0 ? undefined : candles.close[low - 1];
  return price !== undefined && price > 0 ? price : null;
}
