// `npm run vectors -- --dir <folder>`: runs every vector file of a folder through our code and says which cases differ.
import { resolve } from "node:path";
import { Command } from "commander";
import { listVectorFiles, runVectorFile } from "@/server/cli/vector-runners/run-vectors";

const OWN_VECTORS = "tests/vectors";

function main(): number {
  const command = new Command("vectors")
    .description(
      "Run every *.json vector file of a folder; exit code 0 when all cases pass, 1 when one fails, 2 without files",
    )
    .option("--dir <folder>", "folder with vector files", OWN_VECTORS)
    .option("--all-failures", "name every failed case instead of the first ten of a file", false)
    .parse();
  const options = command.opts<{ dir: string; allFailures: boolean }>();
  const folder = resolve(options.dir);

  let files: readonly string[];
  try {
    files = listVectorFiles(folder);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`expected a folder with vector files at --dir ${options.dir}; it cannot be read: ${why}`);
    return 2;
  }
  if (files.length === 0) {
    console.error(`expected *.json vector files in --dir ${options.dir}; there is none`);
    return 2;
  }

  let passedCount = 0;
  let failedCount = 0;
  for (const file of files) {
    const { results } = runVectorFile(folder, file);
    const failed = results.filter((result) => result.failure !== null);
    passedCount += results.length - failed.length;
    failedCount += failed.length;
    console.log(`${file}: ${results.length - failed.length} passed, ${failed.length} failed`);
    const shown = options.allFailures ? failed : failed.slice(0, 10);
    for (const result of shown) console.log(`  ${result.name}: ${result.failure ?? ""}`);
    if (shown.length < failed.length)
      console.log(`  and ${failed.length - shown.length} more (--all-failures names them)`);
  }
  console.log(`${passedCount} passed, ${failedCount} failed`);
  return failedCount === 0 && passedCount > 0 ? 0 : 1;
}

process.exitCode = main();
