// Which wallet is connected and whether the connect dialog is open; light, so that pages need no wallet code until somebody signs.
"use client";
import { useSyncExternalStore } from "react";

export interface WalletState {
  readonly address: string | null;
  readonly walletName: string | null;
  /** The dialog is open for this reason, null when it is closed. */
  readonly openReason: string | null;
}

let state: WalletState = { address: null, walletName: null, openReason: null };
const INITIAL = state;
const listeners = new Set<() => void>();
let resolveDialog: ((isSignedIn: boolean) => void) | null = null;

function set(patch: Partial<WalletState>): void {
  state = { ...state, ...patch };
  for (const call of listeners) call();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useWallet(): WalletState {
  return useSyncExternalStore(
    subscribe,
    () => state,
    () => INITIAL,
  );
}

export function setConnectedWallet(address: string | null, walletName: string | null): void {
  if (state.address !== address || state.walletName !== walletName) set({ address, walletName });
}

/** Opens the connect and sign-in dialog; true once somebody is signed in, false when it was closed. */
export function askForSignIn(reason: string): Promise<boolean> {
  resolveDialog?.(false);
  return new Promise((resolve) => {
    resolveDialog = resolve;
    set({ openReason: reason });
  });
}

export function closeWalletDialog(isSignedIn: boolean): void {
  const resolve = resolveDialog;
  resolveDialog = null;
  set({ openReason: null });
  resolve?.(isSignedIn);
}
