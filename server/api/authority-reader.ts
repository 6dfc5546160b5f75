// Roles, modes and pauses as the signer holds them: asked from the signer, kept for a second, with the store's copy for reads when it is away.
import { type Authority, authoritySchema } from "@/lib/api/signer-contract";
import type { Role } from "@/lib/api/commands";
import { err, ok, type Result } from "@/lib/errors/result";
import type { ControlClient } from "@/server/infra/signer-link/client";
import type { SignerError } from "@/server/infra/signer-link/signer-error";
import type { StoreClient } from "@/server/infra/store/client";
import { readJson } from "@/server/infra/store/json-values";
import { storeKeys } from "@/server/infra/store/keys";

const KEPT_MS = 500;

export interface AuthorityView {
  readonly authority: Authority;
  /** `copy`: the signer did not answer; good enough to show, never to act on. */
  readonly source: "signer" | "copy";
}

export interface AuthorityReader {
  read(): Promise<Result<AuthorityView, SignerError>>;
  /** Role of an address as of now; null when it has none. Asks the signer, never the copy. */
  roleOf(address: string): Promise<Result<Role | null, SignerError>>;
  /** A command was just carried out here: whoever signed it must not be shown what was before. */
  forget(): void;
}

export function createAuthorityReader(input: {
  readonly control: ControlClient;
  readonly store: StoreClient;
  readonly nowMs: () => number;
}): AuthorityReader {
  let kept: { authority: Authority; atMs: number } | null = null;
  let running: Promise<Result<Authority, SignerError>> | null = null;

  async function ask(): Promise<Result<Authority, SignerError>> {
    if (kept !== null && input.nowMs() - kept.atMs < KEPT_MS) return ok(kept.authority);
    if (running !== null) return running;
    const asked = input.control
      .call("authority.get", {}, { timeoutMs: 2_000 })
      .then((answer) => {
        // An answer to a question from before a command is no answer of now.
        if (answer.ok && running === asked) kept = { authority: answer.value, atMs: input.nowMs() };
        return answer;
      })
      .finally(() => {
        if (running === asked) running = null;
      });
    running = asked;
    return asked;
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
      const answer = await ask();
      if (!answer.ok) return answer;
      const entry = answer.value.roles.find((role) => role.address.toLowerCase() === address.toLowerCase());
      return ok(entry?.role ?? null);
    },
    forget() {
      kept = null;
      running = null;
    },
  };
}
