// Sign in with a wallet, between the posts of the gate: whose desk this is, what is signed, and where you return to.
"use client";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { useApi } from "@/components/live/use-api";
import { Logo } from "@/components/shell/logo";
import { Button } from "@/components/ui/button";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import { useSession } from "@/components/wallet/use-session";
import { SignInChoices } from "@/components/wallet/wallet-dialog";
import { shortHex } from "@/lib/format/address";
import { useWallNow } from "@/components/live/ticker";
import { formatAge } from "@/lib/format/age";

export function SignInView({ next }: { readonly next: string }): ReactNode {
  const router = useRouter();
  const environment = useApi("environment");
  const { data: session } = useSession();
  const nowMs = useWallNow();
  const place = placeName(next);
  return (
    <div className="relative grid min-h-dvh place-items-end overflow-hidden bg-bg desk:place-items-center">
      <div
        aria-hidden="true"
        className="absolute inset-x-0 top-[30%] bottom-0 border-t border-tide/55 bg-tide-soft opacity-60 desk:top-[58%]"
      />
      <div className="relative w-full border-x-[5px] border-ink bg-panel px-4 pt-6 pb-6 desk:w-[460px] desk:border-x-[6px] desk:px-8 desk:pt-7">
        <div className="flex items-center gap-3 text-stat font-title">
          <Logo size={28} />
          Tidegate
          <span className="ml-auto text-micro font-text text-ink-3">
            {environment.data === undefined ? "" : hostOf(environment.data.origin)}
          </span>
        </div>
        <h1 className="mt-6 text-stat font-strong">Sign in with a wallet</h1>
        <p className="mt-1 mb-4 text-ink-2">No password. You sign a text; it costs nothing and moves nothing.</p>
        {session?.signedIn === true && (
          <div className="mb-4 grid gap-2 border bg-sunken px-3.5 py-3">
            <Status tone="ok">
              Signed in as {shortHex(session.address)}, {session.role ?? "no role"}
            </Status>
            {session.expiresAtMs !== null && nowMs > 0 && (
              <p className="text-dense text-ink-3">for another {formatAge(session.expiresAtMs - nowMs)}</p>
            )}
            <Button kind="primary" onClick={() => router.push(next)}>
              Go on to {place}
            </Button>
          </div>
        )}
        <SignInChoices onSignedIn={() => router.push(next)} />
        <p className="mt-4 text-dense text-ink-3">
          Something does not work? <TextLink href="/setup">See the set-up checks</TextLink>.
        </p>
        <p className="mt-4 text-dense text-ink-3">
          Your address must be on this desk&rsquo;s list. Roles: viewer, operator, approver, owner. You return to{" "}
          <b className="font-strong text-ink-2">{place}</b> after signing in.
          {session?.publicRead === true && (
            <>
              {" "}
              Reading is open here: <TextLink href={next}>go on without signing in</TextLink>.
            </>
          )}
        </p>
      </div>
    </div>
  );
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}

/** "plan 0x8c1f…e07a", "the overview": the place in words. */
function placeName(path: string): string {
  const [section = "", id = ""] = (path.split(/[?#]/)[0] ?? "").split("/").filter(Boolean);
  if ((section === "approvals" || section === "activity") && id !== "") return `plan ${shortHex(id)}`;
  if (section === "pairs" && id !== "") return id;
  return section === "overview" || section === "" ? "the overview" : section;
}
