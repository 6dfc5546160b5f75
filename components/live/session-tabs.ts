// Who is signed in has changed, in this tab or another one of this browser: everything that belongs to a session begins anew.
"use client";

/** Holds a word and a time, nothing of the session: writing it is what other tabs hear. */
const KEY = "tg-session-changed";
const listeners = new Set<(isSignedIn: boolean) => void>();

function tell(isSignedIn: boolean): void {
  for (const call of listeners) call(isSignedIn);
}

function hear(event: StorageEvent): void {
  if (event.key === KEY && event.newValue !== null) tell(event.newValue.startsWith("in"));
}

/** The returned function ends it. */
export function onSessionChange(listener: (isSignedIn: boolean) => void): () => void {
  if (listeners.size === 0) window.addEventListener("storage", hear);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", hear);
  };
}

/** After a sign-in or sign-out in this tab. */
export function sessionChanged(isSignedIn: boolean): void {
  tell(isSignedIn);
  try {
    localStorage.setItem(KEY, `${isSignedIn ? "in" : "out"} ${Date.now()}`);
  } catch {
    // Without storage the other tabs hear it from the server, as other browsers do.
  }
}
