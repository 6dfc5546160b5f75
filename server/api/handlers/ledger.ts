// Money on the record: the ledger as rows, profit and loss of a pair, transfers between chains, and what the journal does not know.
import { contract } from "@/lib/api/contract";
import type { OrphanDto, TransferDto } from "@/lib/api/money-schemas";
import type { Orphan, Transfer } from "@/lib/api/signer-contract";
import type { WorkerState } from "@/lib/api/worker-state";
import { err, ok, type Result } from "@/lib/errors/result";
import type { PriceBook } from "@/lib/ledger/price-book";
import { buildStatement } from "@/lib/ledger/statement";
import { fromSignerError, type ApiError } from "@/server/api/api-error";
import type { ApiDeps } from "@/server/api/deps";
import { bindHandler } from "@/server/api/handler";
import { readLedger } from "@/server/api/ledger-reader";
import { knownPair, readDeskState, readMoney } from "@/server/api/reads";
import { rawInTransit, usdInTransit } from "@/server/api/views/transit";
import { createMoneyBook, type MoneyBookInput } from "@/server/api/views/money-book";
import { buildPnl } from "@/server/api/views/pnl";
import { priceBookOf, sharedPairOf, statementToken } from "@/server/api/views/statement";
import { readPlans } from "@/server/api/plan-reader";
import type { RegistryView } from "@/server/config/registry";

async function priceBooks(
  deps: ApiDeps,
  pairIds: readonly string[],
): Promise<Result<ReadonlyMap<string, PriceBook>, ApiError>> {
  const books = new Map<string, PriceBook>();
  for (const pairId of pairIds) {
    const records = await readMoney(deps, pairId);
    if (!records.ok) return records;
    books.set(pairId, priceBookOf(records.value));
  }
  return ok(books);
}

const ledgerHandler = bindHandler(contract.ledger, async ({ deps, query }) => {
  const listed = await deps.control.call("ledger.list", {
    ...(query.pair === undefined ? {} : { pairId: query.pair }),
    sinceSeq: query.since,
    limit: query.limit,
    newest: query.newest === "yes",
  });
  if (!listed.ok) return err(fromSignerError(listed.error));
  const books = await priceBooks(deps, deps.settings.pairIds);
  if (!books.ok) return books;
  const { entries, total, isWhole } = listed.value;
  const rows = buildStatement({
    entries,
    pricesOf: (pairId) => books.value.get(pairId) ?? null,
    sharedPairOf: sharedPairOf(deps.registry, deps.settings.pairIds),
    tokenOf: (chainId, token, pairId) => statementToken(deps.registry, { chainId, token, pairId }),
  });
  const last = entries.at(-1);
  return ok({
    data: {
      rows: rows.map((row) => ({ ...row })),
      nextSince: query.newest === "yes" || entries.length < query.limit || last === undefined ? null : last.seq,
      total,
      isWhole,
    },
  });
});

const pnlHandler = bindHandler(contract.pairPnl, async ({ deps, params }) => {
  const pair = knownPair(deps, params.id);
  if (!pair.ok) return pair;
  const [money, entries, plans, desk] = await Promise.all([
    readMoney(deps, params.id),
    readLedger(deps, params.id),
    readPlans(deps),
    readDeskState(deps),
  ]);
  if (!money.ok) return money;
  if (!entries.ok) return entries;
  if (!plans.ok) return plans;
  if (!desk.ok) return desk;
  const data = buildPnl({
    pairId: params.id,
    registry: deps.registry,
    money: money.value,
    entries: entries.value,
    plans: plans.value.filter((record) => record.plan.pairId === params.id),
    nowMs: desk.value.workers.get(params.id)?.marketAtMs ?? null,
  });
  return ok({ data });
});

const moneyBook = createMoneyBook();

async function bookInput(deps: ApiDeps, pairIds: readonly string[]): Promise<Result<MoneyBookInput, ApiError>> {
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  return ok({
    pairIds,
    newestEpoch: (pairId) => desk.value.workers.get(pairId)?.lastEpoch ?? null,
    read: (pairId) => readMoney(deps, pairId),
  });
}

const moneyDaysHandler = bindHandler(contract.moneyDays, async ({ deps }) => {
  const input = await bookInput(deps, deps.settings.pairIds);
  if (!input.ok) return input;
  return ok({ data: await moneyBook.days(input.value) });
});

const moneyReportHandler = bindHandler(contract.moneyReport, async ({ deps, query }) => {
  if (query.pair !== undefined) {
    const pair = knownPair(deps, query.pair);
    if (!pair.ok) return pair;
  }
  const input = await bookInput(deps, query.pair === undefined ? deps.settings.pairIds : [query.pair]);
  if (!input.ok) return input;
  return ok({ data: await moneyBook.report(input.value, query.period) });
});

function tokenAmount(registry: RegistryView, chainId: number, token: string, raw: bigint): TransferDto["sent"] {
  const known = registry.token(chainId, token);
  return { symbol: known?.symbol ?? token, address: token, decimals: known?.decimals ?? 0, raw: raw.toString() };
}

function chainName(registry: RegistryView, chainId: number): string {
  return registry.chain(chainId)?.name ?? `chain ${chainId}`;
}

function transferDto(registry: RegistryView, transfer: Transfer, worker: WorkerState | null): TransferDto {
  const { fromChainId, toChainId } = transfer;
  return {
    transferId: transfer.transferId,
    pairId: transfer.pairId,
    planId: transfer.planId,
    bridge: transfer.bridge,
    fromChain: chainName(registry, fromChainId),
    toChain: chainName(registry, toChainId),
    sent: tokenAmount(registry, fromChainId, transfer.tokenIn, transfer.amountInRaw),
    inTransit: tokenAmount(registry, fromChainId, transfer.tokenIn, rawInTransit(transfer)),
    inTransitUsd: usdInTransit(registry, transfer, worker),
    leastToArrive: tokenAmount(registry, toChainId, transfer.tokenOut, transfer.minAmountOutRaw),
    sourceTxHash: transfer.sourceTxHash,
    state: transfer.state,
    receipts: transfer.receipts.map((receipt) => ({
      kind: receipt.kind,
      chain: chainName(registry, receipt.chainId),
      txHash: receipt.txHash,
      amount: tokenAmount(registry, receipt.chainId, receipt.token, receipt.amountRaw),
    })),
    startedAtMs: transfer.startedAtMs,
    updatedAtMs: transfer.updatedAtMs,
    detail: transfer.detail,
  };
}

const transfersHandler = bindHandler(contract.transfers, async ({ deps, query }) => {
  const listed = await deps.control.call("transfers.list", query.pair === undefined ? {} : { pairId: query.pair });
  if (!listed.ok) return err(fromSignerError(listed.error));
  const desk = await readDeskState(deps);
  if (!desk.ok) return desk;
  const transfers = listed.value.transfers
    .toSorted((left, right) => right.startedAtMs - left.startedAtMs)
    .map((transfer) => transferDto(deps.registry, transfer, desk.value.workers.get(transfer.pairId) ?? null));
  return ok({ data: { transfers, nextCursor: null } });
});

function orphanDto(registry: RegistryView, orphan: Orphan): OrphanDto {
  const { chainId, token, amountRaw } = orphan;
  return {
    orphanId: orphan.orphanId,
    kind: orphan.kind,
    chain: chainName(registry, chainId),
    family: orphan.family,
    pool: orphan.pool,
    tokenId: orphan.tokenId?.toString() ?? null,
    amount: token === null || amountRaw === null ? null : tokenAmount(registry, chainId, token, amountRaw),
    spender: orphan.spender,
    pairId: orphan.pairId,
    valueText: orphan.valueText,
    foundAtMs: orphan.foundAtMs,
    status: orphan.status,
    detail: orphan.detail,
  };
}

const orphansHandler = bindHandler(contract.orphans, async ({ deps }) => {
  const listed = await deps.control.call("orphans.list", {});
  if (!listed.ok) return err(fromSignerError(listed.error));
  return ok({
    data: { orphans: listed.value.orphans.map((orphan) => orphanDto(deps.registry, orphan)), nextCursor: null },
  });
});

export const ledgerHandlers = [
  ledgerHandler,
  pnlHandler,
  moneyDaysHandler,
  moneyReportHandler,
  transfersHandler,
  orphansHandler,
];
