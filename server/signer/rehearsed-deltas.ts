// The balance changes of one operation against those its plan was rehearsed with: which token left the bounds, what was expected, what came.
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { isSameAddress } from "@/lib/actions/erc20";
import type { MintStep, Plan, Step } from "@/lib/plan/plan";
import { MAX_TICK, MIN_TICK, type Address } from "@/lib/units";

/** Signed change of the wallet's balance of one token. */
export interface Movement {
  readonly token: Address;
  readonly amountRaw: bigint;
}

export interface DeltaQuestion {
  readonly step: Step;
  readonly bounds: Plan["bounds"];
  readonly rehearsed: readonly Movement[];
  readonly now: readonly Movement[];
  /** The most that may leave, per token: the amounts of this very operation. */
  readonly most: readonly Movement[];
  /** US dollars of amounts of the pair's tokens, signs left aside, at the plan's own price and at the price of this moment. */
  readonly valueThen: (parts: readonly Movement[]) => number;
  readonly valueNow: (parts: readonly Movement[]) => number;
}

export interface DeltaLeft {
  readonly token: Address;
  readonly expected: string;
  readonly came: string;
}

const BPS = 10_000;
/** Parts in which shares and widths are counted with whole numbers. */
const PARTS = 1_000_000_000n;
/** Any liquidity shows the proportion of a range; this one keeps fourteen digits of it. */
const PROBE_LIQUIDITY = 10n ** 30n;
/** Roundings of a few units are no difference. */
const DUST_USD = 0.01;

/**
 * Null when the operation is still the one that was rehearsed. The rule, with d the plan's `maxPriceMoveFrac`, s the slippage of the step
 * (of the plan where it has none) and w = d + s:
 *
 * 1. Tokens: what moves now moved in the rehearsal too, or is one of the step's own two tokens. Anything else is refused.
 * 2. Directions: an exit only brings in, a mint and a bridge only take out, a swap takes its one token and brings the other.
 * 3. What leaves is at most the operation's own exact amount.
 * 4. A swap brings, per unit it takes, at least (1 - w) of what the rehearsal brought per unit: the amounts are chosen at execution, the
 *    rate is not.
 * 5. An exit brings at least (1 - w) of the worth that the rehearsal brought, each at its own price. The worth of a liquidity position
 *    falls by at most the fraction its price falls (d), whatever its range and shape; fees only add.
 * 6. A mint takes the two tokens in the rehearsed proportion, moved at most as far as the plan's own tick bound moves that of its range,
 *    and by s. Its size is bounded by 3 only: less may be there than was rehearsed. Liquidity Book has no such closed form: 1 to 3 hold.
 *
 * Only what costs is bounded: more in, or less out, than was rehearsed passes.
 */
export function findDeltaLeft(question: DeltaQuestion): DeltaLeft | null {
  const { step, now } = question;
  return (
    now.map((each) => strangerOf(question, each) ?? wrongWay(step, each) ?? tooMuch(question, each)).find(isLeft) ??
    resultLeft(question)
  );
}

function isLeft(left: DeltaLeft | null): left is DeltaLeft {
  return left !== null;
}

function strangerOf({ step, rehearsed }: DeltaQuestion, { token, amountRaw }: Movement): DeltaLeft | null {
  const isKnown = [...ownTokens(step), ...rehearsed.map((each) => each.token)].some((each) =>
    isSameAddress(each, token),
  );
  return isKnown ? null : { token, expected: "no change: it did not move in the rehearsal", came: signed(amountRaw) };
}

function ownTokens(step: Step): readonly Address[] {
  switch (step.kind) {
    case "burn":
    case "decrease":
    case "mint":
      return [step.token0, step.token1];
    case "swap":
      return [step.tokenIn, step.tokenOut];
    case "bridge":
      return [step.tokenIn];
    case "approve":
    case "revoke":
      return [];
  }
}

function ownOnly(step: Step, parts: readonly Movement[]): readonly Movement[] {
  return parts.filter(({ token }) => ownTokens(step).some((each) => isSameAddress(each, token)));
}

function wrongWay(step: Step, { token, amountRaw }: Movement): DeltaLeft | null {
  const isOut = amountRaw < 0n;
  const mayLeave =
    step.kind === "mint" || ((step.kind === "swap" || step.kind === "bridge") && isSameAddress(step.tokenIn, token));
  if (isOut === mayLeave) return null;
  return { token, expected: mayLeave ? "to leave the wallet" : "to come into the wallet", came: signed(amountRaw) };
}

function tooMuch({ most }: DeltaQuestion, { token, amountRaw }: Movement): DeltaLeft | null {
  if (amountRaw >= 0n) return null;
  const mostRaw = amountOf(most, token);
  return -amountRaw <= mostRaw ? null : { token, expected: `at most -${mostRaw}`, came: signed(amountRaw) };
}

function resultLeft(question: DeltaQuestion): DeltaLeft | null {
  switch (question.step.kind) {
    case "swap":
      return rateLeft(question, question.step);
    case "burn":
    case "decrease":
      return worthLeft(question);
    case "mint":
      return proportionLeft(question, question.step);
    case "bridge":
    case "approve":
    case "revoke":
      return null;
  }
}

function rateLeft(question: DeltaQuestion, step: Extract<Step, { kind: "swap" }>): DeltaLeft | null {
  const { rehearsed, now } = question;
  const [paidThen, gotThen] = [-amountOf(rehearsed, step.tokenIn), amountOf(rehearsed, step.tokenOut)];
  const [paidNow, gotNow] = [-amountOf(now, step.tokenIn), amountOf(now, step.tokenOut)];
  if (paidThen <= 0n) return null;
  const leastRaw = (gotThen * paidNow * (PARTS - widthParts(question))) / paidThen / PARTS;
  if (gotNow >= leastRaw) return null;
  return {
    token: step.tokenOut,
    expected: `at least ${signed(leastRaw)} for ${paidNow} of ${step.tokenIn} (rehearsed ${signed(gotThen)} for ${paidThen})`,
    came: signed(gotNow),
  };
}

function worthLeft(question: DeltaQuestion): DeltaLeft | null {
  const { valueThen, valueNow } = question;
  const [rehearsed, now] = [ownOnly(question.step, question.rehearsed), ownOnly(question.step, question.now)];
  const least = (valueThen(rehearsed) * Number(PARTS - widthParts(question))) / Number(PARTS);
  if (valueNow(now) >= least - DUST_USD) return null;
  // The token that fell short by the most worth is the one to name; the other is said beside it.
  const [first] = rehearsed
    .map(({ token, amountRaw }) => {
      const shortRaw = amountRaw - amountOf(now, token);
      return { token, amountRaw, short: Math.sign(Number(shortRaw)) * valueNow([{ token, amountRaw: shortRaw }]) };
    })
    .toSorted((left, right) => right.short - left.short);
  if (first === undefined) return null;
  const others = rehearsed
    .filter(({ token }) => token !== first.token)
    .map(
      ({ token, amountRaw }) =>
        ` while ${token} came as ${signed(amountOf(now, token))}, rehearsed ${signed(amountRaw)}`,
    );
  return {
    token: first.token,
    expected: `about ${signed(first.amountRaw)}, together worth at least ${least.toFixed(2)} USD`,
    came: `${signed(amountOf(now, first.token))}${others.join("")}, together worth ${valueNow(now).toFixed(2)} USD`,
  };
}

function proportionLeft(question: DeltaQuestion, step: MintStep): DeltaLeft | null {
  const { bounds, valueNow, valueThen } = question;
  const [rehearsed, now] = [ownOnly(step, question.rehearsed), ownOnly(step, question.now)];
  const bound = bounds.poolTicks.find(({ pool }) => isSameAddress(pool, step.pool));
  if (step.family === "liquidity-book" || bound === undefined || now.length === 0 || rehearsed.length === 0)
    return null;
  const shareIn = (value: DeltaQuestion["valueNow"], parts: readonly Movement[]): number => {
    const all = value(parts);
    return all > 0 ? value(parts.filter(({ token }) => isSameAddress(token, step.token0))) / all : 0;
  };
  const then = shareIn(valueThen, rehearsed);
  const edges = [then, ...[-bound.maxTickMove, bound.maxTickMove].map((move) => shareOfRange(step, bound.tick + move))];
  const slack = step.maxSlippageBps / BPS;
  const [least, most] = [Math.min(...edges) - slack, Math.max(...edges) + slack];
  const share = shareIn(valueNow, now);
  if (share >= least && share <= most) return null;
  const isToken0 = share > most;
  const token = isToken0 ? step.token0 : step.token1;
  const [from, to] = isToken0 ? [least, most] : [1 - most, 1 - least];
  return {
    token,
    expected: `${percent(from)} to ${percent(to)} of what goes in (rehearsed ${percent(isToken0 ? then : 1 - then)})`,
    came: `${signed(amountOf(now, token))}, ${percent(isToken0 ? share : 1 - share)} of it`,
  };
}

/** Part of the worth of a range that is token0 at a tick. */
function shareOfRange(range: MintStep, tick: number): number {
  const sqrt = sqrtAtTick(Math.max(MIN_TICK, Math.min(MAX_TICK, tick)));
  const bounds = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
  const { amount0, amount1 } = amountsForLiquidity(sqrt, bounds, PROBE_LIQUIDITY, "up");
  const worth0 = (amount0 * sqrt * sqrt) >> 192n;
  return worth0 + amount1 === 0n ? 0 : Number((worth0 * PARTS) / (worth0 + amount1)) / Number(PARTS);
}

function percent(share: number): string {
  return `${(Math.max(0, Math.min(1, share)) * 100).toFixed(2)} %`;
}

/** w of the rule. */
function widthParts({ step, bounds }: DeltaQuestion): bigint {
  const slippageBps = "maxSlippageBps" in step ? step.maxSlippageBps : bounds.maxSlippageBps;
  const width = BigInt(Math.round((bounds.maxPriceMoveFrac + slippageBps / BPS) * Number(PARTS)));
  return width < PARTS ? width : PARTS;
}

function amountOf(parts: readonly Movement[], token: Address): bigint {
  return parts.reduce((sum, each) => (isSameAddress(each.token, token) ? sum + each.amountRaw : sum), 0n);
}

function signed(amountRaw: bigint): string {
  return amountRaw > 0n ? `+${amountRaw}` : String(amountRaw);
}
