// Client of a signer socket: hello both ways, typed calls with a deadline, many at once, reconnects with backoff and queues nothing.
import { connect, type Socket } from "node:net";
import { controlMethods, helloSchema, intentMethods, responseFrameSchema } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { errorText } from "@/lib/errors/tidegate-error";
import type { Hex } from "@/lib/units";
import { createFrameDecoder, encodeFrame } from "./frame";
import {
  decodeWire,
  encodeWire,
  type MethodName,
  type MethodParams,
  type MethodResult,
  type MethodTable,
} from "./methods";
import { SignerError, signerErrorFromWire } from "./signer-error";

export interface SignerClientSettings {
  readonly socketPath: string;
  readonly deploymentId: Hex;
  /** Shown in the signer's log, for example `worker WETH-USDC`. */
  readonly peer: string;
  /** Longest wait for an answer; `op.wait` adds its own waitMs. */
  readonly timeoutMs: number;
}

interface SignerLinkStatus {
  readonly state: "idle" | "connecting" | "ready" | "away" | "refused" | "closed";
  readonly sinceWallMs: number;
  readonly lastError: string | null;
}

export interface SignerClient<T extends MethodTable> {
  call<M extends MethodName<T>>(
    method: M,
    params: MethodParams<T, M>,
    options?: { readonly timeoutMs?: number },
  ): Promise<Result<MethodResult<T, M>, SignerError>>;
  status(): SignerLinkStatus;
  /** True when the signer answered the hello within the limit. */
  waitReady(timeoutMs: number): Promise<boolean>;
  close(): void;
}

export type IntentClient = SignerClient<typeof intentMethods>;
export type ControlClient = SignerClient<typeof controlMethods>;

const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 2_000;
const HELLO_TIMEOUT_MS = 3_000;

interface Pending {
  readonly settle: (answer: Result<unknown, SignerError>) => void;
}

interface Connection {
  readonly socket: Socket;
  readonly ready: Promise<Result<null, SignerError>>;
  isReady: boolean;
}

export function createIntentClient(settings: SignerClientSettings): IntentClient {
  return createSignerClient(intentMethods, settings);
}

export function createControlClient(settings: SignerClientSettings): ControlClient {
  return createSignerClient(controlMethods, settings);
}

/** Connects at the first call and again after each loss; a call during a loss fails at once with `unavailable`. */
export function createSignerClient<T extends MethodTable>(methods: T, settings: SignerClientSettings): SignerClient<T> {
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let connection: Connection | null = null;
  let status: SignerLinkStatus = { state: "idle", sinceWallMs: Date.now(), lastError: null };
  let retryAtMonoMs = 0;
  let backoffMs = RECONNECT_MIN_MS;
  let retryTimer: ReturnType<typeof setTimeout> | null = null;

  function setStatus(state: SignerLinkStatus["state"], lastError: string | null): void {
    status = { state, sinceWallMs: state === status.state ? status.sinceWallMs : Date.now(), lastError };
  }

  function failAll(reason: string): void {
    for (const entry of pending.values()) {
      entry.settle(
        err(
          new SignerError({
            code: "timeout",
            message: `The connection to the signer ended before it answered (${reason}); the outcome is unknown, read the state again.`,
            retryable: true,
          }),
        ),
      );
    }
    pending.clear();
  }

  function open(): Connection {
    setStatus("connecting", status.lastError);
    const socket = connect(settings.socketPath);
    const decoder = createFrameDecoder();
    const hello = createDeferred<Result<null, SignerError>>();
    const opened: Connection = { socket, ready: hello.promise, isReady: false };
    let lossReason = "the signer closed it";
    let isRefused = false;

    function end(reason: string): void {
      lossReason = reason;
      socket.destroy();
    }

    const helloTimer = setTimeout(
      () => end(`no hello from the signer within ${HELLO_TIMEOUT_MS} ms`),
      HELLO_TIMEOUT_MS,
    );

    function acceptHello(frame: unknown): void {
      const theirs = helloSchema.safeParse(frame);
      if (!theirs.success) {
        isRefused = true;
        return end("its first frame is no hello of protocol 1; another program or another version listens there");
      }
      if (theirs.data.deploymentId.toLowerCase() !== settings.deploymentId.toLowerCase()) {
        isRefused = true;
        return end(
          `it serves deployment ${theirs.data.deploymentId}, expected ${settings.deploymentId}; check TG_DATA_DIR of both processes`,
        );
      }
      clearTimeout(helloTimer);
      opened.isReady = true;
      backoffMs = RECONNECT_MIN_MS;
      setStatus("ready", null);
      hello.resolve(ok(null));
    }

    function acceptResponse(frame: unknown): void {
      const response = responseFrameSchema.safeParse(frame);
      if (!response.success) return end("it sent a frame that is no response");
      const entry = pending.get(response.data.id);
      // An answer after its deadline has no reader any more.
      if (entry === undefined) return;
      pending.delete(response.data.id);
      entry.settle(response.data.ok ? ok(response.data.result) : err(signerErrorFromWire(response.data.error)));
    }

    socket.on("connect", () => {
      const ours = encodeFrame({ protocol: 1, deploymentId: settings.deploymentId, peer: settings.peer.slice(0, 80) });
      if (ours.ok) socket.write(ours.value);
    });
    socket.on("data", (chunk) => {
      const frames = decoder.push(chunk);
      if (!frames.ok) return end(frames.error.message);
      for (const frame of frames.value) {
        if (opened.isReady) acceptResponse(frame);
        else acceptHello(frame);
        if (socket.destroyed) return;
      }
    });
    socket.on("error", (error) => {
      lossReason = errorText(error);
    });
    socket.on("close", () => {
      clearTimeout(helloTimer);
      if (connection === opened) connection = null;
      hello.resolve(err(unavailable(lossReason, isRefused)));
      if (opened.isReady) failAll(lossReason);
      if (status.state === "closed") return;
      setStatus(isRefused ? "refused" : "away", lossReason);
      retryAtMonoMs = performance.now() + backoffMs * (0.75 + Math.random() * 0.5);
      backoffMs = Math.min(backoffMs * 2, RECONNECT_MAX_MS);
      scheduleRetry();
    });
    return opened;
  }

  function scheduleRetry(): void {
    if (retryTimer !== null || status.state === "closed") return;
    retryTimer = setTimeout(
      () => {
        retryTimer = null;
        if (connection === null && status.state !== "closed") connection = open();
      },
      Math.max(1, retryAtMonoMs - performance.now()),
    );
    // A process that only waits for the signer may end.
    retryTimer.unref();
  }

  function unavailable(reason: string, isFinal: boolean): SignerError {
    return new SignerError({
      code: isFinal ? "wrong_deployment" : "unavailable",
      message: `The signer at ${settings.socketPath} cannot be used (${reason}). Nothing was sent; ${isFinal ? "correct the configuration" : "see that the signer runs, then try again"}.`,
      retryable: !isFinal,
    });
  }

  async function connected(): Promise<Result<Socket, SignerError>> {
    if (status.state === "closed") return err(unavailable("this client was closed", false));
    if (connection === null) {
      if (performance.now() < retryAtMonoMs) {
        return err(unavailable(status.lastError ?? "not connected", status.state === "refused"));
      }
      connection = open();
    }
    const current = connection;
    const hello = await current.ready;
    return hello.ok ? ok(current.socket) : hello;
  }

  async function call<M extends MethodName<T>>(
    method: M,
    params: MethodParams<T, M>,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<Result<MethodResult<T, M>, SignerError>> {
    const schemas: T[M] | undefined = methods[method];
    if (schemas === undefined) return err(badCall("unknown_method", `The signer has no method ${method}.`));
    const wire = encodeWire(schemas.params, params);
    if (!wire.ok) {
      return err(badCall("bad_request", `The call ${method} was not sent, its parameters are wrong: ${wire.error}.`));
    }
    const link = await connected();
    if (!link.ok) return link;
    const id = nextId;
    nextId += 1;
    const frame = encodeFrame({ id, method, params: wire.value });
    if (!frame.ok) return err(badCall("bad_request", `The call ${method} was not sent: ${frame.error.message}`));
    const timeoutMs = (options.timeoutMs ?? settings.timeoutMs) + readWaitMs(wire.value);

    const answer = await new Promise<Result<unknown, SignerError>>((resolve) => {
      const timer = setTimeout(() => {
        pending.delete(id);
        resolve(
          err(
            new SignerError({
              code: "timeout",
              message: `The signer did not answer ${method} within ${timeoutMs} ms; the outcome is unknown, read the state again.`,
              retryable: true,
              details: { method, timeoutMs },
            }),
          ),
        );
      }, timeoutMs);
      pending.set(id, {
        settle: (result) => {
          clearTimeout(timer);
          resolve(result);
        },
      });
      link.value.write(frame.value);
    });
    if (!answer.ok) return answer;
    const result = decodeWire<T[M]["result"]>(schemas.result, answer.value);
    return result.ok
      ? ok(result.value)
      : err(
          badCall(
            "internal",
            `The signer's answer to ${method} does not fit the contract: ${result.error}. Both sides must run the same version.`,
          ),
        );
  }

  return {
    call,
    status: () => status,
    async waitReady(timeoutMs) {
      const deadlineMonoMs = performance.now() + timeoutMs;
      while (performance.now() < deadlineMonoMs && status.state !== "closed") {
        const limit = startLimit(Math.max(1, deadlineMonoMs - performance.now()));
        const link = await Promise.race([connected(), limit.over]);
        // A timer that nobody waits for any more would keep a command alive after its work.
        limit.clear();
        if (link !== null && link.ok) return true;
        await delay(20);
      }
      return false;
    },
    close() {
      setStatus("closed", null);
      if (retryTimer !== null) clearTimeout(retryTimer);
      connection?.socket.destroy();
      failAll("this client was closed");
    },
  };
}

function badCall(code: "bad_request" | "unknown_method" | "internal", message: string): SignerError {
  return new SignerError({ code, message, retryable: false });
}

function readWaitMs(params: unknown): number {
  if (typeof params !== "object" || params === null || !("waitMs" in params)) return 0;
  return typeof params.waitMs === "number" ? params.waitMs : 0;
}

function createDeferred<V>(): { readonly promise: Promise<V>; readonly resolve: (value: V) => void } {
  let resolve: (value: V) => void = ignore;
  const promise = new Promise<V>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: (value) => resolve(value) };
}

function ignore(): void {
  // Replaced before anyone can call it: a promise runs its executor at once.
}

function delay(durationMs: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), durationMs);
  });
}

function startLimit(durationMs: number): { readonly over: Promise<null>; clear(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), durationMs);
  });
  return { over, clear: () => clearTimeout(timer) };
}
