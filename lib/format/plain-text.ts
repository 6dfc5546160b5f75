// Text from outside (a token's symbol, a person's note) as it may be shown: nothing invisible, nothing that turns the direction of what stands beside it.

/** Control, format (zero-width, bidi), private-use and unassigned characters, and the two that break lines. */
const INVISIBLE = /[\p{C}\u2028\u2029\u115F\u1160\u3164\uFFA0]/u;

/** Longest text of a chain that is shown, characters (safety.md section 6). */
const MAX_CHAIN_TEXT_CHARS = 32;

/** False for a text that shows something else than it holds. */
export function isPlainText(text: string): boolean {
  return !INVISIBLE.test(text);
}

/** What a contract calls itself: invisible characters left out, cut to 32 characters. */
export function chainText(text: string): string {
  const plain = [...text]
    .filter((each) => isPlainText(each))
    .join("")
    .trim();
  return [...plain].slice(0, MAX_CHAIN_TEXT_CHARS).join("");
}
