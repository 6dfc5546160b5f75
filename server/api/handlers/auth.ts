// Sign-in with Ethereum (EIP-4361): the server makes the message, each nonce is used once, the wallet must have a role.
import {
  BaseError,
  ContractFunctionExecutionError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  createPublicClient,
  hashMessage,
  http,
  parseAbi,
  verifyMessage,
} from "viem";
import { createSiweMessage, parseSiweMessage, validateSiweMessage } from "viem/siwe";
import { contract } from "@/lib/api/contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import type { Address, Hex } from "@/lib/units";
import { fromSignerError, fromStoreError, type ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { homeChainIdOf } from "@/server/api/home-chain";
import { endAllSessions, endSession, openSession, presentedSessionId, sessionCookie } from "@/server/api/session";
import { SESSION_TTL_MS, SIWE_NONCE_TTL_MS } from "@/server/infra/store/keys";
import { takeSiweNonce, writeSiweNonce } from "@/server/infra/store/sessions";

const STATEMENT = "Sign in to Tidegate. This signature moves no money.";
const EIP1271_ABI = parseAbi(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);
/** bytes4(keccak256("isValidSignature(bytes32,bytes)")), EIP-1271. */
const EIP1271_MAGIC = "0x1626ba7e";
/** A home chain that does not answer must not hold up sign-in. */
const CONTRACT_WALLET_TIMEOUT_MS = 3_000;

const sessionHandler = bindHandler(contract.session, async ({ deps, session }) =>
  ok({
    data: {
      signedIn: session !== null,
      address: session?.address ?? null,
      role: session?.role ?? null,
      expiresAtMs: session?.expiresAtMs ?? null,
      publicRead: deps.settings.isPublicRead,
    },
  }),
);

const nonceHandler = bindHandler(contract.authNonce, async ({ deps, body }) => {
  const chainId = homeChainIdOf(deps);
  if (body.chainId !== chainId && deps.registry.chain(body.chainId) === null) {
    return err({
      code: "bad_request",
      field: "chainId",
      message: `The wallet is on chain ${body.chainId}, which this deployment does not know. Switch it to chain ${chainId} and sign in again.`,
    });
  }
  const nonce = deps.randomHex(16);
  const issuedAtMs = deps.nowMs();
  const expiresAtMs = issuedAtMs + SIWE_NONCE_TTL_MS;
  const message = createSiweMessage({
    domain: new URL(deps.settings.origin).host,
    uri: deps.settings.origin,
    version: "1",
    // The home chain's whatever the wallet shows now: sessions are this deployment's, and contract wallets are asked there.
    chainId,
    address: body.address,
    statement: STATEMENT,
    nonce,
    issuedAt: new Date(issuedAtMs),
    expirationTime: new Date(expiresAtMs),
  });
  // The whole message is kept: what comes back must be this text and nothing else.
  const written = await writeSiweNonce(deps.store, nonce, message);
  return written.ok ? ok({ data: { message, nonce, expiresAtMs } }) : err(fromStoreError(written.error));
});

const verifyHandler = bindHandler(contract.authVerify, async ({ deps, body, request }) => {
  const parsed = parseSiweMessage(body.message);
  if (parsed.nonce === undefined || parsed.address === undefined || parsed.chainId === undefined) {
    return err(badSignIn("The message is not a sign-in message of this desk; start again."));
  }
  const kept = await takeSiweNonce(deps.store, parsed.nonce);
  if (!kept.ok) return err(fromStoreError(kept.error));
  if (kept.value === null) return err(badSignIn("This sign-in was used already or has expired; start again."));
  if (kept.value !== body.message)
    return err(badSignIn("The message was changed after this desk wrote it; start again."));
  const isCurrent = validateSiweMessage({
    message: parsed,
    domain: new URL(deps.settings.origin).host,
    nonce: parsed.nonce,
    time: new Date(deps.nowMs()),
  });
  if (!isCurrent) return err(badSignIn("The sign-in message has expired or names another site; start again."));
  const signer = await isSignedBy(deps, { address: parsed.address, message: body.message, signature: body.signature });
  if (!signer.ok) return signer;
  if (signer.value === "no") {
    return err(badSignIn(`The signature is not one of ${parsed.address}. Sign with that account.`));
  }
  if (signer.value === "no_contract") {
    return err(
      badSignIn(
        `The signature is not one of ${parsed.address} itself, and there is no contract wallet at that address on chain ${homeChainIdOf(deps)}, where this desk asks for one. Sign with that account, or with a contract wallet that is deployed there.`,
      ),
    );
  }
  const role = await deps.authority.roleOf(parsed.address);
  if (!role.ok) return err(fromSignerError(role.error));
  if (role.value === null) {
    return err({
      code: "forbidden",
      message: `${parsed.address} has no role on this desk. An owner can add it, or sign in with another account.`,
    });
  }
  // A browser that signs in again leaves no second way in behind.
  const before = presentedSessionId(deps, request);
  if (before !== null) await endSession(deps, before);
  const opened = await openSession(deps, { address: parsed.address, chainId: parsed.chainId });
  if (!opened.ok) return opened;
  deps.log.info("api.signed-in", { address: parsed.address, role: role.value });
  return ok({
    data: {
      signedIn: true,
      address: parsed.address.toLowerCase(),
      role: role.value,
      expiresAtMs: opened.value.expiresAtMs,
      publicRead: deps.settings.isPublicRead,
    },
    headers: { "set-cookie": sessionCookie(deps.settings.origin, opened.value.secret, SESSION_TTL_MS / 1000) },
  });
});

const logoutHandler = bindHandler(contract.authLogout, async ({ deps, session, body }) => {
  if (session !== null && body.everywhere) {
    const ended = await endAllSessions(deps, session.address);
    if (!ended.ok) return ended;
    deps.log.info("api.signed-out-everywhere", { address: session.address });
  }
  if (session !== null) await endSession(deps, session.id);
  return ok({
    data: {},
    headers: { "set-cookie": sessionCookie(deps.settings.origin, "", 0) },
  });
});

export const authHandlers = [sessionHandler, nonceHandler, verifyHandler, logoutHandler];

function badSignIn(message: string): ApiError {
  return { code: "unauthenticated", message };
}

/** The contract itself said no, or answered nothing a contract wallet answers. */
function isOwnRefusal(error: ContractFunctionExecutionError): boolean {
  const cause = error.walk(
    (each) => each instanceof ContractFunctionRevertedError || each instanceof ContractFunctionZeroDataError,
  );
  return cause !== null;
}

/** Plain accounts by recovery; otherwise EIP-1271 on the home chain. */
async function isSignedBy(
  deps: ApiDeps,
  input: { readonly address: Address; readonly message: string; readonly signature: Hex },
): Promise<Result<"yes" | "no" | "no_contract", ApiError>> {
  try {
    if (await verifyMessage(input)) return ok("yes");
  } catch (error) {
    deps.log.debug("api.signature-not-recoverable", { reason: errorText(error) });
  }
  const homeChainId = homeChainIdOf(deps);
  const url = deps.registry.chain(homeChainId)?.rpcUrls[0];
  if (url === undefined) return ok("no");
  try {
    const client = createPublicClient({ transport: http(url, { timeout: CONTRACT_WALLET_TIMEOUT_MS, retryCount: 0 }) });
    const code = await client.getCode({ address: input.address });
    if (code === undefined || code === "0x") return ok("no_contract");
    // The one question of EIP-1271; no wrapped signature gets to call anything else first.
    const answer = await client.readContract({
      address: input.address,
      abi: EIP1271_ABI,
      functionName: "isValidSignature",
      args: [hashMessage(input.message), input.signature],
    });
    return ok(answer === EIP1271_MAGIC ? "yes" : "no");
  } catch (error) {
    if (error instanceof ContractFunctionExecutionError && isOwnRefusal(error)) return ok("no");
    return err({
      code: "unavailable",
      message: `The signature of this contract wallet cannot be checked now: the home chain ${homeChainId} does not answer (${error instanceof BaseError ? error.shortMessage : "it failed"}).`,
    });
  }
}
