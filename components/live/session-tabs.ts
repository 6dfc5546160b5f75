// Who is signed in has changed, in this tab or another one of this browser: everything that belongs to a session begins anew.
"use client";

const listeners = new Set<(isSignedIn: boolean) => void>();
let channel: BroadcastChannel | null = null;

function tell(isSignedIn: boolean): void {
  for (const call of listeners) call(isSignedIn);
}

/** The returned function ends it. */
export function onSessionChange(listener: (isSignedIn: boolean) => void): () => void {
  if (channel === null) {
    channel = new BroadcastChannel("tg-session");
    channel.addEventListener("message", ({ data }) => tell(data === "in"));
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** After a sign-in or sign-out in this tab. */
export function sessionChanged(isSignedIn: boolean): void {
  tell(isSignedIn);
  channel?.postMessage(isSignedIn ? "in" : "out");
}
