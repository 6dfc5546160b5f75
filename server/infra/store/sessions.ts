// Sign-in sessions and one-time SIWE nonces.
import * as z from "zod";
import { ok, type Result } from "@/lib/errors/result";
import type { StoreError } from "@/lib/errors/tidegate-error";
import type { StoreClient } from "./client";
import { SESSION_TTL_MS, SIWE_NONCE_TTL_MS, storeKeys } from "./keys";
import { encodeJson } from "./codec";
import { deleteKey, readJson, writeJson } from "./json-values";

export const sessionSchema = z.object({
  /** Lower-case hex address that signed in. */
  address: z.string(),
  chainId: z.number().int(),
  issuedAtWallMs: z.number(),
  expiresAtWallMs: z.number(),
  /** Last request that carried it, to the minute; absent: none since it was opened. */
  seenAtWallMs: z.number().optional(),
  /** The account's counter when it was opened; a session of a lower one has been ended with all others. */
  generation: z.number().int().default(0),
});

export type StoredSession = z.output<typeof sessionSchema>;

export function writeSession(
  store: StoreClient,
  sessionId: string,
  session: StoredSession,
): Promise<Result<true, StoreError>> {
  return writeJson(store, storeKeys.session(sessionId), session, { ttlMs: SESSION_TTL_MS });
}

export function readSession(store: StoreClient, sessionId: string): Promise<Result<StoredSession | null, StoreError>> {
  return readJson(store, storeKeys.session(sessionId), sessionSchema);
}

/** Keeps a session that is in use; one that was ended meanwhile stays ended. */
export function touchSession(
  store: StoreClient,
  sessionId: string,
  session: StoredSession,
): Promise<Result<boolean, StoreError>> {
  return store
    .call("touch a session", (redis) =>
      redis.set(storeKeys.session(sessionId), encodeJson(session), "PX", SESSION_TTL_MS, "XX"),
    )
    .then((reply) => (reply.ok ? ok(reply.value !== null) : reply));
}

export function deleteSession(store: StoreClient, sessionId: string): Promise<Result<boolean, StoreError>> {
  return deleteKey(store, storeKeys.session(sessionId));
}

/** How often all sessions of the account were ended. */
export async function readSessionGeneration(store: StoreClient, address: string): Promise<Result<number, StoreError>> {
  const reply = await store.call("read a session generation", (redis) =>
    redis.get(storeKeys.sessionGeneration(address.toLowerCase())),
  );
  return reply.ok ? ok(Number(reply.value ?? "0")) : reply;
}

/** Ends every session of the account that is open now, wherever it is. */
export async function endSessionGeneration(store: StoreClient, address: string): Promise<Result<number, StoreError>> {
  return store.call("end a session generation", (redis) =>
    redis.incr(storeKeys.sessionGeneration(address.toLowerCase())),
  );
}

/** `context` (for example the domain) is handed back once by takeSiweNonce. */
export function writeSiweNonce(store: StoreClient, nonce: string, context: string): Promise<Result<true, StoreError>> {
  return store
    .call("write a sign-in nonce", (redis) =>
      redis.set(storeKeys.siweNonce(nonce), context, "PX", SIWE_NONCE_TTL_MS, "NX"),
    )
    .then((reply) => (reply.ok ? ok(true) : reply));
}

/** The context given at writing, once; null when the nonce is unknown, used or expired. */
export async function takeSiweNonce(store: StoreClient, nonce: string): Promise<Result<string | null, StoreError>> {
  const reply = await store.script("takeOnce", [storeKeys.siweNonce(nonce)], []);
  return reply.ok ? ok(reply.value === "" ? null : reply.value) : reply;
}
