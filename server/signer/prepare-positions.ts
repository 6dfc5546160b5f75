// Burn, decrease and mint of any DEX family: state at a named block, the family's own bounds and bytes, a simulation at that same block.
import { isSameAddress } from "@/lib/actions/erc20";
import type { LivePool, LivePosition, MintCall } from "@/lib/actions/family";
import { lbTokenId } from "@/lib/actions/liquidity-book";
import { InvariantError } from "@/lib/errors/invariant";
import type { BurnStep, DecreaseStep, MintStep } from "@/lib/plan/plan";
import { findPoolRef } from "@/lib/registry/pool-ref";
import { describeGrant, readGrant } from "./allowances";
import type { EngineContext, PoolPart } from "./context";
import { checkPoolLiquidity, checkPoolTick, valueUsd } from "./policy";
import {
  checkFunds,
  checkWithinCap,
  deadlineOf,
  freeBalance,
  simulate,
  smaller,
  type PrepareInput,
  type PreparedTx,
} from "./prepare-common";
import { SignerError } from "./ports";

/** A position as the exit of a step finds it; refuses what was moved, closed or is another than the plan's. */
async function readOwn(input: PrepareInput, part: PoolPart, step: BurnStep | DecreaseStep): Promise<LivePosition> {
  const { port, block, wallet } = input;
  const live = await part.reads.readPosition(port, part.ref, step.tokenId, block.number, wallet);
  if (live === null || !isSameAddress(live.owner, wallet)) {
    throw SignerError.refuse(
      "policy",
      `token ${step.tokenId} of ${step.positionManager} is ${live === null ? "closed" : `owned by ${live.owner}`}; it was moved or closed by hand`,
      { isPositionGone: true },
    );
  }
  const isAsPlanned =
    live.otherPool === undefined &&
    live.tickLower === step.tickLower &&
    live.tickUpper === step.tickUpper &&
    isSameAddress(live.token0, step.token0) &&
    isSameAddress(live.token1, step.token1);
  if (!isAsPlanned) {
    throw SignerError.refuse(
      "policy",
      `token ${step.tokenId} has another pool, range or other tokens on chain than in the plan`,
    );
  }
  return live;
}

export async function prepareExit(input: PrepareInput, step: BurnStep | DecreaseStep): Promise<PreparedTx> {
  const { context, port, block, wallet, plan } = input;
  const part = context.pool(step.chainId, step.pool);
  const { ref, actions } = part;
  const position = await readOwn(input, part, step);
  if (step.kind === "decrease" && step.liquidityRaw > position.liquidityRaw) {
    throw SignerError.refuse(
      "policy",
      `token ${step.tokenId} has liquidity ${position.liquidityRaw}, the step takes ${step.liquidityRaw} out`,
    );
  }
  const pool = await part.reads.readPool(port, ref, block.number);
  checkPoolTick(plan, step.pool, pool.tick);
  const deadlineSec = deadlineOf(input);
  const call = bounded(() =>
    actions.boundExit(
      ref,
      { pool, position },
      {
        liquidityRaw: step.kind === "burn" ? null : step.liquidityRaw,
        bandBps: step.maxSlippageBps,
        recipient: wallet,
        deadlineSec: BigInt(deadlineSec),
      },
    ),
  );
  const tx = bounded(() => actions.encodeExit(ref, call));
  const answer = await simulate(port, { from: wallet, ...tx }, block.number);
  const paid = actions.decodeExitResult(ref, call, answer);
  return {
    kind: "tx",
    block,
    ...tx,
    position,
    expected:
      paid === null
        ? []
        : [
            { token: step.token0, amountRaw: paid.amount0Raw },
            { token: step.token1, amountRaw: paid.amount1Raw },
          ],
    minimums: [
      { token: step.token0, amountRaw: call.amount0MinRaw },
      { token: step.token1, amountRaw: call.amount1MinRaw },
    ],
    deadlineSec,
    notionalUsd: 0,
  };
}

export async function prepareMint(input: PrepareInput, step: MintStep): Promise<PreparedTx> {
  const { context, port, block, wallet, plan, op } = input;
  const { args } = op.intent;
  const free0 = freeBalance(context, op, step.token0);
  const free1 = freeBalance(context, op, step.token1);
  const amount0DesiredRaw = args.amount0DesiredRaw ?? smaller(step.amount0MaxRaw, free0);
  const amount1DesiredRaw = args.amount1DesiredRaw ?? smaller(step.amount1MaxRaw, free1);
  checkWithinCap(step.amount0MaxRaw, amount0DesiredRaw, "amount0");
  checkWithinCap(step.amount1MaxRaw, amount1DesiredRaw, "amount1");
  checkFunds(op, step.token0, amount0DesiredRaw, free0);
  checkFunds(op, step.token1, amount1DesiredRaw, free1);
  if (findPoolRef(context.deps.registry, step.chainId, step.pool) === null) {
    throw SignerError.refuse("policy", `pool ${step.pool} is disabled in the registry: it may be left, not entered`);
  }
  const part = context.pool(step.chainId, step.pool);
  const { ref, actions } = part;
  await checkPoolIdentity(input, part);
  const pool = await part.reads.readPool(port, ref, block.number);
  checkPoolTick(plan, step.pool, pool.tick);
  checkPoolLiquidity(plan, step.pool, pool.liquidityRaw);
  const deadlineSec = deadlineOf(input);
  const call = bounded(() =>
    actions.boundMint(ref, pool, {
      tickLower: step.tickLower,
      tickUpper: step.tickUpper,
      amount0DesiredRaw,
      amount1DesiredRaw,
      bandBps: step.maxSlippageBps,
      shape: ref.family === "liquidity-book" ? (step.shape ?? "spot") : null,
      recipient: wallet,
      deadlineSec: BigInt(deadlineSec),
    }),
  );
  checkMintFits(step, pool, call);
  await checkBinsFree(input, part, call);
  await checkRights(input, part, call);
  const tx = bounded(() => actions.encodeMint(ref, call));
  const answer = await simulate(port, { from: wallet, ...tx }, block.number);
  // Managers that answer nothing take at most the bounds.
  const result = actions.decodeMintResult(ref, call, answer) ?? {
    amount0Raw: call.amount0DesiredRaw,
    amount1Raw: call.amount1DesiredRaw,
  };
  const spent = [
    { token: step.token0, amountRaw: result.amount0Raw },
    { token: step.token1, amountRaw: result.amount1Raw },
  ];
  return {
    kind: "tx",
    block,
    ...tx,
    position: null,
    expected: spent.map((each) => ({ token: each.token, amountRaw: -each.amountRaw })),
    minimums: [
      { token: step.token0, amountRaw: call.amount0MinRaw },
      { token: step.token1, amountRaw: call.amount1MinRaw },
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

/** A mint no bound can hold: the price has come to where the amounts at hand give no liquidity, or none that a minimum can be set for. */
function checkMintFits(step: MintStep, pool: LivePool, call: MintCall): void {
  const isBounded =
    call.liquidityRaw === null ? call.amount0MinRaw > 0n || call.amount1MinRaw > 0n : call.liquidityRaw > 0n;
  if (isBounded) return;
  throw SignerError.refuse(
    "drift",
    `the pool is at ${pool.tick}, where ${call.amount0DesiredRaw} of ${step.token0} and ${call.amount1DesiredRaw} of ${step.token1} give no position in ${step.tickLower}..${step.tickUpper} that a minimum above 0 holds for; the price has reached the range or left it since the plan`,
    { bound: "mintAmounts" },
  );
}

/** What the family needs to pull the tokens must stand already: a simulation would only say that it reverted. */
async function checkRights(input: PrepareInput, part: PoolPart, call: MintCall): Promise<void> {
  const { port, block, wallet } = input;
  const amounts = { amount0Raw: call.amount0DesiredRaw, amount1Raw: call.amount1DesiredRaw };
  for (const grant of bounded(() => part.actions.mintGrants(part.ref, amounts))) {
    const neededRaw =
      grant.kind === "operator"
        ? 1n
        : isSameAddress(grant.token, part.ref.token0)
          ? amounts.amount0Raw
          : amounts.amount1Raw;
    const { amountRaw, expirationSec } = await readGrant(port, grant, { owner: wallet, block: block.number });
    const isOver = expirationSec !== null && expirationSec <= BigInt(block.timestampSec);
    if (amountRaw >= neededRaw && !isOver) continue;
    throw SignerError.refuse(
      "policy",
      `${describeGrant(grant)} ${isOver ? `ended at ${expirationSec}` : `is ${amountRaw}`}, the mint needs ${neededRaw}: run the approve step again`,
    );
  }
}

/** Shares of one wallet in one bin are one heap: two positions over the same bins could not be told apart. */
async function checkBinsFree(input: PrepareInput, part: PoolPart, call: MintCall): Promise<void> {
  if (call.bins === null) return;
  const { pool } = part.ref;
  if (pool.length !== 42)
    throw SignerError.refuse("policy", `${pool} is no address, but Liquidity Book pairs have one`);
  // All bins may move together with the active one by this many before the transaction runs.
  const { idSlippage } = call.bins;
  const range = { tickLower: Math.max(0, call.tickLower - idSlippage), tickUpper: call.tickUpper + idSlippage };
  const tokenId = lbTokenId(pool, range);
  const { port, block, wallet } = input;
  const held = await part.reads.readPosition(port, part.ref, tokenId, block.number, wallet);
  if (held === null) return;
  const bins = held.bins?.filter((bin) => bin.sharesRaw > 0n).map((bin) => bin.binId) ?? [];
  if (bins.length === 0 && held.liquidityRaw === 0n) return;
  throw SignerError.refuse(
    "policy",
    `the wallet already holds shares of ${part.ref.pool} in the bins ${bins.join(", ")} of ${range.tickLower}..${range.tickUpper}; close or adopt that position first`,
  );
}

const checkedPools = new WeakMap<EngineContext, Set<string>>();

/** Code, tokens, fee, spacing, factory and hooks of a pool that is entered, once per process; a read that fails is an error, never "ok". */
async function checkPoolIdentity(input: PrepareInput, part: PoolPart): Promise<void> {
  const { context, port, block } = input;
  const checked = checkedPools.get(context) ?? new Set<string>();
  checkedPools.set(context, checked);
  const key = `${part.ref.chainId}:${part.ref.pool}`.toLowerCase();
  if (checked.has(key)) return;
  const differences = await part.reads.checkPool(port, part.ref, block.number);
  if (differences.length > 0) {
    throw SignerError.refuse(
      "policy",
      `pool ${part.ref.pool} of ${part.ref.dexId} is not what the registry says: ${differences.join("; ")}`,
    );
  }
  checked.add(key);
}

/** What a family cannot bound or encode (amounts too small, a key that does not fit) is a refusal with its sentence, not a crash. */
function bounded<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof InvariantError) throw SignerError.refuse("policy", `nothing was signed: ${error.message}`);
    throw error;
  }
}
