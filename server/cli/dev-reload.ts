// Development only: a changed server source ends the processes that run it, which then start again from the new source.
import { watch } from "node:fs";
import { join, sep } from "node:path";

export interface ReloadInput {
  readonly root: string;
  readonly restart: (service: string) => Promise<void>;
  readonly note: (sentence: string) => void;
}

const EVERY_SERVICE = ["signer", "collector", "orchestrator", "alerts"] as const;
/** Services that run a room's code; workers come and go with the orchestrator. */
const SERVICES_OF: Readonly<Record<string, readonly string[]>> = {
  lib: EVERY_SERVICE,
  "server/infra": EVERY_SERVICE,
  "server/config": EVERY_SERVICE,
  "server/signer": ["signer"],
  "server/collector": ["collector"],
  "server/sources": ["collector", "orchestrator"],
  "server/orchestrator": ["orchestrator"],
  "server/worker": ["orchestrator"],
  "server/execution": ["orchestrator"],
  // The ops server serves the API too; the desk's own copy is reloaded by Next.
  "server/api": ["orchestrator", "alerts"],
  "server/alerts": ["alerts"],
};
/** Editors write a file in several steps. */
const SETTLE_MS = 300;

/** Services to start again for a changed file, named from the root; null: it takes a new start of everything. */
export function servicesOf(file: string): readonly string[] | null {
  const parts = file.split(sep);
  const room = parts[0] === "lib" ? "lib" : parts.slice(0, 2).join("/");
  return SERVICES_OF[room] ?? null;
}

export function watchSources(input: ReloadInput): () => void {
  const changed = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let running: Promise<void> = Promise.resolve();

  async function reload(): Promise<void> {
    const files = [...changed];
    changed.clear();
    const services = new Set<string>();
    for (const file of files) {
      const found = servicesOf(file);
      if (found === null) input.note(`${file} changed: stop and start "npm run dev" to run it`);
      for (const service of found ?? []) services.add(service);
    }
    // In the order of the first start: workers need the signer.
    for (const service of EVERY_SERVICE.filter((each) => services.has(each))) {
      input.note(`${files.join(", ")} changed: ${service} starts again`);
      await input.restart(service);
    }
  }

  const watchers = ["lib", "server"].map((folder) =>
    watch(join(input.root, folder), { recursive: true }, (_event, name) => {
      if (name === null || !name.endsWith(".ts") || /\.(test|contract)\.ts$/.test(name)) return;
      changed.add(join(folder, name));
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(() => {
        running = running.then(reload);
      }, SETTLE_MS);
    }),
  );
  return () => {
    if (timer !== null) clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}
