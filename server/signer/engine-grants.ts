// Allowances that plans gave: the signer takes back itself what a plan left behind.
import { errorText } from "@/lib/errors/tidegate-error";
import type { OpArguments } from "@/lib/api/signer-contract";
import { readAllowance } from "./allowances";
import type { EngineContext } from "./context";
import type { GivenGrant, OpRecord, PlanEntry } from "./journal/projection";
import { runOwnStep } from "./operation";
import type { Engine } from "./ports";

/** plan.finish waits this long for its own revokes; the socket's longest wait is 60 s. */
const FINISH_WAIT_MS = 45_000;

export type EngineGrants = ReturnType<typeof createGrants>;

export function createGrants(context: EngineContext, readyChains: ReadonlySet<number>) {
  const { deps, journal } = context;

  /** Takes back every allowance the plan gave. Null when none is left, else what is. */
  async function revokeOfPlan(entry: PlanEntry): Promise<string | null> {
    // What was given last goes first: an allowance inside Permit2 before the one Permit2 itself has.
    const grants = journal.state
      .grants()
      .filter((grant) => grant.planId === entry.body.planId)
      .toReversed();
    for (const grant of grants) {
      const left = await revokeGrant(grant, lastArgs(entry.plan.pairId));
      if (left !== null) return left;
    }
    return null;
  }

  async function revokeGrant(grant: GivenGrant, args: OpArguments): Promise<string | null> {
    const port = context.chain(grant.chainId);
    const name = `${grant.token} to ${grant.spender} on chain ${grant.chainId}`;
    const run = context.withChain(grant.chainId, async (): Promise<string | null> => {
      const { chainId, token, spender, planId: _planId, pairId: _pairId, ...kind } = grant;
      const key = { token, spender, owner: deps.key.address };
      // Other kinds are read by their preparation, which records the revoke as skipped when nothing is left.
      if (grant.grant === undefined && (await readAllowance(port, key, "latest")) === 0n) return null;
      await runOwnStep(context, {
        opId: `${grant.planId}/revoke-${journal.log.lastSeq()}`,
        planId: grant.planId,
        pairId: grant.pairId,
        index: 63,
        step: { ...kind, kind: "revoke", chainId, token, spender },
        args,
      });
      return null;
    });
    const timeout = context.sleep(FINISH_WAIT_MS).then(() => `${name} (its revoke is under way)`);
    try {
      return await Promise.race([run, timeout]);
    } catch (error) {
      deps.log.warn("signer.revoke-failed", { token: grant.token, spender: grant.spender, message: errorText(error) });
      return `${name} (${errorText(error)})`;
    }
  }

  /** Prices for the gas value of the signer's own revokes: those of the pair's newest operation. */
  function lastArgs(pairId: string): OpArguments {
    let newest: OpRecord | null = null;
    for (const op of journal.state.ops.values()) {
      if (op.pairId === pairId && (newest === null || op.intent.atMs >= newest.intent.atMs)) newest = op;
    }
    const {
      quote: _quote,
      amountRaw: _a,
      amount0DesiredRaw: _b,
      amount1DesiredRaw: _c,
      ...prices
    } = newest?.intent.args ?? {
      price: 1,
      priceAtMarketMs: deps.market.nowMs(),
      nativeUsd: 1,
      quoteUsd: 1,
    };
    return prices;
  }

  const revokeLeftovers: Engine["revokeLeftovers"] = async () => {
    const openPlanIds = new Set(
      deps.authority.pairIds().flatMap((pairId) => journal.state.openPlanOf(pairId)?.body.planId ?? []),
    );
    for (const grant of journal.state.grants().toReversed()) {
      if (openPlanIds.has(grant.planId) || !readyChains.has(grant.chainId)) continue;
      await revokeGrant(grant, lastArgs(grant.pairId));
    }
  };

  return { revokeOfPlan, revokeLeftovers, lastArgs };
}
