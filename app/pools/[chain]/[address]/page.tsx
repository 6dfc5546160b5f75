// One pool with the history of its kappa.
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { notFoundUnlessThere } from "@/app/pairs/exists";
import { PoolView } from "@/components/pools/pool-view";

interface Props {
  readonly params: Promise<{ readonly chain: string; readonly address: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { address } = await params;
  return { title: `Pool ${address.slice(0, 10)}` };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  const { chain, address } = await params;
  if (!/^[1-9]\d{0,15}$/.test(chain) || !/^0x([0-9a-f]{40}|[0-9a-f]{64})$/i.test(address)) notFound();
  await notFoundUnlessThere(`/api/pools/${chain}/${address}`);
  return <PoolView chainId={Number(chain)} address={address} />;
}
