// `npm run lock:mend`: run after every `npm install`; see server/cli/lock-file.ts for why.
import { readFileSync, writeFileSync } from "node:fs";
import { type LockFile, mendLockFile } from "@/server/cli/lock-file";

const path = "package-lock.json";
const lock: LockFile = JSON.parse(readFileSync(path, "utf8"));
const result = mendLockFile(lock);
const root = lock.packages[""];
const rest = Object.entries(lock.packages)
  .filter(([name]) => name !== "")
  .toSorted(([left], [right]) => (left < right ? -1 : 1));
lock.packages = { ...(root === undefined ? {} : { "": root }), ...Object.fromEntries(rest) };
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(
  `package-lock.json: ${result.added.length} platform packages added, ${result.hostsRemoved} download addresses removed`,
);
if (result.unknown.length > 0) {
  const names = result.unknown
    .map((missing) => `${missing.name}@${missing.version} (wanted by ${missing.wantedBy})`)
    .join(", ");
  console.error(
    `These optional packages are missing and their names do not say a platform; add them by hand: ${names}`,
  );
  process.exitCode = 1;
}
