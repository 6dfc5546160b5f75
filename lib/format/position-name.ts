// How people call a position and its range: an NFT by its number, a Liquidity Book position by its bins.
import { formatInteger } from "./number";

const ID_BITS = 24n;
const ID_MASK = (1n << ID_BITS) - 1n;

/** `#4711`; a Liquidity Book id holds pair and bins (lib/actions/liquidity-book.ts): `bins 8385100 to 8385120`. */
export function positionName(family: string, tokenId: string | bigint): string {
  if (family !== "liquidity-book") return `#${tokenId}`;
  const id = BigInt(tokenId);
  return `bins ${(id >> ID_BITS) & ID_MASK} to ${id & ID_MASK}`;
}

/** `ticks −120 to 120` or `bins 8385100 to 8385120`. */
export function rangeName(family: string, lower: number, upper: number): string {
  return family === "liquidity-book"
    ? `bins ${lower} to ${upper}`
    : `ticks ${formatInteger(lower)} to ${formatInteger(upper)}`;
}
