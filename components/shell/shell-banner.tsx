// One banner at a time, the worst wins: signing stopped, then the lost stream, then a session that is needed.
"use client";
import type { ReactNode } from "react";
import { useStream } from "@/components/live/stream-store";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { askForSignIn } from "@/components/wallet/wallet-store";
import { formatAge } from "@/lib/format/age";
import { formatInstant } from "@/lib/format/time";

/** A break shorter than this is no news: the next connection resumes where the stream ended. */
const QUIET_MS = 3_000;

export function ShellBanner(): ReactNode {
  const stream = useStream();
  const nowMs = useWallNow();
  const system = useApi("system");
  const session = useApi("session");
  const lostMs = stream.lostSinceMs === null ? 0 : nowMs - stream.lostSinceMs;
  const isLost = stream.status === "lost" && lostMs > QUIET_MS;
  const stopped = system.data?.signer.stopped ?? null;
  if (stopped !== null) {
    return (
      <Banner tone="crit" title={`Signing is stopped since ${formatInstant(stopped.sinceAtMs, nowMs)}.`}>
        Reason: {stopped.reason}. An owner can resume it with the shield above.
        {isLost && " Also: the live stream is lost."}
      </Banner>
    );
  }
  if (isLost) {
    return (
      <Banner tone="warn" title={`Stream lost ${formatAge(lostMs)} ago.`}>
        Polling every 15 s. Numbers carry their age.
      </Banner>
    );
  }
  const isEnded = stream.isEnded && session.data?.signedIn !== true;
  if (stream.status === "signed_out" || isEnded) {
    return (
      <Banner
        tone="warn"
        title={isEnded ? "You are signed out." : "Nobody is signed in."}
        action={
          <Button size="small" onClick={() => void askForSignIn("Acting always needs a session.")}>
            Sign in
          </Button>
        }
      >
        {isEnded
          ? "This session has ended; acting needs a new one."
          : "This deployment shows its numbers to signed-in people only."}
      </Banner>
    );
  }
  return null;
}
