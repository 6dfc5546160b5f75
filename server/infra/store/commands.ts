// The store's copy of the signer's command log per pair: append (signer only), read and follow; the signer stays the record.
import type { Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { COMMANDS_KEPT_COUNT, storeChannels, storeKeys, TXLOG_KEPT_COUNT } from "./keys";
import { appendToStream, followStream, readStreamTail, type StreamEntry, type StreamFollower } from "./pubsub";

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

export function followCommandCopies(
  store: StoreClient,
  input: {
    readonly pairId: string;
    readonly afterId: string;
    readonly onEntry: (entry: StreamEntry) => void | Promise<void>;
    readonly onError?: (error: StoreError) => void;
  },
): StreamFollower {
  return followStream(store, {
    ...input,
    stream: storeKeys.pairCommands(input.pairId),
    channel: storeChannels.pairCommands(input.pairId),
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

/** Newest first. */
export function readTxlog(
  store: StoreClient,
  input: { readonly limit: number; readonly beforeId?: string | undefined },
): Promise<Result<readonly StreamEntry[], StoreError>> {
  return readStreamTail(store, { ...input, stream: storeKeys.txlog });
}
