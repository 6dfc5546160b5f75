// The frame around every page but sign-in: skip link, side bar, top bar, banner, content, tab bar on phones.
"use client";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { Keyboard } from "./keyboard";
import { ShellBanner } from "./shell-banner";
import { SideNav } from "./side-nav";
import { TabBar } from "./tab-bar";
import { TopBar } from "./top-bar";

export function AppShell({ children }: { readonly children: ReactNode }): ReactNode {
  // Nothing of the desk is shown before the session.
  if (usePathname() === "/login") {
    return (
      <main id="main" tabIndex={-1} className="outline-none">
        {children}
      </main>
    );
  }
  return (
    <>
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-control bg-primary px-3 py-2 font-strong text-on-primary focus:translate-y-0"
      >
        Skip to content
      </a>
      <div className="flex min-h-dvh">
        <SideNav />
        <div className="min-w-0 flex-1">
          <TopBar />
          <ShellBanner />
          <main
            id="main"
            tabIndex={-1}
            className="max-w-[1680px] pt-3 pb-[84px] outline-none desk:px-6 desk:pt-4 desk:pb-12"
          >
            {children}
          </main>
        </div>
      </div>
      <TabBar />
      <Keyboard />
    </>
  );
}
