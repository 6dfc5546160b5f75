// Loads the wallet dialog, and wallet code with it, the first time it is opened.
"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { lazyPart } from "@/components/ui/lazy-part";
import { useWallet } from "./wallet-store";

const WalletDialog = dynamic(
  lazyPart(() => import("./wallet-dialog").then((loaded) => loaded.WalletDialog)),
  { ssr: false },
);

export function LazyWalletDialog(): ReactNode {
  return useWallet().openReason === null ? null : <WalletDialog />;
}
