// Who acts here: signs in when nobody does, otherwise shows the address and role with a way out.
"use client";
import { useQueryClient } from "@tanstack/react-query";
import { Wallet } from "lucide-react";
import type { ReactNode } from "react";
import { api } from "@/components/live/api";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu";
import { showToast } from "@/components/ui/toast";
import { shortHex } from "@/lib/format/address";
import { useSession } from "./use-session";
import { walletSentence } from "./wallet-error";
import { askForSignIn } from "./wallet-store";

export function WalletButton(): ReactNode {
  const client = useQueryClient();
  const { data: session } = useSession();
  if (session === undefined || !session.signedIn) {
    return (
      <Button
        onClick={() => void askForSignIn("Reading may be open here; acting always needs a session.")}
        aria-label="Connect a wallet and sign in"
      >
        <Wallet size={14} aria-hidden="true" />
        <span className="hidden desk:inline">Sign in</span>
      </Button>
    );
  }
  const signOut = async (): Promise<void> => {
    try {
      await api.call("authLogout");
    } catch (error) {
      showToast("warn", "Still signed in", walletSentence(error));
    }
    await client.invalidateQueries();
  };
  return (
    <Menu
      name={`Signed in as ${shortHex(session.address)}, ${session.role ?? "no role"}`}
      label={
        <>
          <Wallet size={14} aria-hidden="true" />
          <span className="hidden font-hash text-dense font-text desk:inline">{shortHex(session.address)}</span>
        </>
      }
      items={[
        {
          id: "switch",
          label: "Sign in as somebody else",
          detail: `now ${session.role ?? "no role"}, ${shortHex(session.address)}`,
          onSelect: () => void askForSignIn("Choose the account to act with."),
        },
        { id: "out", label: "Sign out", onSelect: () => void signOut() },
      ]}
    />
  );
}
