// Process entry of the devnet: reads its arguments as one JSON line on stdin, prints progress and one ready line, ends with stdin.
import { createInterface } from "node:readline";
import * as z from "zod";
import { errorText } from "@/lib/errors/tidegate-error";
import { devnetArgsSchema, type DevnetArgs } from "./args";
import { startDevnet, type Devnet } from "./devnet";
import { DevnetError } from "./devnet-error";

let devnet: Devnet | undefined;
let isStopping = false;

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function stop(code: number): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  try {
    await devnet?.stop();
    process.exit(code);
  } catch (error) {
    process.stderr.write(`The devnet did not stop cleanly: ${errorText(error)}\n`);
    process.exit(1);
  }
}

function parseArgs(line: string): DevnetArgs {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new DevnetError({
      code: "bad_input",
      message: "The devnet expects its arguments as one JSON line on stdin.",
      retryable: false,
      cause,
    });
  }
  const parsed = devnetArgsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DevnetError({
    code: "bad_input",
    message: `Devnet arguments: ${z.prettifyError(parsed.error)}`,
    retryable: false,
  });
}

async function start(line: string): Promise<void> {
  try {
    devnet = await startDevnet(parseArgs(line), (progress) => print({ progress }));
    if (isStopping) {
      // Asked to stop while starting: `stop` found nothing to end then.
      await devnet.stop();
      process.exit(0);
    }
    print(devnet.ready);
    void devnet.failed.then((sentence) => {
      if (isStopping) return undefined;
      process.stderr.write(`${sentence}\n`);
      return process.exit(1);
    });
  } catch (error) {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(1);
  }
}

process.stdout.on("error", () => {
  // The parent is gone and reads no more; its closed stdin stops us in order.
});
process.on("SIGTERM", () => void stop(0));
process.on("SIGINT", () => void stop(0));

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => void start(line));
lines.once("close", () => void stop(0));
