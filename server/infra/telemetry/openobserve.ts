// Buffered telemetry client: never blocks, never throws; records wait in a spool file while OpenObserve is away.
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";
import type { TelemetryRecord } from "./record-codec";
import type { TelemetryStream } from "./records";
import { redactText } from "./redact";

export interface TelemetrySettings {
  readonly url: string;
  readonly org: string;
  readonly user: string;
  readonly password: string;
  /** Own directory of this process; the spool survives restarts. */
  readonly spoolDir: string;
  readonly flushEveryMs?: number;
  readonly batchCount?: number;
  readonly maxBufferedCount?: number;
  readonly maxSpoolBytes?: number;
  readonly timeoutMs?: number;
  readonly retryMinMs?: number;
  readonly retryMaxMs?: number;
  readonly fetch?: typeof fetch;
}

export interface TelemetryStatus {
  readonly state: "ok" | "away" | "stopped";
  readonly sinceWallMs: number;
  /** Records in memory that were not sent yet. */
  readonly buffered: number;
  /** Records in the spool file. */
  readonly spooled: number;
  /** Records given up: refused by the server, or the spool was full or unwritable. */
  readonly dropped: number;
  readonly sent: number;
  readonly lastError: string | null;
}

export interface Telemetry {
  emit(stream: TelemetryStream, record: TelemetryRecord): void;
  status(): TelemetryStatus;
  /** Sends what is buffered now; resolves when it was sent or spooled. */
  flush(): Promise<void>;
  /** Sends for at most `limitMs`, spools the rest. */
  stop(limitMs?: number): Promise<void>;
}

type SendOutcome =
  | { readonly kind: "sent" }
  | { readonly kind: "refused"; readonly error: string }
  | { readonly kind: "away"; readonly error: string };

const answerSchema = z.object({
  status: z.array(z.object({ successful: z.number(), failed: z.number(), error: z.string().optional() })),
});
const REPLAY_BATCH_COUNT = 500;
const STOP_LIMIT_MS = 2_000;
const LINE_END = 0x0a;

export function createTelemetry(settings: TelemetrySettings): Telemetry {
  const flushEveryMs = settings.flushEveryMs ?? 5_000;
  const batchCount = settings.batchCount ?? 100;
  const maxBufferedCount = settings.maxBufferedCount ?? 10_000;
  const maxSpoolBytes = settings.maxSpoolBytes ?? 256 * 1024 * 1024;
  const retryMinMs = settings.retryMinMs ?? 500;
  const retryMaxMs = settings.retryMaxMs ?? 30_000;
  const fetchFn = settings.fetch ?? fetch;
  const authorization = `Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString("base64")}`;
  const base = `${settings.url.replace(/\/+$/, "")}/api/${encodeURIComponent(settings.org)}`;

  const buffers = new Map<TelemetryStream, TelemetryRecord[]>();
  const inFlight = new Map<TelemetryStream, Promise<void>>();
  const spooledCounts = new Map<string, number>();
  const aborts = new AbortController();
  let state: TelemetryStatus["state"] = "ok";
  let sinceWallMs = Date.now();
  let dropped = 0;
  let sent = 0;
  let spoolBytes = 0;
  let lastError: string | null = null;
  let retryTimer: ReturnType<typeof setTimeout> | null = null;
  let retryWaitMs = retryMinMs;
  let replaying = false;

  function setState(next: TelemetryStatus["state"]): void {
    if (state === next || state === "stopped") return;
    state = next;
    sinceWallMs = Date.now();
  }

  function bufferedCount(): number {
    let count = 0;
    for (const buffer of buffers.values()) count += buffer.length;
    return count;
  }

  async function send(stream: string, body: string): Promise<SendOutcome> {
    try {
      const response = await fetchFn(`${base}/${stream}/_json`, {
        method: "POST",
        headers: { authorization, "content-type": "application/json" },
        body,
        signal: AbortSignal.any([aborts.signal, AbortSignal.timeout(settings.timeoutMs ?? 10_000)]),
      });
      const text = await response.text();
      if (response.ok) return readAnswer(text);
      const error = redactText(`${response.status} ${text.slice(0, 200)}`);
      // A wrong password is about this client, not about the records: they wait until it is put right.
      const waits = response.status >= 500 || [401, 403, 408, 429].includes(response.status);
      return { kind: waits ? "away" : "refused", error };
    } catch (error) {
      return { kind: "away", error: redactText(errorText(error)) };
    }
  }

  /** HTTP 200 does not mean stored: the answer counts what was refused inside it. */
  function readAnswer(text: string): SendOutcome {
    const parsed = answerSchema.safeParse(parseJson(text));
    if (!parsed.success)
      return { kind: "away", error: `the answer is not OpenObserve's: ${redactText(text.slice(0, 120))}` };
    for (const each of parsed.data.status) {
      sent += each.successful;
      dropped += each.failed;
      if (each.failed > 0)
        lastError = `OpenObserve refused ${each.failed} records: ${redactText(each.error ?? "no reason given")}`;
    }
    return { kind: "sent" };
  }

  async function sendBuffer(stream: TelemetryStream): Promise<void> {
    const buffer = buffers.get(stream) ?? [];
    while (buffer.length > 0) {
      const batch = buffer.slice(0, batchCount);
      if (state !== "ok") {
        spool(stream, buffer.splice(0));
        return;
      }
      const outcome = await send(stream, JSON.stringify(batch));
      buffer.splice(0, batch.length);
      if (outcome.kind === "sent") continue;
      lastError = outcome.error;
      if (outcome.kind === "refused") dropped += batch.length;
      else {
        setState("away");
        spool(stream, [...batch, ...buffer.splice(0)]);
        scheduleRetry();
      }
    }
  }

  function startSending(stream: TelemetryStream): Promise<void> {
    const running = inFlight.get(stream);
    if (running !== undefined) return running;
    const started = sendBuffer(stream).finally(() => inFlight.delete(stream));
    inFlight.set(stream, started);
    return started;
  }

  /** Small synchronous appends: a spooled record is with the kernel before anything else happens. */
  function spool(stream: string, records: readonly TelemetryRecord[]): void {
    if (records.length === 0) return;
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join("");
    if (spoolBytes + text.length > maxSpoolBytes) {
      dropped += records.length;
      lastError = `the spool ${settings.spoolDir} is full (${maxSpoolBytes} bytes); new records are dropped until OpenObserve is back`;
      return;
    }
    try {
      fs.mkdirSync(settings.spoolDir, { recursive: true, mode: 0o700 });
      fs.appendFileSync(path.join(settings.spoolDir, `${stream}.jsonl`), text, { mode: 0o600 });
      spoolBytes += text.length;
      spooledCounts.set(stream, (spooledCounts.get(stream) ?? 0) + records.length);
    } catch (error) {
      dropped += records.length;
      lastError = `cannot write the spool ${settings.spoolDir}: ${errorText(error)}`;
    }
  }

  function scheduleRetry(): void {
    if (retryTimer !== null || replaying || state === "stopped") return;
    const waitMs = retryWaitMs * (0.75 + Math.random() * 0.5);
    retryWaitMs = Math.min(retryWaitMs * 2, retryMaxMs);
    retryTimer = setTimeout(() => {
      retryTimer = null;
      void replaySpool();
    }, waitMs);
    retryTimer.unref();
  }

  /** Sends the spool, oldest first; the first batch is the probe that tells whether the server is back. */
  async function replaySpool(): Promise<void> {
    if (replaying || state === "stopped") return;
    replaying = true;
    let complete = true;
    try {
      for (const file of listSpool()) {
        complete = await replayFile(file);
        if (!complete) break;
      }
    } catch (error) {
      complete = false;
      lastError = `cannot read the spool ${settings.spoolDir}: ${errorText(error)}`;
    } finally {
      replaying = false;
    }
    if (complete) {
      retryWaitMs = retryMinMs;
      setState("ok");
      if (listSpool().length > 0) scheduleRetry();
    } else scheduleRetry();
  }

  function listSpool(): readonly string[] {
    if (!fs.existsSync(settings.spoolDir)) return [];
    const files = fs.readdirSync(settings.spoolDir).filter((file) => file.endsWith(".jsonl"));
    // Files set aside by an earlier replay come first.
    return files.toSorted(
      (left, right) => Number(isSetAside(right)) - Number(isSetAside(left)) || (left < right ? -1 : 1),
    );
  }

  async function replayFile(file: string): Promise<boolean> {
    const stream = streamOf(file);
    const source = path.join(settings.spoolDir, file);
    // New records go to a new file while this one is sent.
    const aside = isSetAside(file) ? source : path.join(settings.spoolDir, `${stream}.${Date.now()}.replay.jsonl`);
    if (aside !== source) fs.renameSync(source, aside);
    let batch: string[] = [];
    let doneLines = 0;
    let isAway = false;
    const sendBatch = async (): Promise<void> => {
      if (batch.length === 0) return;
      const outcome = await send(stream, `[${batch.join(",")}]`);
      if (outcome.kind === "away") {
        lastError = outcome.error;
        isAway = true;
        return;
      }
      if (outcome.kind === "refused") {
        dropped += batch.length;
        lastError = outcome.error;
      }
      doneLines += batch.length;
      setState("ok");
      batch = [];
    };
    const input = fs.createReadStream(aside);
    const rest = `${aside}.tmp`;
    fs.rmSync(rest, { force: true });
    const keepBatch = (): void => {
      fs.appendFileSync(rest, batch.map((line) => `${line}\n`).join(""), { mode: 0o600 });
      batch = [];
    };
    try {
      for await (const line of readline.createInterface({ input, crlfDelay: Infinity })) {
        if (parseJson(line) === undefined) continue;
        batch.push(line);
        if (batch.length < REPLAY_BATCH_COUNT) continue;
        if (!isAway) await sendBatch();
        // Nothing of the file was taken: it stays as it is. Else the rest is copied in parts, never held as a whole.
        if (isAway && doneLines === 0) break;
        if (isAway) keepBatch();
      }
      if (!isAway) await sendBatch();
    } finally {
      input.destroy();
    }
    if (isAway && doneLines > 0) keepBatch();
    const failed = isAway;
    spooledCounts.set(stream, Math.max(0, (spooledCounts.get(stream) ?? 0) - doneLines));
    if (!failed) fs.rmSync(aside, { force: true });
    else if (doneLines > 0) fs.renameSync(rest, aside);
    spoolBytes = measureSpool();
    if (failed) setState("away");
    return !failed;
  }

  function measureSpool(): number {
    return listSpool().reduce((sum, file) => sum + fs.statSync(path.join(settings.spoolDir, file)).size, 0);
  }

  function readSpoolAtStart(): void {
    try {
      for (const file of listSpool()) {
        const stream = streamOf(file);
        spooledCounts.set(stream, (spooledCounts.get(stream) ?? 0) + countLines(path.join(settings.spoolDir, file)));
      }
      spoolBytes = measureSpool();
    } catch (error) {
      lastError = `cannot read the spool ${settings.spoolDir}: ${errorText(error)}`;
    }
  }

  async function flush(): Promise<void> {
    await Promise.all(
      [...buffers].map(async ([stream, buffer]) => {
        await inFlight.get(stream);
        if (buffer.length > 0) await startSending(stream);
      }),
    );
  }

  readSpoolAtStart();
  if (spooledCounts.size > 0) void replaySpool();
  const timer = setInterval(() => void flush(), flushEveryMs);
  timer.unref();

  return {
    emit(stream, record) {
      if (state === "stopped") {
        dropped += 1;
        return;
      }
      const buffer = buffers.get(stream) ?? [];
      buffers.set(stream, buffer);
      buffer.push(record);
      if (buffer.length > maxBufferedCount) spool(stream, buffer.splice(batchCount));
      else if (buffer.length >= batchCount) void startSending(stream);
    },
    status: () => ({
      state,
      sinceWallMs,
      buffered: bufferedCount(),
      spooled: [...spooledCounts.values()].reduce((sum, count) => sum + count, 0),
      dropped,
      sent,
      lastError,
    }),
    flush,
    async stop(limitMs = STOP_LIMIT_MS) {
      clearInterval(timer);
      if (retryTimer !== null) clearTimeout(retryTimer);
      const limit = new Promise<void>((resolve) => {
        setTimeout(resolve, limitMs).unref();
      });
      await Promise.race([flush(), limit]);
      setState("stopped");
      aborts.abort();
      await Promise.all(inFlight.values());
      for (const [stream, buffer] of buffers) spool(stream, buffer.splice(0));
    },
  };
}

function streamOf(file: string): string {
  return file.split(".")[0] ?? "";
}

/** In parts: a spool of an hour without the store is larger than a process may be. */
function countLines(file: string): number {
  const descriptor = fs.openSync(file, "r");
  const part = Buffer.alloc(64 * 1024);
  let count = 0;
  try {
    for (let size = fs.readSync(descriptor, part); size > 0; size = fs.readSync(descriptor, part)) {
      for (let at = part.indexOf(LINE_END); at !== -1 && at < size; at = part.indexOf(LINE_END, at + 1)) count += 1;
    }
  } finally {
    fs.closeSync(descriptor);
  }
  return count;
}

function isSetAside(file: string): boolean {
  return file.endsWith(".replay.jsonl");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A torn last line of a spool, or an answer that is no JSON: the caller sees undefined.
    return undefined;
  }
}
