// `audit verify`: recomputes the hash chain of the signer's command log on disk, without the signer.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "@/lib/errors/tidegate-error";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { unwrap } from "@/server/cli/run-system";
import { verifySegments } from "@/server/cli/verify-segments";

export function runAuditVerify(flags: { readonly dataDir?: string }): void {
  const settings = unwrap(
    loadSettings({
      env: readProcessEnv(),
      cwd: process.cwd(),
      overrides: flags.dataDir === undefined ? {} : { dataDir: flags.dataDir },
    }),
  );
  const folders = ["commands", "journal"].map((name) => join(settings.dataDir, "signer", name));
  if (!folders.some((folder) => existsSync(folder))) {
    throw new ConfigError({
      code: "missing",
      message: `There is no command log under ${join(settings.dataDir, "signer")}: start Tidegate once, or name its folder with --data-dir.`,
      retryable: false,
    });
  }
  let isWhole = true;
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    const result = verifySegments(folder);
    if (result.ok)
      console.log(`${folder}: ${result.value.count} records, chain whole, last hash ${result.value.lastHash}`);
    else {
      isWhole = false;
      console.log(`${folder}: NOT whole: ${result.error}`);
    }
  }
  if (!isWhole) process.exitCode = 1;
}
