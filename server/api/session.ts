// Sign-in sessions: an opaque id in a strict cookie, looked up at every request together with the role it has now.
import { roleAtLeast, type Role } from "@/lib/api/commands";
import { err, ok, type Result } from "@/lib/errors/result";
import { deleteSession, readSession, writeSession } from "@/server/infra/store/sessions";
import { SESSION_TTL_MS } from "@/server/infra/store/keys";
import { fromSignerError, fromStoreError, type ApiError } from "./api-error";
import type { ApiDeps } from "./deps";

export interface Session {
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

/** Null when the request carries no live session; an error only when that cannot be known. */
export async function findSession(deps: ApiDeps, request: Request): Promise<Result<Session | null, ApiError>> {
  const id = cookieValue(request, cookieName(deps.settings.origin));
  if (id === null || !SESSION_ID.test(id)) return ok(null);
  const stored = await readSession(deps.store, id);
  if (!stored.ok) return err(fromStoreError(stored.error));
  if (stored.value === null || stored.value.expiresAtWallMs <= deps.nowMs()) return ok(null);
  const role = await deps.authority.roleOf(stored.value.address);
  if (!role.ok) return err(fromSignerError(role.error));
  if (role.value === null) return ok(null);
  return ok({ id, address: stored.value.address, role: role.value, expiresAtMs: stored.value.expiresAtWallMs });
}

export async function openSession(
  deps: ApiDeps,
  input: { readonly address: string; readonly chainId: number },
): Promise<Result<{ readonly id: string; readonly expiresAtMs: number }, ApiError>> {
  const id = deps.randomHex(32);
  const issuedAtWallMs = deps.nowMs();
  const expiresAtWallMs = issuedAtWallMs + SESSION_TTL_MS;
  const written = await writeSession(deps.store, id, {
    address: input.address.toLowerCase(),
    chainId: input.chainId,
    issuedAtWallMs,
    expiresAtWallMs,
  });
  return written.ok ? ok({ id, expiresAtMs: expiresAtWallMs }) : err(fromStoreError(written.error));
}

export async function endSession(deps: ApiDeps, session: Session): Promise<void> {
  const gone = await deleteSession(deps.store, session.id);
  // The cookie is cleared either way; a session that could not be deleted still ends by its time to live.
  if (!gone.ok) deps.log.warn("api.session-not-deleted", { reason: gone.error.message });
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
