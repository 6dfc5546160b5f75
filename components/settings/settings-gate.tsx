// Settings are for people of the desk: who is not signed in is asked to, who cannot be known yet is not called signed out.
"use client";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { Panel } from "@/components/ui/panel";
import { Empty, ErrorState, SkeletonRows } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";
import { useSession } from "@/components/wallet/use-session";
import type { RouteResponse } from "@/lib/api/contract";

export function SettingsGate({
  title,
  why,
  children,
}: {
  readonly title: string;
  /** Why this is not for everybody, one sentence. */
  readonly why: string;
  readonly children: (session: RouteResponse<"session">) => ReactNode;
}): ReactNode {
  const session = useSession();
  const here = usePathname();
  if (session.data?.signedIn === true) return children(session.data);
  return (
    <Panel title={title} flush>
      {session.data !== undefined ? (
        <Empty
          title="Sign in to see the settings."
          action={<TextLink href={`/login?next=${encodeURIComponent(here)}`}>Sign in</TextLink>}
        >
          {why}
        </Empty>
      ) : session.error === null ? (
        <SkeletonRows rows={8} height={44} label="the settings" />
      ) : (
        <ErrorState
          what="who is signed in"
          sentence={`${session.error.message} This page asks again by itself.`}
          onRetry={() => void session.refetch()}
        />
      )}
    </Panel>
  );
}
