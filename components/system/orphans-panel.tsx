// What is on the chains and not in the journal, or the other way round; a person says adopt, close or ignore, and signs it.
"use client";
import { useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { SelectField, TextField } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status, type StatusTone } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { CommandNote } from "@/components/wallet/command-note";
import { useCommand } from "@/components/wallet/use-command";
import { useSession } from "@/components/wallet/use-session";
import type { OrphanDto } from "@/lib/api/money-schemas";
import { formatInstant } from "@/lib/format/time";

const KIND: Readonly<Record<OrphanDto["kind"], string>> = {
  position: "Position the journal does not know",
  missing_position: "Position that is gone",
  debit: "Tokens missing",
  credit: "Tokens that came",
  allowance: "Allowance left open",
};
const STATUS: Readonly<Record<OrphanDto["status"], { readonly word: string; readonly tone: StatusTone }>> = {
  open: { word: "Waits for you", tone: "warn" },
  adopted: { word: "Adopted", tone: "ok" },
  closing: { word: "Closing", tone: "prop" },
  closed: { word: "Closed", tone: "ok" },
  ignored: { word: "Ignored", tone: "unknown" },
};
type Act = "adopt" | "close" | "ignore";
const ACTS: Readonly<Record<OrphanDto["kind"], readonly Act[]>> = {
  position: ["adopt", "close", "ignore"],
  missing_position: ["ignore"],
  debit: ["ignore"],
  credit: ["adopt", "ignore"],
  allowance: ["close", "ignore"],
};
const MEANS: Readonly<Record<Act, string>> = {
  adopt: "It becomes the pair's own, at what it is worth now; the strategy takes it from there.",
  close: "The signer closes it into the wallet (or takes the allowance back); what comes out is a credit.",
  ignore: "It stays where it is and is not shown as open any more. No total counts it.",
};

export function OrphansPanel(): ReactNode {
  const { data: session } = useSession();
  const isSignedIn = session?.signedIn === true;
  const orphans = useApi("orphans", {}, { enabled: isSignedIn });
  const open = orphans.data?.orphans.filter(({ status }) => status === "open").length ?? 0;
  return (
    <Panel
      title="Chain against journal"
      meta={
        isSignedIn ? (
          <Status tone={open === 0 ? "ok" : "warn"}>{open === 0 ? "Agree" : `${open} open`}</Status>
        ) : undefined
      }
      flush
    >
      {!isSignedIn ? (
        <p className="px-3.5 py-3 text-ink-2 desk:px-4">
          {session === undefined
            ? "It is not known yet who is signed in; this page asks again by itself."
            : "Sign in to see what the chains hold beside the journal."}
        </p>
      ) : (
        <QueryView
          query={orphans}
          what="the comparison"
          skeleton={<SkeletonRows rows={2} height={46} label="orphans" />}
        >
          {(data) =>
            data.orphans.length === 0 ? (
              <Empty title="Everything on the chains is in the journal.">
                Positions and allowances of the wallet are compared at each start of the signer, tokens at each epoch,
                too.
              </Empty>
            ) : (
              <Table caption="Differences between chains and journal">
                <thead>
                  <tr>
                    <Th>What</Th>
                    <Th>State</Th>
                    <Th from="desk">Worth</Th>
                    <Th from="mid">Detail</Th>
                    <Th right>
                      <span className="sr-only">Actions</span>
                    </Th>
                  </tr>
                </thead>
                <tbody>
                  {data.orphans.map((orphan) => (
                    <Row key={orphan.orphanId} orphan={orphan} />
                  ))}
                </tbody>
              </Table>
            )
          }
        </QueryView>
      )}
    </Panel>
  );
}

function Row({ orphan }: { readonly orphan: OrphanDto }): ReactNode {
  const nowMs = useWallNow();
  const status = STATUS[orphan.status];
  return (
    <Tr>
      <Td words title={orphan.orphanId}>
        {KIND[orphan.kind]}
        <Sub>
          {orphan.chain}
          {orphan.family === null ? "" : `, ${orphan.family}`}
          {orphan.tokenId === null ? "" : ` #${orphan.tokenId.slice(0, 12)}`}
        </Sub>
      </Td>
      <Td>
        <Status tone={status.tone}>{status.word}</Status>
        <Sub>{formatInstant(orphan.foundAtMs, nowMs)}</Sub>
      </Td>
      <Td words from="desk">
        {orphan.valueText}
      </Td>
      <Td words from="mid" className="max-w-80 whitespace-normal text-ink-2">
        {orphan.detail}
      </Td>
      <Td right>{orphan.status === "open" && <Resolve orphan={orphan} />}</Td>
    </Tr>
  );
}

function Resolve({ orphan }: { readonly orphan: OrphanDto }): ReactNode {
  const pairs = useApi("pairs").data?.pairs.map(({ id }) => id) ?? [];
  const [act, setAct] = useState<Act | null>(null);
  const [pairId, setPairId] = useState(orphan.pairId ?? "");
  const [note, setNote] = useState("");
  const command = useCommand();
  const text = note.trim();
  const isReady = act !== null && (act !== "ignore" || text !== "") && (act !== "adopt" || pairId !== "");
  const { orphanId } = orphan;
  const sign = (): void => {
    if (act === "adopt") {
      void command.run({ action: "orphan.adopt", target: pairId, params: { orphanId, pairId, note: text } });
    } else if (act === "close") {
      void command.run({ action: "orphan.close", target: "system", params: { orphanId, note: text } });
    } else if (act === "ignore") {
      void command.run({ action: "orphan.ignore", target: "system", params: { orphanId, note: text } });
    }
  };
  return (
    <>
      <span className="inline-flex flex-wrap justify-end gap-1.5">
        {ACTS[orphan.kind].map((each) => (
          <Button key={each} size="small" onClick={() => setAct(each)}>
            {each === "adopt" ? "Adopt…" : each === "close" ? "Close…" : "Ignore…"}
          </Button>
        ))}
      </span>
      <Dialog
        open={act !== null}
        onOpenChange={(open) => {
          if (open) return;
          setAct(null);
          command.reset();
        }}
        title={`${act === "adopt" ? "Adopt" : act === "close" ? "Close" : "Ignore"}: ${KIND[orphan.kind].toLowerCase()}`}
        description={MEANS[act ?? "ignore"]}
      >
        <div className="grid gap-3">
          <p className="text-ink-2">
            {orphan.valueText}. {orphan.detail}
          </p>
          {act === "adopt" && (
            <SelectField
              label="Pair it will belong to"
              value={pairId}
              onChange={(event) => setPairId(event.target.value)}
            >
              <option value="">Choose a pair</option>
              {pairs.map((id) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </SelectField>
          )}
          <TextField
            label={act === "ignore" ? "Why, kept in the command log" : "Note, kept in the command log"}
            value={note}
            maxLength={280}
            onChange={(event) => setNote(event.target.value)}
          />
          <Button kind="primary" disabled={!isReady} busy={command.busy} onClick={sign}>
            {isReady ? "Sign with wallet" : act === "adopt" ? "Choose a pair first" : "Give a reason first"}
          </Button>
          <CommandNote state={command.state} />
        </div>
      </Dialog>
    </>
  );
}
