// Sign-in sessions: an opaque id in a strict cookie, looked up at every request together with the role it has now.
import { createHash } from "node:crypto";
import { roleAtLeast, type Role } from "@/lib/api/commands";
import { err, ok, type Result } from "@/lib/errors/result";
import {
  deleteSession,
  endSessionGeneration,
  readSession,
  readSessionGeneration,
  touchSession,
  writeSession,
} from "@/server/infra/store/sessions";
import { SESSION_IDLE_MS, SESSION_TTL_MS } from "@/server/infra/store/keys";
import { fromSignerError, fromStoreError, type ApiError } from "./api-error";
import type { ApiDeps } from "./deps";
import { endStreamsOf, endStreamsOfAccount } from "./stream";

export interface Session {
  /** Not the cookie's value but its hash: this is the name under which the store and the streams know it. */
  readonly id: string;
  readonly address: string;
  readonly role: Role;
  readonly expiresAtMs: number;
}

/** `__Host-` needs https; over plain http only loopback is served and the cookie has another name (safety.md section 6). */
export function cookieName(origin: string): string {
  return origin.startsWith("https:") ? "__Host-tg" : "tg";
}

export function sessionCookie(origin: string, value: string, maxAgeSec: number): string {
  const secure = origin.startsWith("https:") ? "; Secure" : "";
  return `${cookieName(origin)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSec}${secure}`;
}

function cookieValue(request: Request, name: string): string | null {
  const header = request.headers.get("cookie") ?? "";
  for (const part of header.split(";")) {
    const [key, ...rest] = part.trim().split("=");
    if (key === name) return rest.join("=");
  }
  return null;
}

const SESSION_ID = /^[0-9a-f]{64}$/;
/** How exactly the last use is known; a store write per request would say no more. */
const TOUCH_EVERY_MS = 60_000;

/** Who can read the store must not be able to present what is in it. */
function storedId(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Name of the session a request presents, live or not; null when it presents none. */
export function presentedSessionId(deps: ApiDeps, request: Request): string | null {
  const secret = cookieValue(request, cookieName(deps.settings.origin));
  return secret === null || !SESSION_ID.test(secret) ? null : storedId(secret);
}

/** Null when the request carries no live session; an error only when that cannot be known. Counts as a use of it. */
export async function findSession(deps: ApiDeps, request: Request): Promise<Result<Session | null, ApiError>> {
  const id = presentedSessionId(deps, request);
  return id === null ? ok(null) : readLiveSession(deps, id, "use");
}

/** `look`: whether it still is, for a stream that was opened with it; an open page alone does not keep a session alive. */
export async function readLiveSession(
  deps: ApiDeps,
  id: string,
  purpose: "use" | "look",
): Promise<Result<Session | null, ApiError>> {
  const stored = await readSession(deps.store, id);
  if (!stored.ok) return err(fromStoreError(stored.error));
  if (stored.value === null) return ok(null);
  const { address, expiresAtWallMs, issuedAtWallMs, seenAtWallMs } = stored.value;
  const nowMs = deps.nowMs();
  const usedAtMs = seenAtWallMs ?? issuedAtWallMs;
  if (expiresAtWallMs <= nowMs || nowMs - usedAtMs >= SESSION_IDLE_MS) return ok(null);
  const generation = await readSessionGeneration(deps.store, address);
  if (!generation.ok) return err(fromStoreError(generation.error));
  if (stored.value.generation !== generation.value) return ok(null);
  const role = await deps.authority.roleOf(address);
  if (!role.ok) return err(fromSignerError(role.error));
  if (role.value === null) return ok(null);
  if (purpose === "use" && nowMs - usedAtMs >= TOUCH_EVERY_MS) {
    const touched = await touchSession(deps.store, id, { ...stored.value, seenAtWallMs: nowMs });
    // Going on is safe: an untouched session only ends sooner.
    if (!touched.ok) deps.log.warn("api.session-not-touched", { reason: touched.error.message });
  }
  return ok({ id, address, role: role.value, expiresAtMs: expiresAtWallMs });
}

export async function openSession(
  deps: ApiDeps,
  input: { readonly address: string; readonly chainId: number },
): Promise<Result<{ readonly secret: string; readonly expiresAtMs: number }, ApiError>> {
  const secret = deps.randomHex(32);
  // Read first: a sign-out everywhere between here and the write ends this session too.
  const generation = await readSessionGeneration(deps.store, input.address);
  if (!generation.ok) return err(fromStoreError(generation.error));
  const issuedAtWallMs = deps.nowMs();
  const expiresAtWallMs = issuedAtWallMs + SESSION_TTL_MS;
  const written = await writeSession(deps.store, storedId(secret), {
    address: input.address.toLowerCase(),
    chainId: input.chainId,
    issuedAtWallMs,
    expiresAtWallMs,
    generation: generation.value,
  });
  return written.ok ? ok({ secret, expiresAtMs: expiresAtWallMs }) : err(fromStoreError(written.error));
}

export async function endSession(deps: ApiDeps, sessionId: string): Promise<void> {
  endStreamsOf(sessionId);
  const gone = await deleteSession(deps.store, sessionId);
  // The cookie is cleared either way; a session that could not be deleted still ends by its time to live.
  if (!gone.ok) deps.log.warn("api.session-not-deleted", { reason: gone.error.message });
}

/** Every session of the account, in every browser; an error when that could not be written. */
export async function endAllSessions(deps: ApiDeps, address: string): Promise<Result<null, ApiError>> {
  const ended = await endSessionGeneration(deps.store, address);
  if (!ended.ok) return err(fromStoreError(ended.error));
  endStreamsOfAccount(address);
  return ok(null);
}

/** Requires a session whose role is at least `needed`. */
export function requireRole(session: Session | null, needed: Role): Result<Session, ApiError> {
  if (session === null) {
    return err({
      code: "unauthenticated",
      message: "This needs a session. Sign in with a wallet that has a role here.",
    });
  }
  if (!roleAtLeast(session.role, needed)) {
    return err({
      code: "forbidden",
      message: `This needs the role ${needed}; ${session.address} has the role ${session.role}. An owner can change roles.`,
      details: { needed, has: session.role },
    });
  }
  return ok(session);
}
