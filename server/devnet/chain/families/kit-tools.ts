// What the family kits share: predicted creations, published code, checks of what was deployed, pool references.
import {
  concatHex,
  encodeAbiParameters,
  getContractAddress,
  keccak256,
  parseAbiParameters,
  zeroAddress,
  type Hex as ViemHex,
} from "viem";
import type { PoolRef } from "@/lib/registry/pool-ref";
import { dexContractsSchema, dexSchema, type DexContracts, type DexEntry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { loadCreationCode } from "@/server/devnet/chain/artifacts";
import { DevnetError } from "@/server/devnet/devnet-error";
import type { FamilyKit, KitCall, KitContext, NewPool } from "./family-kit";

/** Enough for the largest contract of any family. */
export const CREATE_GAS = 8_000_000n;
/** Enough for the dearest pool: Algebra with its plugin takes 8.2 million. */
export const POOL_GAS = 14_000_000n;
export const ZERO_ADDRESS = zeroAddress;

/** Creations and calls of the keeper in one go: addresses are known before anything is sent. */
export interface Batch {
  create(code: Hex, args?: Hex): Address;
  call(to: Address, data: Hex, gas?: bigint): void;
  /** Address of the creation after `offset` more keeper transactions. */
  peek(offset: number): Address;
  send(what: string): Promise<void>;
}

export async function startBatch(context: KitContext): Promise<Batch> {
  const { client, keeper } = context;
  let nonce = await client.getTransactionCount({ address: keeper, blockTag: "pending" });
  let calls: KitCall[] = [];
  const addressAt = (at: number) => getContractAddress({ from: keeper, nonce: BigInt(at) });
  return {
    create(code, args = "0x") {
      calls.push({ data: concatHex([code, args]), gas: CREATE_GAS });
      nonce += 1;
      return addressAt(nonce - 1);
    },
    call(to, data, gas = 2_000_000n) {
      calls.push({ to, data, gas });
      nonce += 1;
    },
    peek(offset) {
      return addressAt(nonce + offset);
    },
    async send(what) {
      const sending = calls;
      calls = [];
      await context.send(what, sending);
    },
  };
}

export function addressArgs(...addresses: readonly Address[]): Hex {
  return concatHex(addresses.map((address) => encodeAbiParameters(parseAbiParameters("address"), [address])));
}

export function artifactLoader(rootDir: string, folder: string): (path: string) => ViemHex {
  return (path) => {
    const name = path.split("/").at(-1) ?? path;
    return loadCreationCode(rootDir, `${folder}/${path}.sol/${name}.json`);
  };
}

export function compiledCode(context: KitContext, name: string): Hex {
  const code = context.compiled[name];
  if (code === undefined) {
    throw new DevnetError({
      code: "compile",
      message: `Contract ${name} is missing from the compiled sources (${Object.keys(context.compiled).join(", ")}). Restore server/devnet/contracts.`,
      retryable: false,
    });
  }
  return code;
}

/** The pool code must have the published hash, and the position manager must carry that hash, or it would look for pools elsewhere. */
export function requireInitCodeHash(input: {
  readonly family: string;
  readonly poolCode: Hex;
  readonly published: Hex;
  readonly managerCode: Hex;
}): void {
  const actual = keccak256(input.poolCode);
  const isCarried = input.managerCode.includes(input.published.slice(2));
  if (actual === input.published && isCarried) return;
  throw new DevnetError({
    code: "truth_check",
    message: `${input.family}: expected pool code with hash ${input.published} and a position manager that carries it; the pool code hashes to ${actual}, the manager ${isCarried ? "carries" : "does not carry"} it. Install the pinned packages with "npm ci".`,
    retryable: false,
  });
}

/** A call whose answer is one address, which must not be zero. */
export async function requireDeployed(context: KitContext, what: string, address: Address): Promise<void> {
  const code = await context.client.getCode({ address });
  if (address !== ZERO_ADDRESS && code !== undefined && code !== "0x") return;
  throw new DevnetError({
    code: "deploy",
    message: `${what}: expected a contract, found none at ${address}. Start with --fresh; if it repeats, install the pinned packages with "npm ci".`,
    retryable: false,
  });
}

export function dexEntryOf(
  kit: Pick<FamilyKit, "family" | "dexId" | "name" | "variant" | "isStandIn">,
  chainId: number,
  contracts: { readonly factory: Address; readonly positionManager: Address } & Partial<DexContracts>,
  initCodeHash: Hex | null = null,
): DexEntry {
  return dexSchema.parse({
    id: kit.dexId,
    name: kit.name,
    family: kit.family,
    isStandIn: kit.isStandIn,
    variant: kit.variant,
    initCodeHash,
    chains: { [String(chainId)]: contracts },
  });
}

export function poolRefFrom(
  dex: DexEntry,
  chainId: number,
  pool: Hex,
  input: NewPool,
  own: Partial<
    Pick<
      PoolRef,
      "permit2" | "feePips" | "tickSpacing" | "hooks" | "deployer" | "binStep" | "parameters" | "token0" | "token1"
    >
  > = {},
): PoolRef {
  const contracts = dexContractsSchema.parse(dex.chains[String(chainId)]);
  return {
    chainId,
    family: dex.family,
    dexId: dex.id,
    variant: dex.variant ?? null,
    pool,
    token0: input.token0,
    token1: input.token1,
    contracts,
    permit2: null,
    feePips: input.feePips,
    tickSpacing: input.tickSpacing,
    hooks: null,
    hooksAllowed: dex.hooksAllowed ?? [],
    deployer: null,
    binStep: null,
    parameters: null,
    ...own,
  };
}

/** Tick spacing of a pool that has ticks. */
export function requireTickSpacing(kit: Pick<FamilyKit, "name">, input: NewPool): number {
  if (input.tickSpacing !== null) return input.tickSpacing;
  throw new DevnetError({
    code: "deploy",
    message: `${kit.name}: a new pool needs a tick spacing, got null. Set tickSpacing in the devnet's pool list.`,
    retryable: false,
  });
}
