// The last look at the bytes for every DEX family: what the family itself encodes passes, every hostile change of it is refused.
import { encodeAbiParameters, encodeFunctionData, keccak256, parseAbi, parseAbiParameters } from "viem";
import { describe, expect, it } from "vitest";
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { ExitCall, LivePool, LivePosition, MintCall, TxCall } from "@/lib/actions/family";
import { lbTokenId } from "@/lib/actions/liquidity-book";
import { encodePermit2Approve } from "@/lib/actions/permit2";
import { encodePoolSwap, routerForms } from "@/lib/actions/pool-swap";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { stepSchema, type Plan, type PlanWire, type Step } from "@/lib/plan/plan";
import { DEFAULT_LIMITS } from "@/lib/registry/pair-settings";
import { findPoolRef, type PoolRef } from "@/lib/registry/pool-ref";
import { FAMILIES, registrySchema, type Family, type PoolEntry, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { buildPlan } from "@/tests/support/build-plan";
import { checkCalldata } from "./policy-calldata";
import { checkPlan } from "./policy-plan";
import { SignerError, type PairAuthority } from "./ports";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const PAIR = "WETH-USDC";
const T0 = address("01");
const T1 = address("02");
const MANAGER = address("60");
const FACTORY = address("61");
const ROUTER = address("62");
const PERMIT2 = address("63");
const OWN_PERMIT2 = address("64");
const DIAMOND = address("70");
const HOOK = address("77");
const WALLET = address("33");
const THIEF = address("44");
const NO_HOOK = address("00");
const DEADLINE = 1_800_000_120n;
const TOKENS: [string, string] = ["WETH", "USDC"];
const CENTRE_BIN = 8_388_608;

function poolEntry(family: Family, hooks: Address = NO_HOOK): PoolEntry {
  const common = { pair: PAIR, chainId: 1, dex: family, tokens: TOKENS };
  if (family === "uniswap-v4") {
    const key = encodeAbiParameters(parseAbiParameters("address, address, uint24, int24, address"), [
      T0,
      T1,
      500,
      10,
      hooks,
    ]);
    return { ...common, id: keccak256(key), fee: 500, tickSpacing: 10, hooks };
  }
  if (family === "pancakeswap-infinity") {
    const parameters: Hex = `0x${(10n << 16n).toString(16).padStart(64, "0")}`;
    const key = encodeAbiParameters(parseAbiParameters("address, address, address, address, uint24, bytes32"), [
      T0,
      T1,
      hooks,
      FACTORY,
      500,
      parameters,
    ]);
    return { ...common, id: keccak256(key), fee: 500, tickSpacing: 10, hooks, parameters };
  }
  if (family === "liquidity-book") return { ...common, id: address("50"), fee: null, tickSpacing: null, binStep: 10 };
  return { ...common, id: address("50"), fee: 500, tickSpacing: 10 };
}

function registryOf(family: Family, hooks?: Address, hooksAllowed: readonly Address[] = []): Registry {
  return registrySchema.parse({
    version: 1,
    chains: [
      {
        id: 1,
        name: "Test",
        nativeSymbol: "ETH",
        nativeDecimals: 18,
        wrappedNative: T0,
        blockTimeMs: 12_000,
        geckoSlug: null,
        explorer: null,
        multicall3: address("03"),
        permit2: PERMIT2,
        lifiDiamond: DIAMOND,
        feeModel: "eip1559",
        softDepth: 2,
        settle: { tag: "finalized", depth: 64 },
      },
      {
        id: 2,
        name: "Far",
        nativeSymbol: "ETH",
        nativeDecimals: 18,
        wrappedNative: T0,
        blockTimeMs: 2_000,
        geckoSlug: null,
        explorer: null,
        multicall3: address("03"),
        permit2: PERMIT2,
        lifiDiamond: DIAMOND,
        feeModel: "eip1559",
        softDepth: 2,
        settle: { tag: "finalized", depth: 64 },
      },
    ],
    tokens: [
      { chainId: 1, symbol: "WETH", address: T0, decimals: 18, kind: "wrapped" },
      { chainId: 1, symbol: "USDC", address: T1, decimals: 6, kind: "native" },
      { chainId: 2, symbol: "WETH", address: address("11"), decimals: 18, kind: "wrapped" },
      { chainId: 2, symbol: "USDC", address: address("12"), decimals: 18, kind: "native" },
    ],
    dexes: [
      {
        id: family,
        name: family,
        family,
        variant: family === "liquidity-book" ? "2.1" : null,
        hooksAllowed: [...hooksAllowed],
        chains: {
          "1": {
            factory: FACTORY,
            positionManager: MANAGER,
            swapRouter: ROUTER,
            vault: address("65"),
            stateView: address("66"),
            permit2: family === "pancakeswap-infinity" ? OWN_PERMIT2 : null,
          },
        },
      },
    ],
    pools: [poolEntry(family, hooks)],
    pairs: [{ id: PAIR, base: "WETH", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC" }] }],
  });
}

function refOf(registry: Registry): PoolRef {
  const ref = findPoolRef(registry, 1, registry.pools[0]?.id ?? "");
  if (ref === null) throw new Error("the test registry has no pool");
  return ref;
}

function rangeOf(family: Family): { readonly tickLower: number; readonly tickUpper: number } {
  if (family === "liquidity-book") return { tickLower: CENTRE_BIN - 5, tickUpper: CENTRE_BIN + 5 };
  return { tickLower: -200, tickUpper: 200 };
}

function live(family: Family): LivePool {
  return {
    sqrtPriceX96: sqrtAtTick(0),
    tick: family === "liquidity-book" ? CENTRE_BIN : 0,
    liquidityRaw: 10n ** 18n,
    fee0Pips: 500,
    fee1Pips: 500,
    protocolShareFrac: 0,
    tickSpacing: 10,
  };
}

function mintStep(family: Family, ref: PoolRef): Extract<PlanWire["steps"][number], { kind: "mint" }> {
  return {
    kind: "mint",
    chainId: 1,
    family,
    pool: ref.pool,
    positionManager: MANAGER,
    token0: T0,
    token1: T1,
    feePips: 500,
    tickSpacing: 10,
    ...rangeOf(family),
    amount0MaxRaw: "1000000000",
    amount1MaxRaw: "1000000000",
    maxSlippageBps: 50,
  };
}

const TOKEN_ID = 5n;
function tokenIdOf(family: Family): bigint {
  return family === "liquidity-book" ? lbTokenId(address("50"), rangeOf(family)) : TOKEN_ID;
}

function exitStep(family: Family, ref: PoolRef): Extract<PlanWire["steps"][number], { kind: "burn" }> {
  const { feePips: _fee, tickSpacing: _spacing, amount0MaxRaw: _0, amount1MaxRaw: _1, ...rest } = mintStep(family, ref);
  return {
    ...rest,
    kind: "burn",
    tokenId: tokenIdOf(family).toString(),
    liquidityRaw: "1000000000000",
    amount0ExpectedRaw: "1",
    amount1ExpectedRaw: "1",
  };
}

function position(family: Family): LivePosition {
  const { tickLower, tickUpper } = rangeOf(family);
  const bins =
    family === "liquidity-book"
      ? Array.from({ length: 11 }, (_, index) => {
          const binId = tickLower + index;
          return {
            binId,
            sharesRaw: 10n ** 12n,
            amount0Raw: binId >= CENTRE_BIN ? 1_000_000n : 0n,
            amount1Raw: binId <= CENTRE_BIN ? 1_000_000n : 0n,
          };
        })
      : null;
  return {
    tokenId: tokenIdOf(family),
    owner: WALLET,
    token0: T0,
    token1: T1,
    tickLower,
    tickUpper,
    liquidityRaw: bins === null ? 10n ** 12n : 11n * 10n ** 12n,
    principal0Raw: 6_000_000n,
    principal1Raw: 6_000_000n,
    fees0Raw: 0n,
    fees1Raw: 0n,
    bins,
  };
}

function planOf(steps: PlanWire["steps"], base: Address = T0): Plan {
  return buildPlan({
    pairId: PAIR,
    configVersion: 0,
    base: { symbol: "WETH", decimals: 18, address: base },
    quote: { symbol: "USDC", decimals: 6, address: T1 },
    steps: steps.map((step) => stepSchema.parse(step)),
  });
}

const pairAuthority: PairAuthority = {
  mode: "auto",
  paused: null,
  halted: null,
  settings: { pairId: PAIR, pools: [], params: {}, limits: DEFAULT_LIMITS, planExpiryMs: 1_800_000 },
  configVersion: 0,
  commandSeq: 1,
};

function outcome(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SignerError) return error.code;
    throw error;
  }
  return "accepted";
}

type Known = Parameters<typeof checkPlan>[0]["positions"][number];
function planOutcome(registry: Registry, steps: PlanWire["steps"], positions: readonly Known[] = []): string {
  return outcome(() =>
    checkPlan({
      plan: planOf(steps),
      pair: pairAuthority,
      registry,
      positions,
      usedTodayUsd: 0,
      actionsOf: (family) => FAMILY_ACTIONS[family],
    }),
  );
}

function stepOf(wire: PlanWire["steps"][number]): Step {
  const [step] = planOf([wire]).steps;
  if (step === undefined) throw new Error("the plan has no step");
  return step;
}

function bytesOutcome(registry: Registry, family: Family, wire: PlanWire["steps"][number], tx: TxCall): string {
  return outcome(() =>
    checkCalldata({
      step: stepOf(wire),
      tx,
      wallet: WALLET,
      registry,
      latestDeadlineSec: DEADLINE,
      pool: { ref: refOf(registry), actions: FAMILY_ACTIONS[family] },
      position: position(family),
      maxValueRaw: 0n,
    }),
  );
}

function boundMint(family: Family, ref: PoolRef, change: { recipient?: Address; deadlineSec?: bigint } = {}): MintCall {
  return FAMILY_ACTIONS[family].boundMint(ref, live(family), {
    ...rangeOf(family),
    amount0DesiredRaw: 1_000_000_000n,
    amount1DesiredRaw: 1_000_000_000n,
    bandBps: 50,
    shape: family === "liquidity-book" ? "spot" : null,
    recipient: WALLET,
    deadlineSec: DEADLINE,
    ...change,
  });
}

function boundExit(family: Family, ref: PoolRef, change: { recipient?: Address; deadlineSec?: bigint } = {}): ExitCall {
  return FAMILY_ACTIONS[family].boundExit(
    ref,
    { pool: live(family), position: position(family) },
    { liquidityRaw: null, bandBps: 50, recipient: WALLET, deadlineSec: DEADLINE, ...change },
  );
}

describe.each(FAMILIES)("%s", (family) => {
  const actions = FAMILY_ACTIONS[family];
  const registry = registryOf(family);
  const ref = refOf(registry);
  const mint = mintStep(family, ref);
  const burn = exitStep(family, ref);
  const mintBytes = (call: MintCall) => bytesOutcome(registry, family, mint, actions.encodeMint(ref, call));
  const exitBytes = (call: ExitCall) => bytesOutcome(registry, family, burn, actions.encodeExit(ref, call));

  it("default: what the family bounds and encodes for the step passes", () => {
    expect(mintBytes(boundMint(family, ref))).toBe("accepted");
    expect(exitBytes(boundExit(family, ref))).toBe("accepted");
  });

  it("error: policy — a mint for somebody else, into another range, above the caps, unbounded, without an end, with value, elsewhere", () => {
    const call = boundMint(family, ref);
    expect(mintBytes(boundMint(family, ref, { recipient: THIEF }))).toBe("policy");
    expect(mintBytes(boundMint(family, ref, { deadlineSec: DEADLINE + 1n }))).toBe("policy");
    const isBins = call.bins !== null;
    const narrow = { ...mint, tickLower: mint.tickLower + (isBins ? 2 : 10) };
    expect(bytesOutcome(registry, family, narrow, actions.encodeMint(ref, call))).toBe("policy");
    const poor = { ...mint, amount0MaxRaw: "1000" };
    expect(bytesOutcome(registry, family, poor, actions.encodeMint(ref, call))).toBe("policy");
    const tx = actions.encodeMint(ref, call);
    expect(bytesOutcome(registry, family, mint, { ...tx, to: THIEF })).toBe("policy");
    expect(bytesOutcome(registry, family, mint, { ...tx, valueRaw: 1n })).toBe("policy");
    expect(bytesOutcome(registry, family, mint, { ...tx, data: `${tx.data}00` })).toBe("policy");
    expect(bytesOutcome(registry, family, mint, { ...tx, data: `0x${tx.data.slice(2, 10)}` })).toBe("policy");
    if (call.liquidityRaw === null) {
      expect(mintBytes({ ...call, amount0MinRaw: 0n, amount1MinRaw: 0n })).toBe("policy");
    }
  });

  it("error: policy — an exit to somebody else, without minimums, without an end, of another position, elsewhere", () => {
    const call = boundExit(family, ref);
    expect(exitBytes(boundExit(family, ref, { recipient: THIEF }))).toBe("policy");
    expect(exitBytes(boundExit(family, ref, { deadlineSec: DEADLINE + 1n }))).toBe("policy");
    expect(exitBytes({ ...call, amount0MinRaw: 0n, amount1MinRaw: 0n })).toBe("policy");
    const tx = actions.encodeExit(ref, call);
    expect(bytesOutcome(registry, family, burn, { ...tx, to: THIEF })).toBe("policy");
    expect(bytesOutcome(registry, family, burn, { ...tx, valueRaw: 1n })).toBe("policy");
    expect(bytesOutcome(registry, family, burn, { ...tx, data: `${tx.data}00` })).toBe("policy");
    expect(bytesOutcome(registry, family, { ...burn, kind: "decrease", liquidityRaw: "7" }, tx)).toBe("policy");
    if (call.bins === null) expect(exitBytes({ ...call, tokenId: 6n })).toBe("policy");
    else {
      const more = call.bins.map((bin) => ({ ...bin, sharesRaw: bin.sharesRaw + 1n }));
      expect(exitBytes({ ...call, bins: more, liquidityRaw: call.liquidityRaw + 11n })).toBe("policy");
    }
    // A mint's bytes are never an exit's.
    const mintTx = actions.encodeMint(ref, boundMint(family, ref));
    expect(bytesOutcome(registry, family, burn, mintTx)).toBe("policy");
  });

  it("error: policy — a right the family does not need, for another spender, contract or amount", () => {
    const amounts = { amount0Raw: 1_000_000_000n, amount1Raw: 1_000_000_000n };
    const grants = actions.mintGrants(ref, amounts);
    const approvals: PlanWire["steps"] = grants.map((grant) => ({
      kind: "approve",
      chainId: 1,
      token: grant.token,
      spender: grant.spender,
      amountRaw: "1000000000",
      forStep: grants.length,
      ...(grant.kind === "permit2" ? { grant: "permit2" as const, permit2: grant.permit2 } : {}),
      ...(grant.kind === "operator" ? { grant: "operator" as const } : {}),
    }));
    expect(planOutcome(registry, [...approvals, mint])).toBe("accepted");
    approvals.forEach((approval, index) => {
      if (approval.kind !== "approve") return;
      const replaced = (change: Partial<typeof approval>): PlanWire["steps"] => [
        ...approvals.with(index, { ...approval, ...change }),
        mint,
      ];
      expect(planOutcome(registry, replaced({ spender: THIEF }))).toBe("policy");
      expect(planOutcome(registry, replaced({ amountRaw: "1000000001" }))).toBe("policy");
      expect(planOutcome(registry, replaced({ grant: "operator" }))).toBe("policy");
      if (approval.grant === "permit2") expect(planOutcome(registry, replaced({ permit2: THIEF }))).toBe("policy");
    });
  });
});

describe("a pool that was disabled", () => {
  it("behavior: it may be left, not entered", () => {
    const open = registryOf("uniswap-v3");
    const ref = refOf(open);
    const [entry] = open.pools;
    if (entry === undefined) throw new Error("the test registry has no pool");
    const closed = { ...open, pools: [{ ...entry, disabled: "its fee differs from the chain's" }] };
    const burn = exitStep("uniswap-v3", ref);
    const known: Known = {
      positionId: "p",
      chainId: 1,
      pool: ref.pool,
      positionManager: MANAGER,
      ...rangeOf("uniswap-v3"),
      tokenId: TOKEN_ID,
      liquidityRaw: 10n ** 12n,
      amount0Raw: 1n,
      amount1Raw: 1n,
      openedAtMarketMs: 0,
      openedAtMs: 0,
      mintTxHash: "0x00",
      planId: "0x",
      pairId: PAIR,
    };
    expect(planOutcome(closed, [burn], [known])).toBe("accepted");
    expect(planOutcome(closed, [mintStep("uniswap-v3", ref)])).toBe("policy");
  });
});

describe("hooks", () => {
  it.each<Family>(["uniswap-v4", "pancakeswap-infinity"])(
    "error: policy — a %s pool under a hook that nobody allowed is not entered, an allowed one is",
    (family) => {
      const strange = registryOf(family, HOOK);
      expect(planOutcome(strange, [mintStep(family, refOf(strange))])).toBe("policy");
      const allowed = registryOf(family, HOOK, [HOOK]);
      expect(planOutcome(allowed, [mintStep(family, refOf(allowed))])).toBe("accepted");
    },
  );
});

describe("bins", () => {
  const family = "liquidity-book";
  const registry = registryOf(family);
  const ref = refOf(registry);
  const held: Known = {
    positionId: "p",
    chainId: 1,
    pool: ref.pool,
    positionManager: MANAGER,
    ...rangeOf(family),
    tokenId: tokenIdOf(family),
    liquidityRaw: 11n * 10n ** 12n,
    amount0Raw: 1n,
    amount1Raw: 1n,
    openedAtMarketMs: 0,
    openedAtMs: 0,
    mintTxHash: "0x00",
    planId: "0x",
    pairId: PAIR,
  };

  it("error: policy — a second position over bins that are held; after its close in the same plan, or beside it, it passes", () => {
    const mint = mintStep(family, ref);
    const step = exitStep(family, ref);
    expect(planOutcome(registry, [mint], [held])).toBe("policy");
    expect(planOutcome(registry, [{ ...mint, tickLower: CENTRE_BIN + 5, tickUpper: CENTRE_BIN + 9 }], [held])).toBe(
      "policy",
    );
    expect(planOutcome(registry, [{ ...mint, tickLower: CENTRE_BIN + 6, tickUpper: CENTRE_BIN + 9 }], [held])).toBe(
      "accepted",
    );
    expect(planOutcome(registry, [step, mint], [held])).toBe("accepted");
    // Somebody else's position of the same wallet counts too: shares have no owner's number.
    expect(planOutcome(registry, [mint], [{ ...held, pairId: "OTHER-PAIR" }])).toBe("policy");
  });

  it("error: policy — the operator right goes to the pair's own router only, both ways", () => {
    const operator = {
      kind: "approve",
      chainId: 1,
      token: address("50"),
      amountRaw: "1",
      forStep: 1,
      grant: "operator",
    } as const;
    const exit = exitStep(family, ref);
    expect(planOutcome(registry, [{ ...operator, spender: MANAGER }, exit], [held])).toBe("accepted");
    expect(planOutcome(registry, [{ ...operator, spender: THIEF }, exit], [held])).toBe("policy");
    const bytes = (name: "approveForAll", spender: Address, isAllowed: boolean): TxCall => ({
      to: address("50"),
      data: encodeFunctionData({
        abi: parseAbi(["function approveForAll(address spender, bool approved)"]),
        functionName: name,
        args: [spender, isAllowed],
      }),
      valueRaw: 0n,
    });
    const give = { ...operator, spender: MANAGER };
    expect(bytesOutcome(registry, family, give, bytes("approveForAll", MANAGER, true))).toBe("accepted");
    expect(bytesOutcome(registry, family, give, bytes("approveForAll", THIEF, true))).toBe("policy");
    const revoke = { kind: "revoke", chainId: 1, token: address("50"), spender: MANAGER, grant: "operator" } as const;
    expect(bytesOutcome(registry, family, revoke, bytes("approveForAll", MANAGER, false))).toBe("accepted");
    expect(bytesOutcome(registry, family, revoke, bytes("approveForAll", MANAGER, true))).toBe("policy");
  });
});

describe("Permit2", () => {
  const registry = registryOf("uniswap-v4");
  const approve = {
    kind: "approve",
    chainId: 1,
    token: T0,
    spender: MANAGER,
    amountRaw: "100",
    forStep: 1,
    grant: "permit2",
    permit2: PERMIT2,
  } as const;
  const bytes = (change: { spender?: Address; amountRaw?: bigint; expirationSec?: bigint; to?: Address }) =>
    bytesOutcome(
      registry,
      "uniswap-v4",
      approve,
      encodePermit2Approve(change.to ?? PERMIT2, {
        token: T0,
        spender: change.spender ?? MANAGER,
        amountRaw: change.amountRaw ?? 100n,
        expirationSec: change.expirationSec ?? DEADLINE + 600n,
      }),
    );

  it("error: policy — longer than the plan's deadline and ten minutes, more than the cap, a stranger, another Permit2", () => {
    expect(bytes({})).toBe("accepted");
    expect(bytes({ expirationSec: DEADLINE + 601n })).toBe("policy");
    expect(bytes({ expirationSec: 0n })).toBe("policy");
    expect(bytes({ amountRaw: 101n })).toBe("policy");
    expect(bytes({ spender: THIEF })).toBe("policy");
    expect(bytes({ to: OWN_PERMIT2 })).toBe("policy");
  });

  it("error: policy — PancakeSwap Infinity goes through its own Permit2, never through the chain's", () => {
    const own = registryOf("pancakeswap-infinity");
    const mint = mintStep("pancakeswap-infinity", refOf(own));
    const step = { ...approve, amountRaw: "1000", permit2: OWN_PERMIT2 };
    expect(planOutcome(own, [step, mint])).toBe("accepted");
    expect(planOutcome(own, [{ ...step, permit2: PERMIT2 }, mint])).toBe("policy");
  });
});

const swapThrough = (ref: PoolRef) =>
  ({
    kind: "swap",
    chainId: 1,
    provider: "pool",
    router: ROUTER,
    pool: ref.pool,
    tokenIn: T0,
    tokenOut: T1,
    amountInRaw: "1000",
    minAmountOutRaw: "1",
  }) as const;

describe("swaps straight through a pool", () => {
  it.each<Family>(["uniswap-v3", "pancakeswap-v3", "algebra-integral", "algebra-v1", "camelot-v3", "slipstream"])(
    "error: policy — %s: another recipient, amount, minimum, deadline, router or pool",
    (family) => {
      const registry = registryOf(family);
      const ref = refOf(registry);
      const step = swapThrough(ref);
      expect(planOutcome(registry, [step])).toBe("accepted");
      expect(planOutcome(registry, [{ ...step, router: THIEF }])).toBe("policy");
      expect(planOutcome(registry, [{ ...step, pool: THIEF }])).toBe("policy");
      for (const form of routerForms(ref)) {
        const call = {
          form,
          tokenIn: T0,
          tokenOut: T1,
          recipient: WALLET,
          amountInRaw: 1_000n,
          amountOutMinRaw: 1n,
          deadlineSec: DEADLINE,
        };
        const bytes = (change: Partial<typeof call>): string => {
          const tx = encodePoolSwap(ref, { ...call, ...change });
          return tx === null ? "not encoded" : bytesOutcome(registry, family, step, tx);
        };
        expect(bytes({})).toBe("accepted");
        expect(bytes({ recipient: THIEF })).toBe("policy");
        expect(bytes({ amountInRaw: 1_001n })).toBe("policy");
        expect(bytes({ amountOutMinRaw: 0n })).toBe("policy");
        expect(bytes({ deadlineSec: DEADLINE + 1n })).toBe("policy");
        expect(bytes({ tokenIn: T1, tokenOut: T0 })).toBe("policy");
      }
    },
  );

  it.each<Family>(["ramses-v3", "uniswap-v4", "pancakeswap-infinity", "liquidity-book"])(
    "error: policy — %s pools are left to the aggregator",
    (family) => {
      const registry = registryOf(family);
      expect(planOutcome(registry, [swapThrough(refOf(registry))])).toBe("policy");
    },
  );
});

const allow = (spender: Address) =>
  ({ kind: "approve", chainId: 1, token: T0, spender, amountRaw: "1000", forStep: 1 }) as const;

describe("swaps with two ways", () => {
  const registry = registryOf("uniswap-v3");
  const ref = refOf(registry);
  const both = { ...swapThrough(ref), other: { provider: "lifi", router: DIAMOND } } as const;
  const { pool, ...unnamed } = swapThrough(ref);
  const turned = {
    ...unnamed,
    provider: "lifi",
    router: DIAMOND,
    other: { provider: "pool", router: ROUTER, pool },
  } as const;
  it("default: both are checked as if each were the only one", () => {
    expect(planOutcome(registry, [both])).toBe("accepted");
    expect(planOutcome(registry, [turned])).toBe("accepted");
    expect(planOutcome(registry, [{ ...both, other: { provider: "lifi", router: THIEF } }])).toBe("policy");
    expect(planOutcome(registry, [{ ...both, router: THIEF }])).toBe("policy");
    expect(planOutcome(registry, [{ ...turned, other: { ...turned.other, router: THIEF } }])).toBe("policy");
    expect(planOutcome(registry, [{ ...turned, other: { ...turned.other, pool: THIEF } }])).toBe("policy");
    expect(planOutcome(registry, [{ ...turned, other: { provider: "pool", router: ROUTER } }])).toBe("policy");
  });

  it("error: policy — an approval for anybody but the two, or for more than is sold", () => {
    expect(planOutcome(registry, [allow(ROUTER), both])).toBe("accepted");
    expect(planOutcome(registry, [allow(DIAMOND), both])).toBe("accepted");
    expect(planOutcome(registry, [allow(THIEF), both])).toBe("policy");
    expect(planOutcome(registry, [{ ...allow(DIAMOND), amountRaw: "1001" }, both])).toBe("policy");
    // The one that is not named may not be allowed anything.
    expect(planOutcome(registry, [allow(DIAMOND), swapThrough(ref)])).toBe("policy");
  });
});

describe("bridges", () => {
  const registry = registryOf("uniswap-v3");
  const bridge = {
    kind: "bridge",
    chainId: 1,
    provider: "lifi",
    router: DIAMOND,
    tokenIn: T1,
    toChainId: 2,
    tokenOut: address("12"),
    amountInRaw: "1000",
    minAmountOutRaw: "990",
    feeUsd: 0,
    expectedSec: 60,
  } as const;

  it.each<[string, Partial<Extract<PlanWire["steps"][number], { kind: "bridge" }>>]>([
    ["another contract", { router: THIEF }],
    ["a chain that is not listed", { toChainId: 3 }],
    ["its own chain", { toChainId: 1 }],
    ["another token at the far end", { tokenOut: address("11") }],
    ["a stranger's token", { tokenIn: THIEF }],
    ["no minimum", { minAmountOutRaw: "0" }],
  ])("error: policy — %s", (_, change) => {
    expect(planOutcome(registry, [{ ...bridge, bridges: ["across"] }])).toBe("accepted");
    expect(planOutcome(registry, [{ ...bridge, bridges: ["across"], ...change }])).toBe("policy");
  });
});
