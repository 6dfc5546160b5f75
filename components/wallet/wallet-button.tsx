// Who acts here: signs in when nobody does, otherwise shows the address and role with a way out.
"use client";
import { Wallet } from "lucide-react";
import type { ReactNode } from "react";
import { api } from "@/components/live/api";
import { sessionChanged } from "@/components/live/session-tabs";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu";
import { showToast } from "@/components/ui/toast";
import { shortHex } from "@/lib/format/address";
import { useSession } from "./use-session";
import { walletSentence } from "./wallet-error";
import { askForSignIn } from "./wallet-store";

async function signOut(everywhere: boolean): Promise<void> {
  try {
    await api.call("authLogout", { body: { everywhere } });
    sessionChanged(false);
  } catch (failure) {
    showToast("warn", "Still signed in", walletSentence(failure));
  }
}

export function WalletButton(): ReactNode {
  const { data: session, error } = useSession();
  if (session === undefined) {
    return (
      <Button disabled title={error?.message} aria-label="Who is signed in is not known yet">
        <Wallet size={14} aria-hidden="true" />
        <span className="hidden desk:inline">{error === null ? "…" : "Unknown"}</span>
      </Button>
    );
  }
  if (!session.signedIn) {
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
  return (
    <Menu
      name={`Signed in as ${shortHex(session.address)}, ${session.role ?? "no role"}`}
      label={
        <>
          <Wallet size={14} aria-hidden="true" />
          <span className="hidden font-hash text-dense font-text mid:inline">{shortHex(session.address)}</span>
        </>
      }
      items={[
        {
          id: "switch",
          label: "Sign in as somebody else",
          detail: `now ${session.role ?? "no role"}, ${shortHex(session.address)}`,
          onSelect: () => void askForSignIn("Choose the account to act with."),
        },
        { id: "out", label: "Sign out", onSelect: () => void signOut(false) },
        {
          id: "all",
          label: "Sign out everywhere",
          detail: "every browser this account is signed in with",
          onSelect: () => void signOut(true),
        },
      ]}
    />
  );
}
