// A contract wallet on a running demo: its address is known before it is there, its owner's key signs for it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { concatHex, encodeAbiParameters, getContractAddress, parseAbiParameters } from "viem";
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from "viem/accounts";
import * as z from "zod";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import type { Address } from "@/lib/units";
import { compileContracts } from "@/server/devnet/chain/compile";
import { projectRoot } from "@/server/infra/process/launch";
import { waitFor, type RunningDemo } from "./running-demo";

const SOURCE = "tests/support/contracts/wallet-of-one.sol";
const LIMIT_MS = 30_000;
const quantity = z.string().regex(/^0x[0-9a-f]+$/);

export interface ContractWallet {
  /** Where it is, or will be once it is deployed. */
  readonly address: Address;
  readonly owner: PrivateKeyAccount;
  deploy(): Promise<void>;
}

/** `from`: an account of the sandbox that its chain holds unlocked and that sends nothing else meanwhile. */
export async function prepareContractWallet(demo: RunningDemo, from: Address): Promise<ContractWallet> {
  const rootDir = projectRoot(import.meta.url);
  const sources = { [SOURCE]: readFileSync(join(rootDir, SOURCE), "utf8") };
  const compiled = await compileContracts({ rootDir, cacheDir: join(demo.dataDir, ".test-contracts"), sources });
  const code = compiled["WalletOfOne"];
  if (code === undefined) throw new Error(`${SOURCE} has no WalletOfOne`);
  const nonce = quantity.parse(await demo.rpc("eth_getTransactionCount", [from, "pending"]));
  const address = getContractAddress({ from, nonce: BigInt(nonce) });
  const owner = privateKeyToAccount(generatePrivateKey());
  return {
    address: addressSchema.parse(address),
    owner,
    async deploy() {
      const data = concatHex([
        hexSchema.parse(code),
        encodeAbiParameters(parseAbiParameters("address"), [owner.address]),
      ]);
      await demo.rpc("eth_sendTransaction", [{ from, data, nonce }]);
      await waitFor("the code of the contract wallet", LIMIT_MS, async () => {
        const there = await demo.rpc("eth_getCode", [address, "latest"]);
        return there === "0x" ? null : true;
      });
    },
  };
}
