// A local HTTP server that answers what a test tells it to: garbage, cut bodies, huge bodies, redirects, silence.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export type Answer = (req: IncomingMessage, res: ServerResponse) => void;

export interface HostileServer {
  readonly url: string;
  /** Requests so far, newest last. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  answer(next: Answer): void;
  close(): Promise<void>;
}

export async function startHostileServer(): Promise<HostileServer> {
  let current: Answer = unavailable;
  const requests: { path: string; headers: IncomingMessage["headers"] }[] = [];
  const server = createServer((req, res) => {
    requests.push({ path: req.url ?? "", headers: req.headers });
    current(req, res);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    answer: (next) => {
      current = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, res) =>
    res.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

function unavailable(_: IncomingMessage, res: ServerResponse): void {
  res.writeHead(503).end("{}");
}
