// One wallet acting on one pool of one family through the adapter alone: rights, mint, swap, exit, and what the chain said of each.
import { encodeFunctionData, parseAbi, type Address } from "viem";
import { encodeApprove } from "@/lib/actions/erc20";
import type {
  BinShape,
  CallPort,
  ExitCall,
  ExitReceiptFacts,
  FamilyAdapter,
  Grant,
  LivePool,
  LivePosition,
  MintCall,
  MintReceiptFacts,
  RangeIndexes,
  TxCall,
} from "@/lib/actions/family";
import { collectsSeparately, encodeLbOperator } from "@/lib/actions/liquidity-book";
import { encodePermit2Approve, permit2ExpirationSec, PERMIT2_ABI } from "@/lib/actions/permit2";
import type { PoolRef } from "@/lib/registry/pool-ref";
import type { DeployedFamily } from "@/server/devnet/chain/families/family-kit";
import { createTestCallPort } from "@/tests/support/call-port";
import type { KitChain } from "@/tests/support/kit-chain";

const tokenAbi = parseAbi([
  "function allowance(address owner, address spender) view returns (uint256)",
  "function isApprovedForAll(address owner, address spender) view returns (bool)",
]);
export const BAND_BPS = 100;
const GAS = 14_000_000n;

export interface MintInput extends RangeIndexes {
  readonly amount0Raw: bigint;
  readonly amount1Raw: bigint;
  readonly bandBps?: number;
  /** Bins only; missing: spot. */
  readonly shape?: BinShape;
}

export interface Minted {
  readonly call: MintCall;
  readonly facts: MintReceiptFacts;
  /** What the wallet paid, by its balances. */
  readonly spent0Raw: bigint;
  readonly spent1Raw: bigint;
}

export interface Exited {
  readonly call: ExitCall;
  readonly facts: ExitReceiptFacts;
  readonly got0Raw: bigint;
  readonly got1Raw: bigint;
}

export interface FamilyActor {
  readonly chain: KitChain;
  readonly adapter: FamilyAdapter;
  readonly pool: PoolRef;
  readonly wallet: Address;
  readonly port: CallPort;
  live(): Promise<LivePool>;
  position(tokenId: bigint): Promise<LivePosition | null>;
  owned(): Promise<readonly bigint[]>;
  /** A bound mint at the live price, not sent. */
  boundMint(input: MintInput): Promise<MintCall>;
  boundExit(tokenId: bigint, liquidityRaw: bigint | null): Promise<{ call: ExitCall; before: LivePosition }>;
  mint(input: MintInput): Promise<Minted>;
  exit(tokenId: bigint, liquidityRaw: bigint | null): Promise<Exited>;
  give(grants: readonly Grant[], amounts: { readonly amount0Raw: bigint; readonly amount1Raw: bigint }): Promise<void>;
  takeBack(grants: readonly Grant[]): Promise<void>;
  /** Rights that are still open. */
  openGrants(grants: readonly Grant[]): Promise<readonly Grant[]>;
  /** True when the transaction went through. */
  tries(tx: TxCall): Promise<boolean>;
  /** Through the market's trader; throws when the pool refused it. */
  swap(zeroForOne: boolean, amountInRaw: bigint): Promise<void>;
  /** Moves the price to a square root price, exactly where the family has one. */
  pullTo(sqrtPriceX96: bigint): Promise<void>;
}

export function createFamilyActor(input: {
  readonly chain: KitChain;
  readonly deployed: DeployedFamily;
  readonly adapter: FamilyAdapter;
  readonly pool: PoolRef;
  readonly wallet: Address;
}): FamilyActor {
  const { chain, deployed, adapter, pool, wallet } = input;
  const { actions, reads } = adapter;
  const port = createTestCallPort(chain.client);
  const target = deployed.orderTarget(pool);

  async function send(what: string, tx: TxCall) {
    const [receipt] = await chain.send(`${what} in ${pool.dexId}`, [
      { to: tx.to, from: wallet, data: tx.data, valueWei: tx.valueRaw, gas: GAS },
    ]);
    if (receipt === undefined) throw new Error(`${what}: no receipt`);
    return receipt;
  }

  async function balances(): Promise<readonly [bigint, bigint]> {
    return [await chain.balanceOf(pool.token0, wallet), await chain.balanceOf(pool.token1, wallet)];
  }

  const grantCall = (grant: Grant, amountRaw: bigint): TxCall => {
    switch (grant.kind) {
      case "erc20":
        return { to: grant.token, data: encodeApprove(grant.spender, amountRaw), valueRaw: 0n };
      case "permit2":
        return encodePermit2Approve(grant.permit2, {
          token: grant.token,
          spender: grant.spender,
          amountRaw,
          expirationSec: amountRaw === 0n ? 0n : permit2ExpirationSec(chain.deadlineSec()),
        });
      case "operator":
        return encodeLbOperator(pool, grant.spender, amountRaw > 0n);
    }
  };

  const actor: FamilyActor = {
    chain,
    adapter,
    pool,
    wallet,
    port,
    live: () => reads.readPool(port, pool, "latest"),
    position: (tokenId) => reads.readPosition(port, pool, tokenId, "latest", wallet),
    owned: async () =>
      reads.listOwned(port, pool, { wallet, fromBlock: 0n, block: await chain.client.getBlockNumber() }),
    async boundMint({ tickLower, tickUpper, amount0Raw, amount1Raw, bandBps = BAND_BPS, shape = "spot" }) {
      return actions.boundMint(pool, await actor.live(), {
        tickLower,
        tickUpper,
        amount0DesiredRaw: amount0Raw,
        amount1DesiredRaw: amount1Raw,
        bandBps,
        shape: pool.family === "liquidity-book" ? shape : null,
        recipient: wallet,
        deadlineSec: chain.deadlineSec(),
      });
    },
    async boundExit(tokenId, liquidityRaw) {
      const before = await actor.position(tokenId);
      if (before === null) throw new Error(`position ${tokenId} is not there`);
      const call = actions.boundExit(
        pool,
        { pool: await actor.live(), position: before },
        { liquidityRaw, bandBps: BAND_BPS, recipient: wallet, deadlineSec: chain.deadlineSec() },
      );
      return { call, before };
    },
    async mint(request) {
      const call = await actor.boundMint(request);
      const amounts = { amount0Raw: call.amount0DesiredRaw, amount1Raw: call.amount1DesiredRaw };
      const grants = actions.mintGrants(pool, amounts);
      await actor.give(grants, amounts);
      const before = await balances();
      const receipt = await send("Mint", actions.encodeMint(pool, call));
      const after = await balances();
      await actor.takeBack(grants);
      const facts = actions.decodeMintReceipt(pool, receipt.logs, wallet, call);
      if (facts === null) throw new Error("the mint's receipt was not understood");
      return { call, facts, spent0Raw: before[0] - after[0], spent1Raw: before[1] - after[1] };
    },
    async exit(tokenId, liquidityRaw) {
      const { call, before: position } = await actor.boundExit(tokenId, liquidityRaw);
      const grants = actions.exitGrants(pool);
      await actor.give(grants, { amount0Raw: 1n, amount1Raw: 1n });
      const before = await balances();
      if (pool.family === "liquidity-book" && collectsSeparately(pool) && liquidityRaw === null) {
        // Liquidity Book 2.0 pays fees in a transaction of their own; leaving takes both.
        const collect = await actor.boundExit(tokenId, 0n);
        await send("Collect", actions.encodeExit(pool, collect.call));
      }
      const receipt = await send("Exit", actions.encodeExit(pool, call));
      const after = await balances();
      await actor.takeBack(grants);
      const facts = actions.decodeExitReceipt(pool, receipt.logs, { tokenId, wallet, before: position });
      if (facts === null) throw new Error("the exit's receipt was not understood");
      return { call, facts, got0Raw: after[0] - before[0], got1Raw: after[1] - before[1] };
    },
    async give(grants, { amount0Raw, amount1Raw }) {
      for (const grant of grants) {
        const amountRaw = grant.kind === "operator" ? 1n : isSame(grant.token, pool.token0) ? amount0Raw : amount1Raw;
        await send("Grant", grantCall(grant, amountRaw));
      }
    },
    async takeBack(grants) {
      for (const grant of grants.toReversed()) await send("Revoke", grantCall(grant, 0n));
    },
    async openGrants(grants) {
      const open: Grant[] = [];
      for (const grant of grants) if (await isOpen(chain, wallet, grant)) open.push(grant);
      return open;
    },
    async tries(tx) {
      try {
        await send("Attempt", tx);
        return true;
      } catch (error) {
        if (error instanceof Error && error.message.includes("reverted with")) return false;
        throw error;
      }
    },
    async swap(zeroForOne, amountIn) {
      const failures = await chain.step([{ target, zeroForOne, amountIn }]);
      if (failures.length > 0) throw new Error(`the pool refused a swap of ${amountIn}: ${failures[0]?.reason ?? ""}`);
    },
    async pullTo(sqrtPriceX96) {
      const failures = await chain.step([], [{ target, lowerX96: sqrtPriceX96, upperX96: sqrtPriceX96 }]);
      if (failures.length > 0) throw new Error(`the price could not be pulled: ${failures[0]?.reason ?? ""}`);
    },
  };
  return actor;
}

async function isOpen(chain: KitChain, wallet: Address, grant: Grant): Promise<boolean> {
  switch (grant.kind) {
    case "erc20":
      return (
        (await chain.client.readContract({
          address: grant.token,
          abi: tokenAbi,
          functionName: "allowance",
          args: [wallet, grant.spender],
        })) > 0n
      );
    case "permit2": {
      const [amount] = await chain.client.readContract({
        address: grant.permit2,
        abi: PERMIT2_ABI,
        functionName: "allowance",
        args: [wallet, grant.token, grant.spender],
      });
      return amount > 0n;
    }
    case "operator":
      return chain.client.readContract({
        address: grant.token,
        abi: tokenAbi,
        functionName: "isApprovedForAll",
        args: [wallet, grant.spender],
      });
  }
}

export function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** Tokens of the test chain for a wallet that is not its user. */
export async function fund(chain: KitChain, wallet: Address, tokens: readonly Address[]): Promise<void> {
  const abi = parseAbi(["function mint(address to, uint256 value)"]);
  await chain.client.setBalance({ address: wallet, value: 10n ** 24n });
  await chain.send(
    "Funding",
    tokens.map((to) => ({ to, data: encodeFunctionData({ abi, functionName: "mint", args: [wallet, 1n << 190n] }) })),
  );
}
