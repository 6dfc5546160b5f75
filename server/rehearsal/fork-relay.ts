// What a local fork reads its chain through: our own endpoints behind a loopback address, reads only, so that no key of an endpoint is in any argument list.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";
import type { ChainClient } from "@/server/infra/chain/clients";

/** All that a fork needs of the chain it copies; nothing here changes anything. */
const READ_METHODS: ReadonlySet<string> = new Set([
  "eth_blockNumber",
  "eth_chainId",
  "eth_gasPrice",
  "eth_getAccount",
  "eth_getAccountInfo",
  "eth_getBalance",
  "eth_getBlockByHash",
  "eth_getBlockByNumber",
  "eth_getCode",
  "eth_getProof",
  "eth_getStorageAt",
  "eth_getTransactionByHash",
  "eth_getTransactionCount",
  "eth_getTransactionReceipt",
  "eth_maxPriorityFeePerGas",
  "net_version",
  "web3_clientVersion",
]);
const MAX_BODY_BYTES = 1_000_000;
const METHOD_NOT_FOUND = -32_601;
const INTERNAL = -32_603;

const requestSchema = z.looseObject({
  id: z.union([z.number(), z.string(), z.null()]).default(null),
  method: z.string(),
  params: z.unknown().optional(),
});
const bodySchema = z.union([requestSchema, z.array(requestSchema).max(1_000)]);
type RelayRequest = z.output<typeof requestSchema>;

export interface ForkRelay {
  readonly url: string;
  close(): Promise<void>;
}

export async function startForkRelay(client: ChainClient): Promise<ForkRelay> {
  // Whoever does not know the path gets nothing: the machine may have other users.
  const path = `/${randomBytes(16).toString("hex")}`;
  const server = createServer((request, response) => {
    void answer(client, path, request, response);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  client: ChainClient,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "POST" || request.url !== path) {
    response.writeHead(404).end();
    return;
  }
  try {
    const body = bodySchema.parse(JSON.parse(await readBody(request)));
    const reply = Array.isArray(body)
      ? await Promise.all(body.map((each) => relay(client, each)))
      : await relay(client, body);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
  } catch (error) {
    response.writeHead(400).end(errorText(error));
  }
}

async function relay(client: ChainClient, { id, method, params }: RelayRequest): Promise<object> {
  if (!READ_METHODS.has(method)) {
    return { jsonrpc: "2.0", id, error: { code: METHOD_NOT_FOUND, message: `${method} is not relayed` } };
  }
  const result = await client.call(`${method} for a fork`, (reader) =>
    reader.request<{ Method: string; Parameters: unknown; ReturnType: unknown }>({ method, params }),
  );
  return result.ok
    ? { jsonrpc: "2.0", id, result: result.value }
    : { jsonrpc: "2.0", id, error: { code: INTERNAL, message: result.error.message } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`a request of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
      else reject(new Error("the relay of a fork got no port"));
    });
  });
}
