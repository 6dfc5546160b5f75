// The bridges of the devnet: sees transfers start on one chain, pays them out on the other after a while, or does what a switch says.
import {
  decodeFunctionData,
  encodeFunctionData,
  isHex,
  parseEventLogs,
  TransactionNotFoundError,
  TransactionReceiptNotFoundError,
  type Hex,
  type Log,
} from "viem";
import * as z from "zod";
import { addressSchema, hexSchema } from "@/lib/registry/schema";
import { lifiBridgeAbi } from "@/server/devnet/chain/abis";
import { ANY_FEE_WEI, queueTx } from "@/server/devnet/chain/client";
import { nodeOf, type ChainNode } from "@/server/devnet/chain/node";
import type { BlockWork, ReadBlock } from "./chain-market";
import { TOKEN_SYMBOLS, TICK_MS } from "./setup";

/** Bridges of the stand-in. One contract entry serves all of them; they differ in time and fee. */
export const BRIDGES = {
  across: { name: "Across (stand-in)", feeBps: 4, blocks: 3 },
  stargateV2: { name: "Stargate V2 (stand-in)", feeBps: 6, blocks: 8 },
} as const;
export const BRIDGE_KEYS = ["across", "stargateV2"] as const;
export const bridgeKeySchema = z.enum(BRIDGE_KEYS);
export type BridgeKey = z.infer<typeof bridgeKeySchema>;

export function bridgeDurationMs(key: BridgeKey): number {
  return BRIDGES[key].blocks * TICK_MS;
}

export const BRIDGE_OUTCOMES = ["never", "twice", "refund", "pays_less", "other_token", "partial", "late"] as const;

export const bridgeSwitchSchema = z.object({
  outcome: z.enum(BRIDGE_OUTCOMES),
  /** Only transfers of this bridge, this direction, or this source transaction; absent = any. */
  bridge: bridgeKeySchema.optional(),
  fromChain: z.number().int().optional(),
  toChain: z.number().int().optional(),
  txHash: hexSchema.optional(),
  /** pays_less: the part that arrives. */
  frac: z.number().min(0).max(1).default(0.5),
  /** late: market seconds on top of the usual time. */
  delaySec: z
    .number()
    .int()
    .min(1)
    .max(30 * 86_400)
    .default(3_600),
  /** Transfers it applies to before it ends by itself; absent = until removed. */
  count: z.number().int().min(1).optional(),
});
export type BridgeSwitchInput = z.infer<typeof bridgeSwitchSchema>;
export interface BridgeSwitch extends BridgeSwitchInput {
  readonly id: number;
  readonly left: number | null;
}

const raw = z.string().regex(/^\d+$/);
const transferSchema = z.object({
  /** Of the desk: a source transaction that a reorg took may come back with another hash. */
  id: z.number().int(),
  transactionId: hexSchema,
  bridge: z.string(),
  integrator: z.string(),
  fromChain: z.number().int(),
  toChain: z.number().int(),
  txHash: hexSchema,
  sender: addressSchema,
  receiver: addressSchema,
  refundTo: addressSchema,
  tokenIn: addressSchema,
  amountInRaw: raw,
  /** What the calldata promised. */
  tokenOut: addressSchema,
  amountOutRaw: raw,
  startedAtMs: z.number(),
  startedBlock: raw,
  dueAtMs: z.number(),
  outcome: z.enum(["normal", ...BRIDGE_OUTCOMES]),
  frac: z.number(),
  state: z.enum(["pending", "delivered", "refunded"]),
  /** The pay-outs: on the far side, or the refund on the near one. */
  payouts: z.array(
    z.object({
      chainId: z.number().int(),
      txHash: hexSchema,
      token: addressSchema,
      amountRaw: raw,
      atMs: z.number(),
      state: z.enum(["sent", "mined", "reverted"]),
    }),
  ),
});
export type BridgeTransfer = z.infer<typeof transferSchema>;
export const bridgeDeskStateSchema = z.array(transferSchema);

export interface BridgeDesk extends BlockWork {
  list(): readonly BridgeTransfer[];
  find(txHash: string): BridgeTransfer | undefined;
  addSwitch(input: BridgeSwitchInput): BridgeSwitch;
  removeSwitches(id: number | null): number;
  switches(): readonly BridgeSwitch[];
  state(): BridgeTransfer[];
}

/** Transfers kept for the status endpoint. */
const KEPT = 2_000;
/** A pay-out is checked this long, and repeated when a reorg took it. */
const WATCH_MS = 600_000;
/** A pay-out that reverted is tried again after this long, until it goes through. */
const RETRY_MS = 5 * TICK_MS;
const RELEASE_GAS = 200_000n;

type Payout = BridgeTransfer["payouts"][number];
interface Payment {
  readonly token: Hex;
  readonly amount: bigint;
}

/** `waiting`: in the pool; `unknown`: the chain did not answer, so nothing may be concluded. */
type Found = "success" | "reverted" | "waiting" | "gone" | "unknown";

async function lookUp({ client }: ChainNode, hash: Hex): Promise<Found> {
  try {
    return (await client.getTransactionReceipt({ hash })).status;
  } catch (error) {
    if (!(error instanceof TransactionReceiptNotFoundError)) return "unknown";
  }
  try {
    await client.getTransaction({ hash });
    return "waiting";
  } catch (error) {
    return error instanceof TransactionNotFoundError ? "gone" : "unknown";
  }
}

export function createBridgeDesk(input: {
  readonly nodes: readonly ChainNode[];
  readonly saved: readonly BridgeTransfer[];
}): BridgeDesk {
  const { nodes } = input;
  let transfers: BridgeTransfer[] = [...input.saved];
  let switches: BridgeSwitch[] = [];
  let lastSwitch = 0;
  let lastId = Math.max(0, ...transfers.map(({ id }) => id));

  const byId = (id: number) => transfers.find((one) => one.id === id);

  // By id: chains work side by side, and what was read before an await may have changed since.
  function change(id: number, changes: (now: BridgeTransfer) => Partial<BridgeTransfer>): void {
    transfers = transfers.map((one) => (one.id === id ? { ...one, ...changes(one) } : one));
  }

  function forget(id: number): void {
    transfers = transfers.filter((one) => one.id !== id);
  }

  function takeSwitch(transfer: Pick<BridgeTransfer, "bridge" | "fromChain" | "toChain" | "txHash">) {
    const hit = switches.find(
      (one) =>
        (one.bridge === undefined || one.bridge === transfer.bridge) &&
        (one.fromChain === undefined || one.fromChain === transfer.fromChain) &&
        (one.toChain === undefined || one.toChain === transfer.toChain) &&
        (one.txHash === undefined || one.txHash.toLowerCase() === transfer.txHash.toLowerCase()),
    );
    if (hit === undefined) return undefined;
    switches = switches.flatMap((one) => {
      if (one !== hit || one.left === null) return [one];
      return one.left > 1 ? [{ ...one, left: one.left - 1 }] : [];
    });
    return hit;
  }

  async function note(node: ChainNode, block: ReadBlock, log: Log): Promise<void> {
    const [event] = parseEventLogs({ abi: lifiBridgeAbi, eventName: "LiFiTransferStarted", logs: [log] });
    const { transactionHash: txHash } = log;
    if (event === undefined || txHash === null) return;
    const ofChain = transfers.filter((one) => one.fromChain === node.setup.id);
    if (ofChain.some((one) => one.txHash === txHash)) return;
    // Sent again after a reorg took it, with another fee perhaps: the same transfer, which is paid once.
    for (const { id, transactionId, txHash: old } of ofChain) {
      if (transactionId !== event.args.bridgeData.transactionId) continue;
      if ((await lookUp(node, old)) !== "gone") continue;
      change(id, () => ({ txHash, startedAtMs: block.atMs, startedBlock: String(block.number) }));
      return;
    }
    const tx = await node.client.getTransaction({ hash: txHash });
    const call = decodeBridge(tx.input);
    const { bridgeData } = event.args;
    if (call === null) return;
    const { across } = call;
    const amountOut = bridgeData.hasSourceSwaps
      ? (bridgeData.minAmount * across.outputAmountPercent) / 10n ** 18n
      : across.outputAmount;
    const place = {
      bridge: bridgeData.bridge,
      fromChain: node.setup.id,
      toChain: Number(bridgeData.destinationChainId),
      txHash,
    };
    const chosen = takeSwitch(place);
    const usualMs = bridgeDurationMs(bridgeKeySchema.catch("across").parse(bridgeData.bridge));
    lastId += 1;
    transfers.push({
      id: lastId,
      ...place,
      transactionId: bridgeData.transactionId,
      integrator: bridgeData.integrator,
      sender: tx.from,
      receiver: bridgeData.receiver,
      refundTo: across.refundAddress,
      tokenIn: bridgeData.sendingAssetId,
      amountInRaw: String(bridgeData.minAmount),
      tokenOut: across.receivingAssetId,
      amountOutRaw: String(amountOut),
      startedAtMs: block.atMs,
      startedBlock: String(block.number),
      dueAtMs: block.atMs + usualMs + (chosen?.outcome === "late" ? chosen.delaySec * 1000 : 0),
      outcome: chosen?.outcome ?? "normal",
      frac: chosen?.frac ?? 1,
      state: "pending",
      payouts: [],
    });
    if (transfers.length > KEPT) transfers = transfers.slice(-KEPT);
  }

  /** Whether the transfer is still on its source chain. */
  async function sourceOf(transfer: BridgeTransfer): Promise<Found> {
    const source = nodeOf(nodes, transfer.fromChain);
    return source === undefined ? "gone" : lookUp(source, transfer.txHash);
  }

  async function release(node: ChainNode, transfer: BridgeTransfer, what: Payment, toMs: number): Promise<Payout> {
    const { token, amount } = what;
    const to = transfer.outcome === "refund" ? transfer.refundTo : transfer.receiver;
    const data = encodeFunctionData({ abi: lifiBridgeAbi, functionName: "release", args: [token, to, amount] });
    const { keeper, lifiDiamond } = node.deployment;
    const tx = { from: keeper, to: lifiDiamond, data, gas: RELEASE_GAS, maxFeePerGasWei: ANY_FEE_WEI };
    const txHash = await queueTx(node.client, tx);
    return { chainId: node.setup.id, txHash, token, amountRaw: String(amount), atMs: toMs, state: "sent" };
  }

  async function pay(node: ChainNode, transfer: BridgeTransfer, toMs: number): Promise<void> {
    const isRefund = transfer.outcome === "refund";
    const sums = isRefund
      ? [{ token: transfer.tokenIn, amount: BigInt(transfer.amountInRaw) }]
      : paymentsOf(node, transfer);
    for (const sum of sums) {
      const payout = await release(node, transfer, sum, toMs);
      // Each as soon as it is sent: when the next one fails, this one is known.
      change(transfer.id, ({ payouts }) => ({
        payouts: [...payouts, payout],
        state: isRefund ? "refunded" : "delivered",
      }));
    }
  }

  /** One pay-out of a finished transfer: whether it is on the chain, and again when it reverted or a reorg took it. */
  async function follow(node: ChainNode, transfer: BridgeTransfer, payout: Payout, toMs: number): Promise<void> {
    if (payout.state === "mined" && payout.atMs < toMs - WATCH_MS) return;
    const set = (next: Payout): void =>
      change(transfer.id, ({ payouts }) => ({
        payouts: payouts.map((one) => (one.txHash === payout.txHash ? next : one)),
      }));
    const found = await lookUp(node, payout.txHash);
    if (found === "success" && payout.state !== "mined") set({ ...payout, state: "mined" });
    if (found === "reverted" && payout.state !== "reverted") set({ ...payout, state: "reverted" });
    const isDue = found === "gone" || (found === "reverted" && payout.atMs <= toMs - RETRY_MS);
    if (!isDue) return;
    const source = await sourceOf(transfer);
    // A reorg took the transfer and what was paid for it: nothing is owed until it is sent again.
    if (source === "gone" && found === "gone") forget(transfer.id);
    if (source !== "success") return;
    set(await release(node, transfer, { token: payout.token, amount: BigInt(payout.amountRaw) }, toMs));
  }

  return {
    async before(node, toMs) {
      for (const { id } of transfers) {
        const transfer = byId(id);
        if (transfer === undefined || transfer.outcome === "never") continue;
        const payingChain = transfer.outcome === "refund" ? transfer.fromChain : transfer.toChain;
        if (payingChain !== node.setup.id) continue;
        if (transfer.state !== "pending") {
          for (const payout of transfer.payouts) await follow(node, transfer, payout, toMs);
          continue;
        }
        if (transfer.dueAtMs > toMs) continue;
        const source = await sourceOf(transfer);
        if (source === "success") await pay(node, transfer, toMs);
        // One that a reorg took is noted anew when it comes back.
        if (source === "gone" || source === "reverted") forget(id);
      }
    },
    async after(node, block) {
      const diamond = node.deployment.lifiDiamond.toLowerCase();
      for (const log of block.logs) if (log.address.toLowerCase() === diamond) await note(node, block, log);
    },
    list: () => transfers,
    find: (txHash) => transfers.find((one) => one.txHash.toLowerCase() === txHash.toLowerCase()),
    addSwitch(one) {
      lastSwitch += 1;
      const added = { ...one, id: lastSwitch, left: one.count ?? null };
      // A transfer that is already on its way may still be told what becomes of it.
      const known = one.txHash === undefined ? undefined : transfers.find((each) => each.txHash === one.txHash);
      if (known !== undefined && known.state === "pending") {
        const dueAtMs = known.dueAtMs + (one.outcome === "late" ? one.delaySec * 1000 : 0);
        change(known.id, () => ({ outcome: one.outcome, frac: one.frac, dueAtMs }));
      } else switches = [...switches, added];
      return added;
    },
    removeSwitches(id) {
      const before = switches.length;
      switches = id === null ? [] : switches.filter((one) => one.id !== id);
      return before - switches.length;
    },
    switches: () => switches,
    state: () => transfers,
  };
}

/** What arrives on the far side, by the transfer's outcome. */
function paymentsOf(node: ChainNode, transfer: BridgeTransfer): Payment[] {
  const amount = BigInt(transfer.amountOutRaw);
  const full = { token: transfer.tokenOut, amount };
  switch (transfer.outcome) {
    case "twice":
      return [full, full];
    case "pays_less":
      return [{ token: full.token, amount: (amount * BigInt(Math.round(transfer.frac * 1e6))) / 1_000_000n }];
    case "other_token":
    case "partial":
      return [otherToken(node, transfer, amount)];
    default:
      return [full];
  }
}

// A dollar of another token: both dollar tokens have six decimals; for ether it is a rough 2 000 of them.
function otherToken(node: ChainNode, transfer: BridgeTransfer, amount: bigint): Payment {
  const { tokens } = node.deployment;
  const symbol = TOKEN_SYMBOLS.find((one) => tokens[one].toLowerCase() === transfer.tokenOut.toLowerCase());
  if (symbol === "WETH") return { token: tokens.USDC, amount: (amount * 2_000n) / 10n ** 12n };
  return { token: symbol === "USDC" ? tokens.USDT : tokens.USDC, amount };
}

function decodeBridge(input: Hex) {
  try {
    const { functionName, args } = decodeFunctionData({ abi: lifiBridgeAbi, data: input });
    if (functionName === "startBridgeTokensViaAcrossV3") return { across: args[1] };
    if (functionName === "swapAndStartBridgeTokensViaAcrossV3") return { across: args[2] };
    return null;
  } catch {
    // Started through another contract: what it promised is not in the transaction, so nothing is paid for it.
    return null;
  }
}

export function isTxHash(value: string): value is Hex {
  return isHex(value) && value.length === 66;
}
