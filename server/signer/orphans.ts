// What is on a chain and not in the journal: listed, and adopted, closed or ignored by a signed command (safety.md section 3.7, R5 and R6).
import { zeroHash } from "viem";
import type { KnownPosition, OpArguments, Orphan } from "@/lib/api/signer-contract";
import { isSameAddress } from "@/lib/actions/erc20";
import { NATIVE_TOKEN, positionAccount, walletAccount } from "@/lib/ledger/accounts";
import { adoptedPositionEntries, assignEntries, debitEntries, type Entry } from "@/lib/ledger/entries";
import type { ApproveStep, RevokeStep } from "@/lib/plan/plan";
import { findPoolRef } from "@/lib/registry/pool-ref";
import { positionId, type Address } from "@/lib/units";
import { knownGrants, readGrant } from "./allowances";
import type { EngineContext, PoolPart } from "./context";
import { amountText, emptyOrphan, pairOfTokens, recordOrphan } from "./inventory";
import { runOwnStep, type OwnStep } from "./operation";
import { ORPHAN_PLAN_PREFIX } from "./own-steps";
import { SignerError, type Engine } from "./ports";

const refuse = SignerError.refuse;

/** Indexes of the signer's own operations of one closing. */
const CLOSE_INDEX = 32;

type OrphanDesk = Pick<Engine, "listOrphans" | "adoptOrphan" | "closeOrphan" | "ignoreOrphan">;

export function createOrphans(
  context: EngineContext,
  parts: {
    readonly readyChains: ReadonlySet<number>;
    lastArgs(pairId: string): OpArguments;
  },
): OrphanDesk {
  const { deps, journal } = context;

  const listOrphans: Engine["listOrphans"] = () => [...journal.state.orphans.values(), ...credits()];

  /** Unexplained credits as they stand in the books now. */
  function credits(): readonly Orphan[] {
    return journal.state.balances
      .all()
      .filter((each) => each.account === "credit" && each.amountRaw > 0n && each.token !== NATIVE_TOKEN)
      .map((each): Orphan => {
        const { chainId, token, amountRaw } = each;
        const orphanId = `credit:${chainId}:${token}`.toLowerCase();
        const said = journal.state.orphans.get(orphanId);
        return {
          ...emptyOrphan(context, { orphanId, kind: "credit", chainId }),
          token,
          amountRaw,
          valueText: amountText(context, chainId, token, amountRaw),
          foundAtMs: said?.foundAtMs ?? 0,
          detail: `${amountRaw} of ${token} came without an operation of ours; booked apart, adopt gives it to a pair`,
        };
      })
      .filter((each) => !isIgnored(each));
  }

  function isIgnored(credit: Orphan): boolean {
    const said = journal.state.orphans.get(credit.orphanId);
    return said?.status === "ignored" && said.amountRaw === credit.amountRaw;
  }

  function orphanOf(orphanId: string): Orphan {
    const found = listOrphans().findLast((each) => each.orphanId.toLowerCase() === orphanId.toLowerCase());
    if (found === undefined) throw refuse("not_found", `there is no orphan ${orphanId}; see the list of orphans`);
    return found;
  }

  const adoptOrphan: Engine["adoptOrphan"] = ({ commandId, orphanId, pairId }) => {
    const orphan = orphanOf(orphanId);
    if (orphan.status === "adopted") return Promise.resolve(`${orphanId} was adopted by ${orphan.pairId} already`);
    checkOpen(orphan, "adopted");
    return context.withChain(orphan.chainId, () => {
      switch (orphan.kind) {
        case "position":
          return adoptPosition(orphan, pairId);
        case "missing_position":
          return Promise.resolve(writeOffPosition(orphan, pairId));
        case "debit":
          return Promise.resolve(writeOffDebit(orphan, pairId));
        case "credit":
          return Promise.resolve(assignCredit(orphan, pairId, commandId));
        case "allowance":
          throw refuse("policy", `${orphanId} is a right of somebody else over tokens: close it, or ignore it`);
      }
    });
  };

  async function adoptPosition(orphan: Orphan, pairId: string): Promise<string> {
    const { part, tokenId } = partOf(orphan);
    const { ref } = part;
    const pool = deps.registry.pools.find((each) => each.chainId === ref.chainId && isSameAddress(each.id, ref.pool));
    const fits = pool?.pair ?? pairOfTokens(context, ref.chainId, ref.token0, ref.token1);
    if (fits !== pairId) {
      throw refuse(
        "policy",
        `${orphan.orphanId} trades the tokens of ${fits ?? "no configured pair"}, not of ${pairId}`,
      );
    }
    const port = context.chain(orphan.chainId);
    const head = await port.readBlock("latest");
    if (head === null) throw SignerError.later("chain", `chain ${orphan.chainId} answered no latest block`);
    const live = await part.reads.readPosition(port, ref, tokenId, head.number, deps.key.address);
    if (live === null || live.liquidityRaw === 0n || !isSameAddress(live.owner, deps.key.address)) {
      throw refuse(
        "policy",
        `${orphan.orphanId} is ${live === null ? "closed" : `empty or owned by ${live.owner}`} now`,
      );
    }
    const id = positionId(ref.chainId, ref.family, ref.contracts.positionManager, tokenId);
    const position: KnownPosition = {
      positionId: id,
      chainId: ref.chainId,
      pool: ref.pool,
      positionManager: ref.contracts.positionManager,
      tokenId,
      tickLower: live.tickLower,
      tickUpper: live.tickUpper,
      liquidityRaw: live.liquidityRaw,
      amount0Raw: live.principal0Raw,
      amount1Raw: live.principal1Raw,
      openedAtMarketMs: deps.market.nowMs(),
      openedAtMs: deps.wall.nowMs(),
      // Who minted it is not known.
      mintTxHash: zeroHash,
      planId: "adopted",
    };
    const entries = adoptedPositionEntries({
      pairId,
      token0: ref.token0,
      token1: ref.token1,
      positionId: id,
      amount0Raw: live.principal0Raw,
      amount1Raw: live.principal1Raw,
      fees0Raw: live.fees0Raw,
      fees1Raw: live.fees1Raw,
    });
    const text = (token: Address, amountRaw: bigint): string => amountText(context, ref.chainId, token, amountRaw);
    const detail = `adopted by ${pairId} at ${text(ref.token0, live.principal0Raw)} + ${text(ref.token1, live.principal1Raw)} and fees of ${text(ref.token0, live.fees0Raw)} + ${text(ref.token1, live.fees1Raw)} of block ${head.number}`;
    recordAnswer({ ...orphan, pairId, status: "adopted", detail }, entries, { position });
    return `${id} ${detail}`;
  }

  function writeOffPosition(orphan: Orphan, pairId: string): string {
    const id = orphan.orphanId.replace(/^missing:/, "");
    const known = journal.state.positions.get(id);
    if (known === undefined) throw refuse("policy", `position ${id} is not in the journal any more`);
    if (known.pairId !== pairId) throw refuse("policy", `position ${id} is one of ${known.pairId}, not of ${pairId}`);
    const ref = findPoolRef(deps.registry, known.chainId, known.pool);
    if (ref === null) throw refuse("policy", `pool ${known.pool} of position ${id} is not in the registry`);
    const account = positionAccount(pairId, id);
    const entries = [
      ...debitEntries(account, ref.token0, known.amount0Raw),
      ...debitEntries(account, ref.token1, known.amount1Raw),
    ];
    const detail = `written off; end the halt of ${pairId} with a signed pair.unhalt`;
    recordAnswer({ ...orphan, pairId, status: "adopted", detail }, entries, { lostPositionId: id });
    return `position ${id} ${detail}`;
  }

  function writeOffDebit(orphan: Orphan, pairId: string): string {
    const { token, amountRaw, chainId } = orphan;
    if (token === null || amountRaw === null) throw refuse("internal", `${orphan.orphanId} names no token`);
    const heldRaw = journal.state.balances.of(chainId, walletAccount(pairId), token);
    if (heldRaw < amountRaw) {
      throw refuse(
        "insufficient",
        `${pairId} has ${heldRaw} of ${token} in its books, the debit is ${amountRaw}: choose the pair that held it, or end the halt with pair.unhalt, which takes it from all`,
      );
    }
    const detail = `written off from ${pairId}; end its halt with a signed pair.unhalt`;
    recordAnswer(
      { ...orphan, pairId, status: "adopted", detail },
      debitEntries(walletAccount(pairId), token, amountRaw),
      {},
    );
    return `${amountRaw} of ${token} ${detail}`;
  }

  function assignCredit(orphan: Orphan, pairId: string, commandId: string): string {
    const { token, amountRaw, chainId } = orphan;
    if (token === null || amountRaw === null) throw refuse("internal", `${orphan.orphanId} names no token`);
    if (journal.state.hasReference(commandId)) return `${orphan.valueText} assigned to ${pairId} already`;
    const creditRaw = journal.state.balances.of(chainId, "credit", token);
    const entries = assignEntries({ pairId, token, amountRaw, unassignedRaw: 0n, creditRaw });
    if (entries === null) throw refuse("insufficient", `only ${creditRaw} of ${token} are credited now`);
    context.record({
      type: "LEDGER",
      body: {
        chainId,
        pairId,
        reference: commandId,
        note: "credit adopted by signed command",
        entries: [...entries],
        marketAtMs: deps.market.nowMs(),
      },
    });
    return `${orphan.valueText} assigned to ${pairId}`;
  }

  const closeOrphan: Engine["closeOrphan"] = async ({ commandId, orphanId }) => {
    const orphan = orphanOf(orphanId);
    if (orphan.status === "closed") return `${orphanId} is closed already: ${orphan.detail}`;
    checkOpen(orphan, "closed");
    if (orphan.kind !== "position" && orphan.kind !== "allowance") {
      throw refuse(
        "policy",
        `${orphanId} is a ${orphan.kind}: there is nothing on the chain to close; adopt or ignore it`,
      );
    }
    if (!parts.readyChains.has(orphan.chainId)) {
      throw SignerError.later("chain", `chain ${orphan.chainId} is not reconciled yet; nothing is signed there before`);
    }
    recordOrphan(context, { ...orphan, status: "closing", detail: "being closed by a signed command" });
    try {
      const detail = await context.withChain(orphan.chainId, () =>
        orphan.kind === "position" ? closePosition(orphan, commandId) : closeRights(orphan, commandId),
      );
      recordOrphan(context, { ...orphan, status: "closed", detail });
      return detail;
    } catch (error) {
      const isFinal = error instanceof SignerError && !error.retryable;
      if (isFinal) recordOrphan(context, { ...orphan, status: "open", detail: `not closed: ${error.message}` });
      throw error;
    }
  };

  /** As it is, to the wallet; what it pays is a credit. Inside the chain's lock. */
  async function closePosition(orphan: Orphan, commandId: string): Promise<string> {
    const { part, tokenId } = partOf(orphan);
    const { ref, actions, reads } = part;
    const port = context.chain(orphan.chainId);
    const live = await reads.readPosition(port, ref, tokenId, "latest", deps.key.address);
    const frame = frameOf(orphan, commandId);
    const burnId = `${frame.planId}/${CLOSE_INDEX}`;
    if (live === null && journal.state.ops.get(burnId) === undefined) {
      throw refuse("policy", `${orphan.orphanId} is closed on the chain already`);
    }
    const grants = actions.exitGrants(ref);
    for (const [position, grant] of grants.entries()) {
      const step: ApproveStep = {
        kind: "approve",
        chainId: ref.chainId,
        token: grant.token,
        spender: grant.spender,
        amountRaw: 1n,
        forStep: 1,
        ...(grant.kind === "operator" ? { grant: "operator" as const } : {}),
      };
      await runOwnStep(context, { ...frame, opId: `${frame.planId}/grant-${position}`, step });
    }
    if (live !== null) {
      const op = await runOwnStep(context, {
        ...frame,
        opId: burnId,
        step: {
          kind: "burn",
          chainId: ref.chainId,
          family: ref.family,
          pool: ref.pool,
          positionManager: ref.contracts.positionManager,
          tokenId,
          token0: ref.token0,
          token1: ref.token1,
          tickLower: live.tickLower,
          tickUpper: live.tickUpper,
          liquidityRaw: live.liquidityRaw,
          amount0ExpectedRaw: live.principal0Raw + live.fees0Raw,
          amount1ExpectedRaw: live.principal1Raw + live.fees1Raw,
          maxSlippageBps: CLOSE_SLIPPAGE_BPS,
        },
      });
      if (op.state === "SKIPPED") throw refuse("policy", `${orphan.orphanId}: ${op.error ?? "skipped"}`);
    }
    for (const [position, grant] of grants.toReversed().entries()) {
      const step: RevokeStep = {
        kind: "revoke",
        chainId: ref.chainId,
        token: grant.token,
        spender: grant.spender,
        ...(grant.kind === "operator" ? { grant: "operator" as const } : {}),
      };
      await runOwnStep(context, { ...frame, opId: `${frame.planId}/revoke-${position}`, step });
    }
    const deltas = journal.state.ops.get(burnId)?.deltas ?? [];
    const paid = deltas.map((each) => amountText(context, ref.chainId, each.token, each.amountRaw)).join(" + ");
    return `closed into the wallet: ${paid || "nothing was left in it"}, booked as a credit`;
  }

  async function closeRights(orphan: Orphan, commandId: string): Promise<string> {
    const { token, spender, chainId } = orphan;
    if (token === null || spender === null) throw refuse("internal", `${orphan.orphanId} names no token or spender`);
    const port = context.chain(chainId);
    const frame = frameOf(orphan, commandId);
    const rights = knownGrants(context, chainId).filter(
      (each) => isSameAddress(each.token, token) && isSameAddress(each.spender, spender),
    );
    let taken = 0;
    for (const right of rights) {
      const { amountRaw } = await readGrant(port, right, { owner: deps.key.address, block: "latest" });
      if (amountRaw === 0n) continue;
      const step: RevokeStep = {
        kind: "revoke",
        chainId,
        token: right.token,
        spender: right.spender,
        ...(right.kind === "erc20" ? {} : { grant: right.kind }),
        ...(right.kind === "permit2" ? { permit2: right.permit2 } : {}),
      };
      await runOwnStep(context, { ...frame, opId: `${frame.planId}/revoke-${right.kind}`, step });
      taken += 1;
    }
    return taken === 0 ? "nothing was left of that right" : `${spender} may take nothing of ${token} any more`;
  }

  function frameOf(orphan: Orphan, commandId: string): Omit<OwnStep, "opId" | "step"> {
    const pairId = orphan.pairId ?? deps.authority.pairIds()[0];
    if (pairId === undefined) throw refuse("policy", "no pair is configured: an own operation needs one for its caps");
    return {
      planId: `${ORPHAN_PLAN_PREFIX}${commandId.slice(2, 34)}`,
      pairId,
      index: CLOSE_INDEX,
      args: parts.lastArgs(pairId),
    };
  }

  function partOf(orphan: Orphan): { part: PoolPart; tokenId: bigint } {
    const { pool, tokenId, chainId } = orphan;
    if (pool === null || tokenId === null) throw refuse("internal", `${orphan.orphanId} names no position`);
    if (findPoolRef(deps.registry, chainId, pool) === null) {
      throw refuse("policy", `pool ${pool} of ${orphan.orphanId} is not in the registry: add the pool first`);
    }
    return { part: context.pool(chainId, pool), tokenId };
  }

  const ignoreOrphan: Engine["ignoreOrphan"] = ({ orphanId, note }) => {
    const orphan = orphanOf(orphanId);
    if (orphan.status === "ignored") return `${orphanId} is ignored already`;
    if (orphan.status !== "open") {
      throw refuse("policy", `${orphanId} is ${orphan.status} and cannot be ignored any more: ${orphan.detail}`);
    }
    recordOrphan(context, { ...orphan, status: "ignored", detail: `left alone: ${note}` });
    return `${orphanId} is left alone`;
  };

  function recordAnswer(
    orphan: Orphan,
    entries: readonly Entry[],
    more: { position?: KnownPosition; lostPositionId?: string },
  ): void {
    context.record({
      type: "ORPHAN",
      body: {
        orphan,
        position: more.position ?? null,
        ...(more.lostPositionId === undefined ? {} : { lostPositionId: more.lostPositionId }),
        legs: entries.length === 0 ? [] : [{ chainId: orphan.chainId, entries: [...entries] }],
        marketAtMs: deps.market.nowMs(),
      },
    });
  }

  return { listOrphans, adoptOrphan, closeOrphan, ignoreOrphan };
}

/** How far the price may move while an orphan is closed. */
const CLOSE_SLIPPAGE_BPS = 100;

function checkOpen(orphan: Orphan, what: string): void {
  if (orphan.status === "open" || orphan.status === "ignored" || orphan.status === "closing") return;
  throw refuse("policy", `${orphan.orphanId} is ${orphan.status} and cannot be ${what} any more: ${orphan.detail}`);
}
