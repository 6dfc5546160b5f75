// Sign in with Ethereum, then back to where the link led.
import type { Metadata } from "next";
import type { ReactNode } from "react";
import { SignInView } from "@/components/sign-in/sign-in-view";
import { returnPath } from "@/lib/api/return-path";

export const metadata: Metadata = { title: "Sign in" };

export default async function Page({
  searchParams,
}: {
  readonly searchParams: Promise<{ readonly next?: string | readonly string[] }>;
}): Promise<ReactNode> {
  const { next } = await searchParams;
  return <SignInView next={returnPath(typeof next === "string" ? next : null)} />;
}
