// Is this command really signed by the address it names: EIP-712 with low-s ECDSA, or EIP-1271 by the contract wallet at the address.
import { hashTypedData, recoverTypedDataAddress } from "viem";
import { commandTypedData, type SignedCommand } from "@/lib/api/commands";
import type { SignerErrorWire } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText, type ChainError } from "@/lib/errors/tidegate-error";
import type { Address, Hex } from "@/lib/units";
import { signerRefusal } from "@/server/infra/signer-link/signer-error";

/** Asks the home chain; `no_contract` when there is no code at the address. */
export interface ContractWalletPort {
  checkSignature(input: {
    readonly address: Address;
    readonly hash: Hex;
    readonly signature: Hex;
  }): Promise<Result<"valid" | "invalid" | "no_contract", ChainError>>;
}

/** Half of the order of secp256k1 (EIP-2): signatures above are the malleable twins. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const ECDSA_HEX_CHARS = 2 + 65 * 2;
/** Contract wallets with several owners stay below; choice. */
const MAX_SIGNATURE_BYTES = 8_192;

export async function checkCommandSignature(
  deps: { readonly deploymentId: Hex; readonly contractWallets: ContractWalletPort | null },
  signed: SignedCommand,
): Promise<Result<null, SignerErrorWire>> {
  const { signature, address } = signed;
  if (signature.length > 2 + MAX_SIGNATURE_BYTES * 2) return err(refuse("it is longer than any wallet's signature"));
  const typedData = commandTypedData(deps.deploymentId, signed.command);
  if (signature.length === ECDSA_HEX_CHARS) {
    if (BigInt(`0x${signature.slice(66, 130)}`) > HALF_ORDER) {
      return err(refuse("its s value is in the upper half (a twin of another signature); sign again"));
    }
    const recovered = await recover(typedData, signature);
    if (recovered?.toLowerCase() === address.toLowerCase()) return ok(null);
  }
  if (deps.contractWallets === null) return err(notTheirs(address));
  const answer = await deps.contractWallets.checkSignature({ address, hash: hashTypedData(typedData), signature });
  if (!answer.ok) {
    return err(
      signerRefusal(
        "chain",
        `The signature is not one of ${address} itself, and whether a contract wallet made it cannot be asked now: ${errorText(answer.error)}`,
        { address },
        { retryable: true },
      ),
    );
  }
  switch (answer.value) {
    case "valid":
      return ok(null);
    case "invalid":
      return err(notTheirs(address));
    case "no_contract":
      return err(
        refuse(
          `it was not made by ${address} itself over this command for this deployment, and there is no contract wallet at that address on the home chain; check the account selected in the wallet and sign again`,
        ),
      );
  }
}

async function recover(typedData: ReturnType<typeof commandTypedData>, signature: Hex): Promise<Address | null> {
  try {
    return await recoverTypedDataAddress({ ...typedData, signature });
  } catch {
    // Not a point of the curve: no address signed this.
    return null;
  }
}

function notTheirs(address: Address): SignerErrorWire {
  return refuse(
    `it was not made by ${address} over this command for this deployment; check the account selected in the wallet and sign again`,
  );
}

function refuse(reason: string): SignerErrorWire {
  return signerRefusal("bad_signature", `The signature is refused: ${reason}.`);
}
