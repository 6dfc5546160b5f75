// Confirms registry entries on their chain: a mismatch disables the entry with sentences, an unreachable chain leaves the question open.
import { decodeFunctionResult, encodeFunctionData, hexToString, parseAbi } from "viem";
import type { CallPort, FamilyReads } from "@/lib/actions/family";
import type { Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import { chainText, isPlainText } from "@/lib/format/plain-text";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import { derivePoolId } from "@/lib/registry/derive";
import { poolRefOf } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import type { Dex, Family, Token } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";

/** What the check needs from outside; `calls` reads at the newest block. */
export interface RegistryCheckDeps {
  chainId(chainId: number): Promise<Result<number, ChainError>>;
  calls(chainId: number): Result<CallPort, ChainError>;
  readsOf(family: Family): Pick<FamilyReads, "checkPool">;
}

export type CheckVerdict =
  | { readonly kind: "confirmed" }
  /** One sentence per difference. */
  | { readonly kind: "mismatch"; readonly problems: readonly string[] }
  | { readonly kind: "unreachable"; readonly problem: string };

export interface RegistryCheck {
  checkPool(pool: ResolvedPool): Promise<CheckVerdict>;
  checkToken(token: Token): Promise<CheckVerdict>;
}

/** A check of one start: what tokens and managers answered is asked once. */
export function createRegistryCheck(deps: RegistryCheckDeps): RegistryCheck {
  const chains = new Map<number, Promise<CheckVerdict>>();
  const tokens = new Map<string, Promise<CheckVerdict>>();
  const managers = new Map<string, Promise<CheckVerdict>>();

  function once(
    known: Map<string | number, Promise<CheckVerdict>>,
    key: string | number,
    ask: () => Promise<readonly string[]>,
  ): Promise<CheckVerdict> {
    const before = known.get(key);
    if (before !== undefined) return before;
    const asked = verdictOf(ask);
    known.set(key, asked);
    // A chain that did not answer is asked again the next time.
    void asked.then((verdict) => verdict.kind === "unreachable" && known.delete(key));
    return asked;
  }

  const checkChain = (chainId: number): Promise<CheckVerdict> =>
    once(chains, chainId, async () => {
      const id = await deps.chainId(chainId);
      if (!id.ok) throw id.error;
      return id.value === chainId ? [] : [`the endpoint serves chain ${id.value}, expected ${chainId}`];
    });

  const checkToken: RegistryCheck["checkToken"] = async (token) => {
    const chain = await checkChain(token.chainId);
    if (chain.kind !== "confirmed") return chain;
    return once(tokens, `${token.chainId}:${token.address.toLowerCase()}`, () =>
      tokenProblems(callsOf(deps, token.chainId), token),
    );
  };

  return {
    checkToken,
    async checkPool(facts) {
      const chain = await checkChain(facts.chain.id);
      if (chain.kind !== "confirmed") return chain;
      const family = deps.readsOf(facts.dex.family);
      const { positionManager } = facts;
      const [own, base, quote, manager] = await Promise.all([
        verdictOf(async () => [
          ...derivationProblems(facts),
          ...(await family.checkPool(callsOf(deps, facts.chain.id), poolRefOf(facts), "latest")),
        ]),
        checkToken(facts.base),
        checkToken(facts.quote),
        once(managers, `${facts.chain.id}:${positionManager.toLowerCase()}`, () =>
          managerProblems(callsOf(deps, facts.chain.id), facts),
        ),
      ]);
      return joined([own, base, quote, manager]);
    },
  };
}

function callsOf(deps: RegistryCheckDeps, chainId: number): CallPort {
  const calls = deps.calls(chainId);
  if (!calls.ok) throw calls.error;
  return calls.value;
}

async function verdictOf(ask: () => Promise<readonly string[]>): Promise<CheckVerdict> {
  try {
    const problems = await ask();
    return problems.length === 0 ? { kind: "confirmed" } : { kind: "mismatch", problems };
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    // A retryable refusal is the node's ("busy", "rate limit"), not the contract's.
    const isOpen = error.retryable || ["unreachable", "timeout", "stale_head"].includes(error.code);
    return isOpen ? { kind: "unreachable", problem: error.message } : { kind: "mismatch", problems: [error.message] };
  }
}

/** A mismatch anywhere is one; else an open question anywhere leaves it open. */
function joined(verdicts: readonly CheckVerdict[]): CheckVerdict {
  const problems = verdicts.flatMap((verdict) => (verdict.kind === "mismatch" ? verdict.problems : []));
  if (problems.length > 0) return { kind: "mismatch", problems: [...new Set(problems)] };
  return verdicts.find((verdict) => verdict.kind === "unreachable") ?? { kind: "confirmed" };
}

/** The id must be where the DEX's own deployment rule puts the pool; nothing to say where the rule is not known. */
function derivationProblems(facts: ResolvedPool): readonly string[] {
  const { dex, contracts, pool, base, quote } = facts;
  const derived = derivePoolId({ dex, contracts, pool, tokens: [base.address, quote.address] });
  if (derived === null || isSame(derived, pool.id)) return [];
  return [
    `${dex.name} puts a pool of ${base.symbol} and ${quote.symbol} with this fee and spacing at ${derived}, not at ${pool.id}`,
  ];
}

async function tokenProblems(chain: CallPort, token: Token): Promise<readonly string[]> {
  const facts = await readTokenFacts(chain, token.address);
  if (typeof facts === "string") return [`${token.symbol}: ${facts}`];
  const problems: string[] = [];
  if (facts.decimals !== token.decimals) {
    problems.push(`${token.symbol} ${token.address} has ${facts.decimals} decimals, expected ${token.decimals}`);
  }
  const expected = [token.symbol, ...(token.symbolsOnChain ?? [])];
  if (!expected.some((symbol) => plainSymbol(symbol) === plainSymbol(facts.symbol))) {
    problems.push(
      `${token.address} calls itself ${facts.symbol}, expected ${expected.join(" or ")} (symbolsOnChain of its entry names what else is right)`,
    );
  }
  return problems;
}

const BYTES32_SYMBOL_ABI = parseAbi(["function symbol() view returns (bytes32)"]);

/** What a token says of itself; a sentence when it does not answer as a token. */
export async function readTokenFacts(
  chain: CallPort,
  token: Address,
): Promise<{ readonly symbol: string; readonly decimals: number } | string> {
  const [decimals, symbol] = await Promise.all([
    answerOf(chain, token, encodeFunctionData({ abi: ERC20_ABI, functionName: "decimals" })),
    answerOf(chain, token, encodeFunctionData({ abi: ERC20_ABI, functionName: "symbol" })),
  ]);
  if (decimals === null || decimals === "0x") return `there is no token contract at ${token}`;
  try {
    const called = decodeSymbol(symbol ?? "0x");
    if (!isPlainText(called)) {
      return `the contract at ${token} calls itself "${chainText(called)}" with invisible characters in it; no honest token does`;
    }
    return {
      decimals: decodeFunctionResult({ abi: ERC20_ABI, functionName: "decimals", data: decimals }),
      symbol: chainText(called),
    };
  } catch {
    // Whatever the decoder found, the answer is not a token's.
    return `the contract at ${token} does not answer decimals() and symbol() as a token does`;
  }
}

/** Old tokens answer 32 bytes instead of a string. */
function decodeSymbol(data: Hex): string {
  if (data.length === 66) {
    const bytes = decodeFunctionResult({ abi: BYTES32_SYMBOL_ABI, functionName: "symbol", data });
    return hexToString(bytes, { size: 32 }).split("\u0000").join("");
  }
  return decodeFunctionResult({ abi: ERC20_ABI, functionName: "symbol", data });
}

/** Null when the call reverted; other failures are thrown. */
async function answerOf(chain: CallPort, to: Address, data: Hex): Promise<Hex | null> {
  try {
    return await chain.call({ to, data }, "latest");
  } catch (error) {
    if (error instanceof ChainError && error.code === "reverted") return null;
    throw error;
  }
}

/** `USD₮0`, `USDT0`, `USDt` and `USDT` are one name, and so are `USDC.e` and `USDC`: which contract it is, the address says. */
function plainSymbol(symbol: string): string {
  return symbol
    .toUpperCase()
    .split("₮")
    .join("T")
    .replace(/\.E$/, "")
    .replace(/(?<=[A-Z])0$/, "");
}

const MANAGER_ABI = parseAbi([
  "function factory() view returns (address)",
  "function getFactory() view returns (address)",
  "function poolManager() view returns (address)",
  "function clPoolManager() view returns (address)",
]);

/** Getter of a manager that names where its pools come from. V3-shaped families compare theirs in checkPool. */
function managerGetter(dex: Dex): "factory" | "getFactory" | "poolManager" | "clPoolManager" | null {
  switch (dex.family) {
    case "uniswap-v4":
      return "poolManager";
    case "pancakeswap-infinity":
      return "clPoolManager";
    case "liquidity-book":
      return dex.variant === "2.0" ? "factory" : "getFactory";
    default:
      return null;
  }
}

/** The manager must open positions in pools of this very factory: with another's, a mint would go to another pool. */
async function managerProblems(chain: CallPort, facts: ResolvedPool): Promise<readonly string[]> {
  const { positionManager, factory, dex } = facts;
  const functionName = managerGetter(dex);
  if (functionName === null) return [];
  const data = encodeFunctionData({ abi: MANAGER_ABI, functionName });
  const answer = await answerOf(chain, positionManager, data);
  if (answer === "0x") return [`there is no contract at the position manager address ${positionManager}`];
  // Managers of forks may leave the getter out: then the pool's own checks and the rehearsal of a mint speak.
  if (answer === null) return [];
  const found = decodeFunctionResult({ abi: MANAGER_ABI, functionName, data: answer });
  if (isSame(found, factory)) return [];
  return [
    `the position manager ${positionManager} serves ${found}, expected ${factory}: a mint would go to another pool`,
  ];
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}
