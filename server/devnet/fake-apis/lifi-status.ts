// What the LI.FI stand-in says about a transaction: from the receipt of a swap, from the bridge desk for a transfer between chains.
import { keccak256, parseEventLogs, type Hex } from "viem";
import { lifiBridgeAbi } from "@/server/devnet/chain/abis";
import { nodeOf, type ChainNode } from "@/server/devnet/chain/node";
import { isTxHash, type BridgeTransfer } from "@/server/devnet/market/bridge-desk";
import { TOKEN_SYMBOLS, TICK_MS } from "@/server/devnet/market/setup";
import { fail, gasCosts, ok, tokenInfo, usd, type LifiDeps } from "./lifi-shapes";
import type { FakeRequest, Reply } from "./reply";

const SWAP_TOOL_KEY = "uniswap";

export async function statusOf(deps: LifiDeps, request: FakeRequest): Promise<Reply> {
  const query = request.url.searchParams;
  const txHash = query.get("txHash") ?? "";
  if (!isTxHash(txHash)) return fail(400, 1011, "txHash must be a transaction hash.");
  const fromChain = query.get("fromChain");
  const named = fromChain === null ? undefined : nodeOf(deps.nodes, Number(fromChain));
  const candidates = named === undefined ? deps.nodes : [named];
  for (const node of candidates) {
    const receipt = await node.client.getTransactionReceipt({ hash: txHash }).catch(() => null);
    if (receipt === null) continue;
    const sent = {
      txHash,
      chainId: node.setup.id,
      txLink: "",
      gasUsed: String(receipt.gasUsed),
      gasPrice: String(receipt.effectiveGasPrice),
      gasToken: gasCosts(deps.path, node.setup.id, receipt.gasUsed)[0]?.token,
    };
    const common = { transactionId: txHash, fromAddress: receipt.from, toAddress: receipt.from };
    if (receipt.status !== "success") {
      const failed = { status: "FAILED", substatus: "SLIPPAGE_EXCEEDED", tool: SWAP_TOOL_KEY };
      return ok({
        ...common,
        sending: sent,
        receiving: { chainId: node.setup.id },
        ...failed,
        ...metadata("lifi-api"),
      });
    }
    const transfer = deps.bridges?.find(txHash);
    if (transfer !== undefined) return ok(await transferStatus(deps, request, node, transfer, sent));
    const [started] = parseEventLogs({ abi: lifiBridgeAbi, eventName: "LiFiTransferStarted", logs: receipt.logs });
    if (started !== undefined) {
      // Mined this instant: the desk reads the block next.
      return ok({
        ...common,
        sending: sent,
        receiving: { chainId: Number(started.args.bridgeData.destinationChainId) },
        tool: started.args.bridgeData.bridge,
        status: "PENDING",
        substatus: "WAIT_SOURCE_CONFIRMATIONS",
        ...metadata(started.args.bridgeData.integrator),
      });
    }
    return ok({
      ...common,
      sending: sent,
      receiving: { txHash, chainId: node.setup.id, txLink: "" },
      tool: SWAP_TOOL_KEY,
      status: "DONE",
      substatus: "COMPLETED",
      ...metadata("lifi-api"),
    });
  }
  return ok({
    status: "NOT_FOUND",
    substatus: "UNKNOWN_ERROR",
    sending: { txHash, chainId: candidates[0]?.setup.id ?? 0 },
  });
}

function metadata(integrator: string) {
  return { feeCosts: [], metadata: { integrator } };
}

async function transferStatus(
  deps: LifiDeps,
  request: FakeRequest,
  node: ChainNode,
  transfer: BridgeTransfer,
  sent: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const far = nodeOf(deps.nodes, transfer.toChain);
  const base = {
    transactionId: transfer.transactionId,
    sending: {
      ...sent,
      ...money(deps, node, transfer.tokenIn, transfer.amountInRaw),
      timestamp: Math.floor(transfer.startedAtMs / 1000),
    },
    fromAddress: transfer.sender,
    toAddress: transfer.receiver,
    tool: transfer.bridge,
    ...metadata(transfer.integrator),
  };
  if (request.fault("status_lies") !== undefined) {
    // A lie that looks right in every field but the transaction behind it.
    return {
      ...base,
      receiving: received(deps, far, transfer, {
        txHash: keccak256(transfer.txHash),
        amountRaw: transfer.amountOutRaw,
        token: transfer.tokenOut,
        atMs: deps.nowMs(),
      }),
      status: "DONE",
      substatus: "COMPLETED",
      substatusMessage: "The transfer is complete.",
    };
  }
  const paid = transfer.payouts[0];
  const isPaid = paid !== undefined && (await isMined(deps, paid.chainId, paid.txHash));
  if (transfer.state === "pending" || paid === undefined || !isPaid) {
    const waits = deps.nowMs() - transfer.startedAtMs < TICK_MS;
    return {
      ...base,
      receiving: { chainId: transfer.toChain },
      status: "PENDING",
      substatus: waits ? "WAIT_SOURCE_CONFIRMATIONS" : "WAIT_DESTINATION_TRANSACTION",
      substatusMessage: waits
        ? "Waiting for confirmations on the source chain."
        : "The transfer is on its way to the destination chain.",
    };
  }
  if (transfer.state === "refunded") {
    return {
      ...base,
      receiving: received(deps, node, transfer, paid),
      status: "DONE",
      substatus: "REFUNDED",
      substatusMessage: "The transfer was refunded on the source chain.",
    };
  }
  const isPartial = transfer.outcome === "partial";
  return {
    ...base,
    receiving: received(deps, far, transfer, paid),
    status: "DONE",
    substatus: isPartial ? "PARTIAL" : "COMPLETED",
    substatusMessage: isPartial ? "Another token than the wanted one arrived." : "The transfer is complete.",
  };
}

function received(
  deps: LifiDeps,
  node: ChainNode | undefined,
  transfer: BridgeTransfer,
  paid: { readonly txHash: Hex; readonly amountRaw: string; readonly token: Hex; readonly atMs: number },
) {
  if (node === undefined) return { chainId: transfer.toChain };
  return {
    txHash: paid.txHash,
    chainId: node.setup.id,
    txLink: "",
    ...money(deps, node, paid.token, paid.amountRaw),
    timestamp: Math.floor(paid.atMs / 1000),
  };
}

function money(deps: LifiDeps, node: ChainNode, token: Hex, amountRaw: string) {
  const symbol = TOKEN_SYMBOLS.find((one) => node.deployment.tokens[one].toLowerCase() === token.toLowerCase());
  if (symbol === undefined) return { amount: amountRaw };
  return {
    amount: amountRaw,
    amountUSD: usd(deps.path, symbol, BigInt(amountRaw)).toFixed(4),
    token: tokenInfo(deps.path, node, symbol),
  };
}

async function isMined(deps: LifiDeps, chainId: number, hash: Hex): Promise<boolean> {
  const receipt = await nodeOf(deps.nodes, chainId)
    ?.client.getTransactionReceipt({ hash })
    .catch(() => null);
  return receipt?.status === "success";
}
