// One chain of the devnet as the market and the fake services use it: client, contracts, pools.
import { poolSetupOf } from "@/server/devnet/market/other-pools";
import type { ChainSetup, PoolSetup } from "@/server/devnet/market/setup";
import type { DevnetClient } from "./client";
import type { ChainDeployment, DeployedPool } from "./deploy";

export interface NodePool {
  readonly setup: PoolSetup;
  readonly pool: DeployedPool;
}

export interface ChainNode {
  readonly setup: ChainSetup;
  readonly client: DevnetClient;
  readonly rpcUrl: string;
  readonly deployment: ChainDeployment;
  readonly pools: readonly NodePool[];
}

export function createNode(input: Omit<ChainNode, "pools">): ChainNode {
  const pools = input.deployment.pools.map((pool) => ({ setup: poolSetupOf(pool.key), pool }));
  return { ...input, pools };
}

/** The chain of a devnet by its id; undefined when it is none of them. */
export function nodeOf(nodes: readonly ChainNode[], chainId: number): ChainNode | undefined {
  return nodes.find((node) => node.setup.id === chainId);
}
