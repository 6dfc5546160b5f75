// Roles, modes and pauses as the signer holds them: asked from the signer, roles kept for a moment, with the store's copy for reads when it is away.
import { type Authority, authoritySchema } from "@/lib/api/signer-contract";
import type { Role } from "@/lib/api/commands";
import { err, ok, type Result } from "@/lib/errors/result";
import type { ControlClient } from "@/server/infra/signer-link/client";
import type { SignerError } from "@/server/infra/signer-link/signer-error";
import type { StoreClient } from "@/server/infra/store/client";
import { readJson } from "@/server/infra/store/json-values";
import { storeKeys } from "@/server/infra/store/keys";
import { createSharedReads } from "./shared-reads";

/** For roles, which every request of a signed-in page asks for. */
const KEPT_MS = 500;

export interface AuthorityView {
  readonly authority: Authority;
  /** `copy`: the signer did not answer; good enough to show, never to act on. */
  readonly source: "signer" | "copy";
}

export interface AuthorityReader {
  /** As of now: a page reads again because something has changed, and must not be shown what was before. */
  read(): Promise<Result<AuthorityView, SignerError>>;
  /** Role of an address as of now; null when it has none. Asks the signer, never the copy. */
  roleOf(address: string): Promise<Result<Role | null, SignerError>>;
  /** A command was just carried out here, and may have changed a role. */
  forget(): void;
}

export function createAuthorityReader(input: {
  readonly control: ControlClient;
  readonly store: StoreClient;
  readonly nowMs: () => number;
}): AuthorityReader {
  const asked = createSharedReads<Result<Authority, SignerError>>();
  let kept: { authority: Authority; atMs: number } | null = null;
  let commandCount = 0;

  function ask(): Promise<Result<Authority, SignerError>> {
    return asked.read("authority", async () => {
      const countBefore = commandCount;
      const answer = await input.control.call("authority.get", {}, { timeoutMs: 2_000 });
      // An answer to a question from before a command is no answer of now.
      if (answer.ok && countBefore === commandCount) kept = { authority: answer.value, atMs: input.nowMs() };
      return answer;
    });
  }

  return {
    async read() {
      const answer = await ask();
      if (answer.ok) return ok({ authority: answer.value, source: "signer" });
      const copy = await readJson(input.store, storeKeys.authority, authoritySchema);
      if (copy.ok && copy.value !== null) return ok({ authority: copy.value, source: "copy" });
      return err(answer.error);
    },
    async roleOf(address) {
      const answer = kept !== null && input.nowMs() - kept.atMs < KEPT_MS ? ok(kept.authority) : await ask();
      if (!answer.ok) return answer;
      const entry = answer.value.roles.find((role) => role.address.toLowerCase() === address.toLowerCase());
      return ok(entry?.role ?? null);
    },
    forget() {
      kept = null;
      commandCount += 1;
    },
  };
}
