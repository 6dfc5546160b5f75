// What became of one step on chain: state, transactions with replaced ones, nonce, block, gas, wallet changes and the error.
"use client";
import type { ReactNode } from "react";
import { useWallNow } from "@/components/live/ticker";
import { Copyable } from "@/components/ui/copyable";
import { cx } from "@/components/ui/cx";
import { Status } from "@/components/ui/status";
import { shortAddresses, shortHex } from "@/lib/format/address";
import { formatGwei } from "@/lib/format/gwei";
import { formatInteger } from "@/lib/format/number";
import { formatInstant, formatIso } from "@/lib/format/time";
import { formatSignedToken, formatTokenExact } from "@/lib/format/token";
import { formatUsd } from "@/lib/format/usd";
import { OP_STATE, type PlanOp } from "./plan-words";

export function OpWord({ op }: { readonly op: PlanOp | null }): ReactNode {
  if (op === null) return <Status tone="unknown">Not started</Status>;
  const { word, tone } = OP_STATE[op.state];
  return (
    <Status tone={tone} title={op.state}>
      {word}
    </Status>
  );
}

export function OpFacts({ op }: { readonly op: PlanOp }): ReactNode {
  const nowMs = useWallNow();
  const replaced = op.attempts.filter((attempt) => op.txHash !== null && attempt.hash !== op.txHash);
  const last = op.attempts.at(-1);
  const hash = op.txHash ?? last?.hash ?? null;
  const nonce = (op.attempts.find((attempt) => attempt.hash === op.txHash) ?? last)?.nonce;
  return (
    <div className="mt-1 grid gap-1 text-dense text-ink-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-0.5">
        {hash !== null && (
          <span>
            tx <Copyable value={hash} shown={shortHex(hash)} what="transaction hash" />
          </span>
        )}
        {nonce !== undefined && <span>nonce {formatInteger(nonce)}</span>}
        {op.blockNumber !== null && <span>block {formatInteger(Number(op.blockNumber))}</span>}
        {op.gasUsed !== null && (
          <span>
            gas {formatInteger(Number(op.gasUsed))}
            {op.gasUsd !== null && `, ${formatUsd(op.gasUsd)}`}
          </span>
        )}
        {last !== undefined && op.blockNumber === null && <span>up to {formatGwei(last.maxFeePerGasWei)}</span>}
        <span title={formatIso(op.stateAtMs)} className="text-ink-3">
          {formatInstant(op.stateAtMs, nowMs)}
        </span>
      </div>
      {op.deltas.length > 0 && (
        <ul aria-label="Wallet changes" className="flex flex-wrap gap-x-4">
          {op.deltas.map((delta) => (
            <li
              key={delta.token.address}
              title={`${formatTokenExact(delta.raw, delta.token.decimals)} ${delta.token.symbol}`}
            >
              <b className="font-strong text-ink">{formatSignedToken(delta.raw, delta.token.decimals)}</b>{" "}
              {delta.token.symbol}
            </li>
          ))}
        </ul>
      )}
      {replaced.length > 0 && (
        <p className="text-ink-3">
          replaced:{" "}
          {replaced.map((attempt) => (
            <span key={attempt.hash} className="mr-3">
              <Copyable value={attempt.hash} shown={shortHex(attempt.hash)} what="replaced transaction hash" />, up to{" "}
              {formatGwei(attempt.maxFeePerGasWei)}
            </span>
          ))}
        </p>
      )}
      {op.secondLook !== undefined && <p className="wrap-anywhere text-ink-3">tried again at {op.secondLook}</p>}
      {op.error !== null && (
        <p
          className={cx(
            "border-l-2 px-3 py-1.5 wrap-anywhere",
            op.state === "SKIPPED" ? "border-line-2" : "border-warn bg-warn-soft",
          )}
        >
          {shortAddresses(op.error)}
        </p>
      )}
    </div>
  );
}
