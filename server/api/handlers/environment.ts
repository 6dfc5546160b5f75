// What a page must know before it can sign anything, and the demo wallet of a local sandbox.
import * as z from "zod";
import { contract } from "@/lib/api/contract";
import { addressSchema } from "@/lib/registry/schema";
import { err, ok } from "@/lib/errors/result";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { fetchJson } from "@/server/api/fetch-json";
import { homeChainIdOf, sandboxChain } from "@/server/api/home-chain";

const rpcAnswerSchema = z.union([
  z.object({ result: z.unknown(), error: z.undefined().optional() }),
  z.object({ error: z.object({ message: z.string() }) }),
]);
const accountsSchema = z.array(addressSchema);

async function sandboxCall(deps: ApiDeps, method: string, params: readonly unknown[]) {
  const url = sandboxChain(deps)?.rpcUrls[0];
  if (url === undefined) return null;
  return fetchJson(deps, { url, schema: rpcAnswerSchema, body: { jsonrpc: "2.0", id: 1, method, params } });
}

const environmentHandler = bindHandler(contract.environment, async ({ deps }) => {
  const chain = sandboxChain(deps);
  const base = {
    deploymentId: deps.settings.deploymentId,
    version: deps.settings.version,
    origin: deps.settings.origin,
    homeChainId: homeChainIdOf(deps),
  };
  if (chain === null) return ok({ data: { ...base, sandbox: null } });
  const answer = await sandboxCall(deps, "eth_accounts", []);
  const accounts =
    answer?.ok === true && "result" in answer.value ? accountsSchema.safeParse(answer.value.result) : null;
  const authority = await deps.authority.read();
  const roles = authority.ok ? authority.value.authority.roles : [];
  const wallet = authority.ok ? authority.value.authority.wallet.toLowerCase() : "";
  const listed = (accounts?.success === true ? accounts.data : [])
    .filter((address) => address.toLowerCase() !== wallet)
    .map((address) => ({
      address,
      role: roles.find((role) => role.address.toLowerCase() === address.toLowerCase())?.role ?? null,
    }))
    .toSorted((left, right) => Number(right.role !== null) - Number(left.role !== null));
  return ok({ data: { ...base, sandbox: { chainId: chain.id, label: chain.name, accounts: listed.slice(0, 10) } } });
});

const sandboxHandler = bindHandler(contract.sandboxRpc, async ({ deps, body }) => {
  const answer = await sandboxCall(deps, body.method, body.params);
  if (answer === null) {
    return err({
      code: "not_found",
      message:
        "There is no demo wallet here: this deployment has no local sandbox chain. Connect a wallet of your own.",
    });
  }
  if (!answer.ok) return err({ code: "unavailable", message: `The sandbox chain does not answer: ${answer.error}` });
  if (!("result" in answer.value)) {
    return err({
      code: "bad_request",
      message: `The sandbox chain refused ${body.method}: ${answer.value.error.message}`,
    });
  }
  return ok({ data: { result: answer.value.result ?? null } });
});

export const environmentHandlers = [environmentHandler, sandboxHandler];
