// Stand-in for LI.FI's quote service: same-chain swaps whose calldata executes through the stand-in diamond on the same pools.
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  concatHex,
  encodeFunctionData,
  getAddress,
  isAddress,
  isHash,
  keccak256,
  numberToHex,
  stringToHex,
  zeroAddress,
  type Address,
  type Hex,
} from "viem";
import { lifiDiamondAbi, quoterAbi, swapRouterAbi } from "@/server/devnet/chain/abis";
import { BASE_FEE_WEI, DEVNET_CHAIN_ID, type DevnetClient } from "@/server/devnet/chain/client";
import type { Deployment } from "@/server/devnet/chain/deploy";
import type { PricePath } from "@/server/devnet/market/price-path";
import { POOLS, TOKENS, TOKEN_SYMBOLS, PAIRS, type PoolSetup, type TokenSymbol } from "@/server/devnet/market/setup";
import { replyTo, type FakeDeps, type FakeRequest, type Reply } from "./reply";

export interface LifiDeps extends FakeDeps {
  readonly client: DevnetClient;
  readonly deployment: Deployment;
  readonly path: PricePath;
  /** Service fee, 1/10 000 of the sold amount. */
  readonly feeBps: number;
  /** Market seconds per wall second: the router deadline lasts a wall minute at least. */
  readonly speed: () => number;
}

const TOOL = { key: "uniswap", name: "Uniswap V3 on the devnet (stand-in service)", logoURI: "" } as const;
const SWAP_GAS = 260_000n;
/** Where the `wrong_*` faults point: an address nobody owns. */
const STRANGER: Address = "0x000000000000000000000000000000000000dEaD";

export async function handleLifi(
  deps: LifiDeps,
  rest: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  await replyTo(deps, { service: "lifi", url: new URL(rest, "https://li.quest"), req, res }, (request) =>
    answer(deps, request),
  );
}

async function answer(deps: LifiDeps, request: FakeRequest): Promise<Reply> {
  switch (request.url.pathname.replace(/^\/v1/, "")) {
    case "/quote":
      return quote(deps, request);
    case "/tools":
      return ok({ exchanges: [{ ...TOOL, supportedChains: [DEVNET_CHAIN_ID] }], bridges: [] });
    case "/chains":
      return ok({ chains: [chainInfo(deps)] });
    case "/tokens":
      return ok({ tokens: { [DEVNET_CHAIN_ID]: TOKEN_SYMBOLS.map((symbol) => tokenInfo(deps, symbol)) } });
    case "/status":
      return status(deps, request);
    default:
      return fail(
        404,
        1003,
        `Not served by the stand-in: ${request.url.pathname}. It answers /quote, /tools, /chains, /tokens and /status.`,
      );
  }
}

async function quote(deps: LifiDeps, request: FakeRequest): Promise<Reply> {
  const query = request.url.searchParams;
  const chains = [Number(query.get("fromChain")), Number(query.get("toChain"))];
  if (chains.some((id) => id !== DEVNET_CHAIN_ID)) {
    return fail(
      400,
      1011,
      `fromChain and toChain must be ${DEVNET_CHAIN_ID}: the stand-in swaps on one chain only, got ${chains.join(" and ")}.`,
    );
  }
  const from = symbolOf(deps, query.get("fromToken"));
  const to = symbolOf(deps, query.get("toToken"));
  if (from === undefined || to === undefined || from === to)
    return fail(400, 1011, "fromToken and toToken must be two different known tokens.");
  const sender = query.get("fromAddress") ?? "";
  const receiver = query.get("toAddress") ?? sender;
  if (!isAddress(sender, { strict: false }) || !isAddress(receiver, { strict: false }))
    return fail(400, 1011, "fromAddress must be an address.");
  const amountText = query.get("fromAmount") ?? "";
  if (!/^[1-9]\d{0,40}$/.test(amountText))
    return fail(400, 1011, "fromAmount must be a positive integer in token units.");
  const slippage = Number(query.get("slippage") ?? "0.005");
  if (!(slippage >= 0 && slippage < 1)) return fail(400, 1011, "slippage must be a fraction from 0 to 1.");
  if (request.fault("no_route") !== undefined || request.fault("empty") !== undefined)
    return noQuote("No route (fault switched on).");

  const fromAmount = BigInt(amountText);
  const feeAmount = (fromAmount * BigInt(deps.feeBps)) / 10_000n;
  const best = await findBestRoute(deps, from, to, fromAmount - feeAmount);
  if (best === undefined || best.amountOut === 0n) return noQuote("The pools cannot serve this amount.");
  // A stale quote is one made before the price moved: it asks for more than the pools now give, so its swap reverts.
  const toAmount = request.fault("stale") === undefined ? best.amountOut : (best.amountOut * 103n) / 100n;
  const toAmountMin = (toAmount * BigInt(Math.round((1 - slippage) * 1_000_000))) / 1_000_000n;
  const id = keccak256(stringToHex(`${request.url.href}|${deps.nowMs()}|${deps.requests.counts()["lifi"] ?? 0}`));
  const action = {
    fromChainId: DEVNET_CHAIN_ID,
    toChainId: DEVNET_CHAIN_ID,
    fromToken: tokenInfo(deps, from),
    toToken: tokenInfo(deps, to),
    fromAmount: String(fromAmount),
    slippage,
    fromAddress: getAddress(sender),
    toAddress: getAddress(receiver),
  };
  const gasWei = SWAP_GAS * BASE_FEE_WEI;
  const garbled = request.fault("wrong_data") !== undefined;
  const estimate = {
    tool: TOOL.key,
    fromAmount: String(fromAmount),
    toAmount: garbled ? "NaN" : String(toAmount),
    toAmountMin: garbled ? "-1" : String(toAmountMin),
    approvalAddress: request.fault("wrong_approval") === undefined ? deps.deployment.lifiDiamond : STRANGER,
    executionDuration: 0,
    feeCosts: [
      {
        name: "Service fee (stand-in)",
        description: "Taken from the sold token inside the swap transaction",
        percentage: String(deps.feeBps / 10_000),
        token: tokenInfo(deps, from),
        amount: String(feeAmount),
        amountUSD: usd(deps, from, feeAmount).toFixed(4),
        included: true,
      },
    ],
    gasCosts: [
      {
        type: "SEND",
        price: String(BASE_FEE_WEI),
        estimate: String(SWAP_GAS),
        limit: String((SWAP_GAS * 15n) / 10n),
        amount: String(gasWei),
        amountUSD: ((Number(gasWei) / 1e18) * deps.path.price("WETH-USDC")).toFixed(6),
        token: {
          address: zeroAddress,
          chainId: DEVNET_CHAIN_ID,
          symbol: "ETH",
          decimals: 18,
          name: "Ether",
          priceUSD: String(deps.path.price("WETH-USDC")),
        },
      },
    ],
    fromAmountUSD: usd(deps, from, fromAmount).toFixed(4),
    toAmountUSD: usd(deps, to, toAmount).toFixed(4),
  };
  const data = await swapCalldata(deps, request, {
    id,
    route: best,
    from,
    to,
    fromAmount,
    amountIn: fromAmount - feeAmount,
    minAmountOut: toAmountMin,
    receiver: getAddress(receiver),
    integrator: query.get("integrator") ?? "lifi-api",
  });
  return ok({
    id,
    type: "lifi",
    tool: TOOL.key,
    toolDetails: TOOL,
    action,
    estimate,
    includedSteps: [{ id: `${id}-swap`, type: "swap", tool: TOOL.key, toolDetails: TOOL, action, estimate }],
    integrator: query.get("integrator") ?? "lifi-api",
    transactionRequest: {
      from: getAddress(sender),
      to: request.fault("wrong_to") === undefined ? deps.deployment.lifiDiamond : STRANGER,
      chainId: request.fault("wrong_chain") === undefined ? DEVNET_CHAIN_ID : 1,
      data,
      value: "0x0",
      gasPrice: numberToHex(BASE_FEE_WEI),
      gasLimit: numberToHex((SWAP_GAS * 15n) / 10n),
    },
  });
}

interface Route {
  readonly path: Hex;
  readonly amountOut: bigint;
}

/** Best output over every pool of the pair, or over both hops through USDC. */
async function findBestRoute(
  deps: LifiDeps,
  from: TokenSymbol,
  to: TokenSymbol,
  amountIn: bigint,
): Promise<Route | undefined> {
  const address = (symbol: TokenSymbol) => deps.deployment.tokens[symbol];
  const direct = poolsBetween(from, to).map((pool) => concatHex([address(from), feeBytes(pool.feePips), address(to)]));
  const paths =
    direct.length > 0
      ? direct
      : poolsBetween(from, "USDC").flatMap((first) =>
          poolsBetween("USDC", to).map((second) =>
            concatHex([address(from), feeBytes(first.feePips), address("USDC"), feeBytes(second.feePips), address(to)]),
          ),
        );
  const routes = await Promise.all(
    paths.map(async (path): Promise<Route> => {
      try {
        const { result } = await deps.client.simulateContract({
          address: deps.deployment.quoterV2,
          abi: quoterAbi,
          functionName: "quoteExactInput",
          args: [path, amountIn],
        });
        return { path, amountOut: result[0] };
      } catch {
        // The quoter reverts when a pool cannot serve the amount; that pool is no route.
        return { path, amountOut: 0n };
      }
    }),
  );
  return routes.toSorted((left, right) => (left.amountOut < right.amountOut ? 1 : -1))[0];
}

function poolsBetween(a: TokenSymbol, b: TokenSymbol): readonly PoolSetup[] {
  return POOLS.filter(({ pairId }) =>
    [PAIRS[pairId].base, PAIRS[pairId].quote].every((symbol) => symbol === a || symbol === b),
  );
}

/** Fee as it stands in a swap path: three bytes. */
function feeBytes(pips: number): Hex {
  return numberToHex(pips, { size: 3 });
}

async function swapCalldata(
  deps: LifiDeps,
  request: FakeRequest,
  swap: {
    readonly id: Hex;
    readonly route: Route;
    readonly from: TokenSymbol;
    readonly to: TokenSymbol;
    readonly fromAmount: bigint;
    readonly amountIn: bigint;
    readonly minAmountOut: bigint;
    readonly receiver: Address;
    readonly integrator: string;
  },
): Promise<Hex> {
  const { deployment } = deps;
  const has = (kind: Parameters<FakeRequest["fault"]>[0]) => request.fault(kind) !== undefined;
  const deadline = BigInt(Math.floor(deps.nowMs() / 1000) + Math.max(1_200, Math.ceil(60 * deps.speed())));
  const callData = encodeFunctionData({
    abi: swapRouterAbi,
    functionName: "exactInput",
    // The minimum is enforced once, by the diamond, on what it received.
    args: [
      {
        path: swap.route.path,
        recipient: deployment.lifiDiamond,
        deadline,
        amountIn: swap.amountIn,
        amountOutMinimum: 0n,
      },
    ],
  });
  const other = TOKEN_SYMBOLS.find((symbol) => symbol !== swap.from && symbol !== swap.to) ?? swap.from;
  const data = encodeFunctionData({
    abi: lifiDiamondAbi,
    functionName: "swapTokensSingleV3ERC20ToERC20",
    args: [
      swap.id,
      swap.integrator,
      "",
      has("wrong_receiver") ? STRANGER : swap.receiver,
      has("wrong_minimum") ? 1n : swap.minAmountOut,
      {
        callTo: deployment.swapRouter,
        approveTo: deployment.swapRouter,
        sendingAssetId: deployment.tokens[swap.from],
        receivingAssetId: deployment.tokens[has("wrong_token") ? other : swap.to],
        fromAmount: has("wrong_amount") ? swap.fromAmount * 2n : swap.fromAmount,
        callData,
        requiresDeposit: true,
      },
    ],
  });
  return has("wrong_selector") ? `0xdeadbeef${data.slice(10)}` : data;
}

async function status(deps: LifiDeps, request: FakeRequest): Promise<Reply> {
  const txHash = request.url.searchParams.get("txHash") ?? "";
  if (!isHash(txHash)) return fail(400, 1011, "txHash must be a transaction hash.");
  const receipt = await deps.client.getTransactionReceipt({ hash: txHash }).catch(() => null);
  const sending = { txHash, chainId: DEVNET_CHAIN_ID };
  if (receipt === null) return ok({ status: "NOT_FOUND", substatus: "UNKNOWN_ERROR", sending });
  const isDone = receipt.status === "success";
  return ok({
    transactionId: txHash,
    sending: { ...sending, gasUsed: String(receipt.gasUsed), gasPrice: String(receipt.effectiveGasPrice) },
    receiving: { txHash, chainId: DEVNET_CHAIN_ID },
    tool: TOOL.key,
    status: isDone ? "DONE" : "FAILED",
    substatus: isDone ? "COMPLETED" : "SLIPPAGE_EXCEEDED",
    fromAddress: receipt.from,
    metadata: { integrator: "lifi-api" },
  });
}

function symbolOf(deps: LifiDeps, value: string | null): TokenSymbol | undefined {
  return TOKEN_SYMBOLS.find(
    (symbol) => value === symbol || value?.toLowerCase() === deps.deployment.tokens[symbol].toLowerCase(),
  );
}

function priceUsd(deps: LifiDeps, symbol: TokenSymbol): number {
  if (symbol === "WETH") return deps.path.price("WETH-USDC");
  return symbol === "USDC" ? 1 : 1 / deps.path.price("USDC-USDT");
}

function usd(deps: LifiDeps, symbol: TokenSymbol, amountRaw: bigint): number {
  return (Number(amountRaw) / 10 ** TOKENS[symbol].decimals) * priceUsd(deps, symbol);
}

function tokenInfo(deps: LifiDeps, symbol: TokenSymbol) {
  return {
    address: deps.deployment.tokens[symbol],
    chainId: DEVNET_CHAIN_ID,
    symbol,
    decimals: TOKENS[symbol].decimals,
    name: TOKENS[symbol].name,
    coinKey: symbol,
    priceUSD: String(priceUsd(deps, symbol)),
  };
}

function chainInfo(deps: LifiDeps) {
  return {
    key: "tidegate-devnet",
    chainType: "EVM",
    name: "Tidegate devnet",
    coin: "ETH",
    id: DEVNET_CHAIN_ID,
    mainnet: false,
    diamondAddress: deps.deployment.lifiDiamond,
  };
}

function ok(body: unknown): Reply {
  return {
    status: 200,
    headers: { "ratelimit-limit": "100", "ratelimit-remaining": "99", "ratelimit-reset": "60" },
    body,
  };
}

function fail(statusCode: number, code: number, message: string): Reply {
  return { status: statusCode, body: { message, code } };
}

function noQuote(message: string): Reply {
  return {
    status: 404,
    body: {
      message: "No available quotes for the requested transfer",
      code: 1002,
      errors: [{ errorType: "NO_QUOTE", code: "INSUFFICIENT_LIQUIDITY", tool: TOOL.key, message }],
    },
  };
}
