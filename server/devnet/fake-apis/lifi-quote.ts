// One quote of the LI.FI stand-in: a swap on one chain, or a bridge to another with a swap before it where the tokens differ.
import {
  encodeFunctionData,
  getAddress,
  isAddress,
  keccak256,
  numberToHex,
  parseAbi,
  stringToHex,
  zeroAddress,
  type Address,
  type Hex,
} from "viem";
import { lifiBridgeAbi, lifiDiamondAbi, swapRouterAbi } from "@/server/devnet/chain/abis";
import { BASE_FEE_WEI } from "@/server/devnet/chain/client";
import { nodeOf, type ChainNode } from "@/server/devnet/chain/node";
import { BRIDGES, BRIDGE_KEYS, bridgeDurationMs, type BridgeKey } from "@/server/devnet/market/bridge-desk";
import { TOKEN_SYMBOLS, type TokenSymbol } from "@/server/devnet/market/setup";
import { findSwapRoute, type SwapRoute } from "./lifi-routes";
import {
  STRANGER,
  fail,
  gasCosts,
  nativeInfo,
  noQuote,
  ok,
  symbolOf,
  tokenInfo,
  usd,
  type LifiDeps,
} from "./lifi-shapes";
import type { FakeRequest, Reply } from "./reply";

const SWAP_TOOL = { key: "uniswap", name: "Router of the devnet's DEX (stand-in service)", logoURI: "" } as const;
const SWAP_GAS = 260_000n;
const BRIDGE_GAS = 180_000n;
/** What the `native_fee` fault asks for beside the token: about one US dollar. */
const NATIVE_FEE_WEI = 400_000_000_000_000n;
const transferAbi = parseAbi(["function transfer(address to, uint256 value) returns (bool)"]);

interface Side {
  readonly node: ChainNode;
  readonly symbol: TokenSymbol;
}

export interface Ask {
  readonly from: Side;
  readonly to: Side;
  readonly fromAmount: bigint;
  readonly sender: Address;
  readonly receiver: Address;
  readonly slippage: number;
  readonly integrator: string;
  /** Bridges that may be used, the preferred one first. */
  readonly bridges: readonly BridgeKey[];
}

/** The request's fields as a question, or the refusal that the real service would give. */
export function readAsk(deps: LifiDeps, field: (name: string) => string | null): Ask | Reply {
  const fromNode = nodeOf(deps.nodes, Number(field("fromChain")));
  const toNode = nodeOf(deps.nodes, Number(field("toChain")));
  if (fromNode === undefined || toNode === undefined) {
    return fail(
      400,
      1011,
      `fromChain and toChain must be of ${deps.nodes.map(({ setup }) => setup.id).join(", ")}, got ${String(field("fromChain"))} and ${String(field("toChain"))}.`,
    );
  }
  const from = symbolOf(fromNode, field("fromToken"));
  const to = symbolOf(toNode, field("toToken"));
  if (from === undefined || to === undefined || (from === to && fromNode === toNode))
    return fail(400, 1011, "fromToken and toToken must be two different known tokens.");
  const sender = field("fromAddress") ?? "";
  const receiver = field("toAddress") ?? sender;
  if (!isAddress(sender, { strict: false }) || !isAddress(receiver, { strict: false }))
    return fail(400, 1011, "fromAddress must be an address.");
  const amountText = field("fromAmount") ?? "";
  if (!/^[1-9]\d{0,40}$/.test(amountText))
    return fail(400, 1011, "fromAmount must be a positive integer in token units.");
  const slippage = Number(field("slippage") ?? "0.005");
  if (!(slippage >= 0 && slippage < 1)) return fail(400, 1011, "slippage must be a fraction from 0 to 1.");
  const allowed = list(field("allowBridges"));
  const denied = list(field("denyBridges"));
  return {
    from: { node: fromNode, symbol: from },
    to: { node: toNode, symbol: to },
    fromAmount: BigInt(amountText),
    sender: getAddress(sender),
    receiver: getAddress(receiver),
    slippage,
    integrator: field("integrator") ?? "lifi-api",
    bridges: BRIDGE_KEYS.filter(
      (key) => (allowed.length === 0 || allowed.includes(key) || allowed.includes("all")) && !denied.includes(key),
    ),
  };
}

function list(text: string | null): readonly string[] {
  return (text ?? "").split(",").filter((one) => one !== "");
}

export async function quoteFor(deps: LifiDeps, request: FakeRequest, ask: Ask): Promise<Reply> {
  const isSwap = ask.from.node === ask.to.node;
  if (request.fault("no_route") !== undefined || request.fault("empty") !== undefined)
    return noQuote("No route (fault switched on).", SWAP_TOOL.key);
  const bridge = ask.bridges[0];
  if (!isSwap && (deps.bridges === null || bridge === undefined))
    return noQuote("No bridge between these chains that the request allows.", ask.bridges[0] ?? "across");
  const id = keccak256(
    stringToHex(`${request.url.href}|${ask.fromAmount}|${deps.nowMs()}|${deps.requests.counts()["lifi"] ?? 0}`),
  );
  const offer =
    isSwap || bridge === undefined
      ? await swapOffer(deps, request, ask, id)
      : await bridgeOffer(deps, request, ask, id, bridge);
  if (offer === undefined) return noQuote("The pools cannot serve this amount.", SWAP_TOOL.key);
  return ok(stepOf(deps, request, ask, id, offer));
}

interface Offer {
  readonly tool: { readonly key: string; readonly name: string; readonly logoURI: string };
  readonly toAmount: bigint;
  readonly toAmountMin: bigint;
  readonly durationSec: number;
  readonly gas: bigint;
  readonly fees: readonly {
    readonly name: string;
    readonly description: string;
    readonly side: Side;
    readonly amount: bigint;
    readonly frac: number;
  }[];
  readonly data: Hex;
}

function serviceFee(deps: LifiDeps, ask: Ask, amount: bigint): Offer["fees"][number] {
  return {
    name: "Service fee (stand-in)",
    description: "Taken from the sold token inside the transaction",
    side: ask.from,
    amount,
    frac: deps.feeBps / 10_000,
  };
}

async function swapOffer(deps: LifiDeps, request: FakeRequest, ask: Ask, id: Hex): Promise<Offer | undefined> {
  const { from, to, fromAmount } = ask;
  const fee = (fromAmount * BigInt(deps.feeBps)) / 10_000n;
  const route = await findSwapRoute(from.node, from.symbol, to.symbol, fromAmount - fee);
  if (route === undefined) return undefined;
  // A stale quote is one made before the price moved: it asks for more than the pools now give, so its swap reverts.
  const toAmount = request.fault("stale") === undefined ? route.amountOut : (route.amountOut * 103n) / 100n;
  const toAmountMin = lessSlippage(toAmount, ask.slippage);
  const has = (kind: Parameters<FakeRequest["fault"]>[0]) => request.fault(kind) !== undefined;
  const data = encodeFunctionData({
    abi: lifiDiamondAbi,
    functionName: "swapTokensSingleV3ERC20ToERC20",
    args: [
      id,
      ask.integrator,
      "",
      has("wrong_receiver") ? STRANGER : ask.receiver,
      has("wrong_minimum") ? 1n : toAmountMin,
      swapData(deps, request, ask, route, fromAmount - fee),
    ],
  });
  return {
    tool: SWAP_TOOL,
    toAmount,
    toAmountMin,
    durationSec: 0,
    gas: SWAP_GAS,
    fees: [serviceFee(deps, ask, fee)],
    data: withSelector(request, data),
  };
}

/** The inner call of a swap: the router pays the diamond, which enforces the minimum on what it received. */
function swapData(deps: LifiDeps, request: FakeRequest, ask: Ask, route: SwapRoute, amountIn: bigint) {
  const { node, symbol } = ask.from;
  const { tokens, lifiDiamond } = node.deployment;
  const has = (kind: Parameters<FakeRequest["fault"]>[0]) => request.fault(kind) !== undefined;
  const deadline = BigInt(Math.floor(deps.nowMs() / 1000) + Math.max(1_200, Math.ceil(60 * deps.speed())));
  const callData = has("wrong_call")
    ? encodeFunctionData({ abi: transferAbi, functionName: "transfer", args: [STRANGER, amountIn] })
    : encodeFunctionData({
        abi: swapRouterAbi,
        functionName: "exactInput",
        args: [{ path: route.path, recipient: lifiDiamond, deadline, amountIn, amountOutMinimum: 0n }],
      });
  const other = TOKEN_SYMBOLS.find((one) => one !== symbol && one !== ask.to.symbol) ?? symbol;
  const isLast = ask.from.node === ask.to.node;
  return {
    callTo: has("wrong_call") ? tokens[symbol] : route.router,
    approveTo: route.router,
    sendingAssetId: tokens[symbol],
    receivingAssetId: tokens[has("wrong_token") && isLast ? other : ask.to.symbol],
    fromAmount: has("wrong_amount") ? ask.fromAmount * 2n : ask.fromAmount,
    callData,
    requiresDeposit: true,
  };
}

async function bridgeOffer(
  deps: LifiDeps,
  request: FakeRequest,
  ask: Ask,
  id: Hex,
  bridge: BridgeKey,
): Promise<Offer | undefined> {
  const { from, to, fromAmount } = ask;
  const has = (kind: Parameters<FakeRequest["fault"]>[0]) => request.fault(kind) !== undefined;
  const sent: Side = { node: from.node, symbol: to.symbol };
  const service = (fromAmount * BigInt(deps.feeBps)) / 10_000n;
  const needsSwap = from.symbol !== to.symbol;
  const route = needsSwap ? await findSwapRoute(from.node, from.symbol, to.symbol, fromAmount - service) : undefined;
  if (needsSwap && route === undefined) return undefined;
  // Without a swap the service's fee is part of what does not arrive; with one it stays behind in the swap.
  const bridged = route === undefined ? fromAmount : route.amountOut;
  const leastBridged = route === undefined ? fromAmount : lessSlippage(route.amountOut, ask.slippage);
  const relay = (bridged * BigInt(BRIDGES[bridge].feeBps)) / 10_000n;
  const toAmount = bridged - relay - (route === undefined ? service : 0n);
  if (toAmount <= 0n) return undefined;
  const percent = (toAmount * 10n ** 18n) / bridged;
  const toAmountMin = route === undefined ? toAmount : (leastBridged * percent) / 10n ** 18n;
  const { tokens } = from.node.deployment;
  const far = to.node.deployment.tokens;
  const other = TOKEN_SYMBOLS.find((one) => one !== to.symbol) ?? to.symbol;
  const nowSec = Math.floor(deps.nowMs() / 1000);
  const receiver = has("wrong_receiver") ? STRANGER : ask.receiver;
  const bridgeData = {
    transactionId: id,
    bridge,
    integrator: ask.integrator,
    referrer: zeroAddress,
    sendingAssetId: tokens[to.symbol],
    receiver,
    minAmount: has("wrong_amount") && route === undefined ? leastBridged * 2n : leastBridged,
    destinationChainId: BigInt(has("wrong_destination") ? otherChain(deps, ask) : to.node.setup.id),
    hasSourceSwaps: route !== undefined,
    hasDestinationCall: has("wrong_call"),
  };
  const acrossData = {
    receiverAddress: receiver,
    refundAddress: has("wrong_receiver") ? STRANGER : ask.sender,
    receivingAssetId: far[has("wrong_token") ? other : to.symbol],
    outputAmount: has("wrong_minimum") ? 1n : toAmountMin,
    outputAmountPercent: has("wrong_minimum") ? 1n : percent,
    exclusiveRelayer: zeroAddress,
    quoteTimestamp: nowSec,
    fillDeadline: nowSec + 86_400,
    exclusivityDeadline: 0,
    message: has("wrong_call") ? ("0xdeadbeef" as const) : ("0x" as const),
  };
  const data =
    route === undefined
      ? encodeFunctionData({
          abi: lifiBridgeAbi,
          functionName: "startBridgeTokensViaAcrossV3",
          args: [bridgeData, acrossData],
        })
      : encodeFunctionData({
          abi: lifiBridgeAbi,
          functionName: "swapAndStartBridgeTokensViaAcrossV3",
          args: [bridgeData, [swapData(deps, request, ask, route, fromAmount - service)], acrossData],
        });
  return {
    tool: { key: bridge, name: BRIDGES[bridge].name, logoURI: "" },
    toAmount,
    toAmountMin,
    durationSec: Math.round(bridgeDurationMs(bridge) / 1000),
    gas: route === undefined ? BRIDGE_GAS : BRIDGE_GAS + SWAP_GAS,
    fees: [
      serviceFee(deps, ask, service),
      {
        name: "Relay fee (stand-in)",
        description: "What the bridge keeps of the sent amount",
        side: sent,
        amount: relay,
        frac: BRIDGES[bridge].feeBps / 10_000,
      },
    ],
    data: withSelector(request, data),
  };
}

function nativeFeeCost(path: LifiDeps["path"], chainId: number) {
  return {
    name: "Message fee (stand-in)",
    description: "Paid in the chain's own coin, beside what leaves in the token",
    percentage: "0",
    token: nativeInfo(path, chainId),
    amount: String(NATIVE_FEE_WEI),
    amountUSD: ((Number(NATIVE_FEE_WEI) / 1e18) * path.price("WETH-USDC")).toFixed(4),
    included: false,
  };
}

function otherChain(deps: LifiDeps, ask: Ask): number {
  const known = [ask.from.node.setup.id, ask.to.node.setup.id];
  return deps.nodes.find(({ setup }) => !known.includes(setup.id))?.setup.id ?? 1;
}

function lessSlippage(amount: bigint, slippage: number): bigint {
  return (amount * BigInt(Math.round((1 - slippage) * 1_000_000))) / 1_000_000n;
}

function withSelector(request: FakeRequest, data: Hex): Hex {
  return request.fault("wrong_selector") === undefined ? data : `0xdeadbeef${data.slice(10)}`;
}

function stepOf(deps: LifiDeps, request: FakeRequest, ask: Ask, id: Hex, offer: Offer) {
  const { path } = deps;
  const { from, to, fromAmount } = ask;
  const fromChainId = from.node.setup.id;
  const diamond = from.node.deployment.lifiDiamond;
  const has = (kind: Parameters<FakeRequest["fault"]>[0]) => request.fault(kind) !== undefined;
  const garbled = has("wrong_data");
  const messageFee = has("native_fee") && from.node !== to.node ? [nativeFeeCost(path, fromChainId)] : [];
  const action = {
    fromChainId,
    toChainId: to.node.setup.id,
    fromToken: tokenInfo(path, from.node, from.symbol),
    toToken: tokenInfo(path, to.node, to.symbol),
    fromAmount: String(fromAmount),
    slippage: ask.slippage,
    fromAddress: ask.sender,
    toAddress: ask.receiver,
  };
  const estimate = {
    tool: offer.tool.key,
    fromAmount: String(fromAmount),
    toAmount: garbled ? "NaN" : String(offer.toAmount),
    toAmountMin: garbled ? "-1" : String(offer.toAmountMin),
    approvalAddress: has("wrong_approval") ? STRANGER : diamond,
    executionDuration: offer.durationSec,
    feeCosts: [
      ...offer.fees.map(({ name, description, side, amount, frac }) => ({
        name,
        description,
        percentage: String(frac),
        token: tokenInfo(path, side.node, side.symbol),
        amount: String(amount),
        amountUSD: usd(path, side.symbol, amount).toFixed(4),
        included: true,
      })),
      ...messageFee,
    ],
    gasCosts: gasCosts(path, fromChainId, offer.gas),
    fromAmountUSD: usd(path, from.symbol, fromAmount).toFixed(4),
    toAmountUSD: usd(path, to.symbol, offer.toAmount).toFixed(4),
  };
  const type = from.node === to.node ? "swap" : "cross";
  return {
    id,
    type: "lifi",
    tool: offer.tool.key,
    toolDetails: offer.tool,
    action,
    estimate,
    includedSteps: [{ id: `${id}-${type}`, type, tool: offer.tool.key, toolDetails: offer.tool, action, estimate }],
    integrator: ask.integrator,
    transactionRequest: {
      from: ask.sender,
      to: has("wrong_to") ? STRANGER : diamond,
      chainId: has("wrong_chain") ? 1 : fromChainId,
      data: offer.data,
      value: has("wrong_value") ? "0x16345785d8a0000" : numberToHex(messageFee.length > 0 ? NATIVE_FEE_WEI : 0n),
      gasPrice: numberToHex(BASE_FEE_WEI),
      gasLimit: numberToHex((offer.gas * 15n) / 10n),
    },
  };
}
