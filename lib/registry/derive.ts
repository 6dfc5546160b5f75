// Recomputes a pool's address or id from its DEX's deployment rule: proves tokens, fee and DEX of an entry without asking a chain.
import { concat, encodeAbiParameters, getContractAddress, keccak256 } from "viem";
import type { Address, Hex } from "@/lib/units";
import type { Chain, Dex, DexContracts, Pool, Registry } from "./schema";

/** The token of a native-coin pool's key. */
const NATIVE_TOKEN: Address = "0x0000000000000000000000000000000000000000";

/** Code of a minimal clone (EIP-1167) around the address it forwards to. */
const CLONE_HEAD: Hex = "0x3d602d80600a3d3981f3363d3d373d3d3d363d73";
const CLONE_TAIL: Hex = "0x5af43d82803e903d91602b57fd5bf3";

export interface DeriveInput {
  readonly dex: Pick<Dex, "family" | "initCodeHash">;
  readonly contracts: DexContracts;
  readonly pool: Pick<Pool, "fee" | "tickSpacing" | "hooks" | "deployer" | "parameters">;
  /** Addresses in either order; the zero address is the native coin. */
  readonly tokens: readonly [Address, Address];
}

/** The id under which the pool must be; null where a part of the rule is not known (then only the chain can tell). */
export function derivePoolId(input: DeriveInput): Hex | null {
  const { dex, contracts, pool } = input;
  const [token0, token1] = sorted(input.tokens);
  const { factory } = contracts;
  switch (dex.family) {
    case "uniswap-v3":
    case "pancakeswap-v3":
      if (pool.fee === null || dex.initCodeHash === null) return null;
      return create2(contracts.poolDeployer ?? factory, pairSalt("uint24", token0, token1, pool.fee), dex.initCodeHash);
    case "ramses-v3":
      if (pool.tickSpacing === null || dex.initCodeHash === null || contracts.poolDeployer === null) return null;
      return create2(contracts.poolDeployer, pairSalt("int24", token0, token1, pool.tickSpacing), dex.initCodeHash);
    case "slipstream":
      if (pool.tickSpacing === null || contracts.poolImplementation === undefined) return null;
      return create2(
        factory,
        pairSalt("int24", token0, token1, pool.tickSpacing),
        keccak256(concat([CLONE_HEAD, contracts.poolImplementation, CLONE_TAIL])),
      );
    case "algebra-v1":
    case "camelot-v3":
    case "algebra-integral":
      if (dex.initCodeHash === null || contracts.poolDeployer === null) return null;
      return create2(contracts.poolDeployer, algebraSalt(pool.deployer, token0, token1), dex.initCodeHash);
    case "uniswap-v4":
      if (pool.fee === null || pool.tickSpacing === null || pool.hooks === null) return null;
      return keccak256(
        encodeAbiParameters(
          [{ type: "address" }, { type: "address" }, { type: "uint24" }, { type: "int24" }, { type: "address" }],
          [token0, token1, pool.fee, pool.tickSpacing, pool.hooks],
        ),
      );
    case "pancakeswap-infinity":
      if (pool.fee === null || pool.hooks === null || pool.parameters === null) return null;
      return keccak256(
        encodeAbiParameters(
          [
            { type: "address" },
            { type: "address" },
            { type: "address" },
            { type: "address" },
            { type: "uint24" },
            { type: "bytes32" },
          ],
          [token0, token1, pool.hooks, factory, pool.fee, pool.parameters],
        ),
      );
    case "liquidity-book":
      // Pairs are clones whose implementation is not in the registry.
      return null;
  }
}

/** The same for an entry of a registry; null also when its DEX, tokens or chain are not there. */
export function derivePoolEntry(registry: Registry, pool: Pool): Hex | null {
  const dex = registry.dexes.find((each) => each.id === pool.dex);
  const chain = registry.chains.find((each) => each.id === pool.chainId);
  const contracts = dex?.chains[String(pool.chainId)];
  if (dex === undefined || chain === undefined || contracts === undefined || pool.tokens === null) return null;
  const [first, second] = pool.tokens.map((symbol) => tokenAddress(registry, chain, symbol));
  if (first === undefined || second === undefined) return null;
  return derivePoolId({ dex, contracts, pool, tokens: [first, second] });
}

function tokenAddress(registry: Registry, chain: Chain, symbol: string): Address | undefined {
  if (symbol === "NATIVE") return NATIVE_TOKEN;
  const wanted = symbol.toLowerCase();
  return registry.tokens.find((each) => each.chainId === chain.id && each.symbol.toLowerCase() === wanted)?.address;
}

function sorted([first, second]: readonly [Address, Address]): readonly [Address, Address] {
  return BigInt(first) < BigInt(second) ? [first, second] : [second, first];
}

function pairSalt(kind: "uint24" | "int24", token0: Address, token1: Address, value: number): Hex {
  return keccak256(
    encodeAbiParameters([{ type: "address" }, { type: "address" }, { type: kind }], [token0, token1, value]),
  );
}

/** Custom pools of Algebra Integral carry their deployer in the salt. */
function algebraSalt(deployer: Address | null, token0: Address, token1: Address): Hex {
  if (deployer === null || BigInt(deployer) === 0n) {
    return keccak256(encodeAbiParameters([{ type: "address" }, { type: "address" }], [token0, token1]));
  }
  return keccak256(
    encodeAbiParameters([{ type: "address" }, { type: "address" }, { type: "address" }], [deployer, token0, token1]),
  );
}

function create2(from: Address, salt: Hex, bytecodeHash: Hex): Address {
  return getContractAddress({ opcode: "CREATE2", from, salt, bytecodeHash });
}
