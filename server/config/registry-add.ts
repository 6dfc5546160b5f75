// A chain, token or pool an operator wants to add: found out and checked on chain first; what speaks against it is said before anything is written.
import {
  decodeFunctionResult,
  encodeAbiParameters,
  encodeFunctionData,
  keccak256,
  parseAbi,
  sliceHex,
  zeroAddress,
} from "viem";
import type { CallPort, DepthSegment, FamilyReads, LivePool } from "@/lib/actions/family";
import { binPriceX128, binsWithinBand, MAX_BIN_ID } from "@/lib/amm/bins";
import { amountsForLiquidity } from "@/lib/amm/liquidity";
import { humanAmount } from "@/lib/amm/human-units";
import { sqrtToPrice } from "@/lib/amm/sqrt-price";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import type { Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import { derivePoolId } from "@/lib/registry/derive";
import { poolRefOf } from "@/lib/registry/pool-ref";
import type { ResolvedPool } from "@/lib/registry/resolved-pool";
import {
  poolSchema,
  type Chain,
  type Dex,
  type Family,
  type Pool,
  type Registry,
  type Token,
} from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { createRegistryView } from "./registry";
import { createRegistryCheck, readTokenFacts, type RegistryCheckDeps } from "./registry-check";

export interface AddDeps extends RegistryCheckDeps {
  readonly registry: Registry;
  readsOf(family: Family): FamilyReads;
  hasCode(chainId: number, address: Address): Promise<Result<boolean, ChainError>>;
  storageAt(chainId: number, address: Address, slot: Hex): Promise<Result<Hex, ChainError>>;
  simulate(
    chainId: number,
    calls: readonly { readonly from?: Address; readonly to: Address; readonly data: Hex }[],
  ): Promise<Result<readonly { readonly isOk: boolean; readonly data: Hex }[], ChainError>>;
}

/** `problem`: must not be added. `note`: a person should know. `ok`: was looked at and agrees. */
export interface Finding {
  readonly kind: "ok" | "note" | "problem";
  readonly text: string;
  /** What was looked at, and what should have come. */
  readonly what: string;
  readonly expected: string;
}

export interface Addition<T> {
  /** Null when so little was found out that there is no entry to write. */
  readonly entry: T | null;
  readonly findings: readonly Finding[];
  /** What a pool's check read of its market. */
  readonly market?: PoolMarket | undefined;
}

export interface PoolMarket {
  readonly feePips: number;
  /** From 1 % below to 1 % above the price, in the quote token. */
  readonly depthQuote: number;
  /** Null where the quote is no dollar: who knows its price can tell. */
  readonly depthUsd: number | null;
}

export function hasProblem(findings: readonly Finding[]): boolean {
  return findings.some(({ kind }) => kind === "problem");
}

/** The chain answers under its id and has the contracts everything here needs. */
export async function checkChainAddition(deps: AddDeps, chain: Chain): Promise<Addition<Chain>> {
  const findings: Finding[] = [];
  const id = await deps.chainId(chain.id);
  if (!id.ok) return { entry: chain, findings: [problem(id.error.message)] };
  findings.push(
    id.value === chain.id
      ? good(`the endpoint serves chain ${chain.id}`)
      : problem(`the endpoint serves chain ${id.value}, expected ${chain.id}`),
  );
  const contracts: readonly (readonly [string, Address | null])[] = [
    ["Multicall3", chain.multicall3],
    ["wrapped native token", chain.wrappedNative],
    ["Permit2", chain.permit2],
    ["LI.FI diamond", chain.lifiDiamond],
  ];
  for (const [name, address] of contracts) {
    if (address === null) {
      findings.push(note(`no ${name} is named: what needs it is not available on this chain`));
      continue;
    }
    const code = await deps.hasCode(chain.id, address);
    if (!code.ok) findings.push(problem(code.error.message));
    else findings.push(code.value ? good(`${name} at ${address}`) : problem(`there is no ${name} at ${address}`));
  }
  const wrapped = await tried(async () => readTokenFacts(callsOf(deps, chain.id), chain.wrappedNative));
  if (typeof wrapped === "object" && !(wrapped instanceof ChainError) && wrapped.decimals !== chain.nativeDecimals) {
    findings.push(
      problem(`the wrapped native token has ${wrapped.decimals} decimals, the native coin ${chain.nativeDecimals}`),
    );
  }
  if (chain.geckoSlug === null)
    findings.push(note("no GeckoTerminal network: volumes and USD prices are missing there"));
  return { entry: chain, findings };
}

export interface TokenRequest {
  readonly chainId: number;
  readonly address: Address;
  /** Our name; null: as the contract says. */
  readonly symbol: string | null;
  readonly kind: Token["kind"];
  readonly pegCurrency: string | null;
  /** Somebody who holds the token, for a transfer that is tried but never sent; null: not tried. */
  readonly holder: Address | null;
}

export async function checkTokenAddition(deps: AddDeps, request: TokenRequest): Promise<Addition<Token>> {
  const { chainId, address } = request;
  const chain = deps.registry.chains.find((each) => each.id === chainId);
  if (chain === undefined)
    return { entry: null, findings: [problem(`chain ${chainId} is not in the registry: add it first`)] };
  const facts = await tried(async () => readTokenFacts(callsOf(deps, chainId), address));
  if (facts instanceof ChainError) return { entry: null, findings: [problem(facts.message)] };
  if (typeof facts === "string") return { entry: null, findings: [problem(facts)] };
  const symbol = request.symbol ?? facts.symbol;
  const entry: Token = {
    chainId,
    symbol,
    address,
    decimals: facts.decimals,
    kind: request.kind,
    pegCurrency: request.pegCurrency,
    ...(symbol === facts.symbol ? {} : { symbolsOnChain: [facts.symbol] }),
    sources: ["operator"],
    verified: "single",
  };
  const findings: Finding[] = [good(`${facts.symbol} with ${facts.decimals} decimals at ${address}`)];
  const namesake = deps.registry.tokens.find(
    (each) =>
      each.chainId === chainId &&
      each.symbol.toLowerCase() === symbol.toLowerCase() &&
      each.address.toLowerCase() !== address.toLowerCase(),
  );
  if (namesake !== undefined) {
    findings.push(
      problem(`${namesake.address} is called ${namesake.symbol} on this chain already: give this token another symbol`),
    );
  }
  if (symbol.length === 0 || symbol.length > 16) {
    findings.push(problem(`the symbol "${symbol}" must have 1 to 16 characters: give one`));
  }
  findings.push(...(await tokenFlags(deps, entry, request.holder)));
  return { entry, findings };
}

export interface PoolRequest {
  readonly pairId: string;
  readonly chainId: number;
  readonly dexId: string;
  readonly id: Hex;
  /** Parts of the key that the contracts do not tell (V4 pools nobody opened a position in yet). */
  readonly fee: number | null;
  readonly tickSpacing: number | null;
  readonly hooks: Address | null;
  readonly tokens: readonly [string, string] | null;
}

export async function checkPoolAddition(deps: AddDeps, request: PoolRequest): Promise<Addition<Pool>> {
  const { registry } = deps;
  const refuse = (text: string): Addition<Pool> => ({ entry: null, findings: [problem(text)] });
  const dex = registry.dexes.find((each) => each.id === request.dexId);
  if (dex === undefined) {
    return refuse(
      `the DEX ${request.dexId} is not in the registry; known: ${registry.dexes.map(({ id }) => id).join(", ")}`,
    );
  }
  if (dex.chains[String(request.chainId)] === undefined) {
    return refuse(`${dex.name} has no contracts on chain ${request.chainId} in the registry`);
  }
  if (!registry.pairs.some(({ id }) => id === request.pairId)) {
    return refuse(
      `the pair ${request.pairId} is not in the registry; known: ${registry.pairs.map(({ id }) => id).join(", ")}`,
    );
  }
  const known = registry.pools.find(
    (each) => each.chainId === request.chainId && each.id.toLowerCase() === request.id.toLowerCase(),
  );
  const key = await tried(async () => readPoolKey(deps, dex, request));
  if (key instanceof ChainError) return refuse(key.message);
  if (typeof key === "string") return refuse(key);
  const entry = poolSchema.parse({
    pair: request.pairId,
    chainId: request.chainId,
    dex: dex.id,
    id: request.id,
    ...key,
    sources: ["operator"],
    verified: "single",
  });
  const findings: Finding[] = [];
  if (known !== undefined) findings.push(note(`replaces the entry of ${known.dex} that is in the registry already`));
  const view = createRegistryView({ ...registry, pools: [entry] });
  const [facts] = view.poolsOf(request.pairId);
  if (facts === undefined) {
    return {
      entry,
      findings: [...findings, problem(view.unusableOf(request.pairId)[0]?.reason ?? "it cannot be used")],
    };
  }
  const verdict = await createRegistryCheck(deps).checkPool(facts);
  const identity = (found: readonly Finding[]): readonly Finding[] =>
    about("Identity", "code, tokens, decimals, fee, spacing, factory and manager as the entry says", found);
  if (verdict.kind === "unreachable")
    return { entry, findings: [...findings, ...identity([problem(verdict.problem)])] };
  if (verdict.kind === "mismatch") {
    return { entry, findings: [...findings, ...identity(verdict.problems.map(problem))] };
  }
  findings.push(
    ...identity([good("code, tokens, decimals, fee, spacing, factory and position manager agree with the entry")]),
  );
  const derived = derivePoolId({
    dex,
    contracts: facts.contracts,
    pool: entry,
    tokens: [facts.base.address, facts.quote.address],
  });
  const depth = await readDepth(deps, facts);
  findings.push(
    ...about("Deployment rule", "the id follows from factory, tokens and key", [
      derived === null
        ? note("the id cannot be recomputed: parts of this DEX's deployment rule are not in the registry")
        : good("the id follows from the DEX's deployment rule"),
    ]),
    ...about("Hook", "none, or one the DEX's entry allows", [hookFinding(facts)]),
    ...about("Fee and depth", "liquidity around the price", depthFindings(facts, depth)),
  );
  const holder = request.id.length === 42 ? request.id : (facts.contracts.vault ?? facts.factory);
  for (const token of [facts.base, facts.quote]) {
    findings.push(
      ...about(`Token ${token.symbol}`, "a transfer arrives in full", await tokenFlags(deps, token, holder)),
    );
  }
  return { entry, findings, market: depth instanceof ChainError ? undefined : marketOf(facts, depth) };
}

function hookFinding({ pool, dex }: ResolvedPool): Finding {
  if (pool.hooks === null || pool.hooks === zeroAddress) return good("no hook");
  const isAllowed = dex.hooksAllowed.some((each) => each.toLowerCase() === pool.hooks?.toLowerCase());
  return isAllowed
    ? note(`hook ${pool.hooks}, allowed by the entry of ${dex.name}: its code can change what swaps and exits pay`)
    : problem(`hook ${pool.hooks} is not in hooksAllowed of ${dex.name}: its code can change what swaps and exits pay`);
}

/** One per cent either way. */
const DEPTH_TICKS = 100;
const DEPTH_BPS = 100;

interface PoolDepth {
  readonly live: LivePool;
  readonly base: number;
  readonly quote: number;
}

async function readDepth(deps: AddDeps, facts: ResolvedPool): Promise<PoolDepth | ChainError> {
  return tried(async () => {
    const calls = callsOf(deps, facts.chain.id);
    const ref = poolRefOf(facts);
    const reads = deps.readsOf(facts.dex.family);
    const live = await reads.readPool(calls, ref, "latest");
    const isBins = facts.dex.family === "liquidity-book";
    const side = isBins ? binsWithinBand(DEPTH_BPS, ref.binStep ?? 1) : DEPTH_TICKS;
    const window = {
      tickLower: isBins ? Math.max(0, live.tick - side) : live.tick - side,
      tickUpper: isBins ? Math.min(MAX_BIN_ID, live.tick + side) : live.tick + side,
    };
    const active = isBins ? await readActiveBin(calls, ref.pool, live.tick) : null;
    let amount0 = 0n;
    let amount1 = 0n;
    for (const segment of await reads.readDepth(calls, ref, window, "latest")) {
      const part =
        active === null
          ? tickAmounts(live, segment)
          : segment.tickLower === live.tick
            ? active
            : binAmounts(live, segment, ref.binStep ?? 1);
      amount0 += part.amount0;
      amount1 += part.amount1;
    }
    const [baseRaw, quoteRaw] = facts.baseIsToken0 ? [amount0, amount1] : [amount1, amount0];
    return {
      live,
      base: Number(humanAmount(baseRaw, facts.base.decimals).toPrecision(4)),
      quote: Number(humanAmount(quoteRaw, facts.quote.decimals).toPrecision(4)),
    };
  });
}

interface Amounts {
  readonly amount0: bigint;
  readonly amount1: bigint;
}

function tickAmounts(live: LivePool, segment: DepthSegment): Amounts {
  const bounds = { sqrtAX96: sqrtAtTick(segment.tickLower), sqrtBX96: sqrtAtTick(segment.tickUpper) };
  return amountsForLiquidity(live.sqrtPriceX96, bounds, segment.liquidityRaw, "down");
}

/** Bins beside the active one hold one token only; liquidity is their value in tokenY, 128.128. */
function binAmounts(live: LivePool, { tickLower: binId, liquidityRaw }: DepthSegment, binStep: number): Amounts {
  if (binId < live.tick) return { amount0: 0n, amount1: liquidityRaw >> 128n };
  const priceX128 = binPriceX128(binId, binStep);
  return { amount0: priceX128 === null ? 0n : liquidityRaw / priceX128, amount1: 0n };
}

/** The bin the price is in holds both tokens; every generation of the pair answers two words. */
async function readActiveBin(calls: CallPort, pool: Hex, binId: number): Promise<Amounts> {
  const data = await calls.call(
    { to: pool, data: encodeFunctionData({ abi: BIN_ABI, functionName: "getBin", args: [binId] }) },
    "latest",
  );
  try {
    const [amount0, amount1] = decodeFunctionResult({ abi: BIN_ABI, functionName: "getBin", data });
    return { amount0, amount1 };
  } catch (cause) {
    throw new ChainError({
      code: "bad_data",
      retryable: false,
      message: `${pool} does not answer getBin() as a pair of Liquidity Book does`,
      cause,
    });
  }
}

function marketOf(facts: ResolvedPool, { live, base, quote }: PoolDepth): PoolMarket {
  const frame = {
    baseIsToken0: facts.baseIsToken0,
    decBase: facts.base.decimals,
    decQuote: facts.quote.decimals,
  };
  const depthQuote = base * sqrtToPrice(live.sqrtPriceX96, frame) + quote;
  return {
    feePips: Math.max(live.fee0Pips, live.fee1Pips),
    depthQuote,
    depthUsd: facts.quote.pegCurrency === "USD" ? depthQuote : null,
  };
}

function depthFindings(facts: ResolvedPool, found: PoolDepth | ChainError): readonly Finding[] {
  if (found instanceof ChainError) return [problem(found.message)];
  const { live, base, quote } = found;
  const fee = live.fee0Pips === live.fee1Pips ? `${live.fee0Pips}` : `${live.fee0Pips} and ${live.fee1Pips}`;
  if (live.liquidityRaw === 0n)
    return [note(`fee ${fee} pips; there is no liquidity at the price: nothing is earned there`)];
  return [
    good(`fee ${fee} pips; within 1 % of the price: ${base} ${facts.base.symbol} and ${quote} ${facts.quote.symbol}`),
  ];
}

const TRANSFER_ABI = parseAbi([
  "function balanceOf(address owner) view returns (uint256)",
  "function transfer(address to, uint256 amount) returns (bool)",
]);
/** keccak256("eip1967.proxy.implementation") - 1: where upgradeable contracts keep the address of their code. */
const IMPLEMENTATION_SLOT: Hex = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";
/** Gets what the tried transfer sends; nobody has its key. */
const PROBE: Address = "0x00000000000000000000000000000000716e6f62";

/** Whether the code can be changed, and what arrives of a transfer that is tried on the state of the head but never sent. */
async function tokenFlags(deps: AddDeps, token: Token, holder: Address | null): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const slot = await deps.storageAt(token.chainId, token.address, IMPLEMENTATION_SLOT);
  if (slot.ok && slot.value !== "0x" && BigInt(slot.value) !== 0n) {
    findings.push(note(`${token.symbol}: its code can be replaced by its owner (upgradeable)`));
  }
  if (holder === null) {
    findings.push(
      note(`${token.symbol}: no transfer was tried, since no holder is known: fee on transfer is not excluded`),
    );
    return findings;
  }
  const balance = (owner: Address) => ({
    to: token.address,
    data: encodeFunctionData({ abi: TRANSFER_ABI, functionName: "balanceOf", args: [owner] }),
  });
  const held = await deps.simulate(token.chainId, [balance(holder)]);
  const heldRaw = held.ok ? amountOf(held.value[0]?.data) : null;
  if (!held.ok) {
    findings.push(
      note(`${token.symbol}: no transfer could be tried (${held.error.message}): fee on transfer is not excluded`),
    );
    return findings;
  }
  if (heldRaw === null || heldRaw === 0n) {
    findings.push(
      note(`${token.symbol}: ${holder} holds none, so no transfer was tried: fee on transfer is not excluded`),
    );
    return findings;
  }
  // A whole part, so that a fee of 0.01 % cannot hide in rounding.
  const sentRaw = heldRaw >= 1_000_000n ? heldRaw / 100n : heldRaw;
  const tries = await deps.simulate(token.chainId, [
    balance(PROBE),
    balance(holder),
    {
      from: holder,
      to: token.address,
      data: encodeFunctionData({ abi: TRANSFER_ABI, functionName: "transfer", args: [PROBE, sentRaw] }),
    },
    balance(PROBE),
    balance(holder),
  ]);
  if (!tries.ok) {
    findings.push(
      note(`${token.symbol}: no transfer could be tried (${tries.error.message}): fee on transfer is not excluded`),
    );
    return findings;
  }
  const [before, holderBefore, transfer, after, holderAfter] = tries.value;
  if (transfer?.isOk !== true) {
    findings.push(
      problem(
        `${token.symbol}: a transfer out of ${holder} is refused: it is paused, or it restricts who may transfer`,
      ),
    );
    return findings;
  }
  const arrivedRaw = (amountOf(after?.data) ?? 0n) - (amountOf(before?.data) ?? 0n);
  const leftRaw = (amountOf(holderBefore?.data) ?? 0n) - (amountOf(holderAfter?.data) ?? 0n);
  if (arrivedRaw !== sentRaw || leftRaw !== sentRaw) {
    findings.push(
      problem(
        `${token.symbol}: of a transfer of ${sentRaw}, ${leftRaw} left and ${arrivedRaw} arrived: tokens with a fee on transfer or changing balances cannot be accounted for`,
      ),
    );
  } else {
    findings.push(good(`${token.symbol}: a tried transfer arrives in full`));
  }
  if (transfer.data === "0x")
    findings.push(note(`${token.symbol}: transfer() returns nothing (allowed, and dealt with)`));
  return findings;
}

function amountOf(data: Hex | undefined): bigint | null {
  if (data === undefined || data.length < 66) return null;
  return decodeFunctionResult({ abi: TRANSFER_ABI, functionName: "balanceOf", data });
}

type PoolKeyFacts = Pick<Pool, "tokens" | "fee" | "tickSpacing" | "hooks" | "deployer" | "binStep" | "parameters">;
const NO_KEY = { fee: null, tickSpacing: null, hooks: null, deployer: null, binStep: null, parameters: null } as const;

const BIN_ABI = parseAbi(["function getBin(uint24 id) view returns (uint256 reserveX, uint256 reserveY)"]);
const KEY_ABI = parseAbi([
  "function token0() view returns (address)",
  "function token1() view returns (address)",
  "function fee() view returns (uint24)",
  "function tickSpacing() view returns (int24)",
  "function getTokenX() view returns (address)",
  "function getTokenY() view returns (address)",
  "function getBinStep() view returns (uint16)",
  "function tokenX() view returns (address)",
  "function tokenY() view returns (address)",
  "function feeParameters() view returns (uint16 binStep)",
  "function poolKeys(bytes25 poolId) view returns (address currency0, address currency1, uint24 fee, int24 tickSpacing, address hooks)",
  "function poolIdToPoolKey(bytes32 id) view returns (address currency0, address currency1, address hooks, address poolManager, uint24 fee, bytes32 parameters)",
]);

/** The pool's key as its own contracts tell it; a sentence when they do not. */
export async function readPoolKey(
  deps: AddDeps,
  dex: Dex,
  request: Omit<PoolRequest, "pairId">,
): Promise<PoolKeyFacts | string> {
  const { chainId, id } = request;
  const contracts = dex.chains[String(chainId)];
  if (contracts === undefined) return `${dex.name} is not on chain ${chainId}`;
  const calls = callsOf(deps, chainId);
  const named = (left: Address, right: Address): readonly [string, string] | string => {
    const symbols = [left, right].map((address) =>
      BigInt(address) === 0n
        ? "NATIVE"
        : deps.registry.tokens.find(
            (token) => token.chainId === chainId && token.address.toLowerCase() === address.toLowerCase(),
          )?.symbol,
    );
    const [first, second] = symbols;
    if (first !== undefined && second !== undefined) return [first, second];
    const missing = first === undefined ? left : right;
    return `the pool holds ${missing}, which is no token of the registry: add the token first`;
  };
  const withTokens = (left: Address, right: Address, rest: Partial<PoolKeyFacts>): PoolKeyFacts | string => {
    const tokens = named(left, right);
    return typeof tokens === "string" ? tokens : { ...NO_KEY, ...rest, tokens: [...tokens] };
  };
  const isPoolId = id.length === 66;
  if (isPoolId !== (dex.family === "uniswap-v4" || dex.family === "pancakeswap-infinity")) {
    return `pools of ${dex.name} have ${isPoolId ? "an address of 20 bytes" : "an id of 32 bytes"}; ${id} is none`;
  }
  switch (dex.family) {
    case "uniswap-v3":
    case "pancakeswap-v3": {
      const [token0, token1, fee, tickSpacing] = await Promise.all([
        askPool(calls, id, "token0"),
        askPool(calls, id, "token1"),
        askPool(calls, id, "fee"),
        askPool(calls, id, "tickSpacing"),
      ]);
      return withTokens(token0, token1, { fee, tickSpacing });
    }
    case "slipstream":
    case "ramses-v3": {
      const [token0, token1, tickSpacing] = await Promise.all([
        askPool(calls, id, "token0"),
        askPool(calls, id, "token1"),
        askPool(calls, id, "tickSpacing"),
      ]);
      return withTokens(token0, token1, { tickSpacing });
    }
    case "algebra-v1":
    case "camelot-v3":
    case "algebra-integral": {
      const [token0, token1] = await Promise.all([askPool(calls, id, "token0"), askPool(calls, id, "token1")]);
      // A custom pool's deployer is in its address: the one that gives this address is the one.
      const deployer = Object.values(dex.customDeployers ?? {}).find(
        (each) =>
          derivePoolId({
            dex,
            contracts,
            pool: { ...NO_KEY, deployer: each },
            tokens: [token0, token1],
          })?.toLowerCase() === id.toLowerCase(),
      );
      return withTokens(token0, token1, { deployer: deployer ?? null });
    }
    case "liquidity-book": {
      const isFirst = dex.variant === "2.0";
      const [tokenX, tokenY, binStep] = await Promise.all([
        askPool(calls, id, isFirst ? "tokenX" : "getTokenX"),
        askPool(calls, id, isFirst ? "tokenY" : "getTokenY"),
        askPool(calls, id, isFirst ? "feeParameters" : "getBinStep"),
      ]);
      return withTokens(tokenX, tokenY, { binStep });
    }
    case "pancakeswap-infinity": {
      const data = encodeFunctionData({ abi: KEY_ABI, functionName: "poolIdToPoolKey", args: [id] });
      const answer = await calls.call({ to: contracts.factory, data }, "latest");
      const [left, right, hooks, manager, fee, parameters] = decodeFunctionResult({
        abi: KEY_ABI,
        functionName: "poolIdToPoolKey",
        data: answer,
      });
      if (BigInt(right) === 0n) return `${dex.name} has no pool ${id} on chain ${chainId}`;
      if (manager.toLowerCase() !== contracts.factory.toLowerCase()) {
        return `pool ${id} is run by ${manager}, not by ${contracts.factory} of ${dex.name}`;
      }
      // Tick spacing is in the parameters from bit 16.
      const tickSpacing = Number((BigInt(parameters) >> 16n) & 0xffffffn);
      return withTokens(left, right, { fee, hooks, parameters, tickSpacing });
    }
    case "uniswap-v4": {
      const data = encodeFunctionData({ abi: KEY_ABI, functionName: "poolKeys", args: [sliceHex(id, 0, 25)] });
      const answer = await calls.call({ to: contracts.positionManager, data }, "latest");
      const [left, right, fee, tickSpacing, hooks] = decodeFunctionResult({
        abi: KEY_ABI,
        functionName: "poolKeys",
        data: answer,
      });
      if (BigInt(right) !== 0n)
        return checkedV4Key(id, withTokens(left, right, { fee, tickSpacing, hooks }), [left, right]);
      return givenV4Key(deps, request);
    }
  }
}

/** The manager remembers keys by 25 bytes of the id: the whole id must follow from the key. */
function checkedV4Key(
  id: Hex,
  key: PoolKeyFacts | string,
  [left, right]: readonly [Address, Address],
): PoolKeyFacts | string {
  if (typeof key === "string" || key.fee === null || key.tickSpacing === null || key.hooks === null) return key;
  const found = keccak256(
    encodeAbiParameters(
      [{ type: "address" }, { type: "address" }, { type: "uint24" }, { type: "int24" }, { type: "address" }],
      [left, right, key.fee, key.tickSpacing, key.hooks],
    ),
  );
  return found === id.toLowerCase() ? key : `the key known for ${id} belongs to the pool ${found}`;
}

/** Nobody opened a position through the manager yet: the key must be given, and must give this id (the check compares). */
function givenV4Key(
  deps: AddDeps,
  { tokens, fee, tickSpacing, hooks, chainId }: Omit<PoolRequest, "pairId">,
): PoolKeyFacts | string {
  if (tokens === null || fee === null || tickSpacing === null) {
    return "the position manager does not know this pool's key: give its tokens, fee and tick spacing (and its hook, if any)";
  }
  const missing = tokens.find(
    (symbol) => !deps.registry.tokens.some((token) => token.chainId === chainId && token.symbol === symbol),
  );
  if (missing !== undefined) return `${missing} is no token of chain ${chainId} in the registry: add the token first`;
  return { ...NO_KEY, tokens: [...tokens], fee, tickSpacing, hooks: hooks ?? zeroAddress };
}

type AddressGetter = "token0" | "token1" | "getTokenX" | "getTokenY" | "tokenX" | "tokenY";
type NumberGetter = "fee" | "tickSpacing" | "getBinStep" | "feeParameters";
async function askPool(calls: CallPort, pool: Hex, functionName: AddressGetter): Promise<Address>;
async function askPool(calls: CallPort, pool: Hex, functionName: NumberGetter): Promise<number>;
async function askPool(
  calls: CallPort,
  pool: Hex,
  functionName: AddressGetter | NumberGetter,
): Promise<Address | number> {
  const data = await calls.call({ to: pool, data: encodeFunctionData({ abi: KEY_ABI, functionName }) }, "latest");
  try {
    return decodeFunctionResult({ abi: KEY_ABI, functionName, data });
  } catch (cause) {
    throw new ChainError({
      code: "bad_data",
      retryable: false,
      message: `${pool} does not answer ${functionName}() as a pool of this DEX does${data === "0x" ? ": there is no contract" : ""}`,
      cause,
    });
  }
}

function callsOf(deps: AddDeps, chainId: number): CallPort {
  const calls = deps.calls(chainId);
  if (!calls.ok) throw calls.error;
  return calls.value;
}

/** A ChainError is an answer here; anything else is a fault of ours. */
async function tried<T>(ask: () => Promise<T>): Promise<T | ChainError> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ChainError) return error;
    throw error;
  }
}

function good(text: string): Finding {
  return { kind: "ok", text, ...GENERAL };
}

function note(text: string): Finding {
  return { kind: "note", text, ...GENERAL };
}

function problem(text: string): Finding {
  return { kind: "problem", text, ...GENERAL };
}

const GENERAL = { what: "Entry", expected: "an entry that can be used" } as const;

/** The same findings, as answers to one question. */
function about(what: string, expected: string, findings: readonly Finding[]): readonly Finding[] {
  return findings.map((finding) => (finding.what === GENERAL.what ? { ...finding, what, expected } : finding));
}
