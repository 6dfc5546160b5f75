// The place where a plan is tried on one chain: eth_simulateV1 where the node has it, else a local fork; both at the same named block.
import { err, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { Address } from "@/lib/units";
import type { ChainClient } from "@/server/infra/chain/clients";
import { openFork } from "./fork-stage";
import type { Stage } from "./ports";
import { openSimulation } from "./simulate-stage";

/** Error: neither way is open, with the reason of each; whoever asked says "could not be tried". */
export async function openStage(client: ChainClient, wallet: Address): Promise<Result<Stage, ChainError>> {
  const block = await client.readBlock();
  if (!block.ok) return block;
  const simulation = await openSimulation(client, wallet, block.value);
  if (simulation.ok) return simulation;
  const fork = await openFork(client, wallet, block.value);
  if (fork.ok) return fork;
  const { name, id } = client.chain;
  return err(
    new ChainError({
      code: fork.error.code,
      retryable: fork.error.retryable,
      message: `nothing can be tried on ${name} (${id}): its node does not simulate (${simulation.error.message}), and no local fork could be used (${fork.error.message})`,
      cause: fork.error,
    }),
  );
}
