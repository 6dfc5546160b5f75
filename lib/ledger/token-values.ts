// Amounts of several tokens on one chain and what they are worth: raw units by address, US dollars at a stated price.
import type { PriceObservation } from "./price-book";
import type { StatementToken } from "./statement";

/** Raw units of one token as a decimal string, as records and wire contracts have it. */
export interface TokenAmount {
  readonly token: string;
  readonly raw: string;
}

/** Raw units by lower-case token address; what is zero may be missing. */
export type Amounts = ReadonlyMap<string, bigint>;

export type TokenOf = (chainId: number, token: string) => StatementToken;

export const NO_AMOUNTS: Amounts = new Map();

export function toAmounts(list: readonly TokenAmount[]): Amounts {
  const amounts = new Map<string, bigint>();
  for (const { token, raw } of list) {
    const key = token.toLowerCase();
    amounts.set(key, (amounts.get(key) ?? 0n) + BigInt(raw));
  }
  return amounts;
}

/** Without zeros, in order of addresses. */
export function toTokenAmounts(amounts: Amounts): TokenAmount[] {
  return [...amounts]
    .filter(([, raw]) => raw !== 0n)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([token, raw]) => ({ token, raw: raw.toString() }));
}

/** left + sign * right. */
export function combine(left: Amounts, right: Amounts, sign: 1n | -1n = 1n): Amounts {
  const sum = new Map(left);
  for (const [token, raw] of right) sum.set(token, (sum.get(token) ?? 0n) + sign * raw);
  return sum;
}

export function isNothing(amounts: Amounts): boolean {
  return [...amounts.values()].every((raw) => raw === 0n);
}

/** US dollars at a price of the pair; a token that is neither of its two counts 0. */
export function worthUsd(
  tokenOf: TokenOf,
  held: { readonly chainId: number; readonly amounts: Amounts },
  at: Pick<PriceObservation, "price" | "quoteUsd">,
): number {
  let sumUsd = 0;
  for (const [token, raw] of held.amounts) {
    if (raw === 0n) continue;
    const { side, decimals } = tokenOf(held.chainId, token);
    if (side === null) continue;
    sumUsd += (Number(raw) / 10 ** decimals) * (side === "base" ? at.price : 1) * at.quoteUsd;
  }
  return sumUsd;
}
