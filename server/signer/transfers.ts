// Bridge transfers: what is in transit, and the receipts that end it; the signer reads every receipt itself (safety.md sections 3.4 and 3.9).
import type { Transfer } from "@/lib/api/signer-contract";
import { TRANSFER_TOPIC, isSameAddress, topicAddress } from "@/lib/actions/erc20";
import { ChainError, errorText } from "@/lib/errors/tidegate-error";
import { transitAccount } from "@/lib/ledger/accounts";
import { bridgeInEntries, bridgeLandedEntries, debitEntries, refundEntries, type Entry } from "@/lib/ledger/entries";
import type { Step } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";
import { readTokenBalance } from "./allowances";
import type { EngineContext } from "./context";
import { IN_FLIGHT_STATES, type TransferReceipt, type TransferRecord } from "./journal/projection";
import { bookCredits } from "./journal/recover";
import { SignerError, type BlockRef, type ChainPort, type Engine, type Receipt } from "./ports";
import { readFinalNumber } from "./settle";

/** Clocks of two chains may differ this much when a receipt's block is compared with the source block, chain seconds; choice. */
const CLOCK_SKEW_SEC = 60;

const refuse = SignerError.refuse;

export interface TransferSettlement {
  readonly transferId: string;
  readonly kind: "arrival" | "refund";
  readonly txHash: Hex;
}

type TransferDesk = Pick<Engine, "listTransfers" | "settleTransfer" | "failTransfer">;

/** A Transfer log to the wallet that no transfer has used yet. */
interface Paid {
  readonly token: Address;
  readonly amountRaw: bigint;
  readonly logIndex: number;
}

/** A receipt that may end a transfer, with all that was checked about it. */
interface Finding {
  readonly receipt: Receipt;
  readonly block: BlockRef;
  readonly token: Address;
  readonly amountRaw: bigint;
  readonly logIndexes: readonly number[];
}

export function createTransfers(context: EngineContext): TransferDesk {
  const { deps, journal } = context;

  const listTransfers: Engine["listTransfers"] = (pairId) =>
    [...journal.state.transfers.values()]
      .filter((each) => pairId === undefined || each.pairId === pairId)
      .toReversed()
      .map((each) => reportTransfer(context, each));

  const settleTransfer: Engine["settleTransfer"] = async (input) => {
    const transfer = transferOf(input.transferId);
    const chainId = input.kind === "arrival" ? transfer.started.toChainId : transfer.fromChainId;
    await context.withChain(chainId, () => settleOnChain(transfer, context.chain(chainId), input));
    return reportTransfer(context, transfer);
  };

  async function settleOnChain(transfer: TransferRecord, port: ChainPort, input: TransferSettlement): Promise<void> {
    // The same answer twice is a worker that did not hear ours.
    if (transfer.receipts.some((each) => isSameAddress(each.txHash, input.txHash))) return;
    checkMayEnd(transfer, input);
    const finding = await readFinding(transfer, port, input);
    if (openRaw(transfer) === 0n) {
      // It ended already: what came now is nobody's, booked apart and shown, never a halt.
      await bookCredits(context, port.chain.id);
      context.record({
        type: "NOTE",
        body: {
          text: `a second receipt ${input.txHash} for transfer ${transfer.transferId}, which is ${transfer.state}: ${finding.amountRaw} of ${finding.token} on chain ${port.chain.id} are booked as a credit`,
        },
      });
      return;
    }
    const creditedRaw = await readCredited(port, finding);
    if (input.kind === "arrival") recordArrival(transfer, port, finding, creditedRaw);
    else recordRefund(transfer, port, finding, creditedRaw);
  }

  function checkMayEnd(transfer: TransferRecord, input: TransferSettlement): void {
    if (!transfer.isOpened) {
      throw SignerError.later(
        "chain",
        `the block of ${transfer.transferId} on chain ${transfer.fromChainId} is gone; it is sent again first`,
      );
    }
    const isOwn = [...journal.state.ops.values()].some((op) =>
      op.attempts.some((attempt) => isSameAddress(attempt.hash, input.txHash)),
    );
    if (isOwn) {
      throw refuse(
        "policy",
        `${input.txHash} is a transaction of this wallet itself; a transfer ends by one of the bridge`,
      );
    }
  }

  /** The receipt at soft depth, after the source block, and what it paid to the wallet in tokens of the registry. */
  async function readFinding(transfer: TransferRecord, port: ChainPort, input: TransferSettlement): Promise<Finding> {
    const receipt = await port.readReceipt(input.txHash);
    if (receipt === null) {
      throw SignerError.later(
        "chain",
        `${input.txHash} is not mined on ${port.chain.name} (${port.chain.id}) yet, or its endpoints do not agree; try again`,
      );
    }
    const head = await port.readBlock("latest");
    const block = await port.readBlock(receipt.blockNumber);
    if (head === null || block === null || block.hash !== receipt.blockHash) {
      throw SignerError.later(
        "chain",
        `the block of ${input.txHash} on chain ${port.chain.id} is not known; try again`,
      );
    }
    if (head.number < receipt.blockNumber + BigInt(port.chain.softDepth)) {
      throw SignerError.later(
        "chain",
        `${input.txHash} is in block ${receipt.blockNumber}, ${port.chain.softDepth} more on top are needed, the newest is ${head.number}`,
      );
    }
    if (receipt.status !== "success") {
      throw refuse("policy", `${input.txHash} reverted on chain ${port.chain.id}: it brought nothing`);
    }
    await checkAfterSource(transfer, port, block);
    const paid = selectPaid(transfer, port, input, receipt);
    const amountRaw = paid.reduce((sum, each) => sum + each.amountRaw, 0n);
    const [first] = paid;
    if (first === undefined) throw refuse("policy", noPayment(transfer, port, input));
    return { receipt, block, token: first.token, amountRaw, logIndexes: paid.map((each) => each.logIndex) };
  }

  async function checkAfterSource(transfer: TransferRecord, port: ChainPort, block: BlockRef): Promise<void> {
    const source = await context.chain(transfer.fromChainId).readBlock(transfer.sourceBlockNumber);
    if (source === null) {
      throw SignerError.later(
        "chain",
        `block ${transfer.sourceBlockNumber} of chain ${transfer.fromChainId}, where ${transfer.transferId} started, is not served; try again`,
      );
    }
    const isBefore =
      port.chain.id === transfer.fromChainId
        ? block.number < source.number
        : block.timestampSec + CLOCK_SKEW_SEC < source.timestampSec;
    if (isBefore) {
      throw refuse(
        "policy",
        `the receipt is older (block time ${block.timestampSec}) than the source transaction (${source.timestampSec}): it belongs to something else`,
      );
    }
  }

  /** The expected token first; another token of the registry is what bridges give when their own swap fails. */
  function selectPaid(
    transfer: TransferRecord,
    port: ChainPort,
    input: TransferSettlement,
    receipt: Receipt,
  ): readonly Paid[] {
    const all = paidToWallet(port, receipt);
    const wanted = input.kind === "arrival" ? transfer.started.tokenOut : transfer.tokenIn;
    const expected = all.filter((each) => isSameAddress(each.token, wanted));
    if (expected.length > 0)
      return bestOf(expected, input.kind === "arrival" ? missingRaw(transfer) : openRaw(transfer));
    if (input.kind === "refund") return [];
    const known = all.filter((each) =>
      deps.registry.tokens.some((token) => token.chainId === port.chain.id && isSameAddress(token.address, each.token)),
    );
    const [other] = known;
    return other === undefined ? [] : known.filter((each) => isSameAddress(each.token, other.token));
  }

  function paidToWallet(port: ChainPort, receipt: Receipt): Paid[] {
    const own = deps.key.address.toLowerCase();
    return receipt.logs.flatMap((log): Paid[] => {
      const [topic, from, to] = log.topics;
      if (topic !== TRANSFER_TOPIC || from === undefined || to === undefined || log.topics.length !== 3) return [];
      if (log.data.length !== 66 || topicAddress(to) !== own || topicAddress(from) === own) return [];
      if (journal.state.isLogUsed(port.chain.id, receipt.hash, log.logIndex)) return [];
      const amountRaw = BigInt(log.data);
      return amountRaw === 0n ? [] : [{ token: log.address, amountRaw, logIndex: log.logIndex }];
    });
  }

  function noPayment(transfer: TransferRecord, port: ChainPort, input: TransferSettlement): string {
    const token = input.kind === "arrival" ? transfer.started.tokenOut : transfer.tokenIn;
    const text = `${input.txHash} on chain ${port.chain.id} has no unused Transfer of ${token}, nor of another token of the registry, to ${deps.key.address}`;
    context.record({ type: "NOTE", body: { text: `${text}; transfer ${transfer.transferId} waits on` } });
    return `${text}; the transfer waits on`;
  }

  /** How much of it a look at the balances booked as an unexplained credit before; refuses what the chain does not have. */
  async function readCredited(port: ChainPort, finding: Finding): Promise<bigint> {
    const chainId = port.chain.id;
    const isBusy = [...journal.state.ops.values()].some(
      (op) => op.chainId === chainId && IN_FLIGHT_STATES.includes(op.state),
    );
    if (isBusy) throw SignerError.later("chain", `an operation on chain ${chainId} is under way; settle after it`);
    const head = await port.readBlock("latest");
    if (head === null) throw SignerError.later("chain", `chain ${chainId} answered no latest block`);
    const chainRaw = await readTokenBalance(port, finding.token, deps.key.address, head.number);
    const { balances } = journal.state;
    const unbookedRaw = chainRaw - balances.walletTotal(chainId, finding.token);
    if (unbookedRaw >= finding.amountRaw) return 0n;
    const neededRaw = finding.amountRaw - (unbookedRaw > 0n ? unbookedRaw : 0n);
    const creditRaw = balances.of(chainId, "credit", finding.token);
    if (creditRaw >= neededRaw) return neededRaw;
    throw refuse(
      "policy",
      `${finding.receipt.hash} says that ${finding.amountRaw} of ${finding.token} came, but the wallet has only ${unbookedRaw > 0n ? unbookedRaw : 0n} unbooked and ${creditRaw} credited on chain ${chainId}: look what moved them`,
    );
  }

  function recordArrival(transfer: TransferRecord, port: ChainPort, finding: Finding, creditedRaw: bigint): void {
    const { started, pairId, transferId } = transfer;
    const isExpected = isSameAddress(finding.token, started.tokenOut);
    const beforeRaw = started.minAmountOutRaw - missingRaw(transfer);
    const isWhole = !isExpected || beforeRaw + finding.amountRaw >= started.minAmountOutRaw;
    const leftRaw = openRaw(transfer);
    const shareRaw = (started.amountInRaw * finding.amountRaw) / (started.minAmountOutRaw || 1n);
    const landedRaw = isWhole || shareRaw > leftRaw ? leftRaw : shareRaw;
    const state = isWhole && isExpected && !hasRefund(transfer) ? "done" : "partial";
    const detail = isExpected
      ? isWhole
        ? `${beforeRaw + finding.amountRaw} arrived on ${port.chain.name}, at least ${started.minAmountOutRaw} was promised`
        : `only ${beforeRaw + finding.amountRaw} of at least ${started.minAmountOutRaw} arrived on ${port.chain.name}; the rest is in transit`
      : `another token arrived on ${port.chain.name}: ${finding.amountRaw} of ${finding.token} instead of ${started.tokenOut}`;
    recordEnd(transfer, port, {
      kind: "arrival",
      finding,
      state,
      detail,
      legs: [
        leg(
          port.chain.id,
          bridgeInEntries({ pairId, token: finding.token, amountRaw: finding.amountRaw, creditedRaw }),
        ),
        leg(
          transfer.fromChainId,
          bridgeLandedEntries({ pairId, transferId, token: transfer.tokenIn, amountRaw: landedRaw }),
        ),
      ],
    });
  }

  function recordRefund(transfer: TransferRecord, port: ChainPort, finding: Finding, creditedRaw: bigint): void {
    const { pairId, transferId } = transfer;
    const leftRaw = openRaw(transfer);
    const refundedRaw = finding.amountRaw < leftRaw ? finding.amountRaw : leftRaw;
    const lostRaw = leftRaw - refundedRaw;
    const kept = lostRaw === 0n ? "" : `; the bridge kept ${lostRaw}`;
    recordEnd(transfer, port, {
      kind: "refund",
      finding,
      state: transfer.receipts.some((each) => each.kind === "arrival") ? "partial" : "refunded",
      detail: `${refundedRaw} came back on ${port.chain.name}${kept}`,
      legs: [
        leg(
          port.chain.id,
          refundEntries({
            pairId,
            transferId,
            token: transfer.tokenIn,
            refundedRaw,
            lostRaw,
            creditedRaw: creditedRaw < refundedRaw ? creditedRaw : refundedRaw,
          }),
        ),
      ],
    });
  }

  function recordEnd(
    transfer: TransferRecord,
    port: ChainPort,
    end: {
      kind: "arrival" | "refund";
      finding: Finding;
      state: TransferRecord["state"];
      detail: string;
      legs: { chainId: number; entries: Entry[] }[];
    },
  ): void {
    const { finding } = end;
    context.record({
      type: "TRANSFER_END",
      body: {
        transferId: transfer.transferId,
        kind: end.kind,
        receipt: {
          chainId: port.chain.id,
          txHash: finding.receipt.hash,
          blockNumber: finding.receipt.blockNumber,
          blockHash: finding.receipt.blockHash,
          logIndexes: [...finding.logIndexes],
          token: finding.token,
          amountRaw: finding.amountRaw,
        },
        state: end.state,
        detail: end.detail,
        legs: end.legs,
        atMs: deps.wall.nowMs(),
        marketAtMs: deps.market.nowMs(),
      },
    });
    deps.log.info("signer.transfer-settled", {
      transferId: transfer.transferId,
      state: end.state,
      chainId: port.chain.id,
      txHash: finding.receipt.hash,
    });
  }

  const failTransfer: Engine["failTransfer"] = ({ transferId, note, by }) => {
    const transfer = transferOf(transferId);
    const lostRaw = openRaw(transfer);
    if (transfer.isGivenUp) return reportTransfer(context, transfer);
    if (lostRaw === 0n) {
      throw refuse(
        "policy",
        `transfer ${transferId} is ${transfer.state}: nothing of it is in transit, nothing to write off`,
      );
    }
    context.record({
      type: "TRANSFER_END",
      body: {
        transferId,
        kind: "fail",
        receipt: null,
        state: transfer.receipts.length === 0 ? "failed" : "partial",
        detail: `${lostRaw} of ${transfer.tokenIn} written off by ${by}: ${note}`,
        legs: [
          leg(
            transfer.fromChainId,
            debitEntries(transitAccount(transfer.pairId, transferId), transfer.tokenIn, lostRaw),
          ),
        ],
        atMs: deps.wall.nowMs(),
        marketAtMs: deps.market.nowMs(),
      },
    });
    return reportTransfer(context, transfer);
  };

  function transferOf(transferId: string): TransferRecord {
    const transfer = journal.state.transfers.get(transferId);
    if (transfer === undefined) throw refuse("not_found", `there is no transfer ${transferId} in the journal`);
    return transfer;
  }

  function openRaw(transfer: TransferRecord): bigint {
    return rawInTransit(context, transfer);
  }

  return { listTransfers, settleTransfer, failTransfer };
}

/** One look at receipts that are not final: a block that is gone takes its part of the transfer back. */
export async function settleTransferReceipts(context: EngineContext): Promise<void> {
  for (const transfer of context.journal.state.transfers.values()) {
    for (const receipt of transfer.receipts) {
      if (receipt.isFinal) continue;
      try {
        await settleReceipt(context, transfer, receipt);
      } catch (error) {
        if (!(error instanceof ChainError || error instanceof SignerError)) throw error;
        // Not final yet is always a safe answer; asked again at the next round.
        context.deps.log.debug("signer.transfer-retried", {
          transferId: transfer.transferId,
          message: errorText(error),
        });
      }
    }
  }
}

async function settleReceipt(
  context: EngineContext,
  transfer: TransferRecord,
  receipt: TransferReceipt,
): Promise<void> {
  const port = context.chain(receipt.chainId);
  const { wall, market } = context.deps;
  const { transferId } = transfer;
  const block = await port.readBlock(receipt.blockNumber);
  if (block !== null && block.hash === receipt.blockHash) {
    const finalNumber = await readFinalNumber(port);
    if (receipt.blockNumber > finalNumber) return;
    context.record({ type: "TRANSFER_FINAL", body: { transferId, txHash: receipt.txHash, atMs: wall.nowMs() } });
    return;
  }
  const now = await port.readReceipt(receipt.txHash);
  // A node that lags behind still has the receipt where it was.
  if (block === null && now?.blockHash === receipt.blockHash) return;
  await context.withChain(receipt.chainId, () => {
    context.record({
      type: "TRANSFER_UNDONE",
      body: {
        transferId,
        txHash: receipt.txHash,
        reason: `block ${receipt.blockNumber} of chain ${receipt.chainId} with ${receipt.txHash} is gone; the transfer waits for its receipt again`,
        atMs: wall.nowMs(),
        marketAtMs: market.nowMs(),
      },
    });
    return Promise.resolve();
  });
}

export function reportTransfer(context: EngineContext, transfer: TransferRecord): Transfer {
  const { started } = transfer;
  return {
    transferId: transfer.transferId,
    pairId: transfer.pairId,
    planId: transfer.planId,
    bridge: started.bridge,
    fromChainId: transfer.fromChainId,
    toChainId: started.toChainId,
    tokenIn: transfer.tokenIn,
    tokenOut: started.tokenOut,
    amountInRaw: started.amountInRaw,
    minAmountOutRaw: started.minAmountOutRaw,
    sourceTxHash: started.sourceTxHash,
    state: transfer.state,
    inTransitRaw: rawInTransit(context, transfer),
    receipts: transfer.receipts.map(({ kind, chainId, txHash, token, amountRaw }) => ({
      kind,
      chainId,
      txHash,
      token,
      amountRaw,
    })),
    startedAtMs: transfer.startedAtMs,
    updatedAtMs: transfer.updatedAtMs,
    detail: transfer.detail,
  };
}

/** IN_TRANSIT while a bridge has something of the pair (safety.md section 1); null when all has ended. */
export function transitState(
  context: EngineContext,
  pairId: string,
): { state: "IN_TRANSIT"; cause: string; sinceAtMs: number } | null {
  const open = [...context.journal.state.transfers.values()].filter(
    (each) => each.pairId === pairId && isUnderWay(context, each),
  );
  const [first] = open;
  if (first === undefined) return null;
  const parts = open.map(
    (each) =>
      `${rawInTransit(context, each)} of ${each.tokenIn} from chain ${each.fromChainId} to ${each.started.toChainId} by ${each.started.bridge}`,
  );
  return {
    state: "IN_TRANSIT",
    cause: `${parts.join("; ")}; ends with the receipt on the destination chain, a refund, or an owner's transfer.fail`,
    sinceAtMs: first.startedAtMs,
  };
}

/** While capital is on its way to a chain, no other plan of the pair takes new risk there; exits and other chains go on. */
export function checkTransit(
  context: EngineContext,
  input: { readonly pairId: string; readonly planId: string; readonly step: Step },
): void {
  const { step } = input;
  if (step.kind !== "mint" && step.kind !== "swap" && step.kind !== "bridge") return;
  for (const transfer of context.journal.state.transfers.values()) {
    const isMeant = transfer.pairId === input.pairId && transfer.started.toChainId === step.chainId;
    if (!isMeant || transfer.planId === input.planId || !isUnderWay(context, transfer)) continue;
    throw SignerError.later(
      "policy",
      `IN_TRANSIT: transfer ${transfer.transferId} of plan ${transfer.planId} is on its way to chain ${step.chainId}; a ${step.kind} of another plan waits there for its receipt, its refund or an owner's transfer.fail`,
      { transferId: transfer.transferId },
    );
  }
}

function isUnderWay(context: EngineContext, transfer: TransferRecord): boolean {
  return rawInTransit(context, transfer) > 0n || (transfer.state === "pending" && !transfer.isGivenUp);
}

function rawInTransit(context: EngineContext, transfer: TransferRecord): bigint {
  const { pairId, transferId, fromChainId, tokenIn } = transfer;
  const raw = context.journal.state.balances.of(fromChainId, transitAccount(pairId, transferId), tokenIn);
  return raw > 0n ? raw : 0n;
}

/** What of the promised minimum has not arrived yet. */
function missingRaw(transfer: TransferRecord): bigint {
  const arrivedRaw = transfer.receipts
    .filter((each) => each.kind === "arrival" && isSameAddress(each.token, transfer.started.tokenOut))
    .reduce((sum, each) => sum + each.amountRaw, 0n);
  const missing = transfer.started.minAmountOutRaw - arrivedRaw;
  return missing > 0n ? missing : 0n;
}

function hasRefund(transfer: TransferRecord): boolean {
  return transfer.receipts.some((each) => each.kind === "refund");
}

/** One receipt may fill two transfers: the smallest single payment that is enough, else all of them together. */
function bestOf(paid: readonly Paid[], wantedRaw: bigint): readonly Paid[] {
  let best: Paid | null = null;
  for (const each of paid) {
    if (each.amountRaw >= wantedRaw && (best === null || each.amountRaw < best.amountRaw)) best = each;
  }
  return best === null ? paid : [best];
}

function leg(chainId: number, entries: readonly Entry[]): { chainId: number; entries: Entry[] } {
  return { chainId, entries: [...entries] };
}
