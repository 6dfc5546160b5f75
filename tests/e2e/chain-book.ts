// Books of one wallet kept from the chain alone: follows blocks as they come, reads receipts and logs, attributes every unit that moved.
import {
  createPublicClient,
  http,
  parseAbi,
  parseEventLogs,
  type Address,
  type Hash,
  type TransactionReceipt,
} from "viem";

/** Published Uniswap V3 periphery and ERC-20 signatures, stated here so that the proof shares no code with what it proves. */
const MANAGER_ABI = parseAbi([
  "struct DecreaseParams { uint256 tokenId; uint128 liquidity; uint256 amount0Min; uint256 amount1Min; uint256 deadline; }",
  "struct CollectParams { uint256 tokenId; address recipient; uint128 amount0Max; uint128 amount1Max; }",
  "event IncreaseLiquidity(uint256 indexed tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
  "event DecreaseLiquidity(uint256 indexed tokenId, uint128 liquidity, uint256 amount0, uint256 amount1)",
  "event Collect(uint256 indexed tokenId, address recipient, uint256 amount0, uint256 amount1)",
  "function positions(uint256) view returns (uint96 nonce, address operator, address token0, address token1, uint24 fee, int24 tickLower, int24 tickUpper, uint128 liquidity, uint256 inside0, uint256 inside1, uint128 owed0, uint128 owed1)",
  "function decreaseLiquidity(DecreaseParams params) payable returns (uint256 amount0, uint256 amount1)",
  "function collect(CollectParams params) payable returns (uint256 amount0, uint256 amount1)",
]);
const TOKEN_ABI = parseAbi([
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "function balanceOf(address) view returns (uint256)",
]);
const POOL_ABI = parseAbi([
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16, uint16, uint16, uint8, bool)",
]);
const MAX_UINT128 = 2n ** 128n - 1n;
const MAX_UINT256 = 2n ** 256n - 1n;

export interface BookInput {
  readonly rpcUrl: string;
  readonly wallet: Address;
  readonly positionManager: Address;
  readonly tokens: readonly { readonly symbol: string; readonly address: Address }[];
}

export interface LivePosition {
  readonly token0: Address;
  readonly token1: Address;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidityRaw: bigint;
  /** What the contract says it would pay for all liquidity, and for the fees alone. */
  readonly principal: readonly [bigint, bigint];
  readonly fees: readonly [bigint, bigint];
}

export interface TokenBook {
  readonly symbol: string;
  fundedRaw: bigint;
  /** Net of swaps: what came in less what went out. */
  swapRaw: bigint;
  /** Into positions, out of positions as principal, and as fees. */
  depositedRaw: bigint;
  withdrawnRaw: bigint;
  collectedFeesRaw: bigint;
}

/** What one transaction did by its receipt. */
export interface ReceiptFacts {
  readonly blockNumber: bigint;
  readonly gasWei: bigint;
  /** Net change of the wallet by lower-case token, from the tokens' own logs. */
  readonly wallet: ReadonlyMap<string, bigint>;
  /** Every amount its logs name or that is the difference of two of them (fees), of tokens and of the position manager. */
  readonly amounts: ReadonlySet<bigint>;
  /** What went into positions by their mints, of positions that this transaction opened or closed. */
  readonly minted: ReadonlySet<bigint>;
}

export interface ChainBook {
  readonly byToken: ReadonlyMap<string, TokenBook>;
  readonly openTokenIds: ReadonlySet<bigint>;
  gasWei(): bigint;
  transactions(): number;
  reverted(): number;
  head(): Promise<bigint>;
  /** Time of the newest block, unix ms: the market's own. */
  headAtMs(): Promise<number>;
  /** Null when the chain has no such transaction. */
  receipt(hash: Hash): ReceiptFacts | null;
  /** What went into the positions that are open, by lower-case token. */
  openMinted(): ReadonlyMap<string, bigint>;
  /** Reads everything up to the head. */
  follow(): Promise<bigint>;
  startFollowing(): void;
  stopFollowing(): Promise<void>;
  balance(token: Address, blockNumber: bigint): Promise<bigint>;
  nativeBalance(blockNumber: bigint): Promise<bigint>;
  position(tokenId: bigint, blockNumber: bigint): Promise<LivePosition>;
  sqrtPriceX96(pool: Address, blockNumber: bigint): Promise<bigint>;
}

const FOLLOW_EVERY_MS = 1_000;

export function openChainBook(input: BookInput): ChainBook {
  const client = createPublicClient({ transport: http(input.rpcUrl, { timeout: 30_000, retryCount: 3 }) });
  const { wallet, positionManager } = input;
  const byToken = new Map<string, TokenBook>(
    input.tokens.map(({ symbol, address }) => [
      address.toLowerCase(),
      { symbol, fundedRaw: 0n, swapRaw: 0n, depositedRaw: 0n, withdrawnRaw: 0n, collectedFeesRaw: 0n },
    ]),
  );
  const openTokenIds = new Set<bigint>();
  const tokensOf = new Map<bigint, readonly [Address, Address]>();
  const receipts = new Map<Hash, TransactionReceipt>();
  const mintedBy = new Map<bigint, [bigint, bigint]>();
  let nextBlock = 0n;
  let gasWei = 0n;
  let transactions = 0;
  let reverted = 0;
  let turn: Promise<bigint> = Promise.resolve(0n);
  let timer: ReturnType<typeof setInterval> | null = null;
  let failure: unknown = null;

  function bookOf(token: Address): TokenBook {
    const book = byToken.get(token.toLowerCase());
    if (book === undefined) throw new Error(`a token outside of the books moved: ${token}`);
    return book;
  }

  async function followOnce(): Promise<bigint> {
    const head = await client.getBlockNumber({ cacheTime: 0 });
    for (; nextBlock <= head; nextBlock += 1n) await readBlock(nextBlock);
    return head;
  }

  async function readBlock(blockNumber: bigint): Promise<void> {
    const block = await client.getBlock({ blockNumber, includeTransactions: true });
    const own = new Set<Hash>();
    for (const transaction of block.transactions) {
      if (transaction.from.toLowerCase() !== wallet.toLowerCase()) continue;
      own.add(transaction.hash);
      const receipt = await client.getTransactionReceipt({ hash: transaction.hash });
      transactions += 1;
      receipts.set(transaction.hash, receipt);
      gasWei += receipt.gasUsed * receipt.effectiveGasPrice + transaction.value;
      if (receipt.status === "success") await attribute(receipt);
      else reverted += 1;
    }
    const [received, sent] = await Promise.all(
      [{ to: wallet }, { from: wallet }].map((args) =>
        client.getLogs({
          address: input.tokens.map(({ address }) => address),
          event: TOKEN_ABI[0],
          args,
          blockHash: block.hash,
          strict: true,
        }),
      ),
    );
    const strangerTook = (sent ?? []).find((log) => !own.has(log.transactionHash));
    if (strangerTook !== undefined) throw new Error(`a stranger's transaction moved ${strangerTook.address} away`);
    for (const log of received ?? []) {
      if (!own.has(log.transactionHash)) bookOf(log.address).fundedRaw += log.args.value;
    }
  }

  /** Each own transaction is a mint, a burn, a swap or moves nothing; what moved must equal what the manager's events say. */
  async function attribute(receipt: TransactionReceipt): Promise<void> {
    const net = new Map<string, bigint>();
    for (const log of parseEventLogs({ abi: TOKEN_ABI, eventName: "Transfer", logs: receipt.logs })) {
      if (!byToken.has(log.address.toLowerCase())) continue;
      const key = log.address.toLowerCase();
      if (log.args.to.toLowerCase() === wallet.toLowerCase()) net.set(key, (net.get(key) ?? 0n) + log.args.value);
      if (log.args.from.toLowerCase() === wallet.toLowerCase()) net.set(key, (net.get(key) ?? 0n) - log.args.value);
    }
    const events = parseEventLogs({ abi: MANAGER_ABI, logs: receipt.logs }).filter(
      (log) => log.address.toLowerCase() === positionManager.toLowerCase(),
    );
    if (events.length === 0) {
      for (const [token, amountRaw] of net) bookOf(lowerAddress(token)).swapRaw += amountRaw;
      return;
    }
    const said = new Map<string, bigint>();
    const say = (token: Address, amountRaw: bigint): void => {
      const key = token.toLowerCase();
      said.set(key, (said.get(key) ?? 0n) + amountRaw);
    };
    for (const event of events) {
      const { tokenId, amount0, amount1 } = event.args;
      const [token0, token1] = await tokensOfPosition(tokenId, receipt.blockNumber);
      switch (event.eventName) {
        case "IncreaseLiquidity":
          openTokenIds.add(tokenId);
          mintedBy.set(tokenId, [amount0, amount1]);
          bookOf(token0).depositedRaw += amount0;
          bookOf(token1).depositedRaw += amount1;
          say(token0, -amount0);
          say(token1, -amount1);
          break;
        case "DecreaseLiquidity":
          openTokenIds.delete(tokenId);
          bookOf(token0).withdrawnRaw += amount0;
          bookOf(token1).withdrawnRaw += amount1;
          bookOf(token0).collectedFeesRaw -= amount0;
          bookOf(token1).collectedFeesRaw -= amount1;
          break;
        case "Collect":
          bookOf(token0).collectedFeesRaw += amount0;
          bookOf(token1).collectedFeesRaw += amount1;
          say(token0, amount0);
          say(token1, amount1);
          break;
      }
    }
    for (const token of new Set([...net.keys(), ...said.keys()])) {
      const [moved, expected] = [net.get(token) ?? 0n, said.get(token) ?? 0n];
      if (moved !== expected)
        throw new Error(
          `${receipt.transactionHash}: ${moved} of ${token} moved, the position manager said ${expected}`,
        );
    }
  }

  function readReceipt(hash: Hash): ReceiptFacts | null {
    // The node forgets receipts of old blocks: this is what it said when the block came.
    const receipt = receipts.get(hash);
    if (receipt === undefined) return null;
    const moved = new Map<string, bigint>();
    const amounts = new Set<bigint>();
    const minted = new Set<bigint>();
    for (const log of parseEventLogs({ abi: TOKEN_ABI, eventName: "Transfer", logs: receipt.logs })) {
      const key = log.address.toLowerCase();
      if (!byToken.has(key)) continue;
      amounts.add(log.args.value);
      if (log.args.to.toLowerCase() === wallet.toLowerCase()) moved.set(key, (moved.get(key) ?? 0n) + log.args.value);
      if (log.args.from.toLowerCase() === wallet.toLowerCase()) moved.set(key, (moved.get(key) ?? 0n) - log.args.value);
    }
    const taken = new Map<bigint, readonly [bigint, bigint]>();
    for (const event of parseEventLogs({ abi: MANAGER_ABI, logs: receipt.logs })) {
      if (event.address.toLowerCase() !== positionManager.toLowerCase()) continue;
      const { tokenId, amount0, amount1 } = event.args;
      amounts.add(amount0).add(amount1);
      const [mint0, mint1] = mintedBy.get(tokenId) ?? [0n, 0n];
      minted.add(mint0).add(mint1);
      if (event.eventName === "DecreaseLiquidity") taken.set(tokenId, [amount0, amount1]);
      const [principal0, principal1] = taken.get(tokenId) ?? [0n, 0n];
      if (event.eventName === "Collect") amounts.add(amount0 - principal0).add(amount1 - principal1);
    }
    const gas = receipt.gasUsed * receipt.effectiveGasPrice;
    return { blockNumber: receipt.blockNumber, gasWei: gas, wallet: moved, amounts, minted };
  }

  async function tokensOfPosition(tokenId: bigint, blockNumber: bigint): Promise<readonly [Address, Address]> {
    const known = tokensOf.get(tokenId);
    if (known !== undefined) return known;
    const read = await readPosition(tokenId, blockNumber);
    const tokens = [read[2], read[3]] as const;
    tokensOf.set(tokenId, tokens);
    return tokens;
  }

  function readPosition(tokenId: bigint, blockNumber: bigint) {
    return client.readContract({
      address: positionManager,
      abi: MANAGER_ABI,
      functionName: "positions",
      args: [tokenId],
      blockNumber,
    });
  }

  function follow(): Promise<bigint> {
    turn = turn.then(followOnce);
    return turn;
  }

  return {
    byToken,
    openTokenIds,
    gasWei: () => gasWei,
    transactions: () => transactions,
    reverted: () => reverted,
    head: () => client.getBlockNumber({ cacheTime: 0 }),
    headAtMs: async () => Number((await client.getBlock()).timestamp) * 1_000,
    receipt: readReceipt,
    openMinted() {
      const sums = new Map<string, bigint>();
      for (const tokenId of openTokenIds) {
        const tokens = tokensOf.get(tokenId);
        const amounts = mintedBy.get(tokenId);
        if (tokens === undefined || amounts === undefined) throw new Error(`the mint of ${tokenId} was not followed`);
        tokens.forEach((token, side) => {
          const key = token.toLowerCase();
          sums.set(key, (sums.get(key) ?? 0n) + (amounts[side === 0 ? 0 : 1] ?? 0n));
        });
      }
      return sums;
    },
    follow,
    startFollowing() {
      timer = setInterval(() => {
        follow().catch((error: unknown) => {
          failure ??= error;
        });
      }, FOLLOW_EVERY_MS);
    },
    async stopFollowing() {
      if (timer !== null) clearInterval(timer);
      if (failure !== null) throw new Error("following the chain failed", { cause: failure });
      await follow();
    },
    balance: (token, blockNumber) =>
      client.readContract({ address: token, abi: TOKEN_ABI, functionName: "balanceOf", args: [wallet], blockNumber }),
    nativeBalance: (blockNumber) => client.getBalance({ address: wallet, blockNumber }),
    async position(tokenId, blockNumber) {
      const [, , token0, token1, , tickLower, tickUpper, liquidityRaw] = await readPosition(tokenId, blockNumber);
      const principal = await client.simulateContract({
        account: wallet,
        address: positionManager,
        abi: MANAGER_ABI,
        functionName: "decreaseLiquidity",
        args: [{ tokenId, liquidity: liquidityRaw, amount0Min: 0n, amount1Min: 0n, deadline: MAX_UINT256 }],
        blockNumber,
      });
      const fees = await client.simulateContract({
        account: wallet,
        address: positionManager,
        abi: MANAGER_ABI,
        functionName: "collect",
        args: [{ tokenId, recipient: wallet, amount0Max: MAX_UINT128, amount1Max: MAX_UINT128 }],
        blockNumber,
      });
      return {
        token0,
        token1,
        tickLower,
        tickUpper,
        liquidityRaw,
        principal: principal.result,
        fees: fees.result,
      };
    },
    async sqrtPriceX96(pool, blockNumber) {
      const [sqrtPriceX96] = await client.readContract({
        address: pool,
        abi: POOL_ABI,
        functionName: "slot0",
        blockNumber,
      });
      return sqrtPriceX96;
    },
  };
}

function lowerAddress(text: string): Address {
  return `0x${text.replace(/^0x/, "")}`;
}
