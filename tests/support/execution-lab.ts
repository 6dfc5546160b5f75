// The real signer process on the devnet with a worker's own execution over it: plans of a swap or a bridge, their quotes, and what came of them.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createPublicClient, erc20Abi, http } from "viem";
import * as z from "zod";
import type { PlanRecord, QuoteEvidence } from "@/lib/api/signer-contract";
import type { ExecutionReport } from "@/lib/epoch/execution-report";
import { ok } from "@/lib/errors/result";
import { planSchema, type Plan, type PlanWire, type StepWire } from "@/lib/plan/plan";
import { findPoolRef } from "@/lib/registry/pool-ref";
import type { Address, Hex } from "@/lib/units";
import { createBridgeQuotes } from "@/server/execution/bridge-quotes";
import { executePlan } from "@/server/execution/execute-plan";
import { createLiveReads } from "@/server/execution/live-reads";
import { createQuoteService } from "@/server/execution/swap-quotes-service";
import { createSwapQuotes } from "@/server/execution/swap-quotes";
import { createChainClients } from "@/server/infra/chain/clients";
import { wallClock } from "@/server/infra/clock";
import { createIntentClient } from "@/server/infra/signer-link/client";
import { silentLogger } from "@/server/infra/telemetry/logger-port";
import { audit, type AuditReport } from "./audit";
import { startDevnetProcess } from "./devnet-process";
import { makeSignerHome, openControl, signCommand, startSignerProcess, type SignerProcess } from "./signer-process";

export const LAB_PAIR = "WETH-USDC";
/** First and second chain of the devnet: plans act on the first, bridges go to the second. */
export const [LAB_CHAIN, LAB_FAR_CHAIN] = [901_001, 901_002] as const;
export const LAB_USDC_IN = 1_000_000_000n;
const WETH_MAX = "200000000000000000";
const USDC_MAX = "600000000";
const CAPITAL_USDC = "20000000000";
const stateSchema = z.object({ nowMs: z.number(), pairs: z.array(z.object({ id: z.string(), price: z.number() })) });
const quoteSchema = z.object({
  tool: z.string(),
  estimate: z.object({ toAmountMin: z.string(), approvalAddress: z.string() }),
  transactionRequest: z.object({ to: z.string(), data: z.string(), value: z.string() }),
});

export type ExecutionLab = Awaited<ReturnType<typeof startExecutionLab>>;

/** `endpoints`: names under which the signer reaches a chain, each with faults of its own; chains that are missing: the node itself. */
export async function startExecutionLab(options: { readonly endpoints?: ReadonlyMap<number, readonly string[]> } = {}) {
  const home = await makeSignerHome();
  const devnet = await startDevnetProcess({ seed: 7, wallet: home.wallet, chains: 3 });
  await devnet.control("POST", "/volatility", { factor: 0.1 });
  const { registry } = devnet;
  const [usdc, weth] = [tokenOn(LAB_CHAIN, "USDC"), tokenOn(LAB_CHAIN, "WETH")];
  const diamond = registry.chains.find(({ id }) => id === LAB_CHAIN)?.lifiDiamond;
  const entry = registry.pools.find(
    ({ chainId, pair, dex }) => chainId === LAB_CHAIN && pair === LAB_PAIR && dex.includes("uniswap-v3"),
  );
  const pool = findPoolRef(registry, LAB_CHAIN, entry?.id ?? "0x");
  const router = pool?.contracts.swapRouter;
  if (pool === null || diamond === null || diamond === undefined || router === null || router === undefined) {
    throw new Error("the devnet lacks its Uniswap V3 pool, its router or the diamond");
  }
  const clients = createChainClients({ chains: registry.chains, wallNowMs: Date.now, marketNowMs: () => 0 });
  const reads = createLiveReads(clients, (chainId, id) => findPoolRef(registry, chainId, id));
  const env: Record<string, string> = {
    TG_REGISTRY_FILE: devnet.registryFile,
    TG_PAIRS: LAB_PAIR,
    TG_HOME_CHAIN: String(LAB_CHAIN),
    TG_MARKET_CLOCK_URL: devnet.controlUrl,
    ...Object.fromEntries(
      [...(options.endpoints ?? [])].map(([chainId, names]) => [
        `TG_RPC_${chainId}`,
        names.map((name) => `${devnet.controlUrl}/rpc/${chainId}/${name}`).join(","),
      ]),
    ),
  };
  let signer: SignerProcess = startSignerProcess(home, { env });
  const ready = await signer.ready;
  const control = openControl(home);
  const intent = createIntentClient({
    socketPath: home.paths.intent,
    deploymentId: home.deploymentId,
    peer: "test worker",
    timeoutMs: 10_000,
  });
  let token = 0;
  let epoch = 0;

  function tokenOn(chainId: number, symbol: string): Address {
    const found = registry.tokens.find((each) => each.chainId === chainId && each.symbol === symbol);
    if (found === undefined) throw new Error(`no ${symbol} on chain ${chainId}`);
    return found.address;
  }

  function reader(chainId: number = LAB_CHAIN) {
    const url = devnet.chains.find(({ id }) => id === chainId)?.rpc ?? "";
    return createPublicClient({ transport: http(url), cacheTime: 0, pollingInterval: 50 });
  }

  async function submit(input: Parameters<typeof signCommand>[2]): Promise<void> {
    const reply = await control.call("command.submit", await signCommand(home, home.owner, input));
    if (!reply.ok) throw reply.error;
  }

  async function prices() {
    const state = stateSchema.parse(await devnet.control("GET", "/state"));
    const price = state.pairs.find(({ id }) => id === LAB_PAIR)?.price ?? 0;
    return { price, priceAtMarketMs: state.nowMs, quoteUsd: 1, nativeUsd: price };
  }

  async function openFor(): Promise<void> {
    await submit({ action: "pair.mode", target: LAB_PAIR, params: { pairId: LAB_PAIR, mode: "auto" } });
    // No WETH: what a mint needs of it has to be swapped for.
    const capital = { pairId: LAB_PAIR, chainId: LAB_CHAIN, token: usdc, amountRaw: CAPITAL_USDC };
    await submit({ action: "capital.assign", target: LAB_PAIR, params: capital });
    await lease();
  }

  async function lease(): Promise<void> {
    const leased = await intent.call("fence.lease", { pairId: LAB_PAIR, workerId: "test" });
    if (!leased.ok) throw leased.error;
    ({ token } = leased.value);
  }

  /** Approve and spend, and after a swap a mint of what comes out. */
  async function planOf(spend: StepWire): Promise<Plan> {
    epoch += 1;
    const { price } = await prices();
    const live = await reads.readPool({ chainId: LAB_CHAIN, pool: pool?.pool ?? "0x" });
    if (!live.ok) throw live.error;
    const { tick } = live.value;
    const state = await intent.call("pair.state", { pairId: LAB_PAIR });
    if (!state.ok) throw state.error;
    const none = { feesUsdPerDayBefore: 0, feesUsdPerDayAfter: 0, lvrUsdPerDayAfter: 0, gainUsdPerYear: 0, gasUsd: 0 };
    const costs = { swapFeeUsd: 0, slippageUsd: 0, costUsd: 0, paybackDays: null, net7dUsd: 0, net7dLowUsd: 0 };
    return planSchema.parse({
      version: 1,
      pairId: LAB_PAIR,
      epoch,
      kind: "PRA",
      reason: "test",
      origin: { kind: "strategy" },
      configVersion: state.value.configVersion,
      blocks: [],
      notionalUsd: 2_000,
      base: { symbol: "WETH", decimals: 18, address: weth },
      quote: { symbol: "USDC", decimals: 6, address: usdc },
      tokens: [LAB_CHAIN, LAB_FAR_CHAIN].map((chainId) => ({
        chainId,
        base: { decimals: 18, address: tokenOn(chainId, "WETH") },
        quote: { decimals: 6, address: tokenOn(chainId, "USDC") },
      })),
      before: [],
      after: [],
      forecast: { ...none, ...costs, net7dHighUsd: 0 },
      bounds: {
        referencePrice: price,
        maxPriceMoveFrac: 0.05,
        maxSlippageBps: 100,
        deadlineSec: 120,
        maxPlanAgeMs: 600_000,
        poolTicks: [{ pool: pool?.pool ?? "0x", tick, maxTickMove: 500 }],
        maxFeePerGasWei: [],
      },
      steps: [
        {
          kind: "approve",
          chainId: LAB_CHAIN,
          token: usdc,
          spender: spend.kind === "swap" ? spend.router : (diamond ?? "0x"),
          amountRaw: LAB_USDC_IN.toString(),
          forStep: 1,
        },
        spend,
        ...(spend.kind === "swap" ? mintSteps(tick) : []),
      ],
    } satisfies PlanWire);
  }

  /** Only WETH is needed by it, so that the whole of the swap is. */
  function mintSteps(tick: number): StepWire[] {
    if (pool === null) return [];
    const spacing = pool.tickSpacing ?? 60;
    const middle = Math.round(tick / spacing) * spacing;
    const { token0, token1, family } = pool;
    const { positionManager } = pool.contracts;
    const isWeth0 = token0.toLowerCase() === weth.toLowerCase();
    const max0 = isWeth0 ? WETH_MAX : USDC_MAX;
    const max1 = isWeth0 ? USDC_MAX : WETH_MAX;
    const approve = { kind: "approve", chainId: LAB_CHAIN, spender: positionManager, forStep: 4 } as const;
    return [
      { ...approve, token: token0, amountRaw: max0 },
      { ...approve, token: token1, amountRaw: max1 },
      {
        kind: "mint",
        chainId: LAB_CHAIN,
        family,
        pool: pool.pool,
        positionManager,
        token0,
        token1,
        feePips: pool.feePips ?? 500,
        tickSpacing: spacing,
        tickLower: isWeth0 ? middle + spacing * 5 : middle - spacing * 60,
        tickUpper: isWeth0 ? middle + spacing * 60 : middle - spacing * 5,
        amount0MaxRaw: max0,
        amount1MaxRaw: max1,
        maxSlippageBps: 100,
      },
    ];
  }

  await openFor();
  return {
    home,
    devnet,
    ready,
    control,
    intent,
    pool,
    router,
    diamond,
    usdc,
    weth,
    reader,
    prices,
    submit,
    token: () => token,

    rpc: (method: string, params: readonly unknown[], chainId?: number): Promise<unknown> =>
      reader(chainId).request<{ Method: string; Parameters: readonly unknown[]; ReturnType: unknown }>({
        method,
        params,
      }),

    async swapPlan(provider: "lifi" | "pool" = "lifi"): Promise<Plan> {
      const { price } = await prices();
      const outRaw = BigInt(Math.floor((Number(LAB_USDC_IN) / 1e6 / price) * 0.975 * 1e9)) * 10n ** 9n;
      return planOf({
        kind: "swap",
        chainId: LAB_CHAIN,
        provider,
        ...(provider === "pool" ? { router, pool: pool.pool } : { router: diamond }),
        tokenIn: usdc,
        tokenOut: weth,
        amountInRaw: LAB_USDC_IN.toString(),
        minAmountOutRaw: outRaw.toString(),
      });
    },

    bridgePlan: (): Promise<Plan> =>
      planOf({
        kind: "bridge",
        chainId: LAB_CHAIN,
        provider: "lifi",
        router: diamond,
        tokenIn: usdc,
        toChainId: LAB_FAR_CHAIN,
        tokenOut: tokenOn(LAB_FAR_CHAIN, "USDC"),
        amountInRaw: LAB_USDC_IN.toString(),
        minAmountOutRaw: ((LAB_USDC_IN * 975n) / 1_000n).toString(),
        bridges: ["across"],
        feeUsd: 1,
        expectedSec: 60,
      }),

    async propose(plan: Plan): Promise<PlanRecord> {
      const { priceAtMarketMs: marketAtMs } = await prices();
      const record = await intent.call("plan.propose", {
        pairId: LAB_PAIR,
        token,
        plan,
        proposedBy: "test",
        marketAtMs,
      });
      if (!record.ok) throw record.error;
      return record.value;
    },

    /** As a worker does it, with the devnet's LI.FI stand-in. */
    execute(record: PlanRecord): Promise<ExecutionReport> {
      const service = { baseUrl: devnet.lifiUrl, apiKey: null, wallNowMs: Date.now, timeoutMs: 5_000 };
      return executePlan(
        {
          signer: intent,
          quotes: createSwapQuotes(createQuoteService(service)),
          bridges: createBridgeQuotes(createQuoteService(service)),
          reads,
          readPrices: async () => ok(await prices()),
          wallet: home.wallet,
          wall: wallClock,
          sleep: (ms) => sleep(Math.min(ms, 200)),
          log: silentLogger,
        },
        { record, token, shouldStop: () => false },
      );
    },

    /** The service's answer as evidence, unchecked, as a worker that was taken over would hand it on. */
    async unchecked(kind: "swap" | "bridge"): Promise<QuoteEvidence> {
      const { price } = await prices();
      const isSwap = kind === "swap";
      const query = new URLSearchParams({
        fromChain: String(LAB_CHAIN),
        toChain: String(isSwap ? LAB_CHAIN : LAB_FAR_CHAIN),
        fromToken: usdc,
        toToken: isSwap ? weth : tokenOn(LAB_FAR_CHAIN, "USDC"),
        fromAmount: LAB_USDC_IN.toString(),
        fromAddress: home.wallet,
        toAddress: home.wallet,
        slippage: "0.01",
        integrator: "tidegate",
        ...(isSwap ? {} : { allowBridges: "across" }),
      });
      const answer: unknown = await (await fetch(`${devnet.lifiUrl}/quote?${query}`)).json();
      const { tool, estimate, transactionRequest: tx } = quoteSchema.parse(answer);
      return {
        fetchedAtMs: Date.now(),
        tool,
        to: asHex(tx.to),
        approvalAddress: asHex(estimate.approvalAddress),
        data: asHex(tx.data),
        valueRaw: BigInt(tx.value),
        toAmountMinRaw: BigInt(estimate.toAmountMin),
        cexPrice: price,
        poolPrice: price,
        ...(isSwap ? {} : { toChainId: LAB_FAR_CHAIN, bridge: "across" }),
      };
    },

    async opsOf(planId: string) {
      const record = await intent.call("plan.get", { planId });
      if (!record.ok) throw record.error;
      return record.value.ops;
    },

    /** What a router may take of the wallet's USDC; the diamond by default. */
    allowance: (spender: Address = diamond): Promise<bigint> =>
      reader().readContract({ address: usdc, abi: erc20Abi, functionName: "allowance", args: [home.wallet, spender] }),

    balanceOf: (of: Address): Promise<bigint> =>
      reader().readContract({ address: of, abi: erc20Abi, functionName: "balanceOf", args: [home.wallet] }),

    /** Ends the signer as an operator does and compares its journal with the chains. */
    async endAndAudit(): Promise<AuditReport> {
      const { exited, child } = signer;
      child.kill("SIGTERM");
      await exited;
      await devnet.control("POST", "/pause", { paused: true });
      return audit({
        journalDir: join(home.dataDir, "signer", "journal"),
        registry,
        rpcUrls: Object.fromEntries(devnet.chains.map(({ id, rpc }) => [String(id), rpc])),
        wallet: home.wallet,
      });
    },

    async restart(): Promise<void> {
      signer.child.kill("SIGTERM");
      await signer.exited;
      signer = startSignerProcess(home, { env });
      await signer.ready;
      for (const client of [intent, control]) {
        if (!(await client.waitReady(30_000)))
          throw new Error("the signer's sockets did not come back after its start");
      }
      await lease();
    },

    async stop(): Promise<void> {
      intent.close();
      control.close();
      signer.child.kill("SIGKILL");
      await signer.exited;
      await devnet.stop();
      home.remove();
    },
  };
}

export function asHex(text: string): Hex {
  return `0x${text.replace(/^0x/, "")}`;
}
