// What the checks of the families share: assertions, ranges in spacings or bins, openings, trades and moves of the price.
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import type { LivePosition, RangeIndexes } from "@/lib/actions/family";
import type { Family } from "@/lib/registry/schema";
import type { FamilyActor, MintInput } from "./family-actor";

export interface CheckSubject {
  readonly actor: FamilyActor;
  /** Usual amounts of a mint, raw, worth about the same on both sides. */
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
  /** Price the pool was made at. */
  readonly startSqrtX96: bigint;
}

export interface Check {
  readonly name: string;
  /** Missing: every family has it. */
  readonly isFor?: (family: Family) => boolean;
  /** Throws with what was expected and what came. */
  run(subject: CheckSubject): Promise<void>;
}

export class Mismatch extends Error {}

export function must(isRight: boolean, what: string): void {
  if (!isRight) throw new Mismatch(what);
}

export function equal(
  what: string,
  found: bigint | number | string | null,
  expected: bigint | number | string | null,
): void {
  must(found === expected, `${what}: expected ${expected}, found ${found}`);
}

export function isBins({ actor }: CheckSubject): boolean {
  return actor.pool.family === "liquidity-book";
}

/** A range of `half` spacings (bins) on both sides of the price, shifted by `shift` of them. */
export async function rangeAround(subject: CheckSubject, half: number, shift = 0): Promise<RangeIndexes> {
  const live = await subject.actor.live();
  const spacing = isBins(subject) ? 1 : live.tickSpacing;
  const middle = Math.floor(live.tick / spacing) + shift;
  return { tickLower: (middle - half) * spacing, tickUpper: (middle + half) * spacing };
}

export async function usual(subject: CheckSubject, range: RangeIndexes): Promise<MintInput> {
  return { ...range, amount0Raw: subject.amount0Raw, amount1Raw: subject.amount1Raw };
}

export async function openUsual(
  subject: CheckSubject,
  half = 40,
): Promise<{ tokenId: bigint; position: LivePosition }> {
  const range = await rangeAround(subject, isBins(subject) ? Math.min(half, 12) : half);
  const { facts } = await subject.actor.mint(await usual(subject, range));
  const position = await subject.actor.position(facts.tokenId);
  if (position === null) throw new Mismatch(`position ${facts.tokenId} is not there after its mint`);
  return { tokenId: facts.tokenId, position };
}

export async function closed(subject: CheckSubject, tokenId: bigint): Promise<void> {
  const after = await subject.actor.position(tokenId);
  const isEmpty = after === null || (after.liquidityRaw === 0n && after.fees0Raw === 0n && after.fees1Raw === 0n);
  must(isEmpty, `position ${tokenId} still holds liquidity ${after?.liquidityRaw} after it was closed`);
  must(!(await subject.actor.owned()).includes(tokenId), `position ${tokenId} is still listed after it was closed`);
}

/** Swaps both ways, a few per cent of the usual amounts each. */
export async function trade(subject: CheckSubject): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    await subject.actor.swap(true, subject.amount0Raw / 7n);
    await subject.actor.swap(false, subject.amount1Raw / 7n);
  }
}

/** Price times `1 + frac`. */
export async function movePrice(subject: CheckSubject, frac: number): Promise<void> {
  const { sqrtPriceX96 } = await subject.actor.live();
  const factor = BigInt(Math.round(Math.sqrt(1 + frac) * 1e9));
  await subject.actor.pullTo((sqrtPriceX96 * factor) / 1_000_000_000n);
}

export async function backToStart(subject: CheckSubject): Promise<void> {
  await subject.actor.pullTo(subject.startSqrtX96);
}

/** Exact amounts of liquidity in ticks at the live price; null for bins. */
export async function formula(
  subject: CheckSubject,
  range: RangeIndexes,
  liquidityRaw: bigint,
  rounding: "up" | "down",
): Promise<{ readonly amount0: bigint; readonly amount1: bigint } | null> {
  if (isBins(subject)) return null;
  const bounds = { sqrtAX96: sqrtAtTick(range.tickLower), sqrtBX96: sqrtAtTick(range.tickUpper) };
  return amountsForLiquidity((await subject.actor.live()).sqrtPriceX96, bounds, liquidityRaw, rounding);
}
