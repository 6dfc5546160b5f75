// Liquidity Book 2.0, 2.1 and 2.2: liquidity in and out of bins through the router, shapes, bounds by bins, receipts of the pair itself.
import { decodeEventLog, decodeFunctionData, decodeFunctionResult, encodeFunctionData, zeroAddress } from "viem";
import { binsWithinBand } from "@/lib/amm/bins";
import { invariant } from "@/lib/errors/invariant";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";
import { isSameAddress, lowerAddress, walletDeltas, type TxLog } from "./erc20";
import type {
  ExitCall,
  ExitReceiptFacts,
  FamilyActions,
  Grant,
  LiveBin,
  MintCall,
  MintReceiptFacts,
  RangeIndexes,
  TxCall,
} from "./family";
import {
  LB_LEGACY_PAIR_ABI,
  LB_LEGACY_ROUTER_ABI,
  LB_PAIR_ABI,
  LB_ROUTER_ABI,
  LB_TOKEN_ABI,
  lbGeneration,
} from "./liquidity-book-abi";
import { checkLayout, layOutBins } from "./liquidity-book-layout";

const ID_BITS = 24n;
const ID_MASK = (1n << ID_BITS) - 1n;
const BAND_WHOLE = 10_000n;

/** (pair address as uint160 << 48) | lowerBinId << 24 | upperBinId. */
export function lbTokenId(pair: Address, { tickLower, tickUpper }: RangeIndexes): bigint {
  invariant(
    Number.isInteger(tickLower) &&
      Number.isInteger(tickUpper) &&
      tickLower >= 0 &&
      tickLower <= tickUpper &&
      tickUpper < 2 ** 24,
    "a Liquidity Book position has bin ids from 0 to 2^24 - 1, lower <= upper",
    { tickLower, tickUpper },
  );
  return (BigInt(pair) << (2n * ID_BITS)) | (BigInt(tickLower) << ID_BITS) | BigInt(tickUpper);
}

export function splitLbTokenId(tokenId: bigint): RangeIndexes & { readonly pair: Address } {
  return {
    pair: `0x${(tokenId >> (2n * ID_BITS)).toString(16).padStart(40, "0")}`,
    tickLower: Number((tokenId >> ID_BITS) & ID_MASK),
    tickUpper: Number(tokenId & ID_MASK),
  };
}

/** Right over all shares of the pair for one spender; all or nothing. The function's name differs by generation. */
export function encodeLbOperator(pool: PoolRef, spender: Address, isApproved: boolean): TxCall {
  const args = [spender, isApproved] as const;
  return {
    to: pairOf(pool),
    data:
      lbGeneration(pool) === "2.0"
        ? encodeFunctionData({ abi: LB_LEGACY_PAIR_ABI, functionName: "setApprovalForAll", args })
        : encodeFunctionData({ abi: LB_PAIR_ABI, functionName: "approveForAll", args }),
    valueRaw: 0n,
  };
}

/** Null for anything that is not exactly the call of the pool's generation. */
export function decodeLbOperator(
  pool: PoolRef,
  tx: TxCall,
): { readonly spender: Address; readonly isApproved: boolean } | null {
  try {
    const isLegacy = lbGeneration(pool) === "2.0";
    const decoded = isLegacy
      ? decodeFunctionData({ abi: LB_LEGACY_PAIR_ABI, data: lowerHex(tx.data) })
      : decodeFunctionData({ abi: LB_PAIR_ABI, data: lowerHex(tx.data) });
    if (decoded.functionName !== "setApprovalForAll" && decoded.functionName !== "approveForAll") return null;
    const [spender, isApproved] = decoded.args;
    const own = encodeLbOperator(pool, spender, isApproved);
    const isSame = own.data === lowerHex(tx.data) && isSameAddress(own.to, tx.to) && tx.valueRaw === 0n;
    return isSame ? { spender: lowerAddress(spender), isApproved } : null;
  } catch {
    return null;
  }
}

/**
 * In 2.0 swap fees lie beside the bins: `removeLiquidity` pays the principal and leaves the fees claimable, `collectFees` on the pair pays
 * them. One transaction cannot do both for a plain account, so an exit takes two: first collect (an exit with liquidity 0), then take the
 * shares out. Fees of the seconds between stay claimable by the account. In 2.1 and 2.2 fees are part of the bins.
 */
export function collectsSeparately(pool: Pick<PoolRef, "variant" | "dexId">): boolean {
  return lbGeneration(pool) === "2.0";
}

/**
 * What is not in the bytes of an exit is a fixed value in its decoded form: `closes` is false always, and the deadline and minimums of a
 * collection are 0. Token id and range are those of the bins that the bytes name.
 */
export const liquidityBookActions: FamilyActions = {
  family: "liquidity-book",

  mintGrants(pool, { amount0Raw, amount1Raw }) {
    const spender = pool.contracts.positionManager;
    const grants: Grant[] = [];
    if (amount0Raw > 0n) grants.push({ kind: "erc20", token: pool.token0, spender });
    if (amount1Raw > 0n) grants.push({ kind: "erc20", token: pool.token1, spender });
    return grants;
  },

  exitGrants: (pool) => [{ kind: "operator", token: pairOf(pool), spender: pool.contracts.positionManager }],

  /**
   * The active bin may move by the bins inside the band, at least one; all bins move with it, because the router counts from the bin that is
   * active when the transaction runs: the receipt says where they came to lie. Both amounts are used whole whatever the active bin is, so
   * the minimums are the amounts less the band and one unit per bin for rounding: they catch fees on the active bin's composition.
   */
  boundMint(pool, live, request) {
    const idSlippage = binsWithinBand(request.bandBps, binStepOf(pool));
    const { layout, ...laid } = layOutBins({
      tickLower: request.tickLower,
      tickUpper: request.tickUpper,
      activeId: live.tick,
      idSlippage,
      shape: request.shape ?? "spot",
      amount0Raw: request.amount0DesiredRaw,
      amount1Raw: request.amount1DesiredRaw,
    });
    const bins = BigInt(layout.deltaIds.length);
    const leastOf = (amountRaw: bigint): bigint =>
      atLeastZero((amountRaw * (BAND_WHOLE - bandOf(request.bandBps))) / BAND_WHOLE - bins);
    return {
      tickLower: laid.tickLower,
      tickUpper: laid.tickUpper,
      amount0DesiredRaw: laid.amount0Raw,
      amount1DesiredRaw: laid.amount1Raw,
      amount0MinRaw: leastOf(laid.amount0Raw),
      amount1MinRaw: leastOf(laid.amount1Raw),
      liquidityRaw: null,
      recipient: lowerAddress(request.recipient),
      deadlineSec: request.deadlineSec,
      bins: layout,
    };
  },

  /**
   * Shares per bin in proportion to the liquidity asked for, all of them for null; the sum is what was asked for, to the last share. A bin
   * inside the band may turn over to the other token before the transaction runs, so only the bins beyond it count for the minimums: those
   * above keep their token0, those below their token1. The band ends half the way to the farther end of the range, so that a narrow range
   * has a minimum too; where no bin lies beyond (one bin, say), one unit of the token that is worth more there must arrive: what the bins
   * hold can then change hands only at their own prices.
   */
  boundExit(pool, live, request) {
    const { position } = live;
    const { bins } = position;
    invariant(bins !== null && position.otherPool === undefined, "an exit from bins needs the position's own bins", {
      pool: pool.pool,
      tokenId: position.tokenId,
    });
    const recipient = lowerAddress(request.recipient);
    const ends = { tokenId: position.tokenId, tickLower: position.tickLower, tickUpper: position.tickUpper, recipient };
    if (request.liquidityRaw === 0n) {
      invariant(
        collectsSeparately(pool),
        "Liquidity Book 2.1 and 2.2 keep fees inside the bins: there is nothing to collect without taking shares out",
        {
          pool: pool.pool,
          tokenId: position.tokenId,
        },
      );
      return {
        ...ends,
        liquidityRaw: 0n,
        closes: false,
        amount0MinRaw: 0n,
        amount1MinRaw: 0n,
        deadlineSec: 0n,
        bins: bins.map(({ binId }) => ({ binId, sharesRaw: 0n })),
      };
    }
    const total = position.liquidityRaw;
    const wanted = request.liquidityRaw ?? total;
    invariant(wanted > 0n && wanted <= total, "an exit takes at most the shares of its position", {
      tokenId: position.tokenId,
      liquidityRaw: wanted,
      ofRaw: total,
    });
    const taken = partOf(bins, wanted, total);
    invariant(taken.length > 0, "the part of the position that was asked for pays nothing from any bin; take more", {
      tokenId: position.tokenId,
      liquidityRaw: wanted,
    });
    const far = Math.max(Math.abs(live.pool.tick - position.tickLower), Math.abs(position.tickUpper - live.pool.tick));
    const reach = Math.min(binsWithinBand(request.bandBps, binStepOf(pool)), Math.floor(far / 2));
    let [amount0MinRaw, amount1MinRaw] = [0n, 0n];
    for (const bin of taken) {
      if (bin.binId > live.pool.tick + reach) amount0MinRaw += atLeastZero(bin.amount0Raw - 1n);
      if (bin.binId < live.pool.tick - reach) amount1MinRaw += atLeastZero(bin.amount1Raw - 1n);
    }
    if (amount0MinRaw === 0n && amount1MinRaw === 0n) {
      const sum0 = taken.reduce((sum, bin) => sum + bin.amount0Raw, 0n);
      const sum1 = taken.reduce((sum, bin) => sum + bin.amount1Raw, 0n);
      const isMore0 = (sum0 * live.pool.sqrtPriceX96 * live.pool.sqrtPriceX96) >> 192n > sum1;
      if (isMore0 || sum1 === 0n) amount0MinRaw = 1n;
      else amount1MinRaw = 1n;
    }
    return {
      ...ends,
      liquidityRaw: taken.reduce((sum, { sharesRaw }) => sum + sharesRaw, 0n),
      closes: request.liquidityRaw === null,
      amount0MinRaw,
      amount1MinRaw,
      deadlineSec: request.deadlineSec,
      bins: taken.map(({ binId, sharesRaw }) => ({ binId, sharesRaw })),
    };
  },

  encodeMint,

  decodeMint(pool, tx) {
    try {
      if (!isSameAddress(tx.to, pool.contracts.positionManager) || tx.valueRaw !== 0n) return null;
      const decoded =
        lbGeneration(pool) === "2.0"
          ? decodeFunctionData({ abi: LB_LEGACY_ROUTER_ABI, data: lowerHex(tx.data) })
          : decodeFunctionData({ abi: LB_ROUTER_ABI, data: lowerHex(tx.data) });
      if (decoded.functionName !== "addLiquidity") return null;
      const [params] = decoded.args;
      const deltaIds = params.deltaIds.map(Number);
      const activeIdDesired = Number(params.activeIdDesired);
      const call: MintCall = {
        tickLower: activeIdDesired + (deltaIds[0] ?? 0),
        tickUpper: activeIdDesired + (deltaIds.at(-1) ?? 0),
        amount0DesiredRaw: params.amountX,
        amount1DesiredRaw: params.amountY,
        amount0MinRaw: params.amountXMin,
        amount1MinRaw: params.amountYMin,
        liquidityRaw: null,
        recipient: lowerAddress(params.to),
        deadlineSec: params.deadline,
        bins: {
          activeIdDesired,
          idSlippage: Number(params.idSlippage),
          deltaIds,
          distribution0: params.distributionX,
          distribution1: params.distributionY,
        },
      };
      // Tokens, bin step and the refund address come from the pool and the recipient here: bytes with any other do not come out the same.
      return encodeMint(pool, call).data === lowerHex(tx.data) ? call : null;
    } catch {
      return null;
    }
  },

  encodeExit,

  decodeExit(pool, tx) {
    try {
      if (tx.valueRaw !== 0n) return null;
      const call = isSameAddress(tx.to, pool.contracts.positionManager)
        ? decodeRemoval(pool, tx)
        : decodeCollection(pool, tx);
      if (call === null) return null;
      const own = encodeExit(pool, call);
      return own.data === lowerHex(tx.data) && isSameAddress(own.to, tx.to) ? call : null;
    } catch {
      return null;
    }
  },

  /** Null for 2.0, whose router answers shares only. */
  decodeMintResult(pool, _call, data) {
    if (lbGeneration(pool) === "2.0") return null;
    try {
      const [amount0Raw, amount1Raw] = decodeFunctionResult({ abi: LB_ROUTER_ABI, functionName: "addLiquidity", data });
      return { amount0Raw, amount1Raw };
    } catch {
      return null;
    }
  },

  decodeExitResult(_pool, call, data) {
    try {
      const [amount0Raw, amount1Raw] =
        call.liquidityRaw === 0n
          ? decodeFunctionResult({ abi: LB_LEGACY_PAIR_ABI, functionName: "collectFees", data })
          : decodeFunctionResult({ abi: LB_ROUTER_ABI, functionName: "removeLiquidity", data });
      return { amount0Raw, amount1Raw };
    } catch {
      return null;
    }
  },

  /** Shares the pair made for the wallet; the range is that of the bins in the logs, which may have moved with the active bin. */
  decodeMintReceipt(pool, logs, wallet, call): MintReceiptFacts | null {
    const made = shareMoves(pool, logs).filter(
      ({ from, to }) => isSameAddress(from, zeroAddress) && isSameAddress(to, wallet),
    );
    const ids = made.map(({ binId }) => binId).toSorted((left, right) => left - right);
    const [tickLower, tickUpper] = [ids[0], ids.at(-1)];
    if (tickLower === undefined || tickUpper === undefined) return null;
    if (new Set(ids).size !== ids.length || tickUpper - tickLower + 1 !== ids.length) return null;
    if (call.bins !== null && call.bins.deltaIds.length !== ids.length) return null;
    const paid = payments(pool, logs, wallet);
    if (paid.amount0Raw > 0n || paid.amount1Raw > 0n) return null;
    return {
      tokenId: lbTokenId(pairOf(pool), { tickLower, tickUpper }),
      tickLower,
      tickUpper,
      liquidityRaw: made.reduce((sum, { sharesRaw }) => sum + sharesRaw, 0n),
      amount0Raw: -paid.amount0Raw,
      amount1Raw: -paid.amount1Raw,
    };
  },

  /**
   * 2.1 and 2.2: fees are inside the bins and nothing tells them apart, so all that is paid is principal. 2.0: a removal pays principal
   * only, a collection fees only (of every bin of the pair the account ever had, not of this range alone).
   */
  decodeExitReceipt(pool, logs, { tokenId, wallet }): ExitReceiptFacts | null {
    const { pair, tickLower, tickUpper } = splitLbTokenId(tokenId);
    if (!isSameAddress(pair, pairOf(pool))) return null;
    const burned = shareMoves(pool, logs).filter(
      ({ from, to, binId }) =>
        isSameAddress(from, wallet) &&
        (isSameAddress(to, zeroAddress) || isSameAddress(to, pairOf(pool))) &&
        binId >= tickLower &&
        binId <= tickUpper,
    );
    const { amount0Raw: paid0Raw, amount1Raw: paid1Raw } = payments(pool, logs, wallet);
    if (paid0Raw < 0n || paid1Raw < 0n) return null;
    if (burned.length > 0) {
      const liquidityRaw = burned.reduce((sum, { sharesRaw }) => sum + sharesRaw, 0n);
      return { liquidityRaw, principal0Raw: paid0Raw, principal1Raw: paid1Raw, paid0Raw, paid1Raw };
    }
    const isCollected = logs.some((log) => isFeesCollected(pool, log, wallet));
    return isCollected ? { liquidityRaw: 0n, principal0Raw: 0n, principal1Raw: 0n, paid0Raw, paid1Raw } : null;
  },
};

function cut(bin: LiveBin, sharesRaw: bigint): LiveBin {
  return {
    binId: bin.binId,
    sharesRaw,
    amount0Raw: (bin.amount0Raw * sharesRaw) / bin.sharesRaw,
    amount1Raw: (bin.amount1Raw * sharesRaw) / bin.sharesRaw,
  };
}

/**
 * `wanted` of `total` shares over the bins: each bin's part rounded down, what is missing from the fullest bins. A bin whose part would pay
 * nothing is left out, because the pair refuses it.
 */
function partOf(bins: readonly LiveBin[], wanted: bigint, total: bigint): readonly LiveBin[] {
  const paying = bins.filter((bin) => {
    const part = cut(bin, (bin.sharesRaw * wanted) / total);
    return part.amount0Raw > 0n || part.amount1Raw > 0n;
  });
  const shares = new Map(paying.map((bin) => [bin.binId, (bin.sharesRaw * wanted) / total]));
  let missing = wanted - [...shares.values()].reduce((sum, each) => sum + each, 0n);
  for (const bin of paying.toSorted((left, right) => (left.sharesRaw > right.sharesRaw ? -1 : 1))) {
    const has = shares.get(bin.binId) ?? 0n;
    const added = missing < bin.sharesRaw - has ? missing : bin.sharesRaw - has;
    shares.set(bin.binId, has + added);
    missing -= added;
  }
  return paying.map((bin) => cut(bin, shares.get(bin.binId) ?? 0n));
}

function encodeMint(pool: PoolRef, call: MintCall): TxCall {
  const { bins } = call;
  invariant(bins !== null && call.liquidityRaw === null, "a Liquidity Book mint names its bins and no liquidity", {
    pool: pool.pool,
  });
  checkLayout(call, bins);
  const to = lowerAddress(call.recipient);
  const params = {
    tokenX: lowerAddress(pool.token0),
    tokenY: lowerAddress(pool.token1),
    binStep: BigInt(binStepOf(pool)),
    amountX: call.amount0DesiredRaw,
    amountY: call.amount1DesiredRaw,
    amountXMin: call.amount0MinRaw,
    amountYMin: call.amount1MinRaw,
    activeIdDesired: BigInt(bins.activeIdDesired),
    idSlippage: BigInt(bins.idSlippage),
    deltaIds: bins.deltaIds.map(BigInt),
    distributionX: bins.distribution0,
    distributionY: bins.distribution1,
    to,
    deadline: call.deadlineSec,
  };
  return {
    to: pool.contracts.positionManager,
    data:
      lbGeneration(pool) === "2.0"
        ? encodeFunctionData({ abi: LB_LEGACY_ROUTER_ABI, functionName: "addLiquidity", args: [params] })
        : encodeFunctionData({ abi: LB_ROUTER_ABI, functionName: "addLiquidity", args: [{ ...params, refundTo: to }] }),
    valueRaw: 0n,
  };
}

function encodeExit(pool: PoolRef, call: ExitCall): TxCall {
  const { bins } = call;
  invariant(bins !== null && bins.length > 0, "an exit from Liquidity Book names its bins", { tokenId: call.tokenId });
  invariant(
    bins.every(({ binId }, index) => index === 0 || binId > (bins[index - 1]?.binId ?? binId)),
    "the bins of an exit are ascending, each once",
    { tokenId: call.tokenId },
  );
  const ids = bins.map(({ binId }) => BigInt(binId));
  const recipient = lowerAddress(call.recipient);
  if (call.liquidityRaw === 0n) {
    invariant(
      collectsSeparately(pool) && bins.every(({ sharesRaw }) => sharesRaw === 0n) && !call.closes,
      "only Liquidity Book 2.0 collects without taking shares out",
      { pool: pool.pool, tokenId: call.tokenId },
    );
    return {
      to: pairOf(pool),
      data: encodeFunctionData({ abi: LB_LEGACY_PAIR_ABI, functionName: "collectFees", args: [recipient, ids] }),
      valueRaw: 0n,
    };
  }
  const shares = bins.map(({ sharesRaw }) => sharesRaw);
  invariant(
    shares.every((each) => each > 0n) && shares.reduce((sum, each) => sum + each, 0n) === call.liquidityRaw,
    "the liquidity of an exit is the sum of its bins' shares, each above 0",
    { tokenId: call.tokenId, liquidityRaw: call.liquidityRaw },
  );
  return {
    to: pool.contracts.positionManager,
    data: encodeFunctionData({
      abi: LB_ROUTER_ABI,
      functionName: "removeLiquidity",
      args: [
        lowerAddress(pool.token0),
        lowerAddress(pool.token1),
        binStepOf(pool),
        call.amount0MinRaw,
        call.amount1MinRaw,
        ids,
        shares,
        recipient,
        call.deadlineSec,
      ],
    }),
    valueRaw: 0n,
  };
}

function decodeRemoval(pool: PoolRef, tx: TxCall): ExitCall | null {
  const decoded = decodeFunctionData({ abi: LB_ROUTER_ABI, data: lowerHex(tx.data) });
  if (decoded.functionName !== "removeLiquidity") return null;
  const [, , , amount0MinRaw, amount1MinRaw, ids, shares, recipient, deadlineSec] = decoded.args;
  if (ids.length !== shares.length) return null;
  const bins = ids.map((id, index) => ({ binId: Number(id), sharesRaw: shares[index] ?? 0n }));
  return {
    ...namedBy(pool, bins),
    liquidityRaw: shares.reduce((sum, each) => sum + each, 0n),
    closes: false,
    amount0MinRaw,
    amount1MinRaw,
    recipient: lowerAddress(recipient),
    deadlineSec,
    bins,
  };
}

function decodeCollection(pool: PoolRef, tx: TxCall): ExitCall | null {
  const decoded = decodeFunctionData({ abi: LB_LEGACY_PAIR_ABI, data: lowerHex(tx.data) });
  if (decoded.functionName !== "collectFees") return null;
  const [account, ids] = decoded.args;
  const bins = ids.map((id) => ({ binId: Number(id), sharesRaw: 0n }));
  return {
    ...namedBy(pool, bins),
    liquidityRaw: 0n,
    closes: false,
    amount0MinRaw: 0n,
    amount1MinRaw: 0n,
    recipient: lowerAddress(account),
    deadlineSec: 0n,
    bins,
  };
}

function namedBy(
  pool: PoolRef,
  bins: readonly { readonly binId: number }[],
): RangeIndexes & { readonly tokenId: bigint } {
  const range = { tickLower: bins[0]?.binId ?? 0, tickUpper: bins.at(-1)?.binId ?? 0 };
  return { ...range, tokenId: lbTokenId(pairOf(pool), range) };
}

interface ShareMove {
  readonly from: Address;
  readonly to: Address;
  readonly binId: number;
  readonly sharesRaw: bigint;
}

/** Share movements that the pair itself logged: one batch in 2.1 and 2.2, single bins (and a batch for transfers) in 2.0. */
function shareMoves(pool: PoolRef, logs: readonly TxLog[]): readonly ShareMove[] {
  return logs.flatMap((log) => lbShareMoves(pool, log));
}

/** Share movements of one log; none for any other log. */
export function lbShareMoves(pool: PoolRef, log: TxLog): readonly ShareMove[] {
  const [signature, ...rest] = log.topics;
  if (signature === undefined || !isSameAddress(log.address, pairOf(pool))) return [];
  try {
    const { eventName, args } = decodeEventLog({ abi: LB_TOKEN_ABI, data: log.data, topics: [signature, ...rest] });
    if (eventName === "TransferSingle") {
      return [{ from: args.from, to: args.to, binId: Number(args.id), sharesRaw: args.amount }];
    }
    return args.ids.map((id, index) => ({
      from: args.from,
      to: args.to,
      binId: Number(id),
      sharesRaw: args.amounts[index] ?? 0n,
    }));
  } catch {
    // Another event of the pair (a swap, a deposit): shares do not move by it.
    return [];
  }
}

function isFeesCollected(pool: PoolRef, log: TxLog, wallet: Address): boolean {
  const [signature, ...rest] = log.topics;
  if (signature === undefined || !isSameAddress(log.address, pairOf(pool))) return false;
  try {
    const event = decodeEventLog({ abi: LB_LEGACY_PAIR_ABI, data: log.data, topics: [signature, ...rest] });
    return isSameAddress(event.args.recipient, wallet);
  } catch {
    // Another event of the pair.
    return false;
  }
}

/** Signed change of the wallet's two balances. */
function payments(
  pool: PoolRef,
  logs: readonly TxLog[],
  wallet: Address,
): { readonly amount0Raw: bigint; readonly amount1Raw: bigint } {
  const deltas = walletDeltas(logs, [pool.token0, pool.token1], wallet);
  return {
    amount0Raw: deltas.get(lowerAddress(pool.token0)) ?? 0n,
    amount1Raw: deltas.get(lowerAddress(pool.token1)) ?? 0n,
  };
}

function pairOf(pool: PoolRef): Address {
  invariant(pool.pool.length === 42, "a Liquidity Book pool is the address of its pair; check the registry entry", {
    pool: pool.pool,
  });
  return lowerAddress(pool.pool);
}

function binStepOf(pool: PoolRef): number {
  const { binStep } = pool;
  invariant(binStep !== null, "a Liquidity Book pool needs binStep in its registry entry", { pool: pool.pool });
  return binStep;
}

function bandOf(bandBps: number): bigint {
  return BigInt(Math.max(0, Math.min(10_000, Math.trunc(bandBps))));
}

function atLeastZero(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}

function lowerHex(data: Hex): Hex {
  return `0x${data.slice(2).toLowerCase()}`;
}
