// From a step and the live chain to one transaction: state at a named block, minimums, deadline, simulation, value.
import { decodeFunctionResult, encodeFunctionData, parseAbi } from "viem";
import { encodeApprove, isSameAddress } from "@/lib/actions/erc20";
import { scaledMinimum, verifySwapCalldata, MAX_QUOTE_AGE_MS } from "@/lib/actions/swap-decoder";
import {
  burnCallOf,
  decodeBurnResult,
  decodeMintResult,
  encodeBurn,
  encodeMint,
  mintCallOf,
} from "@/lib/actions/uniswap-v3";
import { amountsForLiquidity, burnMins, mintMins, type PoolAmounts, type SqrtBounds } from "@/lib/amm/liquidity";
import { humanAmount, rawAmount } from "@/lib/amm/human-units";
import { sqrtAtTick } from "@/lib/amm/tick-math";
import { ChainError } from "@/lib/errors/tidegate-error";
import { walletAccount } from "@/lib/ledger/accounts";
import type { OpArguments } from "@/lib/api/signer-contract";
import { positionBandBps } from "@/lib/plan/slippage";
import type { BurnStep, MintStep, Plan, RevokeStep, Step, SwapStep } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import { readAllowance } from "./allowances";
import type { EngineContext } from "./context";
import type { OpRecord } from "./journal/projection";
import { MAX_PRICE_GAP_FRAC, checkCalldata, checkPoolTick, valueUsd } from "./policy";
import { SignerError, type BlockRef, type ChainPort } from "./ports";

export interface PreparedTx {
  readonly kind: "tx";
  readonly block: BlockRef;
  readonly to: Address;
  readonly data: Hex;
  readonly expected: readonly { readonly token: Address; readonly amountRaw: bigint }[];
  readonly minimums: readonly { readonly token: Address; readonly amountRaw: bigint }[];
  readonly deadlineSec: number | null;
  readonly notionalUsd: number;
}

/** `skip`: the purpose is reached already. `revoke_first`: another allowance stands in the way. */
export type Preparation =
  PreparedTx | { readonly kind: "skip"; readonly reason: string } | { readonly kind: "revoke_first" };

const FACTORY_ABI = parseAbi(["function getPool(address tokenA, address tokenB, uint24 fee) view returns (address)"]);
/** How far a quote's minimum may lie below our two prices beyond the plan's slippage: pool fee and aggregator fee; choice. */
const SWAP_FEE_ALLOWANCE_BPS = 100n;
const BPS = 10_000n;

interface PlacedInput {
  readonly port: ChainPort;
  readonly block: BlockRef;
  readonly wallet: Address;
}

interface PrepareInput extends PlacedInput {
  readonly context: EngineContext;
  readonly op: OpRecord;
  readonly plan: Plan;
}

export async function prepareOp(context: EngineContext, op: OpRecord, plan: Plan): Promise<Preparation> {
  const input: PrepareInput = { context, op, plan, ...(await placeOf(context, op)) };
  const prepared = await prepareStep(input, op.step);
  if (prepared.kind === "tx") checkCalldata(op.step, prepared, input.wallet);
  return prepared;
}

/** A revoke needs no plan. */
export async function prepareRevoke(context: EngineContext, op: OpRecord, step: RevokeStep): Promise<Preparation> {
  return prepareApproval(await placeOf(context, op), step, 0n);
}

async function placeOf(context: EngineContext, op: OpRecord): Promise<PlacedInput> {
  const port = context.chain(op.chainId);
  const block = await port.readBlock("latest");
  if (block === null) throw SignerError.later("chain", `chain ${op.chainId} answered no latest block`);
  return { port, block, wallet: context.deps.key.address };
}

function prepareStep(input: PrepareInput, step: Step): Promise<Preparation> {
  switch (step.kind) {
    case "approve":
      return prepareApproval(input, step, input.op.intent.args.amountRaw ?? step.amountRaw);
    case "revoke":
      return prepareApproval(input, step, 0n);
    case "burn":
      return prepareBurn(input, step);
    case "swap":
      return prepareSwap(input, step);
    case "mint":
      return prepareMint(input, step);
    case "decrease":
    case "bridge":
      throw SignerError.refuse("policy", `this version does not sign a ${step.kind} yet`);
  }
}

async function prepareApproval(
  input: PlacedInput,
  step: { readonly kind: "approve" | "revoke"; readonly token: Address; readonly spender: Address },
  amountRaw: bigint,
): Promise<Preparation> {
  const { port, block, wallet } = input;
  if (step.kind === "approve" && amountRaw === 0n)
    return { kind: "skip", reason: "nothing to approve: the amount is 0" };
  const current = await readAllowance(port, { token: step.token, spender: step.spender, owner: wallet }, block.number);
  if (current === amountRaw) return { kind: "skip", reason: `the allowance is ${amountRaw} already` };
  if (step.kind === "approve" && current > 0n) return { kind: "revoke_first" };
  const data = encodeApprove(step.spender, amountRaw);
  await simulate(port, { from: wallet, to: step.token, data }, block.number);
  return { kind: "tx", block, to: step.token, data, expected: [], minimums: [], deadlineSec: null, notionalUsd: 0 };
}

async function prepareBurn(input: PrepareInput, step: BurnStep): Promise<Preparation> {
  const { context, port, block, wallet, plan } = input;
  const family = context.family(step.family);
  const live = await family.readPosition(port, step.positionManager, step.tokenId, block.number);
  if (live === null || !isSameAddress(live.owner, wallet)) {
    throw SignerError.refuse(
      "policy",
      `token ${step.tokenId} of ${step.positionManager} is ${live === null ? "closed" : `owned by ${live.owner}`}; it was moved or closed by hand`,
      {
        isPositionGone: true,
      },
    );
  }
  if (
    live.tickLower !== step.tickLower ||
    live.tickUpper !== step.tickUpper ||
    !isSameAddress(live.token0, step.token0) ||
    !isSameAddress(live.token1, step.token1)
  ) {
    throw SignerError.refuse(
      "policy",
      `token ${step.tokenId} has another range or other tokens on chain than in the plan`,
    );
  }
  const pool = await family.readPool(port, poolOf(step.pool), block.number);
  checkPoolTick(plan, step.pool, pool.tick);
  const bounds = { sqrtAX96: sqrtAtTick(step.tickLower), sqrtBX96: sqrtAtTick(step.tickUpper) };
  const mins = burnMins(pool.sqrtPriceX96, bounds, live.liquidityRaw, positionBandBps({ ...step, tick: pool.tick }));
  const deadlineSec = deadlineOf(input);
  const call = burnCallOf(step, {
    liquidityRaw: live.liquidityRaw,
    amount0MinRaw: mins.amount0,
    amount1MinRaw: mins.amount1,
    recipient: wallet,
    deadlineSec: BigInt(deadlineSec),
  });
  const data = encodeBurn(call);
  const answer = await simulate(port, { from: wallet, to: step.positionManager, data }, block.number);
  const paid = decodeBurnResult(answer);
  return {
    kind: "tx",
    block,
    to: step.positionManager,
    data,
    expected:
      paid === null
        ? []
        : [
            { token: step.token0, amountRaw: paid.amount0Raw },
            { token: step.token1, amountRaw: paid.amount1Raw },
          ],
    minimums: [
      { token: step.token0, amountRaw: mins.amount0 },
      { token: step.token1, amountRaw: mins.amount1 },
    ],
    deadlineSec,
    notionalUsd: 0,
  };
}

async function prepareMint(input: PrepareInput, step: MintStep): Promise<Preparation> {
  const { context, port, block, wallet, plan, op } = input;
  const { args } = op.intent;
  const free0 = freeBalance(context, op, step.token0);
  const free1 = freeBalance(context, op, step.token1);
  const amount0 = args.amount0DesiredRaw ?? smaller(step.amount0MaxRaw, free0);
  const amount1 = args.amount1DesiredRaw ?? smaller(step.amount1MaxRaw, free1);
  checkWithinCap(step.amount0MaxRaw, amount0, "amount0");
  checkWithinCap(step.amount1MaxRaw, amount1, "amount1");
  checkFunds(op, step.token0, amount0, free0);
  checkFunds(op, step.token1, amount1, free1);
  await checkPoolIdentity(input, step);
  const pool = await context.family(step.family).readPool(port, poolOf(step.pool), block.number);
  checkPoolTick(plan, step.pool, pool.tick);
  const bounds = { sqrtAX96: sqrtAtTick(step.tickLower), sqrtBX96: sqrtAtTick(step.tickUpper) };
  const bandBps = positionBandBps({ ...step, tick: pool.tick });
  const mins = lessRounding(mintMins(pool.sqrtPriceX96, bounds, { amount0, amount1 }, bandBps), bounds);
  const deadlineSec = deadlineOf(input);
  const data = encodeMint(
    mintCallOf(step, {
      amount0DesiredRaw: amount0,
      amount1DesiredRaw: amount1,
      amount0MinRaw: mins.amount0,
      amount1MinRaw: mins.amount1,
      recipient: wallet,
      deadlineSec: BigInt(deadlineSec),
    }),
  );
  const result = decodeMintResult(await simulate(port, { from: wallet, to: step.positionManager, data }, block.number));
  const spent = [
    { token: step.token0, amountRaw: result.amount0Raw },
    { token: step.token1, amountRaw: result.amount1Raw },
  ];
  return {
    kind: "tx",
    block,
    to: step.positionManager,
    data,
    expected: spent.map((each) => ({ token: each.token, amountRaw: -each.amountRaw })),
    minimums: [
      { token: step.token0, amountRaw: mins.amount0 },
      { token: step.token1, amountRaw: mins.amount1 },
    ],
    deadlineSec,
    notionalUsd: valueUsd(
      context.deps.registry,
      plan,
      args,
      spent.map((each) => ({ ...each, chainId: op.chainId })),
    ),
  };
}

/**
 * The pool takes whole units of liquidity: where one token is short over the whole band, the minimum equals the desired amount less
 * what one unit is worth, and that differs from price to price (measured: a clean mint reverted). Two units' worth is left out.
 */
function lessRounding(mins: PoolAmounts, bounds: SqrtBounds): PoolAmounts {
  const { amount0 } = amountsForLiquidity(bounds.sqrtAX96, bounds, 2n, "up");
  const { amount1 } = amountsForLiquidity(bounds.sqrtBX96, bounds, 2n, "up");
  return {
    amount0: mins.amount0 > amount0 ? mins.amount0 - amount0 : 0n,
    amount1: mins.amount1 > amount1 ? mins.amount1 - amount1 : 0n,
  };
}

/** The manager finds the pool by tokens and fee: that pool must be the one the plan names. */
async function checkPoolIdentity(input: PrepareInput, step: MintStep): Promise<void> {
  const { registry } = input.context.deps;
  const pool = registry.pools.find((each) => each.chainId === step.chainId && isSameAddress(each.id, step.pool));
  const factory = registry.dexes.find((each) => each.id === pool?.dex)?.chains[String(step.chainId)]?.factory;
  if (factory === undefined) throw SignerError.refuse("policy", `pool ${step.pool} has no factory in the registry`);
  const data = encodeFunctionData({
    abi: FACTORY_ABI,
    functionName: "getPool",
    args: [step.token0, step.token1, step.feePips],
  });
  const found = decodeFunctionResult({
    abi: FACTORY_ABI,
    functionName: "getPool",
    data: await input.port.call({ to: factory, data }, input.block.number),
  });
  if (!isSameAddress(found, step.pool)) {
    throw SignerError.refuse(
      "policy",
      `the factory's pool for these tokens and fee ${step.feePips} is ${found}, the plan names ${step.pool}`,
    );
  }
}

async function prepareSwap(input: PrepareInput, step: SwapStep): Promise<Preparation> {
  const { context, port, block, wallet, plan, op } = input;
  const { args } = op.intent;
  const amountInRaw = args.amountRaw ?? step.amountInRaw;
  if (amountInRaw === 0n) return { kind: "skip", reason: "nothing to swap: the tokens fit the ranges as they are" };
  checkWithinCap(step.amountInRaw, amountInRaw, "amountIn");
  checkFunds(op, step.tokenIn, amountInRaw, freeBalance(context, op, step.tokenIn));
  const quote = checkQuote(context, { op, plan, step, args, amountInRaw });
  const allowance = await readAllowance(
    port,
    { token: step.tokenIn, spender: step.router, owner: wallet },
    block.number,
  );
  if (allowance !== amountInRaw) {
    throw SignerError.refuse(
      "policy",
      `the allowance of ${step.tokenIn} to ${step.router} is ${allowance}, exactly ${amountInRaw} is needed: run the approve step first`,
    );
  }
  await simulate(port, { from: wallet, to: quote.to, data: quote.data }, block.number);
  return {
    kind: "tx",
    block,
    to: quote.to,
    data: quote.data,
    expected: [{ token: step.tokenIn, amountRaw: -amountInRaw }],
    minimums: [{ token: step.tokenOut, amountRaw: quote.minimumRaw }],
    deadlineSec: null,
    notionalUsd: valueUsd(context.deps.registry, plan, args, [
      { chainId: op.chainId, token: step.tokenIn, amountRaw: amountInRaw },
    ]),
  };
}

/** All of safety.md section 3.9 that needs no chain; also run when the intent arrives, before anything else happens. */
export function checkQuote(
  context: EngineContext,
  input: { op: { chainId: number }; plan: Plan; step: SwapStep; args: OpArguments; amountInRaw: bigint },
): { readonly to: Address; readonly data: Hex; readonly minimumRaw: bigint } {
  const { plan, step, args, amountInRaw } = input;
  const { quote } = args;
  if (quote === undefined)
    throw SignerError.refuse(
      "quote_refused",
      "a swap needs a quote as evidence; fetch one and execute the step with it",
    );
  const gapFrac = Math.abs(quote.cexPrice / quote.poolPrice - 1);
  const driftFrac = Math.abs(quote.cexPrice / args.price - 1);
  if (!(gapFrac <= MAX_PRICE_GAP_FRAC) || !(driftFrac <= MAX_PRICE_GAP_FRAC)) {
    throw SignerError.later(
      "drift",
      `CEX price ${quote.cexPrice}, pool price ${quote.poolPrice} and price ${args.price} differ by more than ${MAX_PRICE_GAP_FRAC * 100} %`,
    );
  }
  const port = context.chain(step.chainId);
  const ownFloor = twoPriceFloor(context, plan, step, { amountInRaw, prices: [quote.cexPrice, quote.poolPrice] });
  const scaled = scaledMinimum(step.minAmountOutRaw, amountInRaw, step.amountInRaw);
  const minimumRaw = ownFloor > scaled ? ownFloor : scaled;
  const verified = verifySwapCalldata(
    {
      chainId: step.chainId,
      router: port.chain.lifiDiamond ?? "0x",
      wallet: context.deps.key.address,
      tokenIn: step.tokenIn,
      tokenOut: step.tokenOut,
      amountInRaw,
      minAmountOutRaw: minimumRaw,
      nowMs: context.deps.wall.nowMs(),
      maxQuoteAgeMs: MAX_QUOTE_AGE_MS,
    },
    {
      chainId: input.op.chainId,
      to: quote.to,
      approvalAddress: quote.approvalAddress,
      data: quote.data,
      valueRaw: quote.valueRaw,
      fetchedAtMs: quote.fetchedAtMs,
    },
  );
  if (!verified.ok) {
    throw SignerError.refuse("quote_refused", verified.error.message, {
      reason: verified.error.reason,
      expected: verified.error.expected,
      found: verified.error.found,
    });
  }
  return { to: quote.to, data: quote.data, minimumRaw };
}

/** What the smaller of two prices gives, less the plan's slippage and the fee allowance: a plan with a careless minimum does not lower it. */
function twoPriceFloor(
  context: EngineContext,
  plan: Plan,
  step: SwapStep,
  input: { readonly amountInRaw: bigint; readonly prices: readonly number[] },
): bigint {
  const tokenOf = (address: Address) =>
    context.deps.registry.tokens.find((each) => each.chainId === step.chainId && isSameAddress(each.address, address));
  const tokenIn = tokenOf(step.tokenIn);
  const tokenOut = tokenOf(step.tokenOut);
  if (tokenIn === undefined || tokenOut === undefined)
    throw SignerError.refuse("policy", "a swap token is not in the registry");
  const amount = humanAmount(input.amountInRaw, tokenIn.decimals);
  const isSell = tokenIn.symbol === plan.base.symbol;
  const outs = input.prices.map((price) => (isSell ? amount * price : amount / price));
  const outRaw = rawAmount(Math.min(...outs), tokenOut.decimals);
  return (outRaw * (BPS - BigInt(plan.bounds.maxSlippageBps) - SWAP_FEE_ALLOWANCE_BPS)) / BPS;
}

async function simulate(
  port: ChainPort,
  request: { from: Address; to: Address; data: Hex },
  block: bigint,
): Promise<Hex> {
  try {
    return await port.call(request, block);
  } catch (error) {
    if (error instanceof ChainError && error.code === "reverted") {
      throw new SignerError({
        code: "reverted",
        message: `the simulation at block ${block} failed, nothing was signed: ${error.message}`,
        retryable: false,
        cause: error,
      });
    }
    throw error;
  }
}

/** Chain time: newest block + the plan's deadline (at most 120 s) x the chain's time scale. */
function deadlineOf(input: PrepareInput): number {
  return input.block.timestampSec + Math.floor(input.plan.bounds.deadlineSec * input.port.chain.timeScale);
}

function freeBalance(context: EngineContext, op: OpRecord, token: Address): bigint {
  return context.journal.state.balances.of(op.chainId, walletAccount(op.pairId), token);
}

function checkFunds(op: OpRecord, token: Address, neededRaw: bigint, freeRaw: bigint): void {
  if (neededRaw <= freeRaw) return;
  throw SignerError.refuse(
    "insufficient",
    `${op.pairId} has ${freeRaw} of ${token} on chain ${op.chainId}, the step needs ${neededRaw}; assign capital or plan again`,
  );
}

function checkWithinCap(capRaw: bigint, amountRaw: bigint, name: string): void {
  if (amountRaw <= capRaw) return;
  throw SignerError.refuse("policy", `${name} ${amountRaw} is above the plan's cap ${capRaw}`);
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

export function poolOf(pool: string): Hex {
  return `0x${pool.slice(2)}`;
}
