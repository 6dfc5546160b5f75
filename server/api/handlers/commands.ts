// Signed commands go straight to the signer, which checks everything again; the API only refuses early and says why.
import { recoverTypedDataAddress } from "viem";
import { authorityParamsSchemas, isAuthorityAction } from "@/lib/api/authority-settings";
import {
  COMMAND_ROLES,
  commandId,
  commandParamsSchemas,
  commandTypedData,
  paramsHash,
  roleAtLeast,
  type SignedCommand,
} from "@/lib/api/commands";
import { contract } from "@/lib/api/contract";
import { isSystemAction, systemParamsSchemas } from "@/lib/api/system-settings";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import { fromSignerError, type ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler, type Answer } from "@/server/api/handler";
import { homeChainIdOf } from "@/server/api/home-chain";
import { knownPair } from "@/server/api/reads";
import type { Session } from "@/server/api/session";

type Accepted = Answer<{ commandId: `0x${string}`; status: "accepted" | "done" | "refused"; result: string }>;

/** secp256k1n / 2: a signature with a higher s has a twin and is refused (EIP-2). */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

async function checkCommand(deps: ApiDeps, signed: SignedCommand): Promise<ApiError | null> {
  const { command } = signed;
  const schema = isAuthorityAction(command.action)
    ? authorityParamsSchemas[command.action]
    : isSystemAction(command.action)
      ? systemParamsSchemas[command.action]
      : commandParamsSchemas[command.action];
  const params = schema.safeParse(signed.params);
  if (!params.success) {
    const issue = params.error.issues[0];
    const field = `params.${issue?.path.map(String).join(".") ?? ""}`;
    return {
      code: "bad_request",
      field,
      message: `The field ${field} of ${command.action} is not valid: ${issue?.message ?? "it does not fit"}.`,
    };
  }
  if (paramsHash(signed.params) !== command.paramsHash) {
    return {
      code: "bad_request",
      field: "command.paramsHash",
      message: "The parameters do not hash to paramsHash; they were changed after signing, or signed in another form.",
    };
  }
  if (Number(command.expiresAt) * 1000 <= deps.nowMs()) {
    return {
      code: "refused",
      message: `The command expired at ${new Date(Number(command.expiresAt) * 1000).toISOString()}; sign it again.`,
      details: { reason: "expired" },
    };
  }
  if (signed.signature.length === 132 && BigInt(`0x${signed.signature.slice(66, 130)}`) > HALF_ORDER) {
    return {
      code: "forbidden",
      message: "The signature has a high s value, which allows a twin; sign with a wallet that gives low s.",
      details: { reason: "bad_signature" },
    };
  }
  const role = await deps.authority.roleOf(signed.address);
  if (!role.ok) return fromSignerError(role.error);
  const needed = COMMAND_ROLES[command.action];
  if (role.value === null || !roleAtLeast(role.value, needed)) {
    return {
      code: "forbidden",
      message: `${command.action} needs the role ${needed}; ${signed.address} has ${role.value === null ? "none" : `the role ${role.value}`}.`,
      details: { needed, has: role.value ?? "none" },
    };
  }
  // A signature that does not recover to the address may be a contract wallet's: the signer asks the home chain (EIP-1271).
  if (signed.signature.length === 132 && !mayBeContractWallet(deps) && !(await recoversTo(deps, signed))) {
    return {
      code: "forbidden",
      message: `The signature is not one of ${signed.address} over this command for this deployment.`,
      details: { reason: "bad_signature" },
    };
  }
  return null;
}

async function recoversTo(deps: ApiDeps, signed: SignedCommand): Promise<boolean> {
  try {
    const typedData = commandTypedData(deps.settings.deploymentId, signed.command);
    const address = await recoverTypedDataAddress({ ...typedData, signature: signed.signature });
    return address.toLowerCase() === signed.address.toLowerCase();
  } catch (error) {
    deps.log.debug("api.signature-not-recoverable", { reason: errorText(error) });
    return false;
  }
}

/** Without a home chain to ask there are no contract wallets, so the answer is known here; otherwise the signer decides. */
function mayBeContractWallet(deps: ApiDeps): boolean {
  return deps.registry.chain(homeChainIdOf(deps)) !== null;
}

async function submit(
  deps: ApiDeps,
  session: Session | null,
  signed: SignedCommand,
): Promise<Result<Accepted, ApiError>> {
  const problem = await checkCommand(deps, signed);
  const id = commandId(signed.address, signed.command.nonce);
  if (problem !== null) {
    deps.log.warn("api.command-refused", {
      commandId: id,
      action: signed.command.action,
      address: signed.address,
      sessionOf: session?.address ?? null,
      reason: problem.message,
    });
    return err(problem);
  }
  const record = await deps.control.call("command.submit", signed);
  deps.authority.forget();
  if (!record.ok) return err(fromSignerError(record.error));
  if (record.value.status === "refused")
    return err({ code: "refused", message: record.value.result, details: { commandId: id } });
  return ok({ data: { commandId: record.value.commandId, status: record.value.status, result: record.value.result } });
}

/** Lowest role that may sign any command: a session below it has nothing to submit, not even another's signature. */
const SUBMIT_ROLE = "operator";

const commandsHandler = bindHandler(
  contract.commands,
  ({ deps, session, body }) => submit(deps, session, body),
  SUBMIT_ROLE,
);

const configHandler = bindHandler(
  contract.pairConfigChange,
  async ({ deps, session, params, body }) => {
    const pair = knownPair(deps, params.id);
    if (!pair.ok) return pair;
    if (body.command.action !== "pair.config" || body.command.target !== params.id) {
      return err({
        code: "bad_request",
        field: "command.action",
        message: `Expected a pair.config command for ${params.id}, got ${body.command.action} for ${body.command.target}.`,
      });
    }
    return submit(deps, session, body);
  },
  SUBMIT_ROLE,
);

const restartHandler = bindHandler(
  contract.workerRestart,
  async ({ deps, session, params, body }) => {
    const pair = knownPair(deps, params.id);
    if (!pair.ok) return pair;
    if (body.command.action !== "worker.restart" || body.command.target !== params.id) {
      return err({
        code: "bad_request",
        field: "command.action",
        message: `Expected a worker.restart command for ${params.id}, got ${body.command.action} for ${body.command.target}.`,
      });
    }
    return submit(deps, session, body);
  },
  SUBMIT_ROLE,
);

const commandHandler = bindHandler(contract.command, async ({ deps, params }) => {
  const record = await deps.control.call("command.get", { commandId: params.commandId });
  return record.ok ? ok({ data: record.value }) : err(fromSignerError(record.error));
});

const auditHandler = bindHandler(
  contract.audit,
  async ({ deps, query }) => {
    const page = await deps.control.call("audit.since", { seq: query.seq, limit: query.limit });
    if (!page.ok) return err(fromSignerError(page.error));
    const { commands } = page.value;
    const last = commands.at(-1);
    return ok({
      data: { commands, nextCursor: commands.length === query.limit && last !== undefined ? String(last.seq) : null },
    });
  },
  SUBMIT_ROLE,
);

export const commandHandlers = [commandsHandler, configHandler, restartHandler, commandHandler, auditHandler];
