// Compiles the devnet's own Solidity once, in a child process (the compiler needs 200 MB), and keeps the result by source hash.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isHex, type Hex } from "viem";
import { z } from "zod";
import { DevnetError } from "@/server/devnet/devnet-error";
import { resolveFrom } from "./artifacts";

const compiledSchema = z.record(z.string(), z.custom<Hex>(isHex));
/** Creation code by contract name. */
export type CompiledContracts = z.infer<typeof compiledSchema>;

const outputSchema = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).default([]),
  contracts: z
    .record(
      z.string(),
      z.record(z.string(), z.object({ evm: z.object({ bytecode: z.object({ object: z.string() }) }) })),
    )
    .default({}),
});

const CHILD = `
const solc = require(process.argv[1]);
let text = "";
process.stdin.on("data", (chunk) => { text += chunk; });
process.stdin.on("end", () => process.stdout.write(solc.compile(text)));
`;

/** The devnet's Solidity sources by file name. */
export function readContractSources(rootDir: string): Readonly<Record<string, string>> {
  const dir = join(rootDir, "server", "devnet", "contracts");
  const files = existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith(".sol"))
        .toSorted()
    : [];
  if (files.length === 0) {
    throw new DevnetError({
      code: "compile",
      message: `No Solidity sources in ${dir}: the checkout is incomplete. Restore server/devnet/contracts.`,
      retryable: false,
    });
  }
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(dir, name), "utf8")]));
}

export function hashSources(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(String(part.length)).update(":").update(part);
  return hash.digest("hex").slice(0, 16);
}

export async function compileContracts(input: {
  readonly rootDir: string;
  readonly cacheDir: string;
  readonly sources: Readonly<Record<string, string>>;
  readonly key: string;
}): Promise<CompiledContracts> {
  const cacheFile = join(input.cacheDir, `contracts-${input.key}.json`);
  if (existsSync(cacheFile)) {
    const cached = compiledSchema.safeParse(JSON.parse(readFileSync(cacheFile, "utf8")));
    if (cached.success) return cached.data;
  }
  const compiled = await runCompiler(input.rootDir, input.sources);
  mkdirSync(input.cacheDir, { recursive: true });
  writeFileSync(`${cacheFile}.tmp`, JSON.stringify(compiled));
  renameSync(`${cacheFile}.tmp`, cacheFile);
  return compiled;
}

async function runCompiler(rootDir: string, sources: Readonly<Record<string, string>>): Promise<CompiledContracts> {
  const request = JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      optimizer: { enabled: true, runs: 1_000 },
      evmVersion: "cancun",
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
    },
  });
  const answer = await runNode(["-e", CHILD, resolveFrom(rootDir, "solc")], request);
  const output = outputSchema.parse(JSON.parse(answer));
  const failures = output.errors.filter((entry) => entry.severity === "error");
  if (failures.length > 0) {
    throw new DevnetError({
      code: "compile",
      message: `The devnet's contracts do not compile: ${failures.map((entry) => entry.formattedMessage).join("\n")}`,
      retryable: false,
    });
  }
  const codes = Object.values(output.contracts)
    .flatMap((byName) => Object.entries(byName))
    .filter(([, contract]) => contract.evm.bytecode.object.length > 0)
    .map(([name, contract]) => [name, `0x${contract.evm.bytecode.object}`]);
  return compiledSchema.parse(Object.fromEntries(codes));
}

function runNode(argv: readonly string[], stdin: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "pipe"] });
    const out: Buffer[] = [];
    const complaint: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => complaint.push(chunk));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString("utf8"));
      else
        reject(
          new DevnetError({
            code: "compile",
            message: `The Solidity compiler ended with code ${String(code)}: ${Buffer.concat(complaint).toString("utf8").slice(-1_000)}`,
            retryable: false,
          }),
        );
    });
    child.stdin.end(stdin);
  });
}
