// Raw Uniswap V3 reads of many pools and positions at one named block; numbers as the chain gave them.
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import { ERC20_ABI } from "@/lib/registry/abis/erc20";
import { UNISWAP_V3_POOL_ABI, UNISWAP_V3_POSITION_MANAGER_ABI } from "@/lib/registry/abis/uniswap-v3";
import type { Address } from "@/lib/units";
import type { BlockRef, ChainClient } from "@/server/infra/chain/clients";

const MAX_UINT128 = (1n << 128n) - 1n;
/** Reads per Multicall3 call; 200 reads took 26 ms against a local node (devnet.md section 9). */
const MULTICALL_BATCH_BYTES = 32_768;

export interface RawV3Pool {
  readonly address: Address;
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly feeProtocol: number;
  readonly observationCardinality: number;
  readonly liquidityRaw: bigint;
  readonly feePips: number;
  readonly tickSpacing: number;
  readonly token0: Address;
  readonly token1: Address;
  readonly feeGrowthGlobal0X128: bigint;
  readonly feeGrowthGlobal1X128: bigint;
}

export interface RawV3Position {
  readonly positionManager: Address;
  readonly tokenId: bigint;
  readonly token0: Address;
  readonly token1: Address;
  readonly feePips: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidityRaw: bigint;
  readonly feeGrowthInside0LastX128: bigint;
  readonly feeGrowthInside1LastX128: bigint;
  readonly owed0Raw: bigint;
  readonly owed1Raw: bigint;
}

const READS_PER_POOL = 8;

/** State of several pools in one multicall; a pool that cannot be read is an error in its own place and does not hide the others. */
export async function readV3Pools(
  client: ChainClient,
  addresses: readonly Address[],
  block: BlockRef,
): Promise<Result<readonly Result<RawV3Pool, ChainError>[], ChainError>> {
  if (addresses.length === 0) return ok([]);
  const contracts = addresses.flatMap((address) => {
    const at = { address, abi: UNISWAP_V3_POOL_ABI } as const;
    return [
      { ...at, functionName: "slot0" },
      { ...at, functionName: "liquidity" },
      { ...at, functionName: "fee" },
      { ...at, functionName: "tickSpacing" },
      { ...at, functionName: "token0" },
      { ...at, functionName: "token1" },
      { ...at, functionName: "feeGrowthGlobal0X128" },
      { ...at, functionName: "feeGrowthGlobal1X128" },
    ] as const;
  });
  const answers = await client.call(`state of ${addresses.length} pools`, (reader) =>
    reader.multicall({
      contracts,
      allowFailure: true,
      blockNumber: block.number,
      batchSize: MULTICALL_BATCH_BYTES,
    }),
  );
  if (!answers.ok) return answers;
  return ok(
    addresses.map((address, index) => {
      const part = answers.value.slice(index * READS_PER_POOL, (index + 1) * READS_PER_POOL).map((each) => each.result);
      const [slot0, liquidity, fee, spacing, token0, token1, growth0, growth1] = part;
      if (
        Array.isArray(slot0) &&
        typeof liquidity === "bigint" &&
        typeof fee === "number" &&
        typeof spacing === "number" &&
        typeof token0 === "string" &&
        typeof token1 === "string" &&
        typeof growth0 === "bigint" &&
        typeof growth1 === "bigint"
      ) {
        const [sqrtPriceX96, tick, , observationCardinality, , feeProtocol] = slot0;
        if (sqrtPriceX96 > 0n) {
          return ok({
            address,
            sqrtPriceX96,
            tick,
            feeProtocol,
            observationCardinality,
            liquidityRaw: liquidity,
            feePips: fee,
            tickSpacing: spacing,
            token0,
            token1,
            feeGrowthGlobal0X128: growth0,
            feeGrowthGlobal1X128: growth1,
          });
        }
      }
      return err(
        new ChainError({
          code: "bad_data",
          retryable: false,
          message: `${address} on ${client.chain.name} (${client.chain.id}) does not answer as an initialised Uniswap V3 pool at block ${block.number}; check the registry entry`,
          details: { chainId: client.chain.id, pool: address },
        }),
      );
    }),
  );
}

/** Every position of `owner`, by enumeration at the block. Any unreadable one fails the whole reading: an error is never zero. */
export async function readV3PositionsOf(
  client: ChainClient,
  input: { readonly positionManager: Address; readonly owner: Address },
  block: BlockRef,
): Promise<Result<readonly RawV3Position[], ChainError>> {
  const manager = { address: input.positionManager, abi: UNISWAP_V3_POSITION_MANAGER_ABI } as const;
  const blockNumber = block.number;
  return client.call(`positions of ${input.owner} in ${input.positionManager}`, async (reader) => {
    const count = await reader.readContract({
      ...manager,
      functionName: "balanceOf",
      args: [input.owner],
      blockNumber,
    });
    if (count === 0n) return [];
    const tokenIds = await reader.multicall({
      contracts: Array.from(
        { length: Number(count) },
        (_, index) =>
          ({ ...manager, functionName: "tokenOfOwnerByIndex", args: [input.owner, BigInt(index)] }) as const,
      ),
      allowFailure: false,
      blockNumber,
      batchSize: MULTICALL_BATCH_BYTES,
    });
    const rows = await reader.multicall({
      contracts: tokenIds.map((tokenId) => ({ ...manager, functionName: "positions", args: [tokenId] }) as const),
      allowFailure: false,
      blockNumber,
      batchSize: MULTICALL_BATCH_BYTES,
    });
    return rows.map((row, index) => toRawPosition(input.positionManager, tokenIds[index] ?? 0n, row));
  });
}

/** Exact uncollected fees: a collect of everything, called (not sent) as the owner at the block. */
export async function simulateV3Collect(
  client: ChainClient,
  input: { readonly positionManager: Address; readonly tokenId: bigint; readonly owner: Address },
  block: BlockRef,
): Promise<Result<{ readonly amount0Raw: bigint; readonly amount1Raw: bigint }, ChainError>> {
  const answer = await client.call(`simulated collect of position ${input.tokenId}`, (reader) =>
    reader.simulateContract({
      address: input.positionManager,
      abi: UNISWAP_V3_POSITION_MANAGER_ABI,
      functionName: "collect",
      args: [{ tokenId: input.tokenId, recipient: input.owner, amount0Max: MAX_UINT128, amount1Max: MAX_UINT128 }],
      account: input.owner,
      blockNumber: block.number,
    }),
  );
  if (!answer.ok) return answer;
  const [amount0Raw, amount1Raw] = answer.value.result;
  return ok({ amount0Raw, amount1Raw });
}

/** Balances of one holder for several tokens at the block. */
export async function readTokenBalances(
  client: ChainClient,
  input: { readonly holder: Address; readonly tokens: readonly Address[] },
  block: BlockRef,
): Promise<Result<readonly bigint[], ChainError>> {
  return client.call(`balances of ${input.holder}`, (reader) =>
    reader.multicall({
      contracts: input.tokens.map(
        (address) => ({ address, abi: ERC20_ABI, functionName: "balanceOf", args: [input.holder] }) as const,
      ),
      allowFailure: false,
      blockNumber: block.number,
    }),
  );
}

type PositionRow = readonly [
  nonce: bigint,
  operator: Address,
  token0: Address,
  token1: Address,
  fee: number,
  tickLower: number,
  tickUpper: number,
  liquidity: bigint,
  growth0: bigint,
  growth1: bigint,
  owed0: bigint,
  owed1: bigint,
];

function toRawPosition(positionManager: Address, tokenId: bigint, row: PositionRow): RawV3Position {
  const [, , token0, token1, feePips, tickLower, tickUpper, liquidityRaw, growth0, growth1, owed0Raw, owed1Raw] = row;
  return {
    positionManager,
    tokenId,
    token0,
    token1,
    feePips,
    tickLower,
    tickUpper,
    liquidityRaw,
    feeGrowthInside0LastX128: growth0,
    feeGrowthInside1LastX128: growth1,
    owed0Raw,
    owed1Raw,
  };
}
