// A second way to each chain, `/rpc/<chain id>/<endpoint>`: passes JSON-RPC on to the node, with the faults that are switched on for it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";
import { nodeOf, type ChainNode } from "@/server/devnet/chain/node";
import { answerWith, rpcCallSchema, type AskChain, type RpcAnswer, type RpcCall } from "./rpc-answers";
import type { RpcFaultBoard, RpcFaultsNow } from "./rpc-faults";

const BODY_LIMIT = 8 * 1024 * 1024;
const MEGABYTE = "f".repeat(1024 * 1024);
const upstreamSchema = z.union([
  z.object({ error: z.looseObject({ code: z.number(), message: z.string() }) }),
  z.object({ result: z.unknown() }),
]);

export interface RpcFrontDeps {
  readonly nodes: readonly ChainNode[];
  readonly faults: RpcFaultBoard;
}

/** `rest` is the part of the path behind the prefix: `901001` or `901001/second`. */
export async function handleRpcFront(
  deps: RpcFrontDeps,
  rest: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const [chain = "", endpoint = ""] = rest.split(/[/?]/);
  const node = nodeOf(deps.nodes, Number(chain));
  if (node === undefined) {
    const known = deps.nodes.map(({ setup }) => setup.id).join(", ");
    return send(res, 404, { error: `The devnet has no chain ${chain.slice(0, 40)}; it has ${known}.` });
  }
  const parsed = z.union([rpcCallSchema, z.array(rpcCallSchema).min(1)]).safeParse(await readBody(req));
  if (!parsed.success) {
    return send(res, 400, { jsonrpc: "2.0", id: null, error: { code: -32_700, message: "Parse error" } });
  }
  const calls = Array.isArray(parsed.data) ? parsed.data : [parsed.data];
  const place = { chainId: node.setup.id, endpoint };
  const taken = calls.map((call) => ({ call, faults: deps.faults.take({ ...place, method: call.method }) }));
  for (const { call, faults } of taken) if (await broke(faults, call, req, res)) return;
  const ask = askerOf(node);
  const answers = await Promise.all(taken.map(({ call, faults }) => answered(faults, call, ask)));
  const bodies = answers.map((answer, index) => ({ jsonrpc: "2.0", id: calls[index]?.id ?? null, ...answer }));
  send(res, 200, Array.isArray(parsed.data) ? bodies : bodies[0]);
}

async function answered(faults: RpcFaultsNow, call: RpcCall, ask: AskChain): Promise<RpcAnswer> {
  try {
    return await answerWith(faults, call, ask);
  } catch (error) {
    return { error: { code: -32_603, message: `The devnet's RPC front: ${errorText(error)}` } };
  }
}

/** Faults of the connection; true when the request has had its end. */
async function broke(
  faults: RpcFaultsNow,
  { id }: RpcCall,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<boolean> {
  const latency = faults.get("latency");
  if (latency !== undefined) await sleep(latency.ms);
  if (faults.has("cut")) {
    req.socket.destroy();
    return true;
  }
  const limited = faults.get("rate_limit");
  if (limited !== undefined) {
    const body = { jsonrpc: "2.0", id: null, error: { code: -32_005, message: "Too many requests" } };
    send(res, 429, body, { "retry-after": String(limited.resetSec) });
    return true;
  }
  const broken = faults.get("server_error");
  if (broken !== undefined) {
    send(res, broken.status, { error: "Service unavailable (fault switched on)" });
    return true;
  }
  if (faults.has("garbage")) {
    res.writeHead(200, { "content-type": "text/html" }).end("<html><body>maintenance</body></html>");
    return true;
  }
  const huge = faults.get("huge");
  if (huge === undefined) return false;
  res
    .writeHead(200, { "content-type": "application/json" })
    .write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":"0x`);
  for (let written = 0; written < huge.megabytes && !res.destroyed; written += 1) {
    if (!res.write(MEGABYTE)) await drained(res);
  }
  res.end('"}');
  return true;
}

/** Until the reader took what was written, or went away. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    res.once("drain", resolve);
    res.once("close", resolve);
  });
}

function askerOf(node: ChainNode): AskChain {
  return async (method, params) => {
    const response = await fetch(node.rpcUrl, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const answer = upstreamSchema.parse(await response.json());
    return "error" in answer ? { error: answer.error } : { result: answer.result };
  };
}

async function readBody(req: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > BODY_LIMIT) return undefined;
    chunks.push(bytes);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    // Not JSON: refused as such by the schema.
    return undefined;
  }
}

function send(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  res.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
