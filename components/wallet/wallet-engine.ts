// Wallet access by wagmi: EIP-6963 discovery, connect, reconnect and the two signatures the desk asks for. Loaded only when somebody signs.
"use client";
import { createConfig, http, type Connector } from "wagmi";
import {
  connect,
  disconnect,
  getConnection,
  reconnect,
  signMessage,
  signTypedData,
  watchConnection,
  watchConnectors,
} from "wagmi/actions";
import { mainnet } from "wagmi/chains";
import type { commandTypedData } from "@/lib/api/commands";
import type { Hex } from "@/lib/units";
import { setConnectedWallet } from "./wallet-store";

/** Signatures carry no chain (commandDomain), so one chain entry is enough; it is never dialled. */
const config = createConfig({
  chains: [mainnet],
  transports: { [mainnet.id]: http("/api/unused") },
  multiInjectedProviderDiscovery: true,
});

watchConnection(config, {
  onChange: (connection) => setConnectedWallet(connection.address ?? null, connection.connector?.name ?? null),
});

export interface FoundWallet {
  readonly uid: string;
  readonly id: string;
  readonly name: string;
  readonly icon: string | undefined;
}

function toFound(connector: Connector): FoundWallet {
  return { uid: connector.uid, id: connector.id, name: connector.name, icon: connector.icon };
}

export function listWallets(): readonly FoundWallet[] {
  return config.connectors.map(toFound);
}

export function watchWallets(onChange: (wallets: readonly FoundWallet[]) => void): () => void {
  return watchConnectors(config, { onChange: (connectors) => onChange(connectors.map(toFound)) });
}

export async function connectWallet(uid: string): Promise<{ readonly address: Hex; readonly chainId: number }> {
  const connector = config.connectors.find((one) => one.uid === uid);
  if (connector === undefined) throw new Error("This wallet is gone; open the list again and choose another.");
  const current = getConnection(config);
  if (current.connector !== undefined) await disconnect(config, { connector: current.connector });
  const result = await connect(config, { connector });
  const [address] = result.accounts;
  if (address === undefined) throw new Error("The wallet connected without an account; unlock one and try again.");
  return { address, chainId: result.chainId };
}

export async function disconnectWallet(): Promise<void> {
  await disconnect(config);
}

/** The connected account, after trying to take up an earlier connection. */
export async function connectedAddress(): Promise<Hex | null> {
  const now = getConnection(config);
  if (now.address !== undefined) return now.address;
  await reconnect(config);
  return getConnection(config).address ?? null;
}

export function signText(message: string, account: Hex): Promise<Hex> {
  return signMessage(config, { message, account });
}

export function signCommand(typedData: ReturnType<typeof commandTypedData>, account: Hex): Promise<Hex> {
  return signTypedData(config, { ...typedData, account });
}
