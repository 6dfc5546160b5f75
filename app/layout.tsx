// The document: fonts, theme before the first paint, providers and the shell; rendered per request because of the CSP nonce.
import "./globals.css";
import type { Metadata, Viewport } from "next";
import localFont from "next/font/local";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { Providers } from "@/components/providers";
import { AppShell } from "@/components/shell/app-shell";

const sans = localFont({
  src: "../node_modules/@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wdth-normal.woff2",
  weight: "100 700",
  display: "swap",
  variable: "--font-plex",
  declarations: [{ prop: "font-stretch", value: "75% 100%" }],
});
const mono = localFont({
  src: "../node_modules/@fontsource/ibm-plex-mono/files/ibm-plex-mono-latin-400-normal.woff2",
  weight: "400",
  display: "swap",
  preload: false,
  variable: "--font-plex-mono",
});

export const metadata: Metadata = {
  title: { default: "Tidegate", template: "%s · Tidegate" },
  description: "Keeps concentrated liquidity where it earns: see why, approve how, prove what happened.",
  robots: { index: false, follow: false },
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: dark)", color: "#0b0f14" },
    { media: "(prefers-color-scheme: light)", color: "#eef2f4" },
  ],
};

/** Theme, density and the colours of money are applied before anything is painted. */
const LOOK = `try{for(const[k,a]of Object.entries({theme:["light","dark"],density:["comfort"],money:["green-red","red-green"]})){const v=localStorage.getItem("tidegate-"+k);if(a.includes(v))document.documentElement.dataset[k]=v}}catch{}`;

export default async function RootLayout({ children }: { readonly children: ReactNode }): Promise<ReactNode> {
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  return (
    <html lang="en" className={`${sans.variable} ${mono.variable}`} suppressHydrationWarning>
      <head>
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: LOOK }} />
      </head>
      <body>
        <Providers>
          <AppShell>{children}</AppShell>
        </Providers>
      </body>
    </html>
  );
}
