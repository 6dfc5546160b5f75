// The devnet's one HTTP server on loopback: control API at the root, the fake services and the faulty RPC endpoints under their prefixes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { errorText } from "@/lib/errors/tidegate-error";
import { DevnetError } from "./devnet-error";

export const EXCHANGE_PREFIX = "/cex/";
export const GECKO_PREFIX = "/gecko";
export const LIFI_PREFIX = "/lifi";
export const RPC_PREFIX = "/rpc/";

export interface Handlers {
  readonly exchange: (rest: string, req: IncomingMessage, res: ServerResponse) => Promise<void>;
  readonly gecko: (rest: string, req: IncomingMessage, res: ServerResponse) => Promise<void>;
  readonly lifi: (rest: string, req: IncomingMessage, res: ServerResponse) => Promise<void>;
  readonly rpc: (rest: string, req: IncomingMessage, res: ServerResponse) => Promise<void>;
  readonly control: (url: URL, req: IncomingMessage, res: ServerResponse) => Promise<boolean>;
}

export interface ListeningServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function listenHttp(port: number, handlers: Handlers): Promise<ListeningServer> {
  const server = createServer((req, res) => {
    dispatch(handlers, req, res).catch((error: unknown) => {
      if (!res.headersSent) res.writeHead(500, { "content-type": "application/json" });
      res.end(JSON.stringify({ error: errorText(error) }));
    });
  });
  server.keepAliveTimeout = 30_000;
  await listen(server, port);
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function dispatch(handlers: Handlers, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const raw = req.url ?? "/";
  if (raw.startsWith(EXCHANGE_PREFIX)) return handlers.exchange(raw.slice(EXCHANGE_PREFIX.length), req, res);
  if (raw.startsWith(`${GECKO_PREFIX}/`)) return handlers.gecko(raw.slice(GECKO_PREFIX.length), req, res);
  if (raw.startsWith(`${LIFI_PREFIX}/`)) return handlers.lifi(raw.slice(LIFI_PREFIX.length), req, res);
  if (raw.startsWith(RPC_PREFIX)) return handlers.rpc(raw.slice(RPC_PREFIX.length), req, res);
  if (await handlers.control(new URL(raw, "http://127.0.0.1"), req, res)) return;
  res.writeHead(404, { "content-type": "application/json" }).end(
    JSON.stringify({
      error: `No such endpoint: ${req.method ?? "GET"} ${raw.slice(0, 200)}. server/devnet/README.md lists them.`,
    }),
  );
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: Error) => {
      reject(
        new DevnetError({
          code: "bad_input",
          message: `The devnet cannot listen on 127.0.0.1:${port}: ${cause.message}. Choose another control port, or 0 for a free one.`,
          retryable: false,
          cause,
        }),
      );
    });
    server.listen(port, "127.0.0.1", () => resolve());
  });
}
