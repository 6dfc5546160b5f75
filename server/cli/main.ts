// The command line: one verb per file in commands/; every error a person can mend is one sentence, without a stack trace.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import * as z from "zod";
import { TidegateError } from "@/lib/errors/tidegate-error";
import { projectRoot } from "@/server/infra/process/launch";
import { EXIT_SLIPPAGES } from "@/lib/api/commands";
import { runAuditVerify } from "./commands/audit";
import { backtestOptions, runBacktestCommand, type BacktestFlags } from "./commands/backtest";
import { runConfigExample } from "./commands/config-example";
import { runDemo } from "./commands/demo";
import { runDoctor } from "./commands/doctor";
import { runExit, type ExitFlags } from "./commands/exit";
import { GAIN_METHODS } from "@/lib/ledger/lots";
import { US_DOLLARS } from "@/lib/ledger/unit-prices";
import { EXPORTS, runExport, type ExportFlags } from "./commands/export";
import { runInit } from "./commands/init";
import { registryCommand } from "./commands/registry";
import { runStart } from "./commands/start";
import { abortSession } from "./run-system";

const selfUrl = import.meta.url;
const root = projectRoot(selfUrl);
const { version } = z
  .looseObject({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));

const program = new Command("tidegate")
  .description("Keeps concentrated liquidity where it earns: see why, approve how, prove what happened.")
  .version(version)
  .showHelpAfterError();

demoOptions(
  program
    .command("demo")
    .description("the whole system on a local chain with real Uniswap V3 contracts; nothing leaves this machine"),
).action((flags: DemoFlags) => runDemo({ ...flags, webMode: "serve" }, selfUrl, root));

demoOptions(
  program
    .command("dev")
    .description(
      "the demo from sources: the desk reloads in place, changed server code starts its process again; a change of devnet, embedded stores or command line needs a new start, and memory is about twice that of the demo",
    ),
).action((flags: DemoFlags) => runDemo({ ...flags, webMode: "dev" }, selfUrl, root));

program
  .command("start")
  .description("the system on real endpoints; every pair only observes until a signed command says otherwise")
  .option("--web-port <port>", "port of the desk", portNumber)
  .option("--ops-port <port>", "port of health, metrics and API", portNumber)
  .option("--data-dir <folder>", "folder for everything that is kept")
  .option("--passphrase-file <file>", "file with the keystore's passphrase (mode 0600); otherwise it is asked for")
  .option("--no-web", "without the desk")
  .option("--json", "print one line of JSON when ready, nothing else", false)
  .action((flags: StartFlags) => runStart(flags, selfUrl, root));

program
  .command("init")
  .description("makes the data directory and the deployment's id, for processes that compose or a person starts")
  .option("--data-dir <folder>", "folder for everything that is kept")
  .action((flags: { dataDir?: string }) => runInit(flags));

program
  .command("doctor")
  .description("checks Node, clock, folders, stores, RPC heads, exchanges and keys, and names the fix for each failure")
  .option("--data-dir <folder>", "folder for everything that is kept")
  .action((flags: { dataDir?: string }) => runDoctor(flags, root));

backtestOptions(
  program
    .command("backtest")
    .description("what both policies and their twins would have earned on recorded data, net of everything"),
).action((flags: BacktestFlags) => runBacktestCommand(flags));

program
  .command("exit")
  .description(
    "closes every position, whatever else is down: needs the chains, the keystore and a signed order; reports and compares ledger and chain",
  )
  .option("--all", "every pair")
  .option("--pair <id>", "one pair")
  .option("--into <token>", "sell into this token through pools of the pair; otherwise tokens stay as they come")
  .addOption(
    new Option("--slippage <profile>", "how far a minimum may lie below the live price: normal 0.3 %, wide 1 %")
      .choices([...EXIT_SLIPPAGES])
      .default("wide"),
  )
  .option("--reason <text>", "kept in the command log", "emergency exit")
  .option("--data-dir <folder>", "folder for everything that is kept")
  .option("--passphrase-file <file>", "the keystore's passphrase, for when no signer runs")
  .option("--print-order", "print the order for a wallet to sign, and end", false)
  .option("--rehearse", "try it on the chains' state without signing anything, and keep the date", false)
  .option("--order <file>", "the order with address and signature")
  .option("--json", "print one line of JSON", false)
  .action((flags: ExitFlags) => runExit(flags, selfUrl, root));

program
  .command("export")
  .description("the ledger to the wei, from the journal on disk; results and score cards from the store when it runs")
  .option("--data-dir <folder>", "folder for everything that is kept")
  .option("--pair <id>", "one pair only")
  .addOption(new Option("--of <what>", "what to write").choices([...EXPORTS]).default("ledger"))
  .addOption(new Option("--format <form>", "csv or json").choices(["csv", "json"]).default("csv"))
  .addOption(new Option("--method <lots>", "of gains: which lot leaves").choices([...GAIN_METHODS]).default("fifo"))
  .option("--currency <symbol>", "of gains: USD, or a token or coin that the ledger has prices of", US_DOLLARS)
  .option("--out <file>", "a file instead of standard output")
  .action((flags: ExportFlags) => runExport(flags));

program
  .command("audit")
  .description("the hash-chained log of signed commands")
  .command("verify")
  .description("recomputes every hash of the log on disk")
  .option("--data-dir <folder>", "folder for everything that is kept")
  .action((flags: { dataDir?: string }) => runAuditVerify(flags));

registryCommand(program);

program
  .command("config")
  .description("settings")
  .command("example")
  .description("prints the text of .env.example")
  .action(() => runConfigExample());

interface DemoFlags {
  readonly webPort?: number;
  readonly opsPort?: number;
  readonly dataDir?: string;
  readonly seed: number;
  readonly speed: number;
  readonly fresh: boolean;
  readonly chains: 1 | 3;
  readonly web: boolean;
  readonly json: boolean;
}

interface StartFlags {
  readonly webPort?: number;
  readonly opsPort?: number;
  readonly dataDir?: string;
  readonly passphraseFile?: string;
  readonly web: boolean;
  readonly json: boolean;
}

function demoOptions(command: Command): Command {
  return command
    .option("--web-port <port>", "port of the desk (default 3000; 0 = any free one)", portNumber)
    .option("--ops-port <port>", "port of health, metrics and API (default 3001; 0 = any free one)", portNumber)
    .option("--data-dir <folder>", "folder for everything that is kept (default .tidegate)")
    .option("--seed <number>", "seed of the market", wholeNumber(0, 4_294_967_295), 1)
    .option("--speed <factor>", "market seconds per second", wholeNumber(1, 3_600), 60)
    .option(
      "--chains <number>",
      "local chains: 1 (Uniswap V3) or 3 (further AMM families and bridges)",
      chainCount,
      1 as const,
    )
    .option("--fresh", "forget the last run and start anew", false)
    .option("--no-web", "without the desk")
    .option("--json", "print one line of JSON when ready, nothing else", false);
}

function chainCount(text: string): 1 | 3 {
  if (text === "1") return 1;
  if (text === "3") return 3;
  throw new InvalidArgumentError("expected 1 or 3.");
}

function portNumber(text: string): number {
  return wholeNumber(0, 65_535)(text);
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
    }
    return value;
  };
}

try {
  await program.parseAsync(process.argv);
} catch (error) {
  const wasAsked = await abortSession();
  if (!wasAsked) {
    if (error instanceof TidegateError) console.error(error.message);
    else console.error(error);
    process.exit(1);
  }
}
