// Mends package-lock.json: adds the optional platform packages that the registry of one machine left out, so that `npm ci` passes on every other.

export interface LockEntry {
  version?: string;
  optional?: boolean;
  os?: readonly string[];
  cpu?: readonly string[];
  libc?: readonly string[];
  resolved?: string;
  optionalDependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  packages: Record<string, LockEntry>;
}

/** npm's name for each operating system and processor as the package names spell them. */
const OS: Readonly<Record<string, string>> = {
  darwin: "darwin",
  linux: "linux",
  win32: "win32",
  windows: "win32",
  freebsd: "freebsd",
  netbsd: "netbsd",
  openbsd: "openbsd",
  sunos: "sunos",
  aix: "aix",
  android: "android",
  openharmony: "openharmony",
};
const CPU: Readonly<Record<string, string>> = {
  x64: "x64",
  amd64: "x64",
  arm64: "arm64",
  aarch64: "arm64",
  arm: "arm",
  ia32: "ia32",
  ppc64: "ppc64",
  ppc64le: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  loong64: "loong64",
  mips64el: "mips64el",
  wasm32: "wasm32",
};

export interface MissingPackage {
  readonly name: string;
  readonly version: string;
  readonly wantedBy: string;
}

/** Optional packages that some entry names and the lock file does not hold, by name. */
export function findMissingOptional(lock: LockFile): MissingPackage[] {
  const missing = new Map<string, MissingPackage>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (lock.packages[`${path}/node_modules/${name}`] ?? lock.packages[`node_modules/${name}`]) continue;
      missing.set(name, { name, version, wantedBy: path });
    }
  }
  return [...missing.values()].toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** Entry for a package that is only known by name: which platform it is for, read from the name. Null when the name does not say. */
export function platformEntry(missing: MissingPackage): LockEntry | null {
  if (!/^\d+\.\d+\.\d+[\w.+-]*$/.test(missing.version)) return null;
  const words = missing.name.split(/[/-]/);
  const os = words.map((word) => OS[word]).find((word) => word !== undefined);
  const cpu = words
    .map((word) => CPU[word] ?? CPU[word.replace(/(gnueabihf|musleabihf|eabi)$/, "")])
    .find((word) => word !== undefined);
  if (cpu === undefined) return null;
  if (cpu === "wasm32") return { version: missing.version, optional: true, cpu: ["wasm32"] };
  if (os === undefined) return null;
  const libc = words.some((word) => word.startsWith("musl"))
    ? "musl"
    : words.some((word) => word.startsWith("gnu"))
      ? "glibc"
      : null;
  return {
    version: missing.version,
    optional: true,
    os: [os],
    cpu: [cpu],
    ...(os === "linux" && libc !== null ? { libc: [libc] } : {}),
  };
}

export interface MendResult {
  readonly added: readonly string[];
  readonly unknown: readonly MissingPackage[];
  readonly hostsRemoved: number;
}

/** Adds every missing platform package in place and removes download addresses; names it cannot read are returned, never guessed. */
export function mendLockFile(lock: LockFile): MendResult {
  const added: string[] = [];
  const unknown: MissingPackage[] = [];
  for (const missing of findMissingOptional(lock)) {
    const entry = platformEntry(missing);
    if (entry === null) unknown.push(missing);
    else {
      lock.packages[`node_modules/${missing.name}`] = entry;
      added.push(`${missing.name}@${missing.version}`);
    }
  }
  let hostsRemoved = 0;
  for (const entry of Object.values(lock.packages)) {
    if (entry.resolved === undefined) continue;
    delete entry.resolved;
    hostsRemoved += 1;
  }
  return { added, unknown, hostsRemoved };
}
