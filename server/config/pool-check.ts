// A pool somebody found by its address: which DEX and pair it belongs to, every check as a line, and the addition an owner would sign.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import type { CallPort } from "@/lib/actions/family";
import {
  hasProblem,
  type CheckLine,
  type PoolCheck,
  type PoolCheckRequest,
  type RegistryAddition,
} from "@/lib/api/system-settings";
import { ChainError } from "@/lib/errors/tidegate-error";
import { canonicalJson } from "@/lib/plan/canonical-json";
import {
  pairIdSchema,
  pairSchema,
  VENUES,
  type Chain,
  type Dex,
  type Pair,
  type Pool,
  type Registry,
  type Token,
} from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { assetOf, createRegistryView } from "./registry";
import {
  checkPoolAddition,
  checkTokenAddition,
  readPoolKey,
  type AddDeps,
  type Finding,
  type PoolRequest,
} from "./registry-add";

const POOL_ABI = parseAbi([
  "function factory() view returns (address)",
  "function getFactory() view returns (address)",
  "function token0() view returns (address)",
  "function token1() view returns (address)",
  "function getTokenX() view returns (address)",
  "function getTokenY() view returns (address)",
  "function tokenX() view returns (address)",
  "function tokenY() view returns (address)",
]);
type Getter = (typeof POOL_ABI)[number]["name"];

/** What may stand in for an exchange's name of a token. */
const CEX_NAMES: Readonly<Record<string, string>> = { WETH: "ETH", WBTC: "BTC" };
/** A name of a new token is shown beside money: nothing that looks like another one's letters. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,15}$/;

/** Everything a person sees before signing; never throws for what a chain or contract says. */
export async function inspectPool(deps: AddDeps, request: PoolCheckRequest): Promise<PoolCheck> {
  const startMono = performance.now();
  const lines: CheckLine[] = [];
  let dexId = request.dexId;
  let pairId: string | null = request.pairId;
  let addition: RegistryAddition | null = null;
  let market: PoolCheck["market"] = null;
  try {
    const found = await look(deps, request, lines);
    dexId = found.dexId ?? dexId;
    pairId = found.pairId ?? pairId;
    addition = found.addition;
    market = found.market;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    lines.push(line("problem", "Chain", "every question is answered", error.message));
  }
  return {
    lines,
    addition: hasProblem(lines) ? null : addition,
    pairId,
    dexId,
    market: hasProblem(lines) ? null : market,
    tookMs: Math.round(performance.now() - startMono),
  };
}

interface Found {
  readonly dexId: string | null;
  readonly pairId: string | null;
  readonly addition: RegistryAddition | null;
  readonly market: PoolCheck["market"];
}

async function look(deps: AddDeps, request: PoolCheckRequest, lines: CheckLine[]): Promise<Found> {
  const none: Found = { dexId: null, pairId: null, addition: null, market: null };
  const { registry } = deps;
  const chain = registry.chains.find(({ id }) => id === request.chainId);
  if (chain === undefined) {
    lines.push(line("problem", "Chain", "a chain of the registry", `chain ${request.chainId}, which is not in it`));
    return none;
  }
  const known = registry.pools.find(
    (each) => each.chainId === request.chainId && each.id.toLowerCase() === request.id.toLowerCase(),
  );
  if (known !== undefined && known.disabled === undefined) {
    lines.push(line("problem", "Entry", "a pool that is new", `it is a pool of ${known.pair} already (${known.dex})`));
    return { ...none, dexId: known.dex, pairId: known.pair };
  }
  const dex = await findDex(deps, chain, request, lines);
  if (dex === null) return none;
  const fresh = await freshTokens(deps, chain, request, lines);
  const withTokens: Registry = { ...registry, tokens: [...registry.tokens, ...fresh] };
  if (hasProblem(lines)) return { ...none, dexId: dex.id };
  const place = { ...request, dexId: dex.id };
  const key = await readPoolKey({ ...deps, registry: withTokens }, dex, place);
  if (typeof key === "string" || key.tokens === null) {
    lines.push(line("problem", "Pool key", "as its contracts tell it", typeof key === "string" ? key : "no tokens"));
    return { ...none, dexId: dex.id };
  }
  const pair = findPair(withTokens, chain, request, key.tokens, lines);
  if (pair === null) return { ...none, dexId: dex.id };
  const isNewPair = !registry.pairs.some(({ id }) => id === pair.id);
  const all: Registry = isNewPair ? { ...withTokens, pairs: [...registry.pairs, pair] } : withTokens;
  const poolRequest: PoolRequest = { ...place, pairId: pair.id };
  const checked = await checkPoolAddition({ ...deps, registry: all }, poolRequest);
  lines.push(...identityLines(all, checked.entry, checked.findings), ...checked.findings.map(lineOf));
  return {
    dexId: dex.id,
    pairId: pair.id,
    market: checked.market,
    addition: checked.entry === null ? null : { tokens: fresh, pools: [checked.entry], pairs: isNewPair ? [pair] : [] },
  };
}

/** Why an addition does not hold; the same checks again, on the signer's own endpoints and registry. */
export async function additionProblems(deps: AddDeps, addition: RegistryAddition): Promise<readonly string[]> {
  const { tokens, pools, pairs } = addition;
  const [pool] = pools;
  if (pool === undefined) return ["a pool is missing"];
  const again = await inspectPool(deps, {
    chainId: pool.chainId,
    id: pool.id,
    dexId: pool.dex,
    pairId: pool.pair,
    fee: pool.fee,
    tickSpacing: pool.tickSpacing,
    hooks: pool.hooks,
    tokens: pool.tokens,
  });
  const spoken = again.lines.filter(({ kind }) => kind === "problem").map(({ what, came }) => `${what}: ${came}`);
  if (spoken.length > 0 || again.addition === null) return spoken.length > 0 ? spoken : ["the check gave no entry"];
  const [found] = again.addition.pools;
  const different: string[] = [];
  if (canonicalJson({ pool: found }) !== canonicalJson({ pool })) different.push("the pool's entry");
  if (canonicalJson({ tokens: again.addition.tokens }) !== canonicalJson({ tokens })) different.push("the new tokens");
  // Which exchanges price the pair is the operator's choice; what it is called and made of is not.
  if (nameOf(again.addition.pairs[0]) !== nameOf(pairs[0])) different.push("the new pair");
  return different.map((what) => `${what} is not what the chain says now: check it again`);
}

function nameOf(pair: Pair | undefined): string | null {
  return pair === undefined ? null : [pair.id, pair.base, pair.quote].join();
}

async function findDex(
  deps: AddDeps,
  chain: Chain,
  request: PoolCheckRequest,
  lines: CheckLine[],
): Promise<Dex | null> {
  const here = deps.registry.dexes.filter((dex) => dex.chains[String(chain.id)] !== undefined);
  if (request.dexId !== null) {
    const dex = here.find(({ id }) => id === request.dexId);
    if (dex !== undefined) return dex;
    lines.push(line("problem", "DEX", `one with contracts on ${chain.name}`, `${request.dexId}, which has none`));
    return null;
  }
  if (request.id.length === 66) {
    lines.push(line("problem", "DEX", "named, since a pool id has no contract that could tell", "none is named"));
    return null;
  }
  const code = await deps.hasCode(chain.id, request.id);
  if (!code.ok) throw code.error;
  if (!code.value) {
    lines.push(line("problem", "Pool contract", `a contract at ${request.id} on ${chain.name}`, "there is none"));
    return null;
  }
  lines.push(line("ok", "Pool contract", `a contract on ${chain.name}`, "is there"));
  const calls = callsOf(deps, chain.id);
  const factory = (await ask(calls, request.id, "factory")) ?? (await ask(calls, request.id, "getFactory"));
  if (factory === null) {
    lines.push(line("problem", "Factory", "the pool names its factory", "it does not answer as a pool does"));
    return null;
  }
  const matching = here.filter((dex) => isSame(dex.chains[String(chain.id)]?.factory, factory));
  const [only] = matching;
  if (only === undefined) {
    lines.push(
      line(
        "problem",
        "Factory",
        `one of ${here.map(({ name }) => name).join(", ")}`,
        `${factory}, which is none of them`,
      ),
    );
    return null;
  }
  if (matching.length > 1) {
    lines.push(line("problem", "DEX", "one", `${matching.map(({ id }) => id).join(", ")} share the factory: name one`));
    return null;
  }
  lines.push(line("ok", "Factory", `${only.name}, ${only.chains[String(chain.id)]?.factory ?? ""}`, factory));
  return only;
}

/** Tokens of the pool that the registry does not know, each checked; pools by id name theirs by symbol. */
async function freshTokens(
  deps: AddDeps,
  chain: Chain,
  request: PoolCheckRequest,
  lines: CheckLine[],
): Promise<Token[]> {
  if (request.id.length === 66) return [];
  const calls = callsOf(deps, chain.id);
  const fresh: Token[] = [];
  for (const getters of [
    ["token0", "getTokenX", "tokenX"],
    ["token1", "getTokenY", "tokenY"],
  ] as const) {
    let address: Address | null = null;
    for (const getter of getters) address ??= await ask(calls, request.id, getter);
    if (address === null) {
      lines.push(line("problem", "Tokens", "the pool names both", `it does not answer ${getters[0]}()`));
      continue;
    }
    const found = address;
    const isKnown = deps.registry.tokens.some((each) => each.chainId === chain.id && isSame(each.address, found));
    if (isKnown) continue;
    const { entry, findings } = await checkTokenAddition(
      { ...deps, registry: { ...deps.registry, tokens: [...deps.registry.tokens, ...fresh] } },
      { chainId: chain.id, address: found, symbol: null, kind: "native", pegCurrency: null, holder: request.id },
    );
    lines.push(...findings.map((finding) => ({ ...lineOf(finding), what: `New token ${found}` })));
    if (entry === null) continue;
    if (!NAME.test(entry.symbol)) {
      lines.push(
        line(
          "problem",
          `New token ${found}`,
          "a name of plain letters and digits",
          `"${entry.symbol}": add it by tidegate registry add token with a symbol of your own`,
        ),
      );
      continue;
    }
    lines.push(line("note", `New token ${entry.symbol}`, "a peg, where it has one", "none: it counts as floating"));
    fresh.push(entry);
  }
  return fresh;
}

function findPair(
  registry: Registry,
  chain: Chain,
  request: PoolCheckRequest,
  symbols: readonly [string, string],
  lines: CheckLine[],
): Pair | null {
  const view = createRegistryView(registry);
  const assets = symbols.map((symbol) => assetOf(symbol === "NATIVE" ? chain.nativeSymbol : symbol));
  const [left = "", right = ""] = assets;
  const fits = (pair: Pick<Pair, "base" | "quote">): boolean => {
    const [base, quote] = [assetOf(pair.base), assetOf(pair.quote)];
    return (left === base && right === quote) || (left === quote && right === base);
  };
  const named = request.pairId === null ? null : view.pair(request.pairId);
  const found = named ?? (request.pairId === null ? (registry.pairs.find(fits) ?? null) : null);
  if (found !== null) {
    const isRight = fits(found);
    lines.push(line(isRight ? "ok" : "problem", "Tokens", `${found.base} and ${found.quote}`, symbols.join(" and ")));
    return isRight ? found : null;
  }
  const isPegged = (symbol: string): boolean => (view.token(chain.id, symbol)?.pegCurrency ?? null) !== null;
  const [base, quote] =
    request.pairId !== null
      ? request.pairId.split("-")
      : isPegged(left) && !isPegged(right)
        ? [right, left]
        : [left, right];
  const id = pairIdSchema.safeParse(`${base?.toUpperCase() ?? ""}-${quote?.toUpperCase() ?? ""}`);
  if (!id.success || base === undefined || quote === undefined || !fits({ base, quote })) {
    lines.push(
      line("problem", "Pair", `made of ${symbols.join(" and ")}`, request.pairId ?? `${base ?? ""}-${quote ?? ""}`),
    );
    return null;
  }
  lines.push(line("note", "Pair", "one of this deployment", `${id.data} is new: it starts in OBSERVE`));
  return pairSchema.parse({
    id: id.data,
    base,
    quote,
    sources: VENUES.map((venue) => ({ venue, base: CEX_NAMES[base] ?? base, quote: CEX_NAMES[quote] ?? quote })),
  });
}

/** The parts of a confirmed identity one by one, so that each can be compared with another source. */
function identityLines(registry: Registry, entry: Pool | null, findings: readonly Finding[]): readonly CheckLine[] {
  if (entry === null || findings.some(({ kind, what }) => kind === "problem" && what === "Identity")) return [];
  const facts = createRegistryView({ ...registry, pools: [entry] }).poolsOf(entry.pair)[0];
  if (facts === undefined) return [];
  const { base, quote, dex } = facts;
  const tokens = [base, quote].map(({ symbol, decimals }) => `${symbol} (${decimals} decimals)`).join(", ");
  const key =
    entry.binStep !== null
      ? `bin step ${entry.binStep}`
      : `${entry.fee === null ? "fee set by the pool" : `fee ${entry.fee / 10_000} %`}, tick spacing ${entry.tickSpacing ?? "of the pool"}`;
  return [
    line("ok", "Tokens and decimals", `${base.address}, ${quote.address}`, tokens),
    line("ok", "Key", "as the pool answers", key),
    line("ok", "Position manager", `serves the factory of ${dex.name}`, facts.positionManager),
  ];
}

async function ask(calls: CallPort, pool: Hex, functionName: Getter): Promise<Address | null> {
  try {
    const data = await calls.call({ to: pool, data: encodeFunctionData({ abi: POOL_ABI, functionName }) }, "latest");
    if (data.length !== 66) return null;
    return decodeFunctionResult({ abi: POOL_ABI, functionName, data });
  } catch (error) {
    // A contract without the getter reverts: that is an answer. A chain that is away is not.
    if (error instanceof ChainError) {
      if (error.code === "reverted") return null;
      throw error;
    }
    return null;
  }
}

function callsOf(deps: AddDeps, chainId: number): CallPort {
  const calls = deps.calls(chainId);
  if (!calls.ok) throw calls.error;
  return calls.value;
}

function lineOf({ kind, what, expected, text }: Finding): CheckLine {
  return { kind, what, expected, came: text };
}

function line(kind: CheckLine["kind"], what: string, expected: string, came: string): CheckLine {
  return { kind, what, expected, came };
}

function isSame(left: string | undefined, right: string): boolean {
  return left?.toLowerCase() === right.toLowerCase();
}
