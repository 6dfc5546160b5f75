// Movement: which positions a request closes and opens, with the income the model sees before and after.
import { ok, type Result } from "@/lib/errors/result";
import type { ObservedPosition } from "@/lib/market/snapshot";
import type { IncomeSplit, RangeShiftDecision, ReallocateDecision } from "@/lib/strategy/index";
import type { PoolKey, PositionId } from "@/lib/units";
import type { IncomeLine } from "./cost";
import { manualIncome } from "./manual-income";
import type { Plan } from "./plan";
import {
  balanceOf,
  checkTicks,
  findClosing,
  findPool,
  min,
  paidOut,
  pricesOf,
  sumAmounts,
  valueUsd,
  type Amounts,
  type Closing,
  type Opening,
  type Reduction,
} from "./plan-pool";
import type { BuildPlanInput, ManualShift, PlanRefusal } from "./plan-request";
import { chooseTokenSet, leftForLater, setOfPool, type TokenSet, type Wish } from "./token-set";

/** A mint below this value is not worth its transactions: the least pool amount of strategy.md section 7. */
const MIN_MINT_USD = 10;

export interface Movement {
  readonly closings: readonly Closing[];
  /** Positions that stay and become smaller. */
  readonly reductions: readonly Reduction[];
  readonly openings: readonly Opening[];
  /** RS moves what its positions held and left over; PRA may use the whole account too. */
  readonly usesAccount: boolean;
  /** Leftovers of the closed positions that an RS takes from the wallet, per chain. */
  readonly leftovers: ReadonlyMap<number, Amounts>;
  /** Share of BASE by value to swap what is closed to, when nothing is opened with it; null = swap nothing. */
  readonly restoreMixFrac: number | null;
  readonly kind: Plan["kind"];
  readonly reason: string;
  readonly before: readonly IncomeLine[];
  readonly after: readonly IncomeLine[];
  /** Choices for the plan's words. */
  readonly notes: readonly string[];
  /** Tokens the plan uses: money in others is not counted. */
  readonly tokenSet: TokenSet | null;
}

/** RS by the strategy or by an operator: each position's own money goes to its new range. */
export function shiftMovement(
  input: BuildPlanInput,
  request: RangeShiftDecision | ManualShift,
): Result<Movement, PlanRefusal> {
  const allWanted =
    request.kind === "RS"
      ? request.shifts.map(({ positionId, target, keepsMix }) => ({ positionId, range: target.range, keepsMix }))
      : [
          {
            positionId: request.positionId,
            keepsMix: false,
            range: manualRange(input, request),
          },
        ];
  const wishes = allWanted.flatMap(({ positionId }) => wishOf(input, positionId));
  const tokenSet = chooseTokenSet(input, wishes, []);
  const isOurs = (positionId: PositionId): boolean => {
    const [wish] = wishOf(input, positionId);
    return wish === undefined || setOfPool(input, wish.poolKey) === tokenSet;
  };
  const wanted = allWanted.filter(({ positionId }) => isOurs(positionId));
  const closings: Closing[] = [];
  const openings: Opening[] = [];
  const leftovers = new Map<number, Amounts>();
  const leftOf = leftoversOf(input, leftovers);
  for (const { positionId, range, keepsMix } of wanted) {
    const closing = findClosing(input, positionId);
    if (!closing.ok) return closing;
    const { pool, position } = closing.value;
    const ticks = checkTicks(pool, range);
    if (!ticks.ok) return ticks;
    closings.push(closing.value);
    const funds = sumAmounts([paidOut(position), leftOf(position)]);
    const money = valueUsd(input.snapshot, pool, funds);
    // Two positions of one pool that go to the same range become one: a plan mints once per pool.
    const same = openings.findIndex(
      (opening) =>
        opening.pool.state.poolKey === pool.state.poolKey &&
        opening.tickLower === ticks.value.tickLower &&
        opening.tickUpper === ticks.value.tickUpper,
    );
    const known = openings[same];
    if (known === undefined) {
      openings.push({
        pool,
        ...ticks.value,
        valueUsd: money,
        label: `${pool.facts.dex.name} (new)`,
        ownFunds: keepsMix ? funds : null,
      });
    } else {
      // Together they swap as soon as one of them would.
      const ownFunds = keepsMix && known.ownFunds !== null ? sumAmounts([known.ownFunds, funds]) : null;
      openings[same] = { ...known, valueUsd: known.valueUsd + money, ownFunds };
    }
  }
  const moved = new Set<string>(wanted.map(({ positionId }) => positionId));
  const lines = input.evaluation.positions.map((position) => ({
    isMoved: moved.has(position.positionId),
    now: incomeLine(position.incomeNow, targetRho(input, position.poolKey)),
    target: incomeLine(position.incomeAtTarget, targetRho(input, position.poolKey)),
  }));
  const [opening] = openings;
  const chosen =
    request.kind === "RS" || opening === undefined
      ? NO_INCOME
      : manualIncome({
          snapshot: input.snapshot,
          params: input.params,
          sigmaPerYear: input.evaluation.sigmaPerYear,
          pool: opening.pool.state,
          range: pricesOf(opening.pool, opening),
          amountUsd: opening.valueUsd,
        });
  const after = lines.map((line) => {
    if (!line.isMoved) return line.now;
    return request.kind === "RS" ? line.target : chosen;
  });
  return ok({
    closings,
    openings,
    usesAccount: false,
    leftovers,
    restoreMixFrac: null,
    kind: "RS",
    reason: request.kind === "RS" ? request.reason : "manual_shift",
    before: lines.map((line) => line.now),
    after,
    reductions: [],
    notes: leftOutNotes(input, tokenSet, wishes),
    tokenSet,
  });
}

/** The operator's two indexes, as bins where the position lies over bins. */
function manualRange(input: BuildPlanInput, request: ManualShift): ObservedPosition["range"] {
  const { positionId, tickLower, tickUpper } = request;
  const isBins = input.snapshot.positions.some(
    (position) => position.positionId === positionId && position.range.kind === "bins",
  );
  return isBins
    ? { kind: "bins", lowerBinId: tickLower, upperBinId: tickUpper }
    : { kind: "ticks", tickLower, tickUpper };
}

/** What each position's earlier mints left in the wallet, as far as the account still has it. */
function leftoversOf(input: BuildPlanInput, spent: Map<number, Amounts>): (position: ObservedPosition) => Amounts {
  return (position) => {
    const pool = findPool(input, position.poolKey);
    const left = { base: position.leftBaseRaw ?? 0n, quote: position.leftQuoteRaw ?? 0n };
    if (!pool.ok || (left.base === 0n && left.quote === 0n)) return { base: 0n, quote: 0n };
    const { base, quote } = pool.value.facts;
    const used = spent.get(position.chainId) ?? { base: 0n, quote: 0n };
    const free = {
      base: balanceOf(input.account, position.chainId, base.address) - used.base,
      quote: balanceOf(input.account, position.chainId, quote.address) - used.quote,
    };
    const taken = { base: min(left.base, free.base), quote: min(left.quote, free.quote) };
    spent.set(position.chainId, sumAmounts([used, taken]));
    return taken;
  };
}

/** PRA moves only the difference: what the decision keeps is not touched. */
export function reallocationMovement(
  input: BuildPlanInput,
  decision: ReallocateDecision,
): Result<Movement, PlanRefusal> {
  const openWishes = decision.targets
    .filter(({ keepPositionIds }) => keepPositionIds.length === 0)
    .map(({ poolKey, amountUsd: usd }) => ({ poolKey, usd }));
  const closeWishes = decision.closePositionIds.flatMap((positionId) => wishOf(input, positionId));
  const tokenSet = chooseTokenSet(input, openWishes, closeWishes);
  const isOther = (key: PoolKey): boolean => {
    const set = setOfPool(input, key);
    return set !== null && set !== tokenSet;
  };
  const closings: Closing[] = [];
  for (const positionId of decision.closePositionIds) {
    if (wishOf(input, positionId).some(({ poolKey }) => isOther(poolKey))) continue;
    const closing = findClosing(input, positionId);
    if (!closing.ok) return closing;
    closings.push(closing.value);
  }
  const openings: Opening[] = [];
  const reductions: Reduction[] = [];
  const notes: string[] = [...leftOutNotes(input, tokenSet, [...openWishes, ...closeWishes])];
  for (const target of decision.targets) {
    if (target.keepPositionIds.length > 0 || target.amountUsd < MIN_MINT_USD || isOther(target.poolKey)) continue;
    const pool = findPool(input, target.poolKey);
    if (!pool.ok) return pool;
    const staying = stayingPosition(input, closings, target.poolKey);
    if (staying !== null) {
      const { closing, nowUsd } = staying;
      const name = `${pool.value.facts.dex.name} #${closing.position.tokenId} on ${pool.value.facts.chain.name}`;
      if (target.amountUsd < nowUsd) {
        closings.splice(closings.indexOf(closing), 1);
        reductions.push({ ...closing, liquidityRaw: partToTake(closing.position, target.amountUsd / nowUsd) });
        notes.push(
          `${name} keeps its range and is reduced from ${usdText(nowUsd)} to ${usdText(target.amountUsd)}, not closed and opened again.`,
        );
        continue;
      }
      notes.push(
        `${name} grows from ${usdText(nowUsd)} to ${usdText(target.amountUsd)}: it is closed and opened anew, because nothing can be added to a position and a second one of the same pool is not allowed.`,
      );
    }
    const ticks = checkTicks(pool.value, target.target.range);
    if (!ticks.ok) return ticks;
    openings.push({
      pool: pool.value,
      ...ticks.value,
      valueUsd: target.amountUsd,
      label: `${pool.value.facts.dex.name} (new)`,
      ownFunds: null,
    });
  }
  const closed = new Set<string>(closings.map(({ position }) => position.positionId));
  const reduced = new Set<string>(reductions.map(({ position }) => position.positionId));
  const kept = input.evaluation.positions.filter((position) => !closed.has(position.positionId));
  return ok({
    closings,
    openings,
    usesAccount: true,
    leftovers: new Map(),
    restoreMixFrac: decision.restoreMixFrac,
    kind: "PRA",
    reason: decision.reason,
    before: input.evaluation.positions.map((position) =>
      incomeLine(position.incomeNow, targetRho(input, position.poolKey)),
    ),
    after: [
      ...kept.map((position) =>
        reduced.has(position.positionId)
          ? targetIncome(input, position.poolKey)
          : incomeLine(position.incomeNow, targetRho(input, position.poolKey)),
      ),
      ...openings.map(({ pool }) => targetIncome(input, pool.state.poolKey)),
    ],
    reductions,
    notes,
    tokenSet,
  });
}

/** The pool and value of a position; none when it is not open. */
function wishOf(input: BuildPlanInput, positionId: PositionId): readonly Wish[] {
  const evaluated = input.evaluation.positions.find((entry) => entry.positionId === positionId);
  const position = input.snapshot.positions.find((entry) => entry.positionId === positionId);
  return position === undefined ? [] : [{ poolKey: position.poolKey, usd: evaluated?.valueUsd ?? 0 }];
}

function leftOutNotes(input: BuildPlanInput, tokenSet: TokenSet | null, wishes: readonly Wish[]): readonly string[] {
  if (tokenSet === null) return [];
  const others = wishes.flatMap(({ poolKey }) => setOfPool(input, poolKey) ?? []).filter((set) => set !== tokenSet);
  return leftForLater(tokenSet, others);
}

function targetIncome(input: BuildPlanInput, key: PoolKey): IncomeLine {
  const evaluated = input.evaluation.pools.find((entry) => entry.poolKey === key);
  return incomeLine(evaluated?.income ?? null, evaluated?.terms?.inRangeFrac ?? 1);
}

/** The one closing of a pool whose range would do as well as the target's: within the divergence at which a range shift is due. */
function stayingPosition(
  input: BuildPlanInput,
  closings: readonly Closing[],
  key: PoolKey,
): { readonly closing: Closing; readonly nowUsd: number } | null {
  const [closing, ...others] = closings.filter(({ position }) => position.poolKey === key);
  if (closing === undefined || others.length > 0) return null;
  const evaluated = input.evaluation.positions.find((entry) => entry.positionId === closing.position.positionId);
  if (evaluated === undefined || !evaluated.isInRange || !(evaluated.valueUsd > 0)) return null;
  if (!(evaluated.divergence <= input.evaluation.paramsUsed.rsThreshold)) return null;
  return { closing, nowUsd: evaluated.valueUsd };
}

/** Liquidity to take so that `keepFrac` of the position stays, to a millionth of it. */
function partToTake({ liquidityRaw }: ObservedPosition, keepFrac: number): bigint {
  return liquidityRaw - (liquidityRaw * BigInt(Math.ceil(keepFrac * 1_000_000))) / 1_000_000n;
}

function usdText(amountUsd: number): string {
  return `${amountUsd.toFixed(2)} USD`;
}

const NO_INCOME: IncomeLine = { feesUsdPerYear: 0, lvrUsdPerYear: 0, netUsdPerYear: 0, inRangeFrac: 1 };

function incomeLine(income: IncomeSplit | null, inRangeFrac: number): IncomeLine {
  if (income === null) return NO_INCOME;
  const { feesUsdPerYear, lvrUsdPerYear, netUsdPerYear } = income;
  return { feesUsdPerYear, lvrUsdPerYear, netUsdPerYear, inRangeFrac };
}

/** Time in range the model expects of the pool's target; also used for positions that stay, whose own is not evaluated apart. */
function targetRho(input: BuildPlanInput, key: PoolKey): number {
  return input.evaluation.pools.find((pool) => pool.poolKey === key)?.terms?.inRangeFrac ?? 1;
}
