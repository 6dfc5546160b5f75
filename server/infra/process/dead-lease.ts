// A lease whose holder was a process of this host that has ended need not be waited for: it is freed exactly as its holder would have.
import { hostname } from "node:os";
import type { StoreClient } from "@/server/infra/store/client";
import { isProcessAlive } from "./child";

/** Owner id of a process: `<role>.<host>.<pid>`; the lease adds a random part and the token. */
export function leaseOwnerId(role: string): string {
  return `${role}.${hostname()}.${process.pid}`;
}

/** True when the lease was freed. Host names must differ between hosts that share a store, as container names do. */
export async function freeDeadLease(store: StoreClient, leaseKey: string): Promise<boolean> {
  const found = await store.call("read a lease", (redis) => redis.get(leaseKey));
  if (!found.ok || found.value === null) return false;
  const holder = found.value;
  const tail = /\.(\d+)\.[0-9a-f]+:\d+$/.exec(holder);
  const isOurHost = tail !== null && holder.slice(0, tail.index).endsWith(`.${hostname()}`);
  if (!isOurHost || isProcessAlive(Number(tail[1]))) return false;
  const freed = await store.script("releaseLease", [leaseKey], [holder]);
  return freed.ok && freed.value === "1";
}
