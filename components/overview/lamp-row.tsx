// The three-second answer: one word, the worst reason with its link, then five lamps with one figure each.
import Link from "next/link";
import type { ReactNode } from "react";
import { HEALTH } from "@/components/shell/words";
import { cx } from "@/components/ui/cx";
import { StatTile } from "@/components/ui/stat-tile";
import { HeadStatus, TONE_INK } from "@/components/ui/head-status";
import { StatusShape } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import type { RouteResponse } from "@/lib/api/contract";

type Overview = RouteResponse<"overview">;

const LAMP = {
  money: "Money",
  decisions: "Decisions",
  workers: "Workers",
  data: "Data and chain",
  attention: "Attention",
} as const;

export function LampRow({
  overview,
  isOld,
}: {
  readonly overview: Overview;
  /** The last reading failed: what it said before is no answer for now. */
  readonly isOld: boolean;
}): ReactNode {
  const state = HEALTH[isOld ? "unknown" : overview.overall];
  return (
    <section
      aria-label="State of the system"
      className="grid gap-px border-y bg-line desk:border mid:grid-cols-[minmax(260px,1.6fr)_repeat(5,minmax(0,1fr))]"
    >
      <div className="bg-panel p-3.5 desk:p-4">
        <HeadStatus tone={state.tone}>{state.word}</HeadStatus>
        <p className="mt-1 text-ink-2">
          {isOld ? (
            <>
              Last known: {HEALTH[overview.overall].word}. {overview.worstReason}
            </>
          ) : overview.worstHref === null ? (
            overview.worstReason
          ) : (
            <TextLink href={overview.worstHref}>{overview.worstReason}</TextLink>
          )}
        </p>
      </div>
      <div className="grid grid-cols-2 gap-px bg-line mid:contents">
        {overview.lamps.map((lamp, index) => (
          <Link
            key={lamp.id}
            href={lamp.href}
            className={cx(
              "block bg-panel p-3.5 -outline-offset-2 hover:bg-hover desk:p-4",
              index === overview.lamps.length - 1 && index % 2 === 0 && "col-span-2 mid:col-span-1",
            )}
          >
            <StatTile
              shape={
                <span className={TONE_INK[HEALTH[lamp.state].tone]}>
                  <StatusShape tone={HEALTH[lamp.state].tone} />
                </span>
              }
              label={
                <>
                  {LAMP[lamp.id]}
                  <span className="sr-only">, {HEALTH[lamp.state].word}</span>
                </>
              }
              value={lamp.figure}
              context={<span className="text-ink-3">{lamp.sentence}</span>}
            />
          </Link>
        ))}
      </div>
    </section>
  );
}
