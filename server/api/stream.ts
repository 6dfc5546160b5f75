// The live stream: server-sent events with ids from the store's event stream, resumed by Last-Event-ID, with a heartbeat.
import { eventSchema } from "@/lib/api/events";
import { errorText } from "@/lib/errors/tidegate-error";
import { compareStreamIds, readLastStreamId, type StreamFollower } from "@/server/infra/store/pubsub";
import { followEvents, readEventsAfter } from "@/server/infra/store/events";
import { storeKeys } from "@/server/infra/store/keys";
import { errorResponse } from "./api-error";
import type { ApiDeps } from "./deps";

const HEARTBEAT_MS = 15_000;
const RESUME_LIMIT = 1_000;
/** A client that does not read is cut when this much waits for it. */
const MAX_BUFFERED_CHUNKS = 1_000;
const PER_SESSION_MAX = 20;
const TOTAL_MAX = 500;

const open = new Map<string, number>();
let total = 0;

function leave(owner: string): void {
  total -= 1;
  const left = (open.get(owner) ?? 1) - 1;
  if (left <= 0) open.delete(owner);
  else open.set(owner, left);
}

export async function openStream(deps: ApiDeps, request: Request, owner: string): Promise<Response> {
  if (total >= TOTAL_MAX || (open.get(owner) ?? 0) >= PER_SESSION_MAX) {
    return errorResponse({
      code: "rate_limited",
      message: `Too many open streams (at most ${PER_SESSION_MAX} per session, ${TOTAL_MAX} in all); close a tab and try again.`,
      retryAfterSec: 5,
    });
  }
  const asked = request.headers.get("last-event-id") ?? new URL(request.url).searchParams.get("lastEventId");
  const resumeFrom = asked !== null && /^\d{1,15}-\d{1,9}$/.test(asked) ? asked : null;
  const newest = await readLastStreamId(deps.store, storeKeys.events);

  total += 1;
  open.set(owner, (open.get(owner) ?? 0) + 1);
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
        let follower: StreamFollower | null = null;
        const end = (): void => {
          if (ended) return;
          ended = true;
          clearInterval(timer);
          follower?.stop();
          leave(owner);
          request.signal.removeEventListener("abort", end);
          try {
            controller.close();
          } catch (error) {
            deps.log.debug("api.stream-closed", { reason: errorText(error) });
          }
        };
        cleanUp = end;
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
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

function frame(id: string, event: { readonly type: string }): string {
  return `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
