// Takes messages from the outbox to their channels: critical first, one at a time per channel, within its rate, again after a failure.
import { SEVERITIES, type ChannelId } from "@/lib/alerts/alert";
import { errorText } from "@/lib/errors/tidegate-error";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { Channel } from "./channels/channel";
import type { Outbox, Waiting } from "./outbox";

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 300_000;
/** A wrong token or chat may be mended in the settings: asked again, but not often. */
const REJECTED_RETRY_MS = 300_000;
/** After a day a message tells nobody anything; the alert itself is still on the desk. */
const GIVE_UP_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;

export interface Post {
  readonly channel: Channel;
  readonly maxPerMinute: number;
}

export interface Postman {
  /** Sends what is due; returns when nothing is left to do now. A second call while one runs does nothing. */
  deliver(): Promise<void>;
  /** Why the channel's last try failed; null after a success. */
  lastErrorOf(id: ChannelId): string | null;
}

function urgency({ message }: Waiting): number {
  return SEVERITIES.indexOf(message.alert.severity);
}

export function createPostman(deps: {
  readonly outbox: Outbox;
  /** Channels as they are set now. */
  readonly posts: () => readonly Post[];
  readonly nowMs: () => number;
  readonly log: Logger;
  /** After each message that was sent or failed. */
  readonly onChange: () => void;
}): Postman {
  const { outbox, log } = deps;
  const sentAtMs = new Map<ChannelId, number[]>();
  const lastErrors = new Map<ChannelId, string | null>();
  const busy = new Set<ChannelId>();

  /** What may go out on this channel now, most urgent first. */
  function nextOf(post: Post): Waiting | null {
    const nowMs = deps.nowMs();
    const recent = (sentAtMs.get(post.channel.id) ?? []).filter((atMs) => nowMs - atMs < MINUTE_MS && atMs <= nowMs);
    sentAtMs.set(post.channel.id, recent);
    if (recent.length >= post.maxPerMinute) return null;
    const mine = outbox.waiting().filter(({ channelId }) => channelId === post.channel.id);
    // Messages of one alert keep their order: a later one waits for the one before it.
    const first = new Map<string, Waiting>();
    for (const each of mine) if (!first.has(each.message.alert.id)) first.set(each.message.alert.id, each);
    const due = [...first.values()].filter(({ nextAtMs }) => nextAtMs <= nowMs);
    return (
      due.toSorted((left, right) => urgency(right) - urgency(left) || left.queuedAtMs - right.queuedAtMs)[0] ?? null
    );
  }

  async function sendOne(post: Post, waiting: Waiting): Promise<void> {
    const { id } = post.channel;
    sentAtMs.set(id, [...(sentAtMs.get(id) ?? []), deps.nowMs()]);
    const result = await post.channel.deliver(waiting.message);
    const nowMs = deps.nowMs();
    if (result.ok) {
      outbox.ended(waiting.id, { nowMs, outcome: "sent", error: null });
      lastErrors.set(id, null);
      log.info("alert.sent", { channel: id, messageId: waiting.id, attempts: waiting.attempts + 1 });
      return;
    }
    const { message: error, retryable, retryAfterMs } = result.error;
    lastErrors.set(id, error);
    if (nowMs - waiting.queuedAtMs >= GIVE_UP_MS) {
      outbox.ended(waiting.id, { nowMs, outcome: "given_up", error });
      log.error("alert.given-up", { channel: id, messageId: waiting.id, detail: error });
      return;
    }
    const backoffMs = retryable
      ? Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(waiting.attempts, 10))
      : REJECTED_RETRY_MS;
    outbox.failed(waiting.id, { nowMs, nextAtMs: nowMs + Math.max(backoffMs, retryAfterMs ?? 0), error });
    log.warn("alert.not-sent", { channel: id, messageId: waiting.id, attempts: waiting.attempts + 1, detail: error });
  }

  async function empty(post: Post): Promise<void> {
    const { id } = post.channel;
    if (busy.has(id)) return;
    busy.add(id);
    try {
      for (let waiting = nextOf(post); waiting !== null; waiting = nextOf(post)) {
        await sendOne(post, waiting);
        deps.onChange();
      }
    } catch (error) {
      // Going on is safe: what was not marked as ended is sent with the next look.
      log.error("alert.not-sent", { channel: id, detail: errorText(error) });
    } finally {
      busy.delete(id);
    }
  }

  return {
    deliver: async () => {
      await Promise.all(deps.posts().map(empty));
    },
    lastErrorOf: (id) => lastErrors.get(id) ?? null,
  };
}
