// The key of a pool by id as people type it, for pools whose manager does not tell it: checked before anybody is asked.
import { addressSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";

export interface PoolKeyText {
  /** Two symbols, in the order of their addresses. */
  readonly tokens: string;
  readonly feePercent: string;
  readonly tickSpacing: string;
  readonly hooks: string;
}

export const NO_POOL_KEY: PoolKeyText = { tokens: "", feePercent: "", tickSpacing: "", hooks: "" };

interface PoolKey {
  readonly tokens: [string, string] | null;
  readonly fee: number | null;
  readonly tickSpacing: number | null;
  readonly hooks: Address | null;
}

export type PoolKeyRead =
  { readonly ok: true; readonly key: PoolKey } | { readonly ok: false; readonly problem: string };

/** Empty fields are parts that the contracts tell. */
export function readPoolKey(text: PoolKeyText): PoolKeyRead {
  const symbols = text.tokens.split(/[\s,/]+/).filter((part) => part !== "");
  const [first, second] = symbols;
  if (symbols.length !== 0 && (symbols.length !== 2 || symbols.some((symbol) => symbol.length > 16))) {
    return { ok: false, problem: `Tokens: expected two symbols, like WETH USDC; came “${text.tokens.trim()}”.` };
  }
  const fee = numberOf(text.feePercent);
  if (fee !== null && !(fee >= 0 && fee <= 100)) {
    return { ok: false, problem: `Fee: expected a percentage from 0 to 100; came “${text.feePercent.trim()}”.` };
  }
  const tickSpacing = numberOf(text.tickSpacing);
  if (tickSpacing !== null && !(Number.isInteger(tickSpacing) && tickSpacing >= 1 && tickSpacing <= 32_767)) {
    return { ok: false, problem: `Tick spacing: expected a whole number from 1; came “${text.tickSpacing.trim()}”.` };
  }
  const hooks = text.hooks.trim();
  const hook = addressSchema.safeParse(hooks);
  if (hooks !== "" && !hook.success) {
    return { ok: false, problem: `Hook: expected an address, 0x and 40 hex digits; came “${hooks}”.` };
  }
  return {
    ok: true,
    key: {
      tokens: first === undefined || second === undefined ? null : [first, second],
      fee: fee === null ? null : Math.round(fee * 10_000),
      tickSpacing,
      hooks: hook.data ?? null,
    },
  };
}

/** NaN where text is no number, so that no range holds. */
function numberOf(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}
