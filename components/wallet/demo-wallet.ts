// Built-in demo wallet of a local sandbox: an EIP-1193 provider announced by EIP-6963 that lets the sandbox chain's own accounts sign. It holds no key.
"use client";
import { api } from "@/components/live/api";
import type { RouteBody } from "@/lib/api/contract";

export const DEMO_WALLET_RDNS = "dev.tidegate.demo";
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath fill='%238b99a7' d='M6 3h4v26H6zM22 3h4v26h-4z'/%3E%3Cpath fill='%234fc3b0' d='M10 16h12v13H10z'/%3E%3C/svg%3E";

let selected: string | null = null;
let isAnnounced = false;
const accountListeners = new Set<(accounts: readonly string[]) => void>();

/** The account the demo wallet answers with from now on. */
export function selectDemoAccount(address: string): void {
  selected = address;
  for (const call of accountListeners) call([address]);
}

class DemoWalletError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

type ForwardedMethod = RouteBody<"sandboxRpc">["method"];

async function forward(method: ForwardedMethod, params: readonly unknown[]): Promise<unknown> {
  const answer = await api.call("sandboxRpc", { body: { method, params: [...params] } });
  return answer.result;
}

async function request(args: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown> {
  const params = args.params ?? [];
  switch (args.method) {
    case "eth_accounts":
    case "eth_requestAccounts":
      return selected === null ? [] : [selected];
    case "eth_chainId":
    case "personal_sign":
    case "eth_signTypedData_v4":
      return forward(args.method, params);
    default:
      throw new DemoWalletError(
        4200,
        `The demo wallet signs messages and commands only; ${args.method} is not one of them.`,
      );
  }
}

const provider = {
  request,
  on(event: string, listener: (accounts: readonly string[]) => void) {
    if (event === "accountsChanged") accountListeners.add(listener);
    return provider;
  },
  removeListener(event: string, listener: (accounts: readonly string[]) => void) {
    if (event === "accountsChanged") accountListeners.delete(listener);
    return provider;
  },
};

/** Makes the demo wallet visible to wallet discovery; call only when the API reports a sandbox. */
export function announceDemoWallet(label: string): void {
  if (isAnnounced) return;
  isAnnounced = true;
  const detail = Object.freeze({
    info: { uuid: crypto.randomUUID(), name: label, icon: ICON, rdns: DEMO_WALLET_RDNS },
    provider,
  });
  const announce = (): void => {
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  };
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
}
