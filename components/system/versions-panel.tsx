// What runs here: versions, deployment, and where the open interfaces are.
"use client";
import type { ReactNode } from "react";
import { useStream } from "@/components/live/stream-store";
import { useApi } from "@/components/live/use-api";
import { Copyable } from "@/components/ui/copyable";
import { KeyValue } from "@/components/ui/key-value";
import { Panel } from "@/components/ui/panel";
import { Status } from "@/components/ui/status";
import { TextLink } from "@/components/ui/text-link";
import { shortHex } from "@/lib/format/address";
import type { System } from "./system";

export function VersionsPanel({ versions }: { readonly versions: System["versions"] }): ReactNode {
  const environment = useApi("environment").data;
  const { status } = useStream();
  return (
    <Panel title="This deployment">
      <KeyValue
        rows={[
          { key: "Tidegate", value: versions.tidegate },
          { key: "Node", value: versions.node },
          {
            key: "Deployment",
            value:
              environment === undefined ? (
                "not known"
              ) : (
                <Copyable
                  value={environment.deploymentId}
                  shown={shortHex(environment.deploymentId)}
                  what="deployment id"
                />
              ),
          },
          { key: "Home chain", value: environment?.homeChainId ?? "not known" },
          { key: "Sandbox", value: environment?.sandbox?.label ?? "none, real endpoints" },
          {
            key: "Live stream",
            value:
              status === "live" ? (
                <Status tone="ok">Live</Status>
              ) : (
                <Status tone={status === "lost" ? "warn" : "unknown"}>
                  {status === "lost" ? "Lost, polling" : status === "signed_out" ? "Needs a session" : "Connecting"}
                </Status>
              ),
          },
          { key: "Manual", value: <TextLink href="/docs">Read it</TextLink> },
        ]}
      />
    </Panel>
  );
}
