// Registry pools that are not used: who left each out, why, and what a person does about it.
"use client";
import type { ReactNode } from "react";
import { Copyable } from "@/components/ui/copyable";
import { Panel } from "@/components/ui/panel";
import { Empty } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { LeftOutPool } from "@/lib/api/schemas";
import { shortHex } from "@/lib/format/address";

export function LeftOutPanel({
  pools,
  pairId,
}: {
  readonly pools: readonly LeftOutPool[];
  readonly pairId: string | null;
}): ReactNode {
  const pairIds = [...new Set(pools.map((pool) => pool.pairId))];
  return (
    <Panel
      title="Left out"
      meta={<span className="text-micro text-ink-3">{pools.length === 0 ? "none" : pools.length}</span>}
      tools={
        <span className="text-dense">
          <TextLink href="/docs/configuration">How pools are checked</TextLink>
        </span>
      }
      flush
    >
      {pools.length === 0 ? (
        <Empty title={`Every registry pool${pairId === null ? "" : ` of ${pairId}`} may be used.`}>
          A pool appears here when the registry names it without all that it needs, marks it as off, or when its chain
          answers otherwise than the entry says: code, tokens, fee, spacing, factory, decimals.
        </Empty>
      ) : (
        pairIds.map((id) => (
          <section key={id} aria-label={`Left out of ${id}`} className="border-b last:border-b-0">
            {pairIds.length > 1 && <h3 className="bg-sunken px-3.5 py-1 text-micro text-ink-3 desk:px-4">{id}</h3>}
            <ul>
              {pools
                .filter((pool) => pool.pairId === id)
                .map((pool) => (
                  <Row key={pool.poolKey} pool={pool} />
                ))}
            </ul>
          </section>
        ))
      )}
    </Panel>
  );
}

function Row({ pool }: { readonly pool: LeftOutPool }): ReactNode {
  return (
    <li className="grid gap-x-6 gap-y-1 border-b px-3.5 py-2.5 text-dense last:border-b-0 desk:grid-cols-[200px_minmax(0,1fr)_minmax(0,1fr)] desk:px-4">
      <div className="min-w-0">
        <span className="font-title">{pool.dexName}</span>
        <span className="block text-micro text-ink-3">
          {pool.chainName}, <Copyable value={pool.address} shown={shortHex(pool.address)} what="pool address" />
        </span>
        <span className="mt-0.5 block">
          {pool.by === "chain" ? (
            <Status tone="warn">Denied by its chain</Status>
          ) : (
            <Status tone="paused">Off in the registry</Status>
          )}
        </span>
      </div>
      <p className="wrap-anywhere text-ink-2">
        <span className="block text-micro text-ink-3">Why</span>
        {sentence(pool.reason)}
      </p>
      <p className="wrap-anywhere text-ink-2">
        <span className="block text-micro text-ink-3">What to do</span>
        <Remedy text={pool.remedy} />
      </p>
    </li>
  );
}

function sentence(text: string): string {
  const upper = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}

/** The command at the end stands as one. */
function Remedy({ text }: { readonly text: string }): ReactNode {
  const at = text.indexOf("tidegate registry add");
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <code className="block font-hash text-micro text-ink">{text.slice(at)}</code>
    </>
  );
}
