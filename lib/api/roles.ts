// Roles and what each may sign, as words alone: a page knows them before it has loaded the shapes of commands.

export const ROLES = ["viewer", "operator", "approver", "owner"] as const;
export type Role = (typeof ROLES)[number];

/** viewer < operator < approver < owner (safety.md section 6). */
export function roleAtLeast(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Lowest role that may sign each action. */
export const LOWEST_ROLES = {
  "plan.approve": "approver",
  "plan.reject": "approver",
  "pair.pause": "operator",
  "pair.resume": "approver",
  "pair.mode": "owner",
  "pair.config": "owner",
  "pair.unhalt": "owner",
  "range.shift": "operator",
  "capital.assign": "owner",
  "role.set": "owner",
  "people.set": "owner",
  "limits.set": "owner",
  "worker.restart": "operator",
  "orphan.adopt": "owner",
  "orphan.close": "approver",
  "orphan.ignore": "owner",
  "system.exit": "operator",
  "transfer.fail": "owner",
  "system.stop": "operator",
  "system.resume": "owner",
  "registry.add": "owner",
  "chain.endpoints": "owner",
  "alerts.config": "owner",
} as const satisfies Readonly<Record<string, Role>>;
