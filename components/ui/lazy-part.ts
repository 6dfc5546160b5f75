// A part of a page whose code loads apart: fetched ahead when the page is idle, and asked for until it comes when the way to the server is broken.
"use client";

/** Between two tries while the server does not answer; a browser that comes online again asks at once. */
const AGAIN_MS = 3_000;
/** Tries while the server answers: what it does not have by then belongs to another version of the desk. */
const MOST_TRIES = 3;
/** An answer of any kind says that the server is there. */
const PROBE_PATH = "/api/environment";

type Load = () => Promise<unknown>;
const ahead: Load[] = [];
let isFetching = false;
let hasStarted = false;

/**
 * For `next/dynamic`, which remembers a failure for good: the part's skeleton stays until the code is there. `onDemand` for what is
 * large and of no use without the server.
 */
export function lazyPart<T>(load: () => Promise<T>, when: "ahead" | "onDemand" = "ahead"): () => Promise<T> {
  // On the server nothing is fetched ahead.
  if (when === "ahead" && typeof window !== "undefined") {
    ahead.push(load);
    if (hasStarted) whenIdle(fetchNext);
  }
  return () => insist(load);
}

async function insist<T>(load: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await load();
    } catch (error) {
      if (typeof window === "undefined") throw error;
      const isThere = await answers();
      if (isThere && tries >= MOST_TRIES) throw error;
      if (!isThere) tries = 0;
      await pause();
    }
  }
}

async function answers(): Promise<boolean> {
  if (!navigator.onLine) return false;
  try {
    await fetch(PROBE_PATH, { method: "HEAD", cache: "no-store" });
    return true;
  } catch {
    // No answer at all.
    return false;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      clearTimeout(timer);
      window.removeEventListener("online", go);
      resolve();
    };
    const timer = setTimeout(go, AGAIN_MS);
    window.addEventListener("online", go);
  });
}

/** Once per page load, after everything else: dialogs and lower halves are there when somebody goes offline. */
export function fetchPartsAhead(): void {
  if (hasStarted) return;
  hasStarted = true;
  if (document.readyState === "complete") whenIdle(fetchNext);
  else window.addEventListener("load", () => whenIdle(fetchNext), { once: true });
}

/** One after the other. */
async function fetchNext(): Promise<void> {
  const load = isFetching ? undefined : ahead.shift();
  if (load === undefined) return;
  isFetching = true;
  try {
    await insist(load);
  } catch {
    // The server has it no longer: who wants it is told so then.
  }
  isFetching = false;
  whenIdle(fetchNext);
}

function whenIdle(run: () => Promise<void>): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(() => void run());
  else setTimeout(() => void run(), 200);
}
