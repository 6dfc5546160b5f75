// The door of the API: Request in, Response out; built once per process from its settings.
import { ConfigError } from "@/lib/errors/tidegate-error";
import { readProcessEnv } from "@/server/config/env";
import { loadSettings } from "@/server/config/load";
import { createLogger } from "@/server/infra/telemetry/logger";
import { errorResponse } from "./api-error";
import { createApi } from "./create-api";
import { openApiDeps, type ApiInput } from "./open-deps";
import type { Router } from "./router";

/** Throws ConfigError when the settings cannot work; a store or signer that is away is an answer (503), not an error. */
export function openApi(input: ApiInput): Router {
  const { deps, connected } = openApiDeps(input);
  const router = createApi(deps);
  return {
    ...router,
    async handle(request) {
      await connected;
      return router.handle(request);
    },
  };
}

let opened: { readonly router: Router } | { readonly problem: string } | null = null;

/** For Next's catch-all route: opens the API from the environment at the first request. */
export async function handleApi(request: Request): Promise<Response> {
  if (opened === null) {
    try {
      const settings = loadSettings({ env: readProcessEnv(), cwd: process.cwd() });
      if (!settings.ok) throw settings.error;
      opened = {
        router: openApi({
          settings: settings.value,
          log: createLogger({ name: "web", level: settings.value.logLevel, file: settings.value.logFile ?? undefined }),
        }),
      };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      opened = { problem: error.message };
    }
  }
  return "router" in opened
    ? opened.router.handle(request)
    : errorResponse({ code: "unavailable", message: opened.problem, details: { service: "settings" } });
}
