// A control socket that answers as the signer does for one authority: stands in for the signer in API tests; the real one is proved in integration.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Person } from "@/lib/api/authority-settings";
import type { CommandRecord, SignedCommand } from "@/lib/api/commands";
import { commandId } from "@/lib/api/commands";
import {
  controlMethods,
  type Authority,
  type LedgerEntry,
  type PlanRecord,
  type SignerErrorWire,
} from "@/lib/api/signer-contract";
import { err, ok } from "@/lib/errors/result";
import { DEFAULT_APPROVAL_LIMITS } from "@/lib/plan/approval-rule";
import type { Hex } from "@/lib/units";
import { startLinkServer } from "@/server/infra/signer-link/server";
import { silentLogger } from "@/server/infra/telemetry/logger-port";

export interface FakeSigner {
  readonly socketPath: string;
  readonly submitted: SignedCommand[];
  authority: Authority;
  plans: PlanRecord[];
  /** Whether the place of a plan in `plans` is its sequence number; if not, all of them are told anew each time. */
  isJournalMoving: boolean;
  readonly askedAfterSeqs: number[];
  people: Person[];
  /** Oldest first. */
  ledger: readonly LedgerEntry[];
  /** The next submit is refused with this. */
  refuseWith: SignerErrorWire | null;
  close(): Promise<void>;
}

export async function startFakeSigner(deploymentId: Hex, authority: Authority): Promise<FakeSigner> {
  const socketPath = join(mkdtempSync(join(tmpdir(), "tg-fs-")), "c.sock");
  const missing: SignerErrorWire = {
    code: "not_found",
    message: "There is no such thing here.",
    retryable: false,
    details: {},
  };
  const records = new Map<string, CommandRecord>();
  const fake: FakeSigner = {
    socketPath,
    submitted: [],
    authority,
    plans: [],
    isJournalMoving: false,
    askedAfterSeqs: [],
    ledger: [],
    people: authority.roles.map((entry) => ({ ...entry, name: "" })),
    refuseWith: null,
    close: () => Promise.resolve(),
  };
  const server = await startLinkServer({
    socketPath,
    deploymentId,
    peer: "fake-signer",
    methods: controlMethods,
    log: silentLogger,
    onInternalError: (error) => {
      throw error;
    },
    handlers: {
      "command.submit": async (signed) => {
        if (fake.refuseWith !== null) return err(fake.refuseWith);
        fake.submitted.push(signed);
        const id = commandId(signed.address, signed.command.nonce);
        const record: CommandRecord = {
          seq: fake.submitted.length,
          commandId: id,
          atMs: Date.now(),
          address: signed.address,
          role: "owner",
          action: signed.command.action,
          target: signed.command.target,
          params: signed.params,
          status: "accepted",
          result: "taken",
          planId: null,
          hash: id,
        };
        records.set(id, record);
        return ok(record);
      },
      "chat.pause": async () => err(missing),
      "settings.get": async () =>
        ok({
          people: [{ version: 1, atMs: 1, by: null, commandId: null, people: fake.people }],
          limits: [{ version: 1, atMs: 1, by: null, commandId: null, limits: DEFAULT_APPROVAL_LIMITS }],
        }),
      "authority.get": async () => ok(fake.authority),
      "plans.list": async () => ok({ plans: fake.plans }),
      "plans.changed": async ({ afterSeq, limit }) => {
        fake.askedAfterSeqs.push(afterSeq);
        const head = fake.isJournalMoving ? fake.plans.length : 0;
        const seq = Math.min(head, afterSeq + limit);
        return ok({ plans: fake.plans.slice(afterSeq, afterSeq + limit), seq, hasMore: seq < head });
      },
      "plan.get": async ({ planId }) => {
        const plan = fake.plans.find((entry) => entry.planId === planId);
        return plan === undefined ? err(missing) : ok(plan);
      },
      "audit.since": async ({ seq }) => ok({ commands: [...records.values()].filter((record) => record.seq > seq) }),
      "command.get": async ({ commandId: id }) => {
        const record = records.get(id);
        return record === undefined ? err(missing) : ok(record);
      },
      "transfers.list": async () => ok({ transfers: [] }),
      "orphans.list": async () => ok({ orphans: [] }),
      "ledger.list": async ({ pairId, sinceSeq, limit, newest = false }) => {
        const rest = fake.ledger.filter((entry) => entry.seq > sinceSeq && (pairId ?? entry.pairId) === entry.pairId);
        const entries = newest ? rest.slice(-limit) : rest.slice(0, limit);
        return ok({ entries, total: rest.length, isWhole: true });
      },
      "ledger.check": async () => ok({ checkedAtMs: Date.now(), blocks: [], rows: [], openAllowances: [] }),
      "registry.check": async () => err(missing),
      "worker.started": async () => ok({}),
      health: async () =>
        ok({ state: "NORMAL" as const, cause: "", uptimeMs: 1, rssBytes: 1, journalSeq: 1, recovered: true }),
    },
  });
  if (!server.ok) throw server.error;
  fake.close = () => server.value.close();
  return fake;
}
