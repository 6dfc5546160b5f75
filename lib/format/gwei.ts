// Gas prices in gwei from wei, exact to six significant digits.
import { NARROW_SPACE, UNKNOWN } from "./number";
import { formatToken } from "./token";

/** `0.1 gwei` from "100000000". */
export function formatGwei(wei: string | null | undefined): string {
  const text = formatToken(wei, 9);
  return text === UNKNOWN ? UNKNOWN : `${text}${NARROW_SPACE}gwei`;
}
