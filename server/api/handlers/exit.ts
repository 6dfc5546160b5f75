// The way out as the emergency sheet shows it: what is open, what was ordered and became of it, gas per chain, and the last rehearsal.
import { contract } from "@/lib/api/contract";
import { exitRehearsalSchema, exitRunSchema, type ExitRehearsal, type ExitRun } from "@/lib/api/exit-schemas";
import { err, ok, type Result } from "@/lib/errors/result";
import { positionName } from "@/lib/format/position-name";
import { NATIVE_TOKEN } from "@/lib/ledger/accounts";
import { fromStoreError, type ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { knownPair, pairAuthority, readDeskState, type DeskState } from "@/server/api/reads";
import { requireRole } from "@/server/api/session";
import { readJsonHash } from "@/server/infra/store/json-values";
import { storeChannels, storeKeys } from "@/server/infra/store/keys";
import { ledgerCheck } from "./desk";

interface Notes {
  readonly runs: ReadonlyMap<string, ExitRun>;
  readonly rehearsals: ReadonlyMap<string, ExitRehearsal>;
}

async function readNotes(deps: ApiDeps): Promise<Result<Notes, ApiError>> {
  const [runs, rehearsals] = await Promise.all([
    readJsonHash(deps.store, storeKeys.exitRuns, exitRunSchema),
    readJsonHash(deps.store, storeKeys.exitRehearsals, exitRehearsalSchema),
  ]);
  if (!runs.ok) return err(fromStoreError(runs.error));
  if (!rehearsals.ok) return err(fromStoreError(rehearsals.error));
  return ok({ runs: runs.value.values, rehearsals: rehearsals.value.values });
}

function pairView(deps: ApiDeps, desk: DeskState, notes: Notes, pairId: string) {
  const state = pairAuthority(desk, pairId);
  const worker = desk.workers.get(pairId) ?? null;
  const order = state?.exit ?? null;
  const run = notes.runs.get(pairId) ?? null;
  const positions = (state?.positions ?? []).map((known) => {
    const seen = worker?.positions.find(({ positionId }) => positionId === known.positionId) ?? null;
    const ref = deps.registry
      .poolsOf(pairId)
      .find(({ chain, pool }) => chain.id === known.chainId && pool.id.toLowerCase() === known.pool.toLowerCase());
    const token = String(known.tokenId);
    return {
      positionId: known.positionId,
      label: ref === undefined ? `#${token}` : `${ref.dex.name} ${positionName(ref.dex.family, token)}`,
      chainId: known.chainId,
      valueUsd: seen === null ? null : seen.valueUsd + seen.feesUsd,
    };
  });
  return {
    pairId,
    positions,
    valueUsd: worker?.valueUsd ?? null,
    openPlanId: state?.openPlanId ?? null,
    order,
    run: run !== null && run.commandId === order?.commandId ? run : null,
    rehearsal: notes.rehearsals.get(pairId) ?? null,
  };
}

const exitHandler = bindHandler(contract.exit, async ({ deps }) => {
  const [desk, notes, checked] = await Promise.all([readDeskState(deps), readNotes(deps), ledgerCheck(deps)]);
  if (!desk.ok) return desk;
  if (!notes.ok) return notes;
  const pairs = deps.settings.pairIds.map((pairId) => pairView(deps, desk.value, notes.value, pairId));
  const pools = deps.settings.pairIds.flatMap((pairId) => deps.registry.poolsOf(pairId));
  const chains = [...new Map(pools.map(({ chain }) => [chain.id, chain])).values()].map((chain) => {
    const held = checked?.rows.find((row) => row.chainId === chain.id && row.token === NATIVE_TOKEN);
    const needed = [...notes.value.rehearsals.values()].flatMap(({ gas }) =>
      gas.filter(({ chainId }) => chainId === chain.id),
    );
    return {
      chainId: chain.id,
      name: chain.name,
      symbol: chain.nativeSymbol,
      decimals: chain.nativeDecimals,
      heldRaw: held === undefined ? null : held.chainRaw.toString(),
      neededRaw: needed.length === 0 ? null : needed.reduce((sum, { costRaw }) => sum + BigInt(costRaw), 0n).toString(),
    };
  });
  return ok({
    data: {
      pairs,
      chains,
      tokens: [...new Set(pools.flatMap(({ base, quote }) => [quote.symbol, base.symbol]))],
      openTransfers: desk.value.transfers?.length ?? null,
      ledger:
        checked === null
          ? null
          : { checkedAtMs: checked.checkedAtMs, balanced: checked.balanced, sentence: checked.sentence },
      nowMs: deps.nowMs(),
    },
  });
});

const rehearseHandler = bindHandler(
  contract.exitRehearse,
  async ({ deps, session, body }) => {
    const who = requireRole(session, "operator");
    if (!who.ok) return who;
    if (body.pairId !== null) {
      const known = knownPair(deps, body.pairId);
      if (!known.ok) return known;
    }
    const wanted = deps.settings.pairIds.filter((pairId) => body.pairId === null || body.pairId === pairId);
    let asked = 0;
    for (const pairId of wanted) {
      const heard = await deps.store.call(`ask ${pairId} to rehearse its exit`, (redis) =>
        redis.publish(storeChannels.workerControl(pairId), "REHEARSE_EXIT"),
      );
      if (!heard.ok) return err(fromStoreError(heard.error));
      if (heard.value > 0) asked += 1;
    }
    if (asked === 0) {
      return err({
        code: "unavailable",
        message: "No worker of these pairs runs now; tidegate exit --rehearse works without them.",
      });
    }
    deps.log.info("exit.rehearsal-asked", { by: who.value.address, pairs: asked });
    return ok({ data: { asked } });
  },
  "operator",
);

export const exitHandlers = [exitHandler, rehearseHandler];
