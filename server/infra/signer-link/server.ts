// Listening side of a signer socket: private socket file, hello, typed dispatch; one bad frame ends only its own connection.
import { chmodSync, lstatSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { helloSchema, requestFrameSchema, type SignerErrorWire } from "@/lib/api/signer-contract";
import { err, ok, type Result } from "@/lib/errors/result";
import { ConfigError, errorText } from "@/lib/errors/tidegate-error";
import type { Hex } from "@/lib/units";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import { createFrameDecoder, encodeFrame } from "./frame";
import {
  decodeWire,
  encodeWire,
  type MethodName,
  type MethodParams,
  type MethodResult,
  type MethodTable,
} from "./methods";
import { signerErrorToWire, signerRefusal } from "./signer-error";

interface LinkPeer {
  readonly peer: string;
  readonly connectionId: number;
}

export type LinkHandlers<T extends MethodTable> = {
  readonly [M in MethodName<T>]: (
    params: MethodParams<T, M>,
    peer: LinkPeer,
  ) => Promise<Result<MethodResult<T, M>, SignerErrorWire>>;
};

export interface LinkServerSettings<T extends MethodTable> {
  readonly socketPath: string;
  readonly deploymentId: Hex;
  /** Our name in the hello, for example `signer`. */
  readonly peer: string;
  readonly methods: T;
  readonly handlers: LinkHandlers<T>;
  readonly log: Logger;
  readonly maxConnections?: number;
  /** Called with what a handler threw; the caller got `internal`. */
  readonly onInternalError: (error: unknown, method: string) => void;
}

export interface LinkServer {
  connectionCount(): number;
  /** Stops accepting and ends every connection; the socket file is removed. */
  close(): Promise<void>;
}

/** 40 pairs, API, CLI and supervisor, with room; choice. */
const MAX_CONNECTIONS = 256;
/** Requests of one connection that may be open at once; choice. */
const MAX_IN_FLIGHT = 256;
/** Answers a connection may leave unread before it is ended; choice. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;
const HELLO_TIMEOUT_MS = 3_000;
const PROBE_TIMEOUT_MS = 500;
const SOCKET_MODE = 0o600;

export async function startLinkServer<T extends MethodTable>(
  settings: LinkServerSettings<T>,
): Promise<Result<LinkServer, ConfigError>> {
  const cleared = await clearStaleSocket(settings.socketPath);
  if (!cleared.ok) return cleared;
  const sockets = new Set<Socket>();
  let connectionId = 0;

  const server = createServer((socket) => {
    connectionId += 1;
    serve(socket, connectionId);
  });
  server.maxConnections = settings.maxConnections ?? MAX_CONNECTIONS;
  server.on("drop", () => {
    settings.log.warn("signer.connection-dropped", { socket: settings.socketPath, limit: server.maxConnections });
  });

  function serve(socket: Socket, id: number): void {
    sockets.add(socket);
    const decoder = createFrameDecoder();
    let peer: LinkPeer | null = null;
    let inFlight = 0;

    function refuseConnection(reason: string): void {
      settings.log.warn("signer.connection-refused", { connectionId: id, peer: peer?.peer ?? null, reason });
      socket.destroySoon();
    }

    function send(value: unknown): boolean {
      const frame = encodeFrame(value);
      if (!frame.ok) return false;
      if (socket.destroyed) return true;
      socket.write(frame.value);
      if (socket.writableLength > MAX_UNREAD_BYTES) {
        settings.log.warn("signer.connection-refused", {
          connectionId: id,
          peer: peer?.peer ?? null,
          reason: `it leaves more than ${MAX_UNREAD_BYTES} bytes of answers unread`,
        });
        socket.destroy();
      }
      return true;
    }

    const helloTimer = setTimeout(() => refuseConnection(`no hello within ${HELLO_TIMEOUT_MS} ms`), HELLO_TIMEOUT_MS);
    send({ protocol: 1, deploymentId: settings.deploymentId, peer: settings.peer });

    function acceptHello(frame: unknown): void {
      const hello = helloSchema.safeParse(frame);
      if (!hello.success) return refuseConnection("the first frame is no hello of protocol 1");
      if (hello.data.deploymentId.toLowerCase() !== settings.deploymentId.toLowerCase()) {
        return refuseConnection(
          `${hello.data.peer} is of deployment ${hello.data.deploymentId}, this signer serves ${settings.deploymentId}`,
        );
      }
      clearTimeout(helloTimer);
      peer = { peer: hello.data.peer, connectionId: id };
    }

    async function acceptRequest(frame: unknown, from: LinkPeer): Promise<void> {
      const request = requestFrameSchema.safeParse(frame);
      if (!request.success) return refuseConnection("a frame is no request {id, method, params}");
      const { id: requestId, method, params } = request.data;
      inFlight += 1;
      const answer: Result<unknown, SignerErrorWire> =
        inFlight > MAX_IN_FLIGHT
          ? err(
              signerRefusal(
                "bad_request",
                `More than ${MAX_IN_FLIGHT} calls are open on one connection; wait for answers first.`,
                { limit: MAX_IN_FLIGHT },
                { retryable: true },
              ),
            )
          : await dispatch(settings, method, params, from);
      inFlight -= 1;
      const sent = answer.ok
        ? send({ id: requestId, ok: true, result: answer.value })
        : send({ id: requestId, ok: false, error: answer.error });
      if (!sent) {
        send({
          id: requestId,
          ok: false,
          error: signerRefusal(
            "bad_request",
            `The answer to ${method} is over the frame limit; ask for fewer entries.`,
          ),
        });
      }
    }

    socket.on("data", (chunk) => {
      const frames = decoder.push(chunk);
      if (!frames.ok) return refuseConnection(frames.error.message);
      for (const frame of frames.value) {
        if (socket.destroyed || socket.writableEnded) return;
        if (peer === null) acceptHello(frame);
        else void acceptRequest(frame, peer);
      }
    });
    socket.on("error", (error) => {
      settings.log.debug("signer.connection-error", { connectionId: id, reason: errorText(error) });
    });
    socket.on("close", () => {
      clearTimeout(helloTimer);
      sockets.delete(socket);
    });
  }

  const listening = await new Promise<Result<null, ConfigError>>((resolve) => {
    server.once("error", (error) => resolve(err(cannotListen(settings.socketPath, error))));
    server.listen(settings.socketPath, () => {
      chmodSync(settings.socketPath, SOCKET_MODE);
      resolve(ok(null));
    });
  });
  if (!listening.ok) return listening;
  return ok({
    connectionCount: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroySoon();
      }),
  });
}

async function dispatch<T extends MethodTable>(
  settings: LinkServerSettings<T>,
  method: string,
  wire: unknown,
  peer: LinkPeer,
): Promise<Result<unknown, SignerErrorWire>> {
  const name = methodName(settings.methods, method);
  if (name === null) {
    return err(
      signerRefusal(
        "unknown_method",
        `There is no method ${method.slice(0, 60)} on this socket; it has ${Object.keys(settings.methods).join(", ")}.`,
      ),
    );
  }
  try {
    return await run(settings, name, wire, peer);
  } catch (error) {
    settings.onInternalError(error, method);
    return err(signerErrorToWire(null));
  }
}

async function run<T extends MethodTable, M extends MethodName<T>>(
  settings: LinkServerSettings<T>,
  method: M,
  wire: unknown,
  peer: LinkPeer,
): Promise<Result<unknown, SignerErrorWire>> {
  const schemas: T[M] = settings.methods[method];
  const params = decodeWire<T[M]["params"]>(schemas.params, wire);
  if (!params.ok) return err(signerRefusal("bad_request", `Parameters of ${method} are wrong: ${params.error}.`));
  const answer = await settings.handlers[method](params.value, peer);
  if (!answer.ok) return err(signerErrorToWire(answer.error));
  const result = encodeWire<T[M]["result"]>(schemas.result, answer.value);
  if (!result.ok) {
    settings.onInternalError(new TypeError(`the answer does not fit the contract: ${result.error}`), method);
    return err(signerErrorToWire(null));
  }
  return ok(result.value);
}

function methodName<T extends MethodTable>(methods: T, method: string): MethodName<T> | null {
  const isKnown = (name: string): name is MethodName<T> => Object.hasOwn(methods, name);
  return isKnown(method) ? method : null;
}

/** A file left by a killed signer is removed; a socket that answers belongs to a living one. */
async function clearStaleSocket(path: string): Promise<Result<null, ConfigError>> {
  let stat;
  try {
    stat = lstatSync(path);
  } catch {
    // Nothing there is the normal case; every other trouble shows when listening.
    return ok(null);
  }
  if (!stat.isSocket()) {
    return err(
      new ConfigError({
        code: "conflict",
        message: `${path} exists and is no socket. Find out what it is, remove it, and start again.`,
        retryable: false,
      }),
    );
  }
  const isAlive = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    const end = (alive: boolean): void => {
      clearTimeout(timer);
      probe.destroy();
      resolve(alive);
    };
    const timer = setTimeout(() => end(true), PROBE_TIMEOUT_MS);
    probe.on("connect", () => end(true));
    probe.on("error", () => end(false));
  });
  if (isAlive) {
    return err(
      new ConfigError({
        code: "conflict",
        message: `Another signer answers at ${path}. One data directory has one signer: stop the other one first.`,
        retryable: false,
      }),
    );
  }
  rmSync(path, { force: true });
  return ok(null);
}

function cannotListen(path: string, error: unknown): ConfigError {
  return new ConfigError({
    code: "unwritable",
    message: `The signer cannot listen at ${path} (${errorText(error)}). Check the directory's owner and free space.`,
    retryable: false,
    cause: error,
  });
}
