// The store's copy of the signer's command log per pair: append (signer only), read and follow; the signer stays the record.
import type { Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { COMMANDS_KEPT_COUNT, storeChannels, storeKeys, TXLOG_KEPT_COUNT } from "./keys";
import { appendToStream } from "./pubsub";

export function appendCommandCopy(
  store: StoreClient,
  pairId: string,
  command: unknown,
): Promise<Result<string, StoreError>> {
  return appendToStream(store, {
    stream: storeKeys.pairCommands(pairId),
    channel: storeChannels.pairCommands(pairId),
    keptCount: COMMANDS_KEPT_COUNT,
    value: command,
  });
}

export function appendTxlog(store: StoreClient, entry: unknown): Promise<Result<string, StoreError>> {
  return appendToStream(store, {
    stream: storeKeys.txlog,
    channel: storeKeys.txlog,
    keptCount: TXLOG_KEPT_COUNT,
    value: entry,
  });
}
