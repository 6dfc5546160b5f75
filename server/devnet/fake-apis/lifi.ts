// Stand-in for LI.FI's service: quotes whose calldata executes through the stand-in diamonds on the devnet's chains, routes and status.
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { BRIDGES, BRIDGE_KEYS } from "@/server/devnet/market/bridge-desk";
import { TOKEN_SYMBOLS } from "@/server/devnet/market/setup";
import { quoteFor, readAsk, type Ask } from "./lifi-quote";
import { fail, nativeInfo, ok, tokenInfo, type LifiDeps } from "./lifi-shapes";
import { statusOf } from "./lifi-status";
import { replyTo, type FakeRequest, type Reply } from "./reply";

const BODY_LIMIT = 256 * 1024;
/** Calls per window as the real service counts them with a key. */
const WINDOW_MS = 60_000;
const CALLS_PER_WINDOW = 100;

export interface LifiApi {
  handle(rest: string, req: IncomingMessage, res: ServerResponse): Promise<void>;
}

export function createLifiApi(deps: LifiDeps): LifiApi {
  let window = { startedAt: performance.now(), calls: 0 };
  /** Counts the call and answers the headers; `isOver` when it is one too many. */
  const count = () => {
    const now = performance.now();
    if (now - window.startedAt >= WINDOW_MS) window = { startedAt: now, calls: 0 };
    window.calls += 1;
    const resetSec = Math.ceil((window.startedAt + WINDOW_MS - now) / 1000);
    return {
      isOver: window.calls > CALLS_PER_WINDOW,
      resetSec,
      headers: {
        "ratelimit-limit": String(CALLS_PER_WINDOW),
        "ratelimit-remaining": String(Math.max(0, CALLS_PER_WINDOW - window.calls)),
        "ratelimit-reset": String(resetSec),
      },
    };
  };
  return {
    async handle(rest, req, res) {
      const url = new URL(rest, "https://li.quest");
      const body = req.method === "POST" ? await readJson(req) : undefined;
      await replyTo(deps, { service: "lifi", url, req, res }, async (request) => {
        const limit = count();
        if (limit.isOver) {
          const headers = { ...limit.headers, "retry-after": String(limit.resetSec) };
          return { ...fail(429, 1005, "Rate limit exceeded"), headers };
        }
        const reply = await answer(deps, request, body);
        return { ...reply, headers: { ...limit.headers, ...reply.headers } };
      });
    },
  };
}

async function answer(deps: LifiDeps, request: FakeRequest, body: unknown): Promise<Reply> {
  const path = request.url.pathname.replace(/^\/v1/, "");
  switch (`${request.method} ${path}`) {
    case "GET /quote": {
      const ask = readAsk(deps, (name) => request.url.searchParams.get(name));
      return "status" in ask ? ask : quoteFor(deps, request, ask);
    }
    case "POST /advanced/routes":
      return routes(deps, request, body);
    case "POST /advanced/stepTransaction":
      return stepTransaction(deps, request, body);
    case "GET /tools":
      return tools(deps);
    case "GET /chains":
      return ok({ chains: deps.nodes.map((node) => chainInfo(deps, node)) });
    case "GET /tokens":
      return ok({
        tokens: Object.fromEntries(
          deps.nodes.map((node) => [node.setup.id, TOKEN_SYMBOLS.map((symbol) => tokenInfo(deps.path, node, symbol))]),
        ),
      });
    case "GET /status":
      return statusOf(deps, request);
    default:
      return fail(
        404,
        1003,
        `Not served by the stand-in: ${request.method} ${request.url.pathname}. It answers /quote, /advanced/routes, /advanced/stepTransaction, /tools, /chains, /tokens and /status.`,
      );
  }
}

const routesSchema = z.looseObject({
  fromChainId: z.number(),
  toChainId: z.number(),
  fromTokenAddress: z.string(),
  toTokenAddress: z.string(),
  fromAmount: z.string(),
  fromAddress: z.string().optional(),
  toAddress: z.string().optional(),
  options: z
    .looseObject({
      slippage: z.number().optional(),
      integrator: z.string().optional(),
      bridges: z
        .looseObject({ allow: z.array(z.string()).optional(), deny: z.array(z.string()).optional() })
        .optional(),
    })
    .optional(),
});

async function routes(deps: LifiDeps, request: FakeRequest, body: unknown): Promise<Reply> {
  const parsed = routesSchema.safeParse(body);
  if (!parsed.success) return fail(400, 1011, z.prettifyError(parsed.error));
  const { options, ...input } = parsed.data;
  const fields: Readonly<Record<string, string | undefined>> = {
    fromChain: String(input.fromChainId),
    toChain: String(input.toChainId),
    fromToken: input.fromTokenAddress,
    toToken: input.toTokenAddress,
    fromAmount: input.fromAmount,
    fromAddress: input.fromAddress ?? "0x0000000000000000000000000000000000000001",
    toAddress: input.toAddress ?? input.fromAddress,
    slippage: options?.slippage === undefined ? undefined : String(options.slippage),
    integrator: options?.integrator,
    allowBridges: options?.bridges?.allow?.join(","),
    denyBridges: options?.bridges?.deny?.join(","),
  };
  const ask = readAsk(deps, (name) => fields[name] ?? null);
  if ("status" in ask) return ask;
  const asks: readonly Ask[] =
    ask.from.node === ask.to.node ? [ask] : ask.bridges.map((bridge) => ({ ...ask, bridges: [bridge] }));
  const replies = await Promise.all(asks.map((one) => quoteFor(deps, request, one)));
  const steps = replies.flatMap((reply) => {
    const step = stepSchema.safeParse(reply.body);
    return step.success ? [step.data] : [];
  });
  return ok({
    routes: steps.map(({ transactionRequest: _calldata, ...step }) => ({
      id: step.id,
      fromChainId: input.fromChainId,
      toChainId: input.toChainId,
      fromAmount: step.action.fromAmount,
      toAmount: step.estimate.toAmount,
      toAmountMin: step.estimate.toAmountMin,
      fromToken: step.action.fromToken,
      toToken: step.action.toToken,
      fromAddress: step.action.fromAddress,
      toAddress: step.action.toAddress,
      tags: [],
      steps: [step],
    })),
    unavailableRoutes: { filteredOut: [], failed: [] },
  });
}

const stepSchema = z.looseObject({
  id: z.string(),
  tool: z.string(),
  action: z.looseObject({
    fromChainId: z.number(),
    toChainId: z.number(),
    fromToken: z.looseObject({ address: z.string() }),
    toToken: z.looseObject({ address: z.string() }),
    fromAmount: z.string(),
    fromAddress: z.string(),
    toAddress: z.string(),
    slippage: z.number(),
  }),
  estimate: z.looseObject({ toAmount: z.string(), toAmountMin: z.string() }),
  integrator: z.string().optional(),
});

async function stepTransaction(deps: LifiDeps, request: FakeRequest, body: unknown): Promise<Reply> {
  const parsed = stepSchema.safeParse(body);
  if (!parsed.success) return fail(400, 1011, z.prettifyError(parsed.error));
  const { action, tool, integrator } = parsed.data;
  const fields: Readonly<Record<string, string | undefined>> = {
    fromChain: String(action.fromChainId),
    toChain: String(action.toChainId),
    fromToken: action.fromToken.address,
    toToken: action.toToken.address,
    fromAmount: action.fromAmount,
    fromAddress: action.fromAddress,
    toAddress: action.toAddress,
    slippage: String(action.slippage),
    integrator,
    allowBridges: action.fromChainId === action.toChainId ? undefined : tool,
  };
  const ask = readAsk(deps, (name) => fields[name] ?? null);
  return "status" in ask ? ask : quoteFor(deps, request, ask);
}

function tools(deps: LifiDeps): Reply {
  const ids = deps.nodes.map((node) => node.setup.id);
  const supportedChains = ids.flatMap((fromChainId) =>
    ids.filter((id) => id !== fromChainId).map((toChainId) => ({ fromChainId, toChainId })),
  );
  return ok({
    exchanges: [{ key: "uniswap", name: "V3-style routers of the devnet", logoURI: "", supportedChains: ids }],
    bridges:
      deps.bridges === null
        ? []
        : BRIDGE_KEYS.map((key) => ({ key, name: BRIDGES[key].name, logoURI: "", supportedChains })),
  });
}

function chainInfo(deps: LifiDeps, { setup, deployment }: LifiDeps["nodes"][number]) {
  return {
    key: setup.geckoSlug,
    chainType: "EVM",
    name: setup.name,
    coin: "ETH",
    id: setup.id,
    mainnet: false,
    nativeToken: nativeInfo(deps.path, setup.id),
    diamondAddress: deployment.lifiDiamond,
  };
}

async function readJson(req: IncomingMessage): Promise<unknown> {
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
    // Not JSON: the schema refuses `undefined` with a message that names what is missing.
    return undefined;
  }
}
