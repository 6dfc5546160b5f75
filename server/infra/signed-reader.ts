// What owners signed for this deployment, read again when a file changes; for processes that take changes up without a start.
import { statSync } from "node:fs";
import { noSignedSettings, type SignedSettings } from "@/lib/api/system-settings";
import type { Hex } from "@/lib/units";
import { readVault, vaultFile } from "./endpoint-vault";
import { readSignedSettings, signedSettingsFile } from "./signed-settings";

export interface SignedState {
  readonly settings: SignedSettings;
  /** Addresses by the ids that the signed lists name. */
  readonly vault: ReadonlyMap<Hex, string>;
}

export interface SignedReader {
  /** The newest readable state; the same object while nothing changed. */
  read(): SignedState;
  /** The next read looks at the files, however short ago the last one did. */
  lookAgain(): void;
  /** Why a file that is there is not used; the last good state holds. */
  problem(): string | null;
}

/** Looks at the files at most this often. */
const LOOK_EVERY_MS = 250;

export function createSignedReader(
  dataDir: string,
  deploymentId: Hex,
  monotonicMs: () => number = () => performance.now(),
): SignedReader {
  let kept: SignedState = { settings: noSignedSettings(deploymentId), vault: new Map() };
  let problem: string | null = null;
  let seen = "";
  let lookedMono: number | null = null;

  function look(): void {
    const nowMono = monotonicMs();
    if (lookedMono !== null && nowMono - lookedMono < LOOK_EVERY_MS) return;
    lookedMono = nowMono;
    const stamp = [signedSettingsFile(dataDir), vaultFile(dataDir)].map(stampOf).join("|");
    if (stamp === seen) return;
    seen = stamp;
    const settings = readSignedSettings(dataDir, deploymentId);
    const vault = readVault(dataDir, deploymentId);
    problem = settings.ok ? (vault.ok ? null : vault.error.message) : settings.error.message;
    kept = {
      settings: settings.ok ? (settings.value ?? noSignedSettings(deploymentId)) : kept.settings,
      vault: vault.ok ? vault.value : kept.vault,
    };
  }

  return {
    read() {
      look();
      return kept;
    },
    lookAgain() {
      lookedMono = null;
    },
    problem() {
      look();
      return problem;
    },
  };
}

/** Each write makes a new file, so the inode changes even within one tick of the clock. */
function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? "none" : `${found.ino}:${found.mtimeMs}:${found.size}`;
}
