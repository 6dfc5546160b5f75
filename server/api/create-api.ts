// Puts the handlers behind one router; a test walks the contract to see that none is missing.
import { alertHandlers } from "./handlers/alerts";
import { authHandlers } from "./handlers/auth";
import { commandHandlers } from "./handlers/commands";
import { coverageHandlers } from "./handlers/coverage";
import { deskHandlers } from "./handlers/desk";
import { doctorHandlers } from "./handlers/doctor";
import { environmentHandlers } from "./handlers/environment";
import { exitHandlers } from "./handlers/exit";
import { labHandlers } from "./handlers/lab";
import { ledgerHandlers } from "./handlers/ledger";
import { pairHandlers } from "./handlers/pairs";
import { paperHandlers } from "./handlers/paper";
import { peopleHandlers } from "./handlers/people";
import { planHandlers } from "./handlers/plans";
import { planTraceHandlers } from "./handlers/plan-trace";
import { poolTrialHandlers } from "./handlers/pool-trial";
import { poolHandlers } from "./handlers/pools";
import { settingsHandlers } from "./handlers/settings";
import type { ApiDeps } from "./deps";
import type { BoundHandler } from "./handler";
import { createRouter, type Router } from "./router";

export const allHandlers: readonly BoundHandler[] = [
  ...deskHandlers,
  ...authHandlers,
  ...peopleHandlers,
  ...environmentHandlers,
  ...pairHandlers,
  ...coverageHandlers,
  ...planHandlers,
  ...planTraceHandlers,
  ...poolHandlers,
  ...settingsHandlers,
  ...poolTrialHandlers,
  ...labHandlers,
  ...paperHandlers,
  ...ledgerHandlers,
  ...commandHandlers,
  ...alertHandlers,
  ...doctorHandlers,
  ...exitHandlers,
];

export function createApi(deps: ApiDeps): Router {
  return createRouter(deps, allHandlers);
}
