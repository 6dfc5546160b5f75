// What the signer is told at its start; main.ts maps the process settings to it.
import type { Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";

export interface SignerSettings {
  /** Absolute; holds `signer/journal` and `signer/commands`. */
  readonly dataDir: string;
  readonly deploymentId: Hex;
  readonly keystoreFile: string;
  /** Key service in place of the keystore; null: the keystore signs. */
  readonly remoteSigner: { readonly url: string; readonly address: Address } | null;
  /** Owners of the first start. */
  readonly owners: readonly Address[];
  readonly pairIds: readonly string[];
  /** With the operator's endpoints in place. */
  readonly registry: Registry;
  /** Private relay per chain id; a chain without one sends to all of its endpoints. */
  readonly relayUrls?: ReadonlyMap<number, string>;
  /** Chain on which contract wallets are asked about signatures. */
  readonly homeChainId: number;
  readonly storeUrl: string | null;
  /** `<label>:<n>`: fault tests on local chains only. */
  readonly killLabel: string | null;
}
