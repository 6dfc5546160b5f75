// What the signer's engine needs from outside (declared here, built in main.ts) and what it offers to the two sockets.
import type * as z from "zod";
import { TidegateError, type ErrorDetails } from "@/lib/errors/tidegate-error";
import type {
  ExitOrder,
  KnownPosition,
  LedgerList,
  OpArguments,
  OpReport,
  PairState,
  PlanApproval,
  Orphan,
  PlanRecord,
  Rehearsal,
  SIGNER_ERROR_CODES,
  SignerErrorWire,
  Transfer,
  approvalSchema,
} from "@/lib/api/signer-contract";
import type { PairSettings } from "@/lib/registry/pair-settings";
import type { TxLog } from "@/lib/actions/erc20";
import type { Chain } from "@/lib/registry/schema";
import type { NamedState, OpState } from "@/lib/plan/plan-status";
import type { Plan } from "@/lib/plan/plan";
import type { Address, Hex } from "@/lib/units";

export type SignerErrorCode = (typeof SIGNER_ERROR_CODES)[number];

/** Every refusal of the signer; `toWire` is the answer on a socket. */
export class SignerError extends TidegateError<SignerErrorCode> {
  static refuse(code: SignerErrorCode, message: string, details: ErrorDetails = {}): SignerError {
    return new SignerError({ code, message, details, retryable: false });
  }
  static later(code: SignerErrorCode, message: string, details: ErrorDetails = {}): SignerError {
    return new SignerError({ code, message, details, retryable: true });
  }
  toWire(): SignerErrorWire {
    return { code: this.code, message: this.message, retryable: this.retryable, details: { ...this.details } };
  }
}

export interface BlockRef {
  readonly number: bigint;
  readonly hash: Hex;
  readonly timestampSec: number;
  /** Null on chains without EIP-1559. */
  readonly baseFeePerGasWei: bigint | null;
}

export interface LogEntry {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly logIndex: number;
}

export interface Receipt {
  readonly hash: Hex;
  readonly blockNumber: bigint;
  readonly blockHash: Hex;
  readonly status: "success" | "reverted";
  readonly gasUsed: bigint;
  readonly effectiveGasPriceWei: bigint;
  /** L1 data fee of rollups, 0 elsewhere. */
  readonly l1FeeWei: bigint;
  readonly logs: readonly LogEntry[];
}

export interface CallRequest {
  readonly from?: Address;
  readonly to: Address;
  readonly data: Hex;
  readonly valueRaw?: bigint;
}

/** One endpoint's answer to a broadcast; its text is a hint, never a fact. */
export interface SendAnswer {
  readonly endpoint: string;
  readonly accepted: boolean;
  readonly text: string;
}

export type BlockTag = "latest" | "safe" | "finalized" | bigint;

export interface LogFilter {
  readonly address: Address;
  readonly topics: readonly (Hex | null)[];
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
}

/** What the last look at the endpoints of one chain found (safety.md R3 to R5). */
export interface EndpointsView {
  readonly endpoints: readonly {
    readonly label: string;
    /** `silent` answers nothing now and is tried again; the three after it are set aside until a look finds them in order. */
    readonly status: "ok" | "silent" | "wrong_chain" | "stale" | "minority";
    readonly detail: string;
  }[];
  /** No majority: nothing is signed. */
  readonly disagreement: string | null;
}

/** Exact bytes tried on an endpoint, with reads of state before and after them. */
export interface Trial {
  readonly endpoint: string;
  /** False: there is no other endpoint than the one that everything else was read from. */
  readonly isOther: boolean;
  readonly blockNumber: bigint;
  /** Null: the node has no eth_simulateV1, the bytes alone were tried there. */
  readonly state: { readonly before: readonly (Hex | null)[]; readonly after: readonly (Hex | null)[] } | null;
  readonly logs: readonly LogEntry[];
}

/** All the signer does with one chain, the call port of the family adapters included. Methods throw ChainError; "no answer" is never turned into a value. */
export interface ChainPort {
  readonly chain: Chain;
  /** Chain id as the endpoints answer it now. */
  readChainId(): Promise<number>;
  /** Null when the block does not exist (or the tag is not served). */
  readBlock(tag: BlockTag): Promise<BlockRef | null>;
  call(request: CallRequest, block: bigint | "latest"): Promise<Hex>;
  estimateGas(request: CallRequest): Promise<bigint>;
  readNonce(address: Address, block: bigint | "latest"): Promise<number>;
  readNativeBalance(address: Address, block: bigint | "latest"): Promise<bigint>;
  readPriorityFeeWei(): Promise<bigint>;
  readGasPriceWei(): Promise<bigint>;
  /** To all endpoints; never throws. */
  sendRaw(raw: Hex): Promise<readonly SendAnswer[]>;
  /** Logs of one contract, oldest first, in pages; what any of the endpoints has (one may leave some out), so each is confirmed by a read. */
  readLogs(filter: LogFilter): Promise<readonly TxLog[]>;
  /** Agreed by two endpoints where two answer (the block that holds it counts as a word too); null when none has it. */
  readReceipt(hash: Hex): Promise<Receipt | null>;
  /** At least one endpoint shows a receipt: not agreed yet, but nobody else's transaction. */
  hasReceipt(hash: Hex): Promise<boolean>;
  /** Throws ChainError `disagree` when the endpoints say different things and no majority decides. */
  checkEndpoints(maxAgeMs: number): Promise<EndpointsView>;
  endpoints(): EndpointsView;
  /**
   * The bytes on another endpoint than the one that answered last, at this block (or that endpoint's own head when it is behind);
   * throws `reverted` when they fail there and `disagree` when it has another block at that height.
   */
  tryElsewhere(input: {
    readonly call: CallRequest;
    readonly reads: readonly CallRequest[];
    readonly at: BlockRef;
  }): Promise<Trial>;
}

/** What is signed; a plain transaction, nothing else exists (no message, no hash, no 7702). */
export interface UnsignedTx {
  readonly chainId: number;
  readonly nonce: number;
  readonly to: Address;
  readonly data: Hex;
  readonly valueRaw: bigint;
  readonly gas: bigint;
  readonly fees: FeePair;
}

export type FeePair =
  | { readonly kind: "eip1559"; readonly maxFeePerGasWei: bigint; readonly maxPriorityFeePerGasWei: bigint }
  | { readonly kind: "legacy"; readonly gasPriceWei: bigint };

export interface KeyPort {
  readonly address: Address;
  /** Raw signed transaction. */
  sign(tx: UnsignedTx): Promise<Hex>;
}

export type Approval = z.output<typeof approvalSchema>;

export interface ApprovalCount extends PlanApproval {
  readonly needed: number;
  /** Those that count. */
  readonly approvals: readonly Approval[];
}

export interface PairAuthority {
  readonly mode: PairState["mode"];
  readonly paused: PairState["paused"];
  readonly halted: PairState["halted"];
  readonly settings: PairSettings;
  readonly configVersion: number;
  readonly commandSeq: number;
  /** The signed system.exit that is being carried out; missing or null otherwise. */
  readonly exit?: ExitOrder | null;
}

/** The authority's state of record as the engine sees it; answers must reflect every command already logged. */
export interface AuthorityView {
  pair(pairId: string): PairAuthority | null;
  pairIds(): readonly string[];
  stopped(): PairState["stopped"];
  /** HALT_WALLET, LOCKED, or OBSERVE after a start that needs a signed adopt; null when signing is allowed. */
  walletHalt(): { readonly state: NamedState; readonly cause: string; readonly sinceAtMs: number } | null;
  /** How many distinct approvals a plan needs in the pair's present mode (auto: 0). */
  approvalsNeeded(pairId: string, plan: Plan): number;
  approvals(planId: string): readonly Approval[];
  /** What the approvals of a plan amount to under the limits and roles of now. */
  approval(input: {
    readonly planId: string;
    readonly plan: Plan;
    /** Never fewer than were asked for when the plan was proposed. */
    readonly atLeast: number;
    /** Approvals after the plan's expiry do not count. */
    readonly untilAtMs: number | null;
    /** Null while it waits: roles of now. Afterwards the moment it started or ended. */
    readonly asOfMs: number | null;
  }): ApprovalCount;
  rejection(planId: string): PlanRecord["rejectedBy"];
  /** Recorded in the command log by the authority; ends with a signed command. */
  haltPair(pairId: string, cause: string): void;
  haltWallet(cause: string): void;
}

export interface EngineEvents {
  /** After each journalled change; for copies to the store and for logs, never to decide. */
  planChanged(planId: string): void;
  opChanged(opId: string, state: OpState): void;
  /** Also: transfers and orphans. */
  ledgerChanged(): void;
}

/** Called at each labelled step; a no-op except in test builds. */
export type KillPoint = (label: KillLabel) => void;

export const KILL_LABELS = [
  "before-intent",
  "after-intent",
  "after-prepared",
  "signed-not-written",
  "written-not-sent",
  "sent-no-answer",
  "after-sent",
  "included-not-written",
  "confirmed-not-verified",
  "verified-not-settled",
] as const;
export type KillLabel = (typeof KILL_LABELS)[number];

export interface LedgerCheck {
  readonly checkedAtMs: number;
  readonly blocks: readonly { readonly chainId: number; readonly number: bigint }[];
  readonly rows: readonly {
    readonly chainId: number;
    readonly token: Address;
    readonly ledgerRaw: bigint;
    readonly chainRaw: bigint;
    readonly differenceRaw: string;
  }[];
  readonly openAllowances: readonly {
    readonly chainId: number;
    readonly token: Address;
    readonly spender: Address;
    readonly amountRaw: bigint;
  }[];
}

export interface RecoveryReport {
  readonly chains: readonly {
    readonly chainId: number;
    readonly outcome: "clean" | "resumed" | "observe" | "halted";
  }[];
  readonly notes: readonly string[];
  /** True when the journal was empty and the wallet had been used: OBSERVE until a signed adopt. */
  readonly needsAdopt: boolean;
  readonly durationMs: number;
}

/** Methods behind the sockets; all refusals are SignerError (disk trouble: JournalError, answer it as `disk`). */
export interface Engine {
  // intent.sock
  leaseFence(input: { pairId: string; workerId: string }): { token: number };
  pairState(pairId: string): PairState;
  proposePlan(input: {
    pairId: string;
    token: number;
    plan: Plan;
    proposedBy: string;
    marketAtMs: number;
  }): Promise<PlanRecord>;
  planRecord(planId: string): PlanRecord;
  executeOp(input: {
    pairId: string;
    token: number;
    planId: string;
    index: number;
    args: OpArguments;
  }): Promise<OpReport>;
  waitOp(input: { opId: string; waitMs: number }): Promise<OpReport>;
  finishPlan(input: {
    pairId: string;
    token: number;
    planId: string;
    outcome: "done" | "partial" | "voided";
    reason: string;
  }): Promise<PlanRecord>;
  /** Throws `stale_token` unless the token is the newest lease of the pair (for command.result). */
  checkFence(pairId: string, token: number): void;

  /** plan.rehearsed: evidence beside the plan. */
  recordRehearsal(input: { pairId: string; token: number; planId: string; rehearsal: Rehearsal }): PlanRecord;
  listTransfers(pairId?: string): readonly Transfer[];
  /** Reads the receipt itself; refuses what does not pay the wallet, books a second one apart. */
  settleTransfer(input: { transferId: string; kind: "arrival" | "refund"; txHash: Hex }): Promise<Transfer>;

  // control.sock
  /** For transfer.fail: what is still in transit leaves the books by a person's word. */
  failTransfer(input: { transferId: string; note: string; by: string }): Transfer;
  listOrphans(): readonly Orphan[];
  /** What a signed command decided about an orphan; the answer is one sentence. Done once, whatever is repeated. */
  adoptOrphan(input: { commandId: Hex; orphanId: string; pairId: string }): Promise<string>;
  closeOrphan(input: { commandId: Hex; orphanId: string }): Promise<string>;
  ignoreOrphan(input: { orphanId: string; note: string }): string;
  /** For system.exit: plans of the pair that have not started end as voided; returns how many. */
  voidWaitingPlans(pairId: string, reason: string): number;
  listPlans(input: { pairId?: string | undefined; open?: boolean | undefined; limit: number }): readonly PlanRecord[];
  /** Plans with a record after `afterSeq`, oldest change first, and all that are open. */
  changedPlans(input: { afterSeq: number; limit: number }): { plans: PlanRecord[]; seq: number; hasMore: boolean };
  /** Oldest first; `newest` takes them from the end. */
  listLedger(input: {
    pairId?: string | undefined;
    sinceSeq: number;
    limit: number;
    newest?: boolean | undefined;
  }): LedgerList;
  checkLedger(): Promise<LedgerCheck>;
  knownPositions(pairId: string): readonly KnownPosition[];
  /** Call after logging plan.approve or plan.reject: journals the new status. Returns the record. */
  syncPlan(planId: string): PlanRecord;
  /** capital.assign: from unassigned (then credit) to the pair; once per commandId. Returns the amount in words. */
  assignCapital(input: {
    commandId: Hex;
    pairId: string;
    chainId: number;
    token: Address;
    amountRaw: bigint;
  }): Promise<string>;
  /**
   * For system.resume and pair.unhalt after a halt by a difference: nonce, positions and balances of the chain become the journal's.
   * Returns what was adopted, one sentence each (for the command's result). Call recover() afterwards.
   */
  adopt(): Promise<readonly string[]>;
  /** For pair.resume, system.resume and start-up: takes back allowances that an ended plan left behind. */
  revokeLeftovers(): Promise<void>;

  // life
  /** R1..R8 of safety.md section 3.7; before it returned, nothing is signed. May be called again. */
  recover(): Promise<RecoveryReport>;
  /** No new op starts; resolves when no transaction is between INTENT and VERIFIED, or after the time. */
  drain(timeoutMs: number): Promise<void>;
  /** Ends polling and closes the journal; nothing is signed any more. */
  close(): void;
  journalSeq(): number;
  /** At least one chain is reconciled and serves. */
  isRecovered(): boolean;
  /** Chains in observation: nothing is signed there until they answer and agree. */
  waitingChains(): readonly number[];
  /** Endpoints that are set aside or silent, per chain; `isHeld`: no majority, so nothing is signed there. */
  endpointTroubles(): readonly { readonly chainId: number; readonly isHeld: boolean; readonly text: string }[];
}
