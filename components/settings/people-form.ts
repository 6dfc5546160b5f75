// The list of people as it is being edited: rows of text, what is wrong with which, and what has changed, before anything is signed.
import { isAddress } from "viem";
import { personSchema, type Person } from "@/lib/api/authority-settings";
import { roleSchema } from "@/lib/api/commands";
import { roleAtLeast } from "@/lib/api/roles";
import { shortHex } from "@/lib/format/address";

export interface PersonRow {
  /** Stays the same while its fields are typed. */
  readonly key: string;
  readonly address: string;
  readonly role: string;
  readonly name: string;
  readonly isRemoved: boolean;
}

export interface Change {
  readonly id: string;
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

type RowProblem = Partial<Record<"address" | "name" | "role", string>>;
type PeopleRead =
  | { readonly ok: true; readonly people: readonly Person[] }
  | {
      readonly ok: false;
      readonly problems: Readonly<Record<string, RowProblem>>;
      /** About the list as a whole. */
      readonly general: string | null;
    };

export function rowsOf(people: readonly Person[]): readonly PersonRow[] {
  return people.map(({ address, role, name }) => ({
    key: address.toLowerCase(),
    address,
    role,
    name,
    isRemoved: false,
  }));
}

export function emptyRow(key: string): PersonRow {
  return { key, address: "", role: "viewer", name: "", isRemoved: false };
}

export function readPeople(rows: readonly PersonRow[]): PeopleRead {
  const problems: Record<string, RowProblem> = {};
  const people: Person[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    if (row.isRemoved) continue;
    const problem: RowProblem = {};
    const address = row.address.trim();
    const name = row.name.trim();
    const role = roleSchema.safeParse(row.role);
    if (address === "") problem.address = "An address is needed here.";
    else if (!isAddress(address, { strict: false })) problem.address = "Expected 0x and 40 hex digits.";
    else if (!isAddress(address)) problem.address = "The capitals do not fit the address; copy it again.";
    else if (seen.has(address.toLowerCase())) problem.address = "This address is on the list already.";
    const parsedName = personSchema.shape.name.safeParse(name);
    if (!parsedName.success) problem.name = parsedName.error.issues[0]?.message ?? "This name is not allowed.";
    if (!role.success) problem.role = "Choose a role.";
    seen.add(address.toLowerCase());
    const person = personSchema.safeParse({ address, name, role: row.role });
    if (Object.keys(problem).length > 0 || !person.success) problems[row.key] = problem;
    else people.push(person.data);
  }
  const hasOwner = rows.some((row) => !row.isRemoved && row.role === "owner");
  const general = hasOwner ? null : "One owner must stay: without one nobody could give roles any more.";
  if (general !== null || Object.keys(problems).length > 0) return { ok: false, problems, general };
  return { ok: true, people };
}

function called({ address, name }: Pick<Person, "address" | "name">): string {
  return name === "" ? shortHex(address) : `${name}, ${shortHex(address)}`;
}

/** Who is added, changed and removed, in words. */
export function changesOfPeople(before: readonly Person[], after: readonly Person[]): readonly Change[] {
  const old = new Map(before.map((person) => [person.address.toLowerCase(), person]));
  const kept = new Set(after.map(({ address }) => address.toLowerCase()));
  return [
    ...after.flatMap((person): readonly Change[] => {
      const id = person.address.toLowerCase();
      const was = old.get(id);
      if (was === undefined) return [{ id, label: called(person), before: "no role", after: person.role }];
      return [
        ...(was.role === person.role ? [] : [{ id, label: called(person), before: was.role, after: person.role }]),
        ...(was.name === person.name
          ? []
          : [
              {
                id: `${id}:name`,
                label: shortHex(person.address),
                before: quoted(was.name),
                after: quoted(person.name),
              },
            ]),
      ];
    }),
    ...before
      .filter(({ address }) => !kept.has(address.toLowerCase()))
      .map((person) => ({
        id: person.address.toLowerCase(),
        label: called(person),
        before: person.role,
        after: "no role",
      })),
  ];
}

function quoted(name: string): string {
  return name === "" ? "no name" : `“${name}”`;
}

export function approverCount(people: readonly Person[]): number {
  return people.filter(({ role }) => roleAtLeast(role, "approver")).length;
}
