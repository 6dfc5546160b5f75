// EXEC that fails when one of its commands failed; ioredis alone reports such errors inside a resolved reply.
import type { ChainableCommander } from "ioredis";

export async function execAll(transaction: ChainableCommander): Promise<readonly unknown[]> {
  const replies = await transaction.exec();
  if (replies === null) throw new Error("EXECABORT a watched key changed; read again and repeat");
  return replies.map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
