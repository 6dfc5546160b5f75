// Capital between chains: every bridge transfer with what left, what must arrive, and by which receipts it ended.
"use client";
import { useState, type ReactNode } from "react";
import { QueryView } from "@/components/live/query-view";
import { useWallNow } from "@/components/live/ticker";
import { useApi } from "@/components/live/use-api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { HoldButton } from "@/components/ui/hold-button";
import { Panel } from "@/components/ui/panel";
import { ShortWord } from "@/components/ui/short-word";
import { Empty, SkeletonRows } from "@/components/ui/states";
import { Status } from "@/components/ui/status";
import { Sub, Table, Td, Th, Tr } from "@/components/ui/table";
import { TextLink } from "@/components/ui/text-link";
import { CommandNote } from "@/components/wallet/command-note";
import { amountText, isUnderWay, TRANSFER_STATE, transferSentence } from "@/components/transfers/transfer-words";
import { useCommand } from "@/components/wallet/use-command";
import type { TransferDto } from "@/lib/api/money-schemas";
import { formatAge } from "@/lib/format/age";
import { formatInstant } from "@/lib/format/time";
import { formatToken } from "@/lib/format/token";

export function TransfersPanel(): ReactNode {
  const transfers = useApi("transfers");
  const pending = transfers.data?.transfers.filter(isUnderWay).length ?? 0;
  return (
    <Panel
      title="Transfers between chains"
      meta={pending === 0 ? undefined : <Status tone="prop">{`${pending} in transit`}</Status>}
      flush
    >
      <QueryView query={transfers} what="transfers" skeleton={<SkeletonRows rows={2} height={46} label="transfers" />}>
        {(data) =>
          data.transfers.length === 0 ? (
            <Empty title="Nothing has been bridged.">
              Capital that moves between chains is counted as in transit until its receipt on the other chain is read.
            </Empty>
          ) : (
            <Table caption="Transfers between chains, newest first">
              <thead>
                <tr>
                  <Th>Transfer</Th>
                  <Th>State</Th>
                  <Th right>Sent</Th>
                  <Th right from="desk">
                    Arrived
                  </Th>
                  <Th from="mid">Detail</Th>
                </tr>
              </thead>
              <tbody>
                {data.transfers.map((transfer) => (
                  <Row key={transfer.transferId} transfer={transfer} />
                ))}
              </tbody>
            </Table>
          )
        }
      </QueryView>
    </Panel>
  );
}

function Row({ transfer }: { readonly transfer: TransferDto }): ReactNode {
  const nowMs = useWallNow();
  const state = TRANSFER_STATE[transfer.state];
  return (
    <Tr>
      <Td words title={transfer.sourceTxHash}>
        {transfer.fromChain} → {transfer.toChain}
        <Sub>
          {transfer.bridge}, <TextLink href={`/activity/${transfer.planId}`}>{transfer.pairId}</TextLink>
        </Sub>
      </Td>
      <Td>
        <Status tone={state.tone}>{state.word}</Status>
        <Sub className="whitespace-nowrap">
          {isUnderWay(transfer)
            ? `since ${formatInstant(transfer.startedAtMs, nowMs)}, ${formatAge(nowMs - transfer.startedAtMs)}`
            : formatInstant(transfer.updatedAtMs, nowMs)}
        </Sub>
      </Td>
      <Td right>
        {formatToken(transfer.sent.raw, transfer.sent.decimals)} <ShortWord>{transfer.sent.symbol}</ShortWord>
      </Td>
      <Td right from="desk">
        {transfer.receipts.length === 0 ? (
          <span className="text-ink-3">
            at least {formatToken(transfer.leastToArrive.raw, transfer.leastToArrive.decimals)}{" "}
            <ShortWord>{transfer.leastToArrive.symbol}</ShortWord>
          </span>
        ) : (
          transfer.receipts.map((receipt) => (
            <span key={receipt.txHash} className="block" title={receipt.txHash}>
              {formatToken(receipt.amount.raw, receipt.amount.decimals)} <ShortWord>{receipt.amount.symbol}</ShortWord>
              {receipt.kind === "refund" && " back"}
            </span>
          ))
        )}
      </Td>
      <Td words from="mid" className="max-w-80 whitespace-normal text-ink-2">
        {transferSentence(transfer)}
        {isUnderWay(transfer) && <WriteOff transfer={transfer} />}
      </Td>
    </Tr>
  );
}

/** The last word of a person when a bridge will never answer: the amount leaves the books. */
function WriteOff({ transfer }: { readonly transfer: TransferDto }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const [note, setNote] = useState("");
  const command = useCommand();
  const text = note.trim();
  return (
    <>
      <Button size="small" className="mt-1" onClick={() => setOpen(true)}>
        Write off…
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={setOpen}
        title="Write this transfer off"
        description={`${amountText(transfer.inTransit)} leave the books as lost. If they arrive later they are booked as a credit. Only an owner can sign this.`}
      >
        <div className="grid gap-3">
          <TextField
            label="Why, kept in the command log"
            value={note}
            maxLength={280}
            onChange={(event) => setNote(event.target.value)}
          />
          <HoldButton
            label={text === "" ? "Give a reason first" : "Hold 3 s to write off, then sign"}
            disabled={text === ""}
            busy={command.busy}
            onConfirm={() =>
              void command.run({
                action: "transfer.fail",
                target: transfer.pairId,
                params: { transferId: transfer.transferId, note: text },
              })
            }
          />
          <CommandNote state={command.state} />
        </div>
      </Dialog>
    </>
  );
}
