// Connect and sign in: wallets found in the browser and, beside a local sandbox only, the demo wallet with its accounts.
"use client";
import { useEffect, useState, type ReactNode } from "react";
import { sessionChanged } from "@/components/live/session-tabs";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { KeyValue } from "@/components/ui/key-value";
import { Skeleton } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { shortHex } from "@/lib/format/address";
import { announceDemoWallet, DEMO_WALLET_RDNS, selectDemoAccount } from "./demo-wallet";
import { signIn } from "./sign-in";
import type * as WalletEngine from "./wallet-engine";
import { signInSentence } from "./wallet-error";
import { closeWalletDialog, useWallet } from "./wallet-store";

type Engine = typeof WalletEngine;
type Found = ReturnType<Engine["listWallets"]>[number];

export function WalletDialog(): ReactNode {
  const { openReason } = useWallet();
  return (
    <Dialog
      open={openReason !== null}
      onOpenChange={(open) => {
        if (!open) closeWalletDialog(false);
      }}
      title="Connect a wallet and sign in"
      description={openReason ?? undefined}
    >
      <SignInChoices onSignedIn={() => closeWalletDialog(true)} />
    </Dialog>
  );
}

/** The list itself, for the dialog and for a page of its own. */
export function SignInChoices({ onSignedIn }: { readonly onSignedIn: () => void }): ReactNode {
  const environment = useApi("environment");
  const [engine, setEngine] = useState<Engine | null>(null);
  const [wallets, setWallets] = useState<readonly Found[] | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const sandbox = environment.data?.sandbox ?? null;

  useEffect(() => {
    let isOver = false;
    let stop = (): void => undefined;
    const load = async (): Promise<void> => {
      try {
        const loaded = await import("./wallet-engine");
        if (isOver) return;
        setEngine(loaded);
        setWallets(loaded.listWallets());
        stop = loaded.watchWallets(setWallets);
      } catch {
        // The chunk did not arrive: the person reads what to do.
        if (!isOver) setProblem("The wallet code could not be loaded. Reload the page.");
      }
    };
    void load();
    return () => {
      isOver = true;
      stop();
    };
  }, []);
  useEffect(() => {
    if (sandbox !== null) announceDemoWallet("Demo wallet");
  }, [sandbox]);

  const proceed = async (uid: string): Promise<void> => {
    if (engine === null) return;
    setProblem(null);
    setBusy("Waiting for the wallet…");
    try {
      const { address, chainId } = await engine.connectWallet(uid);
      setBusy("Waiting for your signature…");
      await signIn({ address, chainId, signText: engine.signText });
      sessionChanged(true);
      onSignedIn();
    } catch (error) {
      setProblem(signInSentence(error));
    }
    setBusy(null);
  };

  const demo = wallets?.find((wallet) => wallet.id === DEMO_WALLET_RDNS);
  const others = wallets?.filter((wallet) => wallet.id !== DEMO_WALLET_RDNS) ?? [];
  return (
    <div className="grid gap-4">
      {environment.data !== undefined && (
        <KeyValue
          rows={[
            { key: "Site", value: environment.data.origin },
            { key: "You sign", value: "a sign-in message; it moves no money" },
            { key: "Session", value: "12 h, this browser only" },
          ]}
        />
      )}
      {problem !== null && (
        <p role="alert" className="border-l-2 border-warn bg-warn-soft px-3 py-2 text-ink-2">
          {problem}
        </p>
      )}
      {busy !== null && (
        <p role="status" className="text-ink-2">
          {busy}
        </p>
      )}
      {sandbox !== null && (
        <section aria-label="Demo wallet">
          <h3 className="text-dense font-strong">Demo wallet, {sandbox.label}</h3>
          <p className="mt-0.5 text-dense text-ink-3">
            Accounts of the local sandbox chain sign for you. Nothing here is real money.
          </p>
          <ul className="mt-2 grid gap-2">
            {sandbox.accounts.map((account) => (
              <li key={account.address}>
                <Button
                  className="w-full justify-between!"
                  disabled={demo === undefined || busy !== null}
                  onClick={() => {
                    if (demo === undefined) return;
                    selectDemoAccount(account.address);
                    void proceed(demo.uid);
                  }}
                >
                  <span className="font-hash text-dense">{shortHex(account.address)}</span>
                  <span className={account.role === null ? "font-text text-ink-3" : ""}>
                    {account.role ?? "not on the list"}
                  </span>
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-label="Wallets in this browser">
        <h3 className="text-dense font-strong">Wallets in this browser</h3>
        {wallets === null ? (
          <Skeleton className="mt-2 h-8 w-full" />
        ) : others.length === 0 ? (
          <p className="mt-1 text-dense text-ink-3">
            None found. Install a wallet extension, or open this page in a wallet&rsquo;s own browser.
          </p>
        ) : (
          <ul className="mt-2 grid gap-2">
            {others.map((wallet) => (
              <li key={wallet.uid}>
                <Button
                  className="w-full justify-between!"
                  disabled={busy !== null}
                  onClick={() => void proceed(wallet.uid)}
                >
                  {wallet.name}
                  {wallet.icon !== undefined && wallet.icon.startsWith("data:image/") && (
                    <img src={wallet.icon} alt="" width={18} height={18} />
                  )}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </section>
      {sandbox === null && environment.data !== undefined && (
        <Status tone="ok">Only addresses an owner has listed can act.</Status>
      )}
    </div>
  );
}
