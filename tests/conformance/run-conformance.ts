// Runs every check on every family and token order on one bare chain, and says what passed and what did not.
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import type { FamilyKit } from "@/server/devnet/chain/families/family-kit";
import { FAMILY_KITS } from "@/server/devnet/chain/families/kits";
import { startKitChain, type KitChain, type KitToken } from "@/tests/support/kit-chain";
import type { CheckSubject } from "./check-tools";
import { CHECKS } from "./checks";
import { createFamilyActor, fund } from "./family-actor";

export interface ConformanceResult {
  readonly family: string;
  readonly variant: string | null;
  readonly isStandIn: boolean;
  /** Decimals of token0 and token1 and which of them is the base, for example `18/6 base 0`. */
  readonly tokens: string;
  readonly check: string;
  /** Null when it passed. */
  readonly problem: string | null;
  readonly ms: number;
}

const Q96 = 2 ** 96;
/** Whole quote tokens per whole base token. */
const PRICE = 2_500;
const BASE_WHOLE = 20;

export async function runConformance(input: {
  readonly only?: (kit: FamilyKit) => boolean;
  /** Which of the four token orders a kit is checked with; missing: all. */
  readonly orderOf?: (kit: FamilyKit) => number;
  readonly onResult: (result: ConformanceResult) => void;
}): Promise<readonly ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  const chain = await startKitChain();
  try {
    for (const kit of FAMILY_KITS) {
      if (input.only !== undefined && !input.only(kit)) continue;
      const order = input.orderOf?.(kit);
      const pairs = tokenPairs(chain).filter((_, index) => order === undefined || index === order);
      await runFamily({ chain, kit, pairs }, (result) => {
        results.push(result);
        input.onResult(result);
      });
    }
  } finally {
    await chain.stop();
  }
  return results;
}

interface TokenPair {
  readonly base: KitToken;
  readonly quote: KitToken;
}

export const TOKEN_ORDERS = 4;

/** Base and quote of each pool: 18/6, 6/18, 18/18 and 18/18 decimals in pool order, the base being token0, token1, token0 and token1. */
function tokenPairs(chain: KitChain): readonly TokenPair[] {
  return [
    { base: chain.low, quote: chain.quote },
    { base: chain.high, quote: chain.quote },
    { base: chain.low, quote: chain.high },
    { base: chain.third, quote: chain.low },
  ];
}

async function runFamily(
  input: { readonly chain: KitChain; readonly kit: FamilyKit; readonly pairs: readonly TokenPair[] },
  onResult: (result: ConformanceResult) => void,
): Promise<void> {
  const { chain, kit, pairs } = input;
  const about = { family: kit.family, variant: kit.variant, isStandIn: kit.isStandIn };
  let deployed;
  try {
    deployed = await kit.deploy(chain.context);
  } catch (error) {
    onResult({ ...about, tokens: "-", check: "deploy", problem: problemOf(error), ms: 0 });
    return;
  }
  for (const { base, quote } of pairs) {
    const baseIsToken0 = BigInt(base.address) < BigInt(quote.address);
    const [token0, token1] = baseIsToken0 ? [base, quote] : [quote, base];
    const tokens = `${token0.decimals}/${token1.decimals} base ${baseIsToken0 ? 0 : 1}`;
    const subject = await makeSubject(chain, { kit, deployed, base, quote, baseIsToken0 }).catch(problemOf);
    if (typeof subject === "string") {
      onResult({ ...about, tokens, check: "create", problem: subject, ms: 0 });
      continue;
    }
    onResult({ ...about, tokens, check: "create", problem: null, ms: 0 });
    for (const check of CHECKS) {
      if (check.isFor?.(kit.family) === false) continue;
      const startedMs = performance.now();
      const problem = await check.run(subject).then(() => null, problemOf);
      onResult({ ...about, tokens, check: check.name, problem, ms: Math.round(performance.now() - startedMs) });
      if (problem !== null) await tidyUp(subject);
    }
  }
}

/** After a failure: positions are closed and the price goes back, so that the next check stands alone. */
async function tidyUp({ actor, startSqrtX96 }: CheckSubject): Promise<void> {
  const ignored: string[] = [];
  for (const tokenId of await actor.owned().catch(() => [])) {
    await actor.exit(tokenId, null).catch((error: unknown) => ignored.push(problemOf(error)));
  }
  await actor.pullTo(startSqrtX96).catch((error: unknown) => ignored.push(problemOf(error)));
}

async function makeSubject(
  chain: KitChain,
  input: {
    readonly kit: FamilyKit;
    readonly deployed: Awaited<ReturnType<FamilyKit["deploy"]>>;
    readonly base: KitToken;
    readonly quote: KitToken;
    readonly baseIsToken0: boolean;
  },
): Promise<CheckSubject> {
  const { kit, deployed, base, quote, baseIsToken0 } = input;
  const isBins = kit.family === "liquidity-book";
  const raw = PRICE * 10 ** (quote.decimals - base.decimals);
  const startSqrtX96 = BigInt(Math.round(Math.sqrt(baseIsToken0 ? raw : 1 / raw) * Q96));
  const [token0, token1] = baseIsToken0 ? [base, quote] : [quote, base];
  const pool = await deployed.createPool({
    token0: token0.address,
    token1: token1.address,
    feePips: 500,
    tickSpacing: isBins ? null : 10,
    binStep: isBins ? 10 : null,
    sqrtPriceX96: startSqrtX96,
  });
  const adapter = FAMILY_ADAPTERS[kit.family];
  const [, , provider] = await chain.client.getAddresses();
  if (provider === undefined) throw new Error("the local chain offers no third account");
  const baseRaw = BigInt(BASE_WHOLE) * 10n ** BigInt(base.decimals);
  const quoteRaw = BigInt(BASE_WHOLE * PRICE) * 10n ** BigInt(quote.decimals);
  const [amount0Raw, amount1Raw] = baseIsToken0 ? [baseRaw, quoteRaw] : [quoteRaw, baseRaw];
  // Other people's liquidity, wide, so that a swap always finds some.
  await fund(chain, provider, [token0.address, token1.address]);
  const others = createFamilyActor({ chain, deployed, adapter, pool, wallet: provider });
  const live = await others.live();
  const spacing = isBins ? 1 : live.tickSpacing;
  const middle = Math.floor(live.tick / spacing);
  // About 100 000 gas per new bin: more of them do not fit one transaction here.
  const half = isBins ? 45 : 300;
  await others.mint({
    tickLower: (middle - half) * spacing,
    tickUpper: (middle + half) * spacing,
    amount0Raw: amount0Raw * 20n,
    amount1Raw: amount1Raw * 20n,
  });
  const actor = createFamilyActor({ chain, deployed, adapter, pool, wallet: chain.user });
  // Where the pool stands now: bins begin at the nearest one.
  return { actor, amount0Raw, amount1Raw, startSqrtX96: isBins ? (await actor.live()).sqrtPriceX96 : startSqrtX96 };
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message.replaceAll(/\s+/g, " ").slice(0, 400) : String(error);
}

export function resultLine(result: ConformanceResult): string {
  const name = result.variant === null ? result.family : `${result.family} ${result.variant}`;
  const where = `${name}${result.isStandIn ? " (stand-in)" : ""}`;
  return `${where.padEnd(34)} ${result.tokens.padEnd(12)} ${result.check.padEnd(22)} ${result.problem === null ? "passed" : `FAILED: ${result.problem}`}`;
}
