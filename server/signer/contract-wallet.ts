// EIP-1271 on the home chain: asks a contract wallet whether it accepts a signature, with a short time limit.
import { parseAbi } from "viem";
import { err, ok, type Result } from "@/lib/errors/result";
import { ChainError } from "@/lib/errors/tidegate-error";
import type { ChainClient } from "@/server/infra/chain/clients";
import type { ContractWalletPort } from "./command-signature";

const abi = parseAbi(["function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)"]);
/** bytes4(keccak256("isValidSignature(bytes32,bytes)")), EIP-1271. */
const MAGIC_VALUE = "0x1626ba7e";
/** A sign-in or command must not hang on a slow endpoint (safety.md section 6). */
const TIMEOUT_MS = 3_000;

export function createContractWallets(home: Pick<ChainClient, "call" | "chain">): ContractWalletPort {
  return {
    async checkSignature({ address, hash, signature }) {
      const code = await withLimit(
        home,
        home.call("code of a signer", (client) => client.getCode({ address })),
      );
      if (!code.ok) return code;
      if (code.value === undefined || code.value === "0x") return ok("no_contract");
      const answer = await withLimit(
        home,
        home.call("isValidSignature", (client) =>
          client.readContract({ address, abi, functionName: "isValidSignature", args: [hash, signature] }),
        ),
      );
      if (!answer.ok) return answer.error.code === "reverted" ? ok("invalid") : answer;
      return ok(answer.value === MAGIC_VALUE ? "valid" : "invalid");
    },
  };
}

async function withLimit<T>(
  home: Pick<ChainClient, "chain">,
  call: Promise<Result<T, ChainError>>,
): Promise<Result<T, ChainError>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<Result<T, ChainError>>((resolve) => {
    timer = setTimeout(() => {
      resolve(
        err(
          new ChainError({
            code: "timeout",
            message: `${home.chain.name} (${home.chain.id}), the home chain, did not answer within ${TIMEOUT_MS} ms; contract wallets cannot sign until it does`,
            retryable: true,
          }),
        ),
      );
    }, TIMEOUT_MS);
  });
  try {
    return await Promise.race([call, limit]);
  } finally {
    clearTimeout(timer);
  }
}
