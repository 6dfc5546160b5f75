// A chain with a real Uniswap V3 pool, an endpoint of it that can refuse methods, and everything a rehearsal needs to try plans there.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { concatHex, encodeAbiParameters, encodeFunctionData, parseAbi, parseAbiParameters, parseEther } from "viem";
import { FAMILY_ACTIONS } from "@/lib/actions/families";
import type { QuoteEvidence } from "@/lib/api/signer-contract";
import { err } from "@/lib/errors/result";
import { SourceError } from "@/lib/errors/tidegate-error";
import { layOut, type StepGroup } from "@/lib/plan/plan-grants";
import { planSchema, type Plan, type Step } from "@/lib/plan/plan";
import { findPoolRef, type PoolRef } from "@/lib/registry/pool-ref";
import { registrySchema, type Registry } from "@/lib/registry/schema";
import type { Address, Hex } from "@/lib/units";
import { DEVNET_CHAIN_ID } from "@/server/devnet/chain/client";
import { compileContracts } from "@/server/devnet/chain/compile";
import type { OrderTarget } from "@/server/devnet/chain/families/family-kit";
import { uniswapV3Kit } from "@/server/devnet/chain/families/uniswap-v3";
import { FAMILY_ADAPTERS } from "@/server/execution/adapters/registry";
import { createChainClients, type ChainClient, type ChainClients } from "@/server/infra/chain/clients";
import { openStage } from "@/server/rehearsal/open-stage";
import type { RehearsalDeps } from "@/server/rehearsal/ports";
import { startKitChain, type KitChain } from "./kit-chain";

const rootDir = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");
const CONTRACTS = "tests/support/contracts/turned-token.sol";
const Q96 = 2 ** 96;
const METHOD_NOT_FOUND = -32_601;
export const LAB_CHAIN = DEVNET_CHAIN_ID;
export const LAB_PAIR = "LOW-USDC";
export const LAB_PRICE = 2_500;
export const ONE_BASE = 10n ** 18n;
export const ONE_QUOTE = 10n ** 6n;
const tokenAbi = parseAbi(["function mint(address to, uint256 value)"]);

export interface RehearsalLab {
  readonly chain: KitChain;
  readonly ref: PoolRef;
  readonly target: OrderTarget;
  readonly registry: Registry;
  /** The chain itself. */
  readonly url: string;
  /** The same chain through an endpoint that answers -32601 to every method in `refused`. */
  readonly chaosUrl: string;
  readonly refused: Set<string>;
  /** One block at a time: the chain's clock moves with each. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  client(url: string): ChainClient;
  clients(url: string): ChainClients;
  fund(wallet: Address): Promise<void>;
  /** Creates one of the contracts beside this file. */
  create(name: string, args?: Hex): Promise<Address>;
  planOf(groups: readonly StepGroup[], change?: Partial<Pick<Plan, "kind" | "configVersion">>): Promise<Plan>;
  mintGroup(amounts?: { readonly base: bigint; readonly quote: bigint }): Promise<StepGroup>;
  swapGroup(amountInRaw: bigint, minAmountOutRaw: bigint): StepGroup;
  rehearsalDeps(url: string, wallet: Address): RehearsalDeps;
  stop(): Promise<void>;
}

export async function startRehearsalLab(): Promise<RehearsalLab> {
  const cacheDir = mkdtempSync(join(tmpdir(), "tidegate-rehearsal-"));
  const chain = await startKitChain();
  const url = String(chain.client.transport.url);
  let turn: Promise<unknown> = Promise.resolve();
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work, work);
    turn = result.catch(() => undefined);
    return result;
  };
  const sources = { [CONTRACTS]: readFileSync(join(rootDir, CONTRACTS), "utf8") };
  const compiled = await compileContracts({ rootDir, cacheDir, sources });

  const deployed = await uniswapV3Kit.deploy(chain.context);
  const [token0, token1] = [chain.low.address, chain.quote.address];
  const sqrtPriceX96 = BigInt(Math.round(Math.sqrt(LAB_PRICE / 1e12) * Q96));
  const ref = await deployed.createPool({ token0, token1, feePips: 500, tickSpacing: 10, binStep: null, sqrtPriceX96 });
  const target = deployed.orderTarget(ref);
  for (const token of [token0, token1]) await chain.approve(token, ref.contracts.positionManager);
  const middle = Math.floor(Math.log(LAB_PRICE / 1e12) / Math.log(1.0001) / 10) * 10;
  const deep = FAMILY_ACTIONS[ref.family].encodeMint(ref, {
    tickLower: middle - 5_000,
    tickUpper: middle + 5_000,
    amount0DesiredRaw: 1_000n * ONE_BASE,
    amount1DesiredRaw: 2_500_000n * ONE_QUOTE,
    amount0MinRaw: 0n,
    amount1MinRaw: 0n,
    liquidityRaw: null,
    recipient: chain.user,
    deadlineSec: chain.deadlineSec(),
    bins: null,
  });
  await chain.send("Deep liquidity", [{ to: deep.to, data: deep.data, from: chain.user }]);

  const registry = registrySchema.parse({
    version: 1,
    chains: [
      {
        id: LAB_CHAIN,
        name: "Bare",
        nativeSymbol: "ETH",
        nativeDecimals: 18,
        wrappedNative: chain.context.weth,
        blockTimeMs: 400,
        geckoSlug: null,
        explorer: null,
        multicall3: chain.context.weth,
        permit2: chain.context.permit2,
        lifiDiamond: null,
        feeModel: "eip1559",
        softDepth: 1,
        settle: { tag: "depth", depth: 1 },
        isLocal: true,
      },
    ],
    tokens: [
      { chainId: LAB_CHAIN, symbol: "USDC", address: token1, decimals: 6, kind: "native" },
      { chainId: LAB_CHAIN, symbol: "LOW", address: token0, decimals: 18, kind: "native" },
    ],
    dexes: [deployed.dex],
    pools: [
      {
        pair: LAB_PAIR,
        chainId: LAB_CHAIN,
        dex: ref.dexId,
        id: ref.pool,
        tokens: ["LOW", "USDC"],
        fee: 500,
        tickSpacing: 10,
      },
    ],
    pairs: [{ id: LAB_PAIR, base: "LOW", quote: "USDC", sources: [{ venue: "binance", base: "ETH", quote: "USDC" }] }],
  });

  const refused = new Set<string>();
  const chaos = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const call: { id: number; method: string } = JSON.parse(body);
      response.setHeader("content-type", "application/json");
      if (refused.has(call.method)) {
        const error = { code: METHOD_NOT_FOUND, message: `the method ${call.method} does not exist/is not available` };
        response.end(JSON.stringify({ jsonrpc: "2.0", id: call.id, error }));
        return;
      }
      const headers = { "content-type": "application/json" };
      fetch(url, { method: "POST", headers, body })
        .then((answer) => answer.text())
        .then(
          (text) => response.end(text),
          () => response.destroy(),
        );
    });
  });
  const chaosUrl = await new Promise<string>((resolve) => {
    chaos.listen(0, "127.0.0.1", () => {
      const address = chaos.address();
      resolve(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
    });
  });

  const clients = (at: string): ChainClients =>
    createChainClients({
      chains: registry.chains,
      rpcOverrides: { [String(LAB_CHAIN)]: [at] },
      wallNowMs: Date.now,
      // The chain's own clock stands where the test leaves it: no head is ever too old.
      marketNowMs: () => 0,
    });
  const client = (at: string): ChainClient => {
    const found = clients(at).get(LAB_CHAIN);
    if (!found.ok) throw found.error;
    return found.value;
  };
  let epoch = 0;
  const live = () => FAMILY_ADAPTERS[ref.family].reads.readPool(lookAt(client(url)), ref, "latest");

  const lab: RehearsalLab = {
    chain,
    ref,
    target,
    registry,
    url,
    chaosUrl,
    refused,
    exclusive,
    client,
    clients,
    async fund(wallet) {
      await chain.client.setBalance({ address: wallet, value: parseEther("100") });
      await exclusive(() =>
        chain.send(
          "Funding the wallet",
          [chain.low, chain.quote].map(({ address, decimals }) => ({
            to: address,
            data: encodeFunctionData({
              abi: tokenAbi,
              functionName: "mint",
              args: [wallet, 100_000n * 10n ** BigInt(decimals)],
            }),
          })),
        ),
      );
    },
    async create(name, args = "0x") {
      const code = compiled[name];
      if (code === undefined) throw new Error(`no compiled contract ${name}`);
      const [receipt] = await exclusive(() => chain.send(`Creating ${name}`, [{ data: concatHex([code, args]) }]));
      if (typeof receipt?.contractAddress !== "string") throw new Error(`${name} was not created`);
      return receipt.contractAddress;
    },
    async planOf(groups, change = {}) {
      epoch += 1;
      const { tick, liquidityRaw } = await live();
      const none = { feesUsdPerDayBefore: 0, feesUsdPerDayAfter: 0, lvrUsdPerDayAfter: 0, gainUsdPerYear: 0 };
      const costs = { gasUsd: 0, swapFeeUsd: 0, slippageUsd: 0, costUsd: 0, paybackDays: null };
      return planSchema.parse({
        version: 1,
        pairId: LAB_PAIR,
        epoch,
        kind: "PRA",
        reason: "test",
        origin: { kind: "strategy" },
        configVersion: 0,
        blocks: [],
        notionalUsd: 5_000,
        base: { symbol: "LOW", decimals: 18, address: token0 },
        quote: { symbol: "USDC", decimals: 6, address: token1 },
        before: [],
        after: [],
        forecast: { ...none, ...costs, net7dUsd: 0, net7dLowUsd: 0, net7dHighUsd: 0 },
        bounds: {
          referencePrice: LAB_PRICE,
          maxPriceMoveFrac: 0.01,
          maxSlippageBps: 50,
          deadlineSec: 120,
          maxPlanAgeMs: 3_600_000,
          poolTicks: [{ pool: ref.pool, tick, maxTickMove: 100 }],
          poolLiquidity: [{ pool: ref.pool, liquidityRaw: liquidityRaw.toString(), minFrac: 0.5 }],
          maxFeePerGasWei: [],
        },
        steps: layOut(groups).map((step) => wire(step)),
        ...change,
      });
    },
    async mintGroup({ base, quote } = { base: ONE_BASE, quote: 2_500n * ONE_QUOTE }) {
      const { tick } = await live();
      const center = Math.floor(tick / 10) * 10;
      const step: Extract<Step, { kind: "mint" }> = {
        kind: "mint",
        chainId: LAB_CHAIN,
        family: ref.family,
        pool: ref.pool,
        positionManager: ref.contracts.positionManager,
        token0,
        token1,
        feePips: 500,
        tickSpacing: 10,
        tickLower: center - 600,
        tickUpper: center + 600,
        amount0MaxRaw: base,
        amount1MaxRaw: quote,
        maxSlippageBps: 50,
      };
      const amounts = { amount0Raw: base, amount1Raw: quote };
      const grants = FAMILY_ACTIONS[ref.family].mintGrants(ref, amounts);
      return {
        step,
        grants: grants.map((grant) => ({ grant, amountRaw: grant.token === token0 ? base : quote })),
      };
    },
    swapGroup(amountInRaw, minAmountOutRaw) {
      const router = ref.contracts.swapRouter;
      if (router === null) throw new Error("the test pool has no router");
      const step: Extract<Step, { kind: "swap" }> = {
        kind: "swap",
        chainId: LAB_CHAIN,
        provider: "pool",
        router,
        pool: ref.pool,
        tokenIn: token0,
        tokenOut: token1,
        amountInRaw,
        minAmountOutRaw,
      };
      return { step, grants: [{ grant: { kind: "erc20", token: token0, spender: router }, amountRaw: amountInRaw }] };
    },
    rehearsalDeps: (at, wallet) => ({
      wallet,
      wallNowMs: Date.now,
      findPool: (chainId, pool) => findPoolRef(registry, chainId, pool),
      readsOf: (family) => FAMILY_ADAPTERS[family].reads,
      openStage: (chainId) => {
        if (chainId !== LAB_CHAIN) throw new Error(`the lab has no chain ${chainId}`);
        return openStage(client(at), wallet);
      },
      fetchSwapQuote: async () => noQuote(),
      fetchBridgeQuote: async () => noQuote(),
    }),
    async stop() {
      await new Promise((resolve) => {
        chaos.close(resolve);
        chaos.closeAllConnections();
      });
      await chain.stop();
      rmSync(cacheDir, { recursive: true, force: true });
    },
  };
  return lab;
}

/** Arguments of the token that turns: what it keeps of each transfer, and whom it makes give an unasked token. */
export function turnedArgs(decimals: number, keptBps: number, stray: Address): Hex {
  return encodeAbiParameters(parseAbiParameters("uint8, uint256, address"), [decimals, BigInt(keptBps), stray]);
}

function lookAt(client: ChainClient): Parameters<(typeof FAMILY_ADAPTERS)["uniswap-v3"]["reads"]["readPool"]>[0] {
  return {
    async call({ to, data }, block) {
      const answer = await client.call("a look", (reader) =>
        reader.call({ to, data, ...(typeof block === "bigint" ? { blockNumber: block } : { blockTag: block }) }),
      );
      if (!answer.ok) throw answer.error;
      return answer.value.data ?? "0x";
    },
    readLogs: async () => [],
  };
}

function noQuote() {
  return err<SourceError>(new SourceError({ code: "unreachable", retryable: true, message: "nobody quotes here" }));
}

function wire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each)));
}

/** A bridge's quote that only says what it promises to bring. */
export function bridgeEvidence(to: Address, toAmountMinRaw: bigint): QuoteEvidence {
  return {
    fetchedAtMs: Date.now(),
    tool: "test",
    to,
    approvalAddress: to,
    data: "0x",
    valueRaw: 0n,
    toAmountMinRaw,
    cexPrice: LAB_PRICE,
    poolPrice: LAB_PRICE,
  };
}
