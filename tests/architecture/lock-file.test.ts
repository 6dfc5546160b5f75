// The lock file must pass `npm ci` on every platform: nothing optional missing, no download address of one machine's registry.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findMissingOptional, type LockFile, mendLockFile, platformEntry } from "@/server/cli/lock-file";

const lock: LockFile = JSON.parse(readFileSync("package-lock.json", "utf8"));

describe("package-lock.json", () => {
  it("behavior: holds every optional platform package", () => {
    expect(findMissingOptional(lock)).toEqual([]);
  });

  it("behavior: names no registry host", () => {
    const hosts = Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined);
    expect(hosts).toEqual([]);
  });
});

const of = (name: string) => platformEntry({ name, version: "1.2.3", wantedBy: "x" });

describe("mendLockFile", () => {
  it("default: adds what is missing once and leaves nothing missing", () => {
    const broken: LockFile = {
      packages: {
        "node_modules/a": {
          version: "1.0.0",
          optionalDependencies: { "@a/linux-x64-musl": "1.0.0", "@a/darwin-arm64": "1.0.0" },
        },
      },
    };
    expect(mendLockFile(broken).added).toEqual(["@a/darwin-arm64@1.0.0", "@a/linux-x64-musl@1.0.0"]);
    expect(findMissingOptional(broken)).toEqual([]);
    expect(broken.packages["node_modules/@a/linux-x64-musl"]).toEqual({
      version: "1.0.0",
      optional: true,
      os: ["linux"],
      cpu: ["x64"],
      libc: ["musl"],
    });
  });

  it("behavior: reads amd64, armv7 and wasm names, refuses a name without a platform", () => {
    expect(of("@foundry-rs/anvil-win32-amd64")).toMatchObject({ os: ["win32"], cpu: ["x64"] });
    expect(of("@oxlint/binding-linux-arm-gnueabihf")).toMatchObject({ os: ["linux"], cpu: ["arm"], libc: ["glibc"] });
    expect(of("@tailwindcss/oxide-wasm32-wasi")).toEqual({ version: "1.2.3", optional: true, cpu: ["wasm32"] });
    expect(of("fsevents")).toBeNull();
  });
});
