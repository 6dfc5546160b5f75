// `npm run conformance`: one line per family, token order and check; ends with `N passed, N failed` and the exit code to match.
import { resultLine, runConformance } from "./run-conformance";

const named = process.argv.slice(2);
const results = await runConformance({
  ...(named.length === 0 ? {} : { only: (kit) => named.includes(kit.family) || named.includes(kit.dexId) }),
  onResult: (result) => process.stdout.write(`${resultLine(result)}\n`),
});
const failed = results.filter(({ problem }) => problem !== null).length;
process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
process.exit(failed > 0 || results.length === 0 ? 1 : 0);
