// Many people at once against a running desk: two hundred open streams, and two hundred reads a second, from as many callers as the limits ask for.
import http from "node:http";
import { eventSchema, type DeskEvent } from "@/lib/api/events";
import { STREAM_PATH } from "@/lib/api/contract";

export interface SeenEvent {
  /** When the store took it, from its stream id; unix ms. */
  readonly atMs: number;
  readonly event: DeskEvent;
}

export interface StreamCrowd {
  /** As the first of the clients saw them. */
  readonly events: readonly SeenEvent[];
  /** From the store to each client, ms. */
  readonly delaysMs: readonly number[];
  readonly open: number;
  end(): void;
}

/** Ten streams each: the desk allows one caller twenty. */
const STREAMS_A_CALLER = 10;
const READS_A_CALLER_PER_SEC = 10;

/** Loopback has sixteen million addresses; each is a caller of its own. */
function callerAddress(index: number): string {
  return `127.0.1.${index + 1}`;
}

export async function openStreams(base: URL, count: number): Promise<StreamCrowd> {
  const events: SeenEvent[] = [];
  const delaysMs: number[] = [];
  const requests: http.ClientRequest[] = [];
  let open = 0;
  await Promise.all(
    Array.from(
      { length: count },
      (_, index) =>
        new Promise<void>((resolve, reject) => {
          const request = http.get({
            host: "127.0.0.1",
            port: base.port,
            path: STREAM_PATH,
            headers: { host: base.host, accept: "text/event-stream" },
            localAddress: callerAddress(Math.floor(index / STREAMS_A_CALLER)),
            agent: false,
          });
          requests.push(request);
          request.on("error", reject);
          request.on("response", (response) => {
            if (response.statusCode !== 200) {
              reject(new Error(`expected stream ${index} to open, got ${response.statusCode}`));
              return;
            }
            open += 1;
            resolve();
            let text = "";
            response.setEncoding("utf8");
            response.on("data", (chunk: string) => {
              const nowMs = Date.now();
              text += chunk;
              for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
                const message = text.slice(0, end);
                text = text.slice(end + 2);
                const seen = readMessage(message);
                if (seen === null) continue;
                delaysMs.push(nowMs - seen.atMs);
                if (index === 0) events.push(seen);
              }
            });
            response.on("close", () => {
              open -= 1;
            });
          });
        }),
    ),
  );
  return {
    events,
    delaysMs,
    get open() {
      return open;
    },
    end: () => {
      for (const request of requests) request.destroy();
    },
  };
}

function readMessage(message: string): SeenEvent | null {
  const id = /^id: ?(\d+)-\d+$/m.exec(message)?.[1];
  const data = /^data: ?(.*)$/m.exec(message)?.[1];
  if (id === undefined || data === undefined) return null;
  try {
    const parsed = eventSchema.safeParse(JSON.parse(data));
    return parsed.success ? { atMs: Number(id), event: parsed.data } : null;
  } catch {
    // The greeting and the heartbeat carry no event.
    return null;
  }
}

/** Latency from the moment each read was due, ms; a refused one is an error. */
export async function readsPerSecond(
  base: URL,
  input: { readonly paths: readonly string[]; readonly perSec: number; readonly seconds: number },
): Promise<readonly number[]> {
  const callers = Math.ceil(input.perSec / READS_A_CALLER_PER_SEC);
  const agents = Array.from(
    { length: callers },
    (_, index) => new http.Agent({ keepAlive: true, localAddress: callerAddress(100 + index) }),
  );
  const startMs = performance.now();
  const reads: Promise<number>[] = [];
  for (let count = 0; count < input.perSec * input.seconds; count += 1) {
    const dueMs = startMs + (count * 1000) / input.perSec;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const path = input.paths[count % input.paths.length] ?? "/";
    reads.push(readOnce(base, path, agents[count % callers], dueMs));
  }
  const times = await Promise.all(reads);
  for (const agent of agents) agent.destroy();
  return times;
}

function readOnce(base: URL, path: string, agent: http.Agent | undefined, dueMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(
      { host: "127.0.0.1", port: base.port, path, headers: { host: base.host }, agent },
      (response) => {
        response.resume();
        response.on("end", () => {
          if (response.statusCode === 200) resolve(performance.now() - dueMs);
          else reject(new Error(`expected GET ${path} to answer, got ${response.statusCode}`));
        });
      },
    );
    request.on("error", reject);
  });
}
