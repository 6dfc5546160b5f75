// The live stream: server-sent events with ids from the store's event stream, resumed by Last-Event-ID, with a heartbeat.
import { API_SECURITY_HEADERS } from "@/lib/api/request-gate";
import { eventSchema } from "@/lib/api/events";
import { errorText } from "@/lib/errors/tidegate-error";
import { compareStreamIds, readLastStreamId, type StreamFollower } from "@/server/infra/store/pubsub";
import { followEvents, readEventsAfter } from "@/server/infra/store/events";
import { storeKeys } from "@/server/infra/store/keys";
import type { ApiError } from "./api-error";
import type { ApiDeps } from "./deps";

const HEARTBEAT_MS = 15_000;
const RESUME_LIMIT = 1_000;
/** A client that does not read is cut when this much waits for it. */
const MAX_BUFFERED_CHUNKS = 1_000;
/** How soon a stream ends whose session ended elsewhere (another process, a role taken away, time). */
const RECHECK_MS = 5_000;
const PER_SESSION_MAX = 20;
const TOTAL_MAX = 500;

export interface StreamOwner {
  /** The session, or a caller without one: what the limit counts by. */
  readonly key: string;
  /** Whether the caller came with a session, alive or not: it is told when there is none any more. */
  readonly hasSession: boolean;
  /** Whose session it is; null for a caller without one, or while that cannot be known. */
  readonly address: () => string | null;
  /** Asked every few seconds; once it says no the stream ends. */
  readonly isStillAllowed: () => Promise<boolean>;
}

/** Ends of the open streams of each owner: one says that the session is over, the other just closes. */
interface Ending {
  readonly address: () => string | null;
  readonly signOut: () => void;
}
const open = new Map<string, Set<Ending>>();
let total = 0;

function enter(owner: string, end: Ending): void {
  total += 1;
  const ends = open.get(owner);
  if (ends === undefined) open.set(owner, new Set([end]));
  else ends.add(end);
}

function leave(owner: string, end: Ending): void {
  const ends = open.get(owner);
  if (ends?.delete(end) !== true) return;
  total -= 1;
  if (ends.size === 0) open.delete(owner);
}

/** A session that has ended sees nothing more, not even on a connection that was open before. */
export function endStreamsOf(sessionId: string): void {
  for (const end of open.get(sessionId) ?? []) end.signOut();
}

/** The same for every session of the account that has a stream in this process. */
export function endStreamsOfAccount(address: string): void {
  for (const end of [...open.values()].flatMap((ends) => [...ends])) {
    if (end.address()?.toLowerCase() === address.toLowerCase()) end.signOut();
  }
}

export async function openStream(deps: ApiDeps, request: Request, owner: StreamOwner): Promise<Response | ApiError> {
  const newest = await readLastStreamId(deps.store, storeKeys.events);
  // Counted and entered without a wait between: of many at once, each sees the one before.
  if (total >= TOTAL_MAX || (open.get(owner.key)?.size ?? 0) >= PER_SESSION_MAX) {
    return {
      code: "rate_limited",
      message: `Too many open streams (at most ${PER_SESSION_MAX} per session, ${TOTAL_MAX} in all); close a tab and try again.`,
      retryAfterSec: 5,
    };
  }
  const asked = request.headers.get("last-event-id") ?? new URL(request.url).searchParams.get("lastEventId");
  const resumeFrom = asked !== null && /^\d{1,15}-\d{1,9}$/.test(asked) ? asked : null;

  const encoder = new TextEncoder();
  let cleanUp: (() => void) | null = null;

  const body = new ReadableStream<Uint8Array>(
    {
      async start(controller) {
        let ended = false;
        const send = (text: string): void => {
          if (ended) return;
          if ((controller.desiredSize ?? 0) < 0) {
            end();
            return;
          }
          controller.enqueue(encoder.encode(text));
        };
        const timer = setInterval(() => send(`: heartbeat\n\n`), HEARTBEAT_MS);
        const recheck = async (): Promise<void> => {
          if (!(await owner.isStillAllowed())) ending.signOut();
        };
        const guard = setInterval(() => void recheck(), RECHECK_MS);
        let follower: StreamFollower | null = null;
        const end = (): void => {
          if (ended) return;
          ended = true;
          clearInterval(timer);
          clearInterval(guard);
          follower?.stop();
          leave(owner.key, ending);
          request.signal.removeEventListener("abort", end);
          try {
            controller.close();
          } catch (error) {
            deps.log.debug("api.stream-closed", { reason: errorText(error) });
          }
        };
        const ending: Ending = {
          address: owner.address,
          signOut() {
            // The page says so at once instead of taking it for a lost connection.
            if (owner.hasSession) send(`event: signed_out\ndata: {}\n\n`);
            end();
          },
        };
        cleanUp = end;
        enter(owner.key, ending);
        request.signal.addEventListener("abort", end, { once: true });

        let afterId = newest.ok ? newest.value : "0";
        send(`retry: 2000\n\n`);
        if (resumeFrom !== null && newest.ok && compareStreamIds(resumeFrom, newest.value) <= 0) {
          const missed = await readEventsAfter(deps.store, { afterId: resumeFrom, limit: RESUME_LIMIT }, eventSchema);
          if (missed.ok && missed.value.length < RESUME_LIMIT) {
            for (const entry of missed.value) send(frame(entry.id, entry.event));
            afterId = missed.value.at(-1)?.id ?? resumeFrom;
          } else send(`id: ${afterId}\nevent: refetch\ndata: {}\n\n`);
        } else {
          // A new client, or one whose events are no longer kept: it reads everything anew.
          send(`id: ${afterId}\nevent: ${resumeFrom === null ? "hello" : "refetch"}\ndata: {}\n\n`);
        }
        follower = followEvents(
          deps.store,
          { afterId, onEvent: (entry) => send(frame(entry.id, entry.event)) },
          eventSchema,
        );
        if (ended) follower.stop();
      },
      cancel() {
        cleanUp?.();
      },
    },
    new CountQueuingStrategy({ highWaterMark: MAX_BUFFERED_CHUNKS }),
  );
  return new Response(body, {
    headers: {
      ...API_SECURITY_HEADERS,
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

function frame(id: string, event: { readonly type: string }): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
