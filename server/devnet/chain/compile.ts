// Compiles the devnet's own Solidity once, in child processes (the compiler needs 200 MB), and keeps the result by source hash.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { isHex, type Hex } from "viem";
import * as z from "zod";
import { DevnetError } from "@/server/devnet/devnet-error";
import { packageVersion, resolveFrom } from "./artifacts";

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

/** The devnet's Solidity sources by file name, and what they import from npm packages by package path. */
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
  const sources: Record<string, string> = {};
  const open = files.map((name): readonly [string, string] => [name, join(dir, name)]);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [name, file] = next;
    if (sources[name] !== undefined) continue;
    const text = readFileSync(file, "utf8");
    sources[name] = text;
    for (const path of importsOf(name, text)) {
      open.push([path, path.startsWith("@") ? resolveFrom(rootDir, path) : join(dir, path)]);
    }
  }
  return Object.fromEntries(Object.entries(sources).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

export function hashSources(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(String(part.length)).update(":").update(part);
  return hash.digest("hex").slice(0, 16);
}

/** Compiled code outlives the data dir: beside the packages it was compiled with. */
const SHARED_CACHE = join("node_modules", ".cache", "tidegate-devnet");
/**
 * Large stand-ins are compiled without the optimizer, in a third of the time (measured: 4 instead of 11 processor seconds for all of them);
 * what every trade runs through is optimized.
 */
const QUICK_UNITS: ReadonlySet<string> = new Set([
  "algebra-faces.sol",
  "bin-maths.sol",
  "bin-pair-legacy.sol",
  "bin-pair.sol",
  "face.sol",
  "infinity-faces.sol",
  "lifi-diamond.sol",
  "spacing-faces.sol",
  "v3-faces.sol",
]);

const COMMON_SETTINGS = {
  evmVersion: "cancun",
  metadata: { bytecodeHash: "none", appendCBOR: false },
} as const;

export async function compileContracts(input: {
  readonly rootDir: string;
  readonly cacheDir: string;
  readonly sources: Readonly<Record<string, string>>;
}): Promise<CompiledContracts> {
  const { rootDir, sources } = input;
  const own = [...Object.entries(sources).flat(), packageVersion(rootDir, "solc")];
  const name = `contracts-${hashSources([...own, JSON.stringify(COMMON_SETTINGS), ...QUICK_UNITS])}.json`;
  const dirs = [join(rootDir, SHARED_CACHE), input.cacheDir];
  for (const dir of dirs) {
    const cached = readCache(join(dir, name));
    if (cached !== undefined) return cached;
  }
  const compiled = await compileAll(rootDir, sources);
  // An installed program may not write beside its packages; the data dir then keeps the result.
  if (!dirs.some((dir) => wrote(dir, name, compiled))) {
    throw new DevnetError({
      code: "compile",
      message: `The compiled contracts cannot be kept in ${dirs.join(" or ")}. Make one of them writable.`,
      retryable: false,
    });
  }
  return compiled;
}

function readCache(file: string): CompiledContracts | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return compiledSchema.safeParse(JSON.parse(readFileSync(file, "utf8"))).data;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

function wrote(dir: string, name: string, compiled: CompiledContracts): boolean {
  const temporary = join(dir, `${name}.${process.pid}.tmp`);
  try {
    mkdirSync(dir, { recursive: true });
    writeFileSync(temporary, JSON.stringify(compiled));
    renameSync(temporary, join(dir, name));
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && /^(EACCES|EPERM|EROFS|ENOTDIR)$/.test(String(cause.code)))
      return false;
    throw cause;
  }
}

/** Every file that is not of a package is compiled; the quick ones and the others at the same time, each in a process of 200 MB. */
async function compileAll(rootDir: string, sources: Readonly<Record<string, string>>): Promise<CompiledContracts> {
  const units = Object.keys(sources).filter((name) => !name.startsWith("@"));
  const groups = [true, false].map((isOptimized) => ({
    isOptimized,
    units: new Set(units.filter((name) => QUICK_UNITS.has(name) !== isOptimized)),
  }));
  const results = await Promise.all(
    groups.filter((group) => group.units.size > 0).map((group) => runCompiler(rootDir, sources, group)),
  );
  return Object.fromEntries(results.flatMap((each) => Object.entries(each)));
}

/** The units and all they import, directly or not. */
function reachable(sources: Readonly<Record<string, string>>, units: ReadonlySet<string>): readonly string[] {
  const found = new Set<string>();
  const open = [...units];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const text = sources[name];
    if (found.has(name) || text === undefined) continue;
    found.add(name);
    open.push(...importsOf(name, text));
  }
  return [...found];
}

/** Source names that a source imports. */
function importsOf(name: string, text: string): readonly string[] {
  return [...text.matchAll(/^\s*(?:import|\}\s*from)\b[^;"]*"([^"]+)"/gm)].flatMap(([, imported]) => {
    if (imported === undefined) return [];
    return [imported.startsWith(".") ? posix.join(posix.dirname(name), imported) : imported];
  });
}

async function runCompiler(
  rootDir: string,
  sources: Readonly<Record<string, string>>,
  { units, isOptimized }: { readonly units: ReadonlySet<string>; readonly isOptimized: boolean },
): Promise<CompiledContracts> {
  const request = JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(reachable(sources, units).map((name) => [name, { content: sources[name] }])),
    settings: {
      optimizer: { enabled: isOptimized, runs: 1_000 },
      ...COMMON_SETTINGS,
      outputSelection: Object.fromEntries([...units].map((name) => [name, { "*": ["evm.bytecode.object"] }])),
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
  const codes = Object.entries(output.contracts)
    .filter(([file]) => units.has(file))
    .flatMap(([, byName]) => Object.entries(byName))
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
