// Wallets of a chain as the strategy counts them: each pool's own tokens, every token once.
import { describe, expect, test } from "vitest";
import { computeCapital } from "@/lib/portfolio/valuation";
import type { Address } from "@/lib/units";
import { buildPool } from "@/tests/support/build-snapshot";
import { resolvedPoolOf } from "@/tests/support/resolved-pool-of";
import { toWallets } from "./fetch";

const BRIDGED: Address = "0xa0000000000000000000000000000000000000ee";
const plain = buildPool();
const native = resolvedPoolOf(plain);
const bridged = resolvedPoolOf({ ...plain, quote: { symbol: "USDC.e", address: BRIDGED, decimals: 18 } });
const chainId = plain.chainId;
const account = [
  { chainId, token: plain.quote.address, amountRaw: 700_000_000n },
  { chainId, token: BRIDGED, amountRaw: 300n * 10n ** 18n },
  { chainId, token: plain.base.address, amountRaw: 10n ** 18n },
  { chainId: 1, token: plain.quote.address, amountRaw: 5n },
];

describe("toWallets", () => {
  test("default: one wallet for pools of the same tokens, whatever their number", () => {
    expect(toWallets({ account }, [native, native], 9n, 2_000)).toMatchObject([
      { chainId, baseRaw: 10n ** 18n, quoteRaw: 700_000_000n, nativeRaw: 9n, nativeUsd: 2_000 },
    ]);
  });

  test("behavior: USDC and USDC.e are both counted, in their own decimals, and what they share only once", () => {
    const wallets = toWallets({ account }, [native, bridged, native], 9n, 2_000);
    expect(
      wallets.map(({ quote, baseRaw, quoteRaw, nativeRaw }) => [quote.symbol, baseRaw, quoteRaw, nativeRaw]),
    ).toEqual([
      ["USDC", 10n ** 18n, 700_000_000n, 9n],
      ["USDC.e", 0n, 300n * 10n ** 18n, 0n],
    ]);
    const capital = computeCapital({ wallets, positions: [], pools: [], price: 2_000, quoteUsd: 1 });
    expect([capital.idleBase, capital.idleQuote, capital.idleUsd]).toEqual([1, 1_000, 3_000]);
  });
});
