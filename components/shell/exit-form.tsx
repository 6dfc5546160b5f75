// The emergency exit: what would be closed, gas per chain, the last rehearsal; then scope, tokens, tolerance, a hold and a signature.
"use client";
import { useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { api, apiKey } from "@/components/live/api";
import { QueryView } from "@/components/live/query-view";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { SelectField, TextField } from "@/components/ui/field";
import { HoldButton } from "@/components/ui/hold-button";
import { KeyValue } from "@/components/ui/key-value";
import { SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { useSession } from "@/components/wallet/use-session";
import { walletSentence } from "@/components/wallet/wallet-error";
import type { ExitSlippage } from "@/lib/api/commands";
import type { RouteResponse } from "@/lib/api/contract";
import { formatAge } from "@/lib/format/age";
import { formatToken } from "@/lib/format/token";
import { formatUsd } from "@/lib/format/usd";
import { ExitProgress } from "./exit-progress";

type Exit = RouteResponse<"exit">;

/** While the sheet is open; an exit under way is followed step by step. */
const READ_MS = 2_000;
/** Mirrors the plan's bounds: normal 0.3 %, wide 1 % below the live price at signing. */
const SLIPPAGE_FRAC: Readonly<Record<ExitSlippage, number>> = { normal: 0.003, wide: 0.01 };

export function ExitForm(): ReactNode {
  const exit = useApi("exit", {}, { refetchMs: READ_MS });
  return (
    <QueryView query={exit} what="the exit" skeleton={<SkeletonRows rows={6} label="the exit" />}>
      {(data) => (
        <>
          {data.pairs.some(({ order }) => order !== null) && <ExitProgress exit={data} />}
          {data.pairs.some(({ order }) => order === null) && <Order exit={data} />}
        </>
      )}
    </QueryView>
  );
}

function Order({ exit }: { readonly exit: Exit }): ReactNode {
  const [scope, setScope] = useState("");
  const [into, setInto] = useState("");
  const [slippage, setSlippage] = useState<ExitSlippage>("wide");
  const [reason, setReason] = useState("");
  const command = useCommand();
  const client = useQueryClient();
  const open = exit.pairs.filter(({ order }) => order === null);
  const chosen = open.filter(({ pairId }) => scope === "" || pairId === scope);
  const positions = chosen.flatMap(({ positions: each }) => each);
  const values = positions.map(({ valueUsd }) => valueUsd);
  const valueUsd = values.every((value) => value !== null)
    ? values.reduce<number>((sum, value) => sum + (value ?? 0), 0)
    : null;
  const plans = chosen.filter(({ openPlanId }) => openPlanId !== null).length;
  const text = reason.trim();
  const place = scope === "" ? "every pair" : scope;
  const order = async (): Promise<void> => {
    await command.run({
      action: "system.exit",
      target: scope === "" ? "system" : scope,
      params: { pairId: scope === "" ? null : scope, into: into === "" ? null : into, slippage, reason: text },
    });
    await client.invalidateQueries({ queryKey: apiKey("exit") });
  };
  return (
    <>
      <p className="text-ink-2">
        Closes every position of {place} at the live price. Nothing new is opened after it: each pair stays in EXIT_ONLY
        until a signed unhalt, whatever its mode or pause was. Without the desk, <code>tidegate exit --all</code> does
        the same.
      </p>
      <div className="grid gap-3 desk:grid-cols-3">
        <SelectField label="Scope" value={scope} onChange={(event) => setScope(event.target.value)}>
          <option value="">All pairs</option>
          {open.map(({ pairId }) => (
            <option key={pairId} value={pairId}>
              {pairId}
            </option>
          ))}
        </SelectField>
        <SelectField label="End in" value={into} onChange={(event) => setInto(event.target.value)}>
          <option value="">the tokens as they come</option>
          {exit.tokens.map((symbol) => (
            <option key={symbol} value={symbol}>
              {symbol}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Tolerance"
          value={slippage}
          onChange={(event) => setSlippage(event.target.value === "normal" ? "normal" : "wide")}
        >
          <option value="wide">wide, 1 %</option>
          <option value="normal">normal, 0.3 %</option>
        </SelectField>
      </div>
      <KeyValue
        ruled
        rows={[
          {
            key: "Positions to close",
            value: positions.length === 0 ? "none is open" : `${positions.length}, ${formatUsd(valueUsd)}`,
          },
          {
            key: "At worst, by the tolerance",
            value: valueUsd === null ? "–" : `${formatUsd(valueUsd * SLIPPAGE_FRAC[slippage])} less`,
          },
          {
            key: "Plans under way",
            value: plans === 0 ? "none" : `${plans}, each ended after its step`,
          },
          {
            key: "Bridges under way",
            value:
              exit.openTransfers === null
                ? "not known"
                : exit.openTransfers === 0
                  ? "none"
                  : `${exit.openTransfers}, they arrive by themselves`,
          },
        ]}
      />
      <Gas exit={exit} />
      <Rehearsal exit={exit} scope={scope} />
      <TextField
        label="Reason, kept in the command log"
        value={reason}
        maxLength={280}
        onChange={(event) => setReason(event.target.value)}
      />
      <HoldButton
        label={text === "" ? "Give a reason first" : `Hold 3 s to exit ${place}, then sign`}
        disabled={text === ""}
        busy={command.busy}
        onConfirm={() => void order()}
      />
      <CommandNote state={command.state} />
    </>
  );
}

function Gas({ exit }: { readonly exit: Exit }): ReactNode {
  return (
    <section aria-label="Gas per chain">
      <h3 className="mb-1 text-dense font-strong">Gas per chain</h3>
      <KeyValue
        ruled
        rows={exit.chains.map((chain) => {
          const { heldRaw, neededRaw } = chain;
          const isShort = heldRaw !== null && (BigInt(heldRaw) === 0n || BigInt(heldRaw) < BigInt(neededRaw ?? "0"));
          const held = heldRaw === null ? "not read" : `${formatToken(heldRaw, chain.decimals)} ${chain.symbol} held`;
          const needed = neededRaw === null ? "need not rehearsed" : `${formatToken(neededRaw, chain.decimals)} needed`;
          return {
            key: chain.name,
            value: (
              <>
                <Status tone={heldRaw === null ? "unknown" : isShort ? "crit" : "ok"}>
                  {isShort ? "too little: " : ""}
                  {held}
                </Status>
                <span className="block text-micro text-ink-3 desk:ml-2 desk:inline">{needed}</span>
              </>
            ),
          };
        })}
      />
    </section>
  );
}

function Rehearsal({ exit, scope }: { readonly exit: Exit; readonly scope: string }): ReactNode {
  const [sinceMs, setSinceMs] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const { data: session } = useSession();
  const pairs = exit.pairs.filter(({ pairId }) => scope === "" || pairId === scope);
  const isWaiting =
    sinceMs !== null && problem === null && pairs.some(({ rehearsal }) => (rehearsal?.atMs ?? 0) < sinceMs);
  const ask = async (): Promise<void> => {
    setSinceMs(exit.nowMs);
    setProblem(null);
    try {
      await api.call("exitRehearse", { body: { pairId: scope === "" ? null : scope } });
    } catch (error) {
      setProblem(walletSentence(error));
    }
  };
  return (
    <section aria-label="Rehearsal">
      <div className="mb-1 flex items-center justify-between gap-3">
        <h3 className="text-dense font-strong">Rehearsal, nothing signed</h3>
        <Button
          size="small"
          disabled={session?.signedIn !== true}
          busy={isWaiting ? "Rehearsing…" : null}
          onClick={() => void ask()}
        >
          {session?.signedIn === true ? "Rehearse now" : "Sign in to rehearse"}
        </Button>
      </div>
      <KeyValue
        ruled
        rows={pairs.map(({ pairId, rehearsal }) => ({
          key: pairId,
          title: rehearsal?.detail,
          value:
            rehearsal === null ? (
              <Status tone="unknown">never rehearsed</Status>
            ) : (
              <Status tone={rehearsal.isOk ? "ok" : "crit"}>
                {rehearsal.steps === 0
                  ? rehearsal.detail
                  : rehearsal.isOk
                    ? `goes through, ${rehearsal.steps} steps`
                    : `would fail: ${rehearsal.detail}`}
                , {formatAge(Math.max(0, exit.nowMs - rehearsal.atMs))} ago
              </Status>
            ),
        }))}
      />
      {problem !== null && (
        <p role="alert" className="mt-1 text-dense text-warn">
          {problem}
        </p>
      )}
    </section>
  );
}
