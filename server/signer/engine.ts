// The signer's engine: plans, the op state machine and the projection, between the sockets and the chains.
import type { Registry } from "@/lib/registry/schema";
import type { Hex } from "@/lib/units";
import type { MarketClock, WallClock } from "@/server/infra/clock";
import type { Logger } from "@/server/infra/telemetry/logger-port";
import type { Family } from "@/lib/registry/schema";
import type { AuthorityView, ChainPort, Engine, EngineEvents, FamilyPort, KeyPort, KillPoint } from "./ports";

export interface EngineDeps {
  readonly deploymentId: Hex;
  readonly registry: Registry;
  /** Directory of the journal: `<data dir>/signer/journal`. Opened (and replayed) by createEngine. */
  readonly journalDir: string;
  readonly chains: ReadonlyMap<number, ChainPort>;
  readonly families: ReadonlyMap<Family, FamilyPort>;
  readonly key: KeyPort;
  readonly authority: AuthorityView;
  readonly wall: WallClock;
  readonly market: Pick<MarketClock, "nowMs">;
  readonly log: Logger;
  readonly events?: Partial<EngineEvents>;
  readonly kill?: KillPoint;
}

export type CreateEngine = (deps: EngineDeps) => Engine;
