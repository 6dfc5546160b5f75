// Bridge arrival: follows transfers until they end. The bridge's status service and the chain's own Transfer logs only give candidates; the signer reads each receipt itself.
import { numberToHex, pad } from "viem";
import type { Transfer } from "@/lib/api/signer-contract";
import { TRANSFER_TOPIC } from "@/lib/actions/erc20";
import { humanAmount } from "@/lib/amm/human-units";
import { ok, type Result } from "@/lib/errors/result";
import type { ChainError, TidegateError } from "@/lib/errors/tidegate-error";
import type { Address, Hex } from "@/lib/units";
import type { WallClock } from "@/server/infra/clock";
import type { ChainClients } from "@/server/infra/chain/clients";
import type { IntentClient } from "@/server/infra/signer-link/client";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { BridgeQuotes } from "./bridge-quotes";

/** A payment of a token to the wallet, seen in the logs of its chain. */
export interface SeenPayment {
  readonly txHash: Hex;
  readonly amountRaw: bigint;
}

export interface PaymentReads {
  /** Transfers of `token` to `wallet` in the blocks since about `sinceMs` (wall), oldest first. */
  findPayments(input: {
    readonly chainId: number;
    readonly token: Address;
    readonly wallet: Address;
    readonly sinceMs: number;
  }): Promise<Result<readonly SeenPayment[], ChainError>>;
}

export interface TransferTrackerDeps {
  readonly signer: Pick<IntentClient, "call">;
  readonly bridges: Pick<BridgeQuotes, "readStatus">;
  readonly payments: PaymentReads;
  /** Decimals of a token of the registry; null when it is not there. */
  readonly decimalsOf: (chainId: number, token: Address) => number | null;
  readonly wallet: Address;
  readonly wall: WallClock;
  readonly log: Logger;
}

export interface TransferTracker {
  /** One look at every open transfer of the pair; the transfers as the signer knows them afterwards. Never throws for what the outside did. */
  look(input: { readonly pairId: string; readonly token: number }): Promise<Result<readonly Transfer[], TidegateError>>;
}

const FIRST_POLL_MS = 5_000;
const LAST_POLL_MS = 30_000;
/** The logs are read, too, when the service has said nothing useful for this long. */
const PATIENCE_MS = 60_000;
/** Part of what was sent that a payment found in the logs must at least be: bridges take less than this leaves. */
const LEAST_PART = 0.97;
const MOST_PART = 1.001;
/** Blocks that are read at least, and how far clocks and block times may be off. */
const LEAST_BLOCKS = 200n;
const SLACK = 2;

interface Watch {
  nextAtMs: number;
  everyMs: number;
  /** Receipts the signer refused for good. */
  readonly refused: Set<string>;
}

export function isOpenTransfer(transfer: Transfer): boolean {
  if (transfer.state === "pending") return true;
  return transfer.state === "partial" && (transfer.inTransitRaw ?? 0n) > 0n;
}

export function createTransferTracker(deps: TransferTrackerDeps): TransferTracker {
  const watches = new Map<string, Watch>();

  function watchOf(transferId: string): Watch {
    const known = watches.get(transferId);
    if (known !== undefined) return known;
    const fresh: Watch = { nextAtMs: 0, everyMs: FIRST_POLL_MS, refused: new Set() };
    watches.set(transferId, fresh);
    return fresh;
  }

  async function look({ pairId, token }: { readonly pairId: string; readonly token: number }) {
    const listed = await deps.signer.call("transfers.list", { pairId });
    if (!listed.ok) return listed;
    const seen: Transfer[] = [];
    for (const transfer of listed.value.transfers) {
      if (!isOpenTransfer(transfer)) {
        watches.delete(transfer.transferId);
        seen.push(transfer);
        continue;
      }
      seen.push(await follow(transfer, token));
    }
    return ok(seen);
  }

  async function follow(transfer: Transfer, token: number): Promise<Transfer> {
    const watch = watchOf(transfer.transferId);
    const nowMs = deps.wall.nowMs();
    if (nowMs < watch.nextAtMs) return transfer;
    watch.nextAtMs = nowMs + watch.everyMs;
    watch.everyMs = Math.min(LAST_POLL_MS, watch.everyMs * 1.5);
    const hint = await hintOf(transfer);
    if (hint !== null) {
      const settled = await settle(transfer, token, hint, watch);
      if (settled !== null) return settled;
    }
    const isSilent =
      hint === null && nowMs - transfer.startedAtMs < PATIENCE_MS && !lastStatusFailed.has(transfer.transferId);
    if (isSilent) return transfer;
    for (const candidate of await candidatesOf(transfer, watch)) {
      const settled = await settle(transfer, token, candidate, watch);
      if (settled !== null) return settled;
    }
    return transfer;
  }

  /** Transfers whose last status could not be had: the chain's logs are all there is. */
  const lastStatusFailed = new Set<string>();

  async function hintOf(transfer: Transfer): Promise<Candidate | null> {
    const { transferId, sourceTxHash, fromChainId, toChainId, bridge } = transfer;
    const status = await deps.bridges.readStatus({ txHash: sourceTxHash, fromChainId, toChainId, bridge });
    if (!status.ok) {
      lastStatusFailed.add(transferId);
      deps.log.warn("execution.transfer-status-missing", { transferId, reason: status.error.message });
      return null;
    }
    lastStatusFailed.delete(transferId);
    const { paid, substatus } = status.value;
    // Only words until the signer has read the receipt: a chain id outside the transfer is not even tried.
    if (status.value.status !== "DONE" || paid === null) return null;
    if (substatus === "REFUNDED" || (paid.chainId === fromChainId && paid.chainId !== toChainId)) {
      return { kind: "refund", txHash: paid.txHash };
    }
    return { kind: "arrival", txHash: paid.txHash };
  }

  /** Payments to the wallet that could be this transfer's, on both its chains. */
  async function candidatesOf(transfer: Transfer, watch: Watch): Promise<readonly Candidate[]> {
    const found: Candidate[] = [];
    const sides = [
      { kind: "arrival", chainId: transfer.toChainId, token: transfer.tokenOut },
      { kind: "refund", chainId: transfer.fromChainId, token: transfer.tokenIn },
    ] as const;
    for (const { kind, chainId, token } of sides) {
      const payments = await deps.payments.findPayments({
        chainId,
        token,
        wallet: deps.wallet,
        sinceMs: transfer.startedAtMs,
      });
      if (!payments.ok) {
        deps.log.warn("execution.transfer-logs-missing", {
          transferId: transfer.transferId,
          chainId,
          reason: payments.error.message,
        });
        continue;
      }
      for (const { txHash, amountRaw } of payments.value) {
        if (watch.refused.has(txHash) || txHash === transfer.sourceTxHash) continue;
        if (isLikely(transfer, kind, chainId, token, amountRaw)) found.push({ kind, txHash });
      }
    }
    return found;
  }

  /** Found without a hint, only an amount near what was sent can be it: a smaller one may belong to another transfer. */
  function isLikely(
    transfer: Transfer,
    kind: Candidate["kind"],
    chainId: number,
    token: Address,
    amountRaw: bigint,
  ): boolean {
    const sentDecimals = deps.decimalsOf(transfer.fromChainId, transfer.tokenIn);
    const decimals = deps.decimalsOf(chainId, token);
    if (sentDecimals === null || decimals === null) return false;
    if (kind === "arrival" && amountRaw < transfer.minAmountOutRaw) return false;
    const part = humanAmount(amountRaw, decimals) / humanAmount(transfer.amountInRaw, sentDecimals);
    return part >= LEAST_PART && part <= MOST_PART;
  }

  /** The transfer when the receipt ended it (or a part of it); null when this receipt is not it, or not yet. */
  async function settle(
    transfer: Transfer,
    token: number,
    candidate: Candidate,
    watch: Watch,
  ): Promise<Transfer | null> {
    if (watch.refused.has(candidate.txHash)) return null;
    const { pairId, transferId } = transfer;
    const settled = await deps.signer.call("transfer.settle", { pairId, token, transferId, ...candidate });
    if (settled.ok) {
      deps.log.info("execution.transfer-settled", {
        transferId,
        state: settled.value.state,
        detail: settled.value.detail,
      });
      return settled.value;
    }
    if (!settled.error.retryable && settled.error.code === "policy") watch.refused.add(candidate.txHash);
    deps.log.info("execution.transfer-waits", {
      transferId,
      txHash: candidate.txHash,
      code: settled.error.code,
      reason: settled.error.message,
    });
    return null;
  }

  return { look };
}

interface Candidate {
  readonly kind: "arrival" | "refund";
  readonly txHash: Hex;
}

/** Transfer logs through the read clients; blocks since a wall time by the chain's own block time and pace, with slack. */
export function createPaymentReads(clients: ChainClients, wall: WallClock): PaymentReads {
  return {
    async findPayments({ chainId, token, wallet, sinceMs }) {
      const client = clients.get(chainId);
      if (!client.ok) return client;
      const head = await client.value.readBlock();
      if (!head.ok) return head;
      const { blockTimeMs, timeScale } = client.value.chain;
      const passedMs = Math.max(0, wall.nowMs() - sinceMs) * timeScale;
      const passed = BigInt(Math.ceil((passedMs / blockTimeMs) * SLACK)) + LEAST_BLOCKS;
      const fromBlock = head.value.number > passed ? head.value.number - passed : 0n;
      const logs = await client.value.call(`transfers of ${token} to the wallet`, (reader) =>
        reader.request({
          method: "eth_getLogs",
          params: [
            {
              address: token,
              topics: [TRANSFER_TOPIC, null, pad(wallet)],
              fromBlock: numberToHex(fromBlock),
              toBlock: numberToHex(head.value.number),
            },
          ],
        }),
      );
      if (!logs.ok) return logs;
      return ok(
        logs.value.flatMap((log) =>
          log.transactionHash === null || log.data.length !== 66
            ? []
            : [{ txHash: log.transactionHash, amountRaw: BigInt(log.data) }],
        ),
      );
    },
  };
}
