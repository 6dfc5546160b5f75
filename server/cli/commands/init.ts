// `init`: makes the data directory and the deployment's id, for processes that are started by hand or by compose; `start` does it by itself.
import { existsSync } from "node:fs";
import { openDataDir, readOrMakeDeploymentId } from "@/server/cli/data-dir";
import { unwrap } from "@/server/cli/run-system";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";

export function runInit(flags: { readonly dataDir?: string }): void {
  const { dataDir, keystoreFile } = unwrap(
    loadSettings({
      env: readProcessEnv(),
      cwd: process.cwd(),
      overrides: flags.dataDir === undefined ? {} : { dataDir: flags.dataDir },
    }),
  );
  unwrap(openDataDir(dataDir));
  console.log(`data directory  ${dataDir}`);
  console.log(`deployment id   ${unwrap(readOrMakeDeploymentId(dataDir))}`);
  console.log(
    existsSync(keystoreFile)
      ? `keystore        ${keystoreFile}`
      : `keystore        none yet at ${keystoreFile}: put a version 3 keystore there (mode 0400), or let the signer make one: node dist/server/signer.mjs --init 3<passphrase-file`,
  );
}
