// Runs the set-up checks for the page: the command's own checks, kept for a moment so that a reload asks nobody again.
import type { DoctorGroup } from "@/lib/api/doctor-schemas";
import type { Settings } from "@/server/config/load";
import type { ControlClient } from "@/server/infra/signer-link/client";
import {
  checkChains,
  checkClock,
  checkFolder,
  checkKeystore,
  checkNode,
  checkSources,
  checkStore,
  checkTelemetry,
  limited,
  verdict,
  type DoctorCheck,
} from "./doctor-checks";

export interface DoctorAnswer {
  readonly checkedAtMs: number;
  readonly tookMs: number;
  readonly checks: readonly DoctorCheck[];
}

export interface Doctor {
  check(group: DoctorGroup): Promise<DoctorAnswer>;
}

/** Anybody may ask; at most one round per group goes out in this time. */
const KEPT_MS = 10_000;

export function createDoctor(deps: {
  readonly settings: Settings;
  readonly control: ControlClient;
  readonly nowMs: () => number;
}): Doctor {
  const { settings, control } = deps;
  const kept = new Map<DoctorGroup, { readonly atMs: number; readonly answer: Promise<DoctorAnswer> }>();

  async function checkSigner(): Promise<readonly DoctorCheck[]> {
    const state = await control.call("authority.get", {});
    return [
      verdict(
        "signer",
        state.ok,
        state.ok ? `answers, journal ${state.value.journalSeq}` : (control.status().lastError ?? "no answer"),
        "see that the signer runs: logs/signer.err.log says why it does not answer",
      ),
    ];
  }

  const groups: Readonly<Record<DoctorGroup, () => Promise<readonly DoctorCheck[]>>> = {
    node: async () => [checkNode()],
    clock: () => checkClock(settings),
    folder: async () => [checkFolder(settings)],
    store: () => checkStore(settings, null),
    "log-store": () => checkTelemetry(settings, null),
    signer: checkSigner,
    keys: async () => [checkKeystore(settings)],
    chains: () => checkChains(settings),
    exchanges: () => checkSources(settings),
  };

  async function run(group: DoctorGroup): Promise<DoctorAnswer> {
    const startedMonoMs = performance.now();
    const checks = await limited(group, groups[group]());
    return { checkedAtMs: deps.nowMs(), tookMs: Math.round(performance.now() - startedMonoMs), checks };
  }

  return {
    check(group) {
      const known = kept.get(group);
      if (known !== undefined && deps.nowMs() - known.atMs < KEPT_MS) return known.answer;
      const answer = run(group);
      kept.set(group, { atMs: deps.nowMs(), answer });
      return answer;
    },
  };
}
