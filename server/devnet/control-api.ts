// The devnet's control API and market clock over HTTP: read the state, move the market, switch faults, fund wallets.
import type { IncomingMessage, ServerResponse } from "node:http";
import { encodeFunctionData, isAddress, parseEther, parseUnits, type Address, type Hex } from "viem";
import * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";
import { tokenAbi } from "./chain/abis";
import { ANY_FEE_WEI, mineAt, queueTx, requireSuccess, type DevnetClient } from "./chain/client";
import type { ChainDeployment } from "./chain/deploy";
import type { ChainNode } from "./chain/node";
import { DevnetError } from "./devnet-error";
import { faultSchema, type FaultBoard } from "./fake-apis/faults";
import type { PoolReader } from "./fake-apis/pool-reader";
import type { RequestLog } from "./fake-apis/request-log";
import { rpcFaultSchema, type RpcFaultBoard } from "./rpc-front/rpc-faults";
import { bridgeSwitchSchema, type BridgeDesk } from "./market/bridge-desk";
import type { ChainMarket } from "./market/chain-market";
import type { ClockHub } from "./market/clock-hub";
import type { PricePath } from "./market/price-path";
import type { Simulator } from "./market/simulator";
import { ACCOUNT_ROLES, FIRST_CHAIN, PAIR_IDS, TICK_MS, TOKENS, TOKEN_SYMBOLS } from "./market/setup";
import type { VolumeBook } from "./market/volume-book";

export interface ControlDeps {
  readonly nodes: readonly ChainNode[];
  /** The market of each chain, in the order of `nodes`. */
  readonly markets: readonly ChainMarket[];
  /** Null on a single chain. */
  readonly bridges: BridgeDesk | null;
  readonly rpcFaults: RpcFaultBoard;
  readonly simulator: Simulator;
  readonly path: PricePath;
  readonly volumes: VolumeBook;
  readonly clock: ClockHub;
  readonly faults: FaultBoard;
  readonly requests: RequestLog;
  readonly reader: PoolReader;
  readonly seed: number;
  /** How this market began: fresh, or loaded from a state file. */
  readonly origin: {
    readonly kind: "fresh" | "resumed";
    readonly savedAtMs: number | null;
    readonly wasCleanStop: boolean | null;
  };
}

const BODY_LIMIT = 64 * 1024;
const pairSchema = z.enum(PAIR_IDS);
const humanAmount = z.string().regex(/^\d{1,15}(\.\d{1,18})?$/, "expected a plain decimal number as text");
const addressSchema = z.custom<Address>(
  (value) => typeof value === "string" && isAddress(value, { strict: false }),
  "expected an address",
);

/** Missing: the first chain. */
const chainIdSchema = z.number().int().default(FIRST_CHAIN.id);

export const fundSchema = z.object({
  address: addressSchema,
  tokens: z.partialRecord(z.enum(TOKEN_SYMBOLS), humanAmount).default({}),
  nativeEth: humanAmount.optional(),
});
export type FundInput = z.infer<typeof fundSchema>;
const gweiAmount = z.string().regex(/^\d{1,6}(\.\d{1,9})?$/, "expected gwei as plain decimal text");

const bodies = {
  price: z.object({ pairId: pairSchema, moveFrac: z.number().gt(-0.9).lt(9) }),
  volatility: z.object({ pairId: pairSchema.optional(), factor: z.number().min(0).max(50) }),
  volume: z.object({ pairId: pairSchema.optional(), factor: z.number().min(0).max(50) }),
  speed: z.object({ speed: z.number().min(1).max(3_600) }),
  pause: z.object({ paused: z.boolean() }),
  fund: fundSchema.extend({ chainId: chainIdSchema }),
  reorg: z.object({ depth: z.number().int().min(1).max(32), chainId: chainIdSchema }),
  chainStop: z.object({ stopped: z.boolean(), chainId: chainIdSchema }),
  chainDrop: z.object({ count: z.number().int().min(0).max(1_000), chainId: chainIdSchema }),
  chainBaseFee: z.object({
    gwei: gweiAmount,
    blocks: z.number().int().min(1).max(10_000).default(20),
    chainId: chainIdSchema,
  }),
  mine: z.object({
    steps: z.number().int().min(1).max(500).default(1),
    stepMs: z.number().int().min(TICK_MS).max(60_000).default(TICK_MS),
  }),
  ack: z.object({ seq: z.number().int().min(0), participant: z.string().min(1).max(64) }),
};

/** Answers a control request; false when the path is not one of this API. */
export async function handleControl(
  deps: ControlDeps,
  url: URL,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<boolean> {
  const route = `${req.method ?? "GET"} ${url.pathname}`;
  switch (route) {
    case "GET /clock":
      streamClock(deps, req, res);
      return true;
    case "GET /state":
      send(res, 200, await readState(deps));
      return true;
    case "GET /requests":
      send(res, 200, { counts: deps.requests.counts(), requests: deps.requests.list(url.searchParams.get("service")) });
      return true;
    case "GET /faults":
      send(res, 200, { faults: deps.faults.list() });
      return true;
    case "DELETE /faults": {
      const service = url.searchParams.get("service");
      const id = url.searchParams.get("id");
      const removed = deps.faults.remove({
        ...(service === null ? {} : { service }),
        ...(id === null ? {} : { id: Number(id) }),
      });
      send(res, 200, { removed, faults: deps.faults.list() });
      return true;
    }
    case "POST /clock/ack":
      return withBody(bodies.ack, req, res, ({ seq, participant }) => {
        deps.clock.ack(participant, seq);
        return {};
      });
    case "POST /price":
      return withBody(bodies.price, req, res, async ({ pairId, moveFrac }) => {
        const fromPrice = deps.path.price(pairId);
        await deps.simulator.exclusively(() => Promise.resolve(deps.path.move(pairId, moveFrac)));
        await deps.simulator.step(TICK_MS);
        return {
          pairId,
          fromPrice,
          toPrice: deps.path.price(pairId),
          nowMs: deps.simulator.status().nowMs,
          block: String(deps.simulator.status().blockNumber),
        };
      });
    case "POST /volatility":
      return withBody(bodies.volatility, req, res, ({ pairId, factor }) => {
        for (const id of pairId === undefined ? PAIR_IDS : [pairId]) deps.path.setVolatilityFactor(id, factor);
        return { factor };
      });
    case "POST /volume":
      return withBody(bodies.volume, req, res, ({ pairId, factor }) => {
        for (const id of pairId === undefined ? PAIR_IDS : [pairId]) deps.path.setVolumeFactor(id, factor);
        return { factor };
      });
    case "POST /faults":
      return withBody(faultSchema, req, res, (input) => ({
        fault: deps.faults.add(input, deps.simulator.status().nowMs),
      }));
    case "POST /rpc-faults":
      return withBody(rpcFaultSchema, req, res, (input) => {
        marketOf(deps, input.chainId);
        return { fault: deps.rpcFaults.add(input) };
      });
    case "GET /rpc-faults":
      send(res, 200, { faults: deps.rpcFaults.list() });
      return true;
    case "DELETE /rpc-faults": {
      const id = url.searchParams.get("id");
      const removed = deps.rpcFaults.remove(id === null ? null : Number(id));
      send(res, 200, { removed, faults: deps.rpcFaults.list() });
      return true;
    }
    case "GET /transfers":
      send(res, 200, { transfers: deps.bridges?.list() ?? [], switches: deps.bridges?.switches() ?? [] });
      return true;
    case "POST /transfers/switch":
      return withBody(bridgeSwitchSchema, req, res, (input) => ({ switch: desk(deps).addSwitch(input) }));
    case "DELETE /transfers/switch": {
      const id = url.searchParams.get("id");
      const removed = deps.bridges?.removeSwitches(id === null ? null : Number(id)) ?? 0;
      send(res, 200, { removed, switches: deps.bridges?.switches() ?? [] });
      return true;
    }
    case "POST /fund":
      return withBody(bodies.fund, req, res, async (input) => {
        await fundInBlock(deps, input);
        return { funded: input.address, chainId: input.chainId };
      });
    case "POST /speed":
      return withBody(bodies.speed, req, res, ({ speed }) => {
        deps.simulator.setSpeed(speed);
        return { speed };
      });
    case "POST /pause":
      return withBody(bodies.pause, req, res, async ({ paused }) => {
        deps.simulator.setPaused(paused ? "paused" : "running");
        // The answer comes when a step that was under way has ended: from then on nothing moves by itself.
        await deps.simulator.exclusively(() => Promise.resolve());
        return { paused };
      });
    case "POST /mine":
      return withBody(bodies.mine, req, res, async ({ steps, stepMs }) => {
        for (let done = 0; done < steps; done += 1) await deps.simulator.step(stepMs);
        return { nowMs: deps.simulator.status().nowMs, block: String(deps.simulator.status().blockNumber) };
      });
    case "POST /reorg":
      return withBody(bodies.reorg, req, res, async ({ depth, chainId }) => {
        const { client } = marketOf(deps, chainId).node;
        await deps.simulator.exclusively(() =>
          client.request<ReorgRpc>({ method: "anvil_reorg", params: [depth, []] }),
        );
        return { depth, chainId, block: String(await client.getBlockNumber()) };
      });
    case "POST /chain/stop":
      return withBody(bodies.chainStop, req, res, ({ stopped, chainId }) => {
        marketOf(deps, chainId).setStopped(stopped ? "stopped" : "mining");
        return { chainId, stopped };
      });
    case "POST /chain/drop":
      return withBody(bodies.chainDrop, req, res, ({ count, chainId }) => {
        marketOf(deps, chainId).dropTransactions(count);
        return { chainId, count };
      });
    case "POST /chain/base-fee":
      return withBody(bodies.chainBaseFee, req, res, ({ gwei, blocks, chainId }) => {
        marketOf(deps, chainId).setBaseFee(gwei, blocks);
        return { chainId, gwei, blocks };
      });
    default:
      return false;
  }
}

type ReorgRpc = { Method: "anvil_reorg"; Parameters: [number, never[]]; ReturnType: null };

/** Gives a wallet ether and tokens and mines the block that does so. */
async function fundInBlock(deps: ControlDeps, input: FundInput & { readonly chainId: number }): Promise<void> {
  const { simulator } = deps;
  const { client, deployment } = marketOf(deps, input.chainId).node;
  const hashes = await simulator.exclusively(() => queueFunding(client, deployment, input));
  await simulator.step(TICK_MS);
  await requireSuccess(client, hashes, `Funding ${input.address}`);
}

function marketOf(deps: ControlDeps, chainId: number): ChainMarket {
  const market = deps.markets.find(({ node }) => node.setup.id === chainId);
  if (market !== undefined) return market;
  throw new DevnetError({
    code: "bad_input",
    message: `The devnet has no chain ${chainId}; it has ${deps.nodes.map(({ setup }) => setup.id).join(", ")}.`,
    retryable: false,
  });
}

function desk(deps: ControlDeps): BridgeDesk {
  if (deps.bridges !== null) return deps.bridges;
  throw new DevnetError({
    code: "bad_input",
    message: "This devnet has one chain and no bridges. Start it with --chains 3.",
    retryable: false,
  });
}

/** The first chain: what every answer that names no chain is about. */
function firstNode(deps: ControlDeps): ChainNode {
  return marketOf(deps, FIRST_CHAIN.id).node;
}

/** Queues the funding transactions; the caller mines. */
export async function queueFunding(client: DevnetClient, deployment: ChainDeployment, input: FundInput) {
  const { keeper, tokens } = deployment;
  if (input.nativeEth !== undefined) {
    const held = await client.getBalance({ address: input.address });
    await client.setBalance({ address: input.address, value: held + parseEther(input.nativeEth) });
  }
  const hashes: Hex[] = [];
  for (const symbol of TOKEN_SYMBOLS) {
    const amount = input.tokens[symbol];
    if (amount === undefined || Number(amount) === 0) continue;
    const raw = parseUnits(amount, TOKENS[symbol].decimals);
    if (symbol === "WETH") {
      const held = await client.getBalance({ address: keeper });
      await client.setBalance({ address: keeper, value: held + raw });
      const deposit = encodeFunctionData({ abi: tokenAbi, functionName: "deposit" });
      hashes.push(
        await queueTx(client, {
          from: keeper,
          to: tokens.WETH,
          data: deposit,
          gas: 200_000n,
          valueWei: raw,
          maxFeePerGasWei: ANY_FEE_WEI,
        }),
      );
    }
    const data =
      symbol === "WETH"
        ? encodeFunctionData({ abi: tokenAbi, functionName: "transfer", args: [input.address, raw] })
        : encodeFunctionData({ abi: tokenAbi, functionName: "mint", args: [input.address, raw] });
    hashes.push(
      await queueTx(client, { from: keeper, to: tokens[symbol], data, gas: 200_000n, maxFeePerGasWei: ANY_FEE_WEI }),
    );
  }
  return hashes;
}

/** Funds a wallet at boot in one block at the given market time. */
export async function fundAt(
  client: DevnetClient,
  deployment: ChainDeployment,
  input: FundInput,
  atMs: number,
): Promise<void> {
  const hashes = await queueFunding(client, deployment, input);
  await mineAt(client, atMs);
  await requireSuccess(client, hashes, `Funding ${input.address}`);
}

function streamClock(deps: ControlDeps, req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  const unsubscribe = deps.clock.subscribe((tick) => {
    res.write(`${JSON.stringify(tick)}\n`);
  });
  req.once("close", unsubscribe);
}

async function readState(deps: ControlDeps): Promise<unknown> {
  const status = deps.simulator.status();
  const views = await deps.reader.read();
  const { client, deployment } = firstNode(deps);
  const accounts = await client.getAddresses();
  return {
    chainId: await client.getChainId(),
    nowMs: status.nowMs,
    now: new Date(status.nowMs).toISOString(),
    seq: status.seq,
    block: String(status.blockNumber),
    speed: { target: status.targetSpeed, real: Number(status.realSpeed.toFixed(2)) },
    paused: status.isPaused,
    shortStepReason: status.shortStepReason,
    lastFailure: status.lastFailure,
    seed: deps.seed,
    origin: deps.origin,
    pairs: PAIR_IDS.map((id) => ({
      id,
      price: deps.path.price(id),
      phase: deps.path.phase(id).name,
      phaseEndsAtMs: deps.path.phase(id).endsAtMs,
      ...deps.path.factors(id),
    })),
    pools: views.map((view) => {
      const day = deps.volumes.window(view.pool.key, status.nowMs, 86_400_000);
      return {
        key: view.pool.key,
        chainId: view.pool.chainId,
        dex: view.setup.dex,
        pair: view.pool.pairId,
        address: view.pool.address,
        baseIsToken0: view.pool.baseIsToken0,
        price: view.price,
        tick: view.tick,
        liquidity: String(view.liquidityRaw),
        reserveUsd: view.reserveUsd,
        volume24hUsd: day.usd,
        // What is not from real swaps: the part of the window before the chain's first block.
        volume24hModelledUsd: day.modelledUsd,
      };
    }),
    accounts: {
      demoOwner: accounts[ACCOUNT_ROLES.demoOwner],
      demoApprover: accounts[ACCOUNT_ROLES.demoApprover],
      simulator: [deployment.keeper, deployment.provider, deployment.trader],
    },
    contracts: { ...deployment, ...deployment.v3 },
    chains: deps.markets.map((market) => {
      const { baseFee, ...faults } = market.faults();
      return {
        id: market.node.setup.id,
        name: market.node.setup.name,
        rpc: market.node.rpcUrl,
        block: String(market.blockNumber()),
        lastForeignBlock: String(market.lastForeignBlock()),
        faults: {
          ...faults,
          baseFee: baseFee === null ? null : { wei: String(baseFee.wei), blocksLeft: baseFee.blocksLeft },
        },
        contracts: market.node.deployment,
      };
    }),
    participants: deps.clock.participants(),
    faults: deps.faults.list(),
    requests: deps.requests.counts(),
    standIns: [
      "exchange candle endpoints",
      "GeckoTerminal",
      "LI.FI service and diamond",
      "WETH, USDC and USDT tokens",
      ...new Set(
        deps.nodes.flatMap((node) => node.deployment.dexes.filter((dex) => dex.isStandIn).map(({ name }) => name)),
      ),
    ],
    rssBytes: process.memoryUsage().rss,
  };
}

async function withBody<T>(
  schema: z.ZodType<T>,
  req: IncomingMessage,
  res: ServerResponse,
  act: (body: T) => Promise<unknown> | unknown,
): Promise<true> {
  // A page in a browser cannot send this content type across origins without asking, so it cannot drive the devnet.
  if (!(req.headers["content-type"] ?? "").startsWith("application/json")) {
    send(res, 415, { error: "Send the body as content-type application/json." });
    return true;
  }
  const parsed = schema.safeParse(await readJson(req));
  if (!parsed.success) {
    send(res, 400, { error: z.prettifyError(parsed.error) });
    return true;
  }
  try {
    send(res, 200, await act(parsed.data));
  } catch (error) {
    send(res, error instanceof DevnetError ? 409 : 500, { error: errorText(error) });
  }
  return true;
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

function send(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" }).end(JSON.stringify(body));
}
