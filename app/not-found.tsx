// A page that does not exist.
import type { ReactNode } from "react";
import { Empty } from "@/components/ui/states";
import { TextLink } from "@/components/ui/text-link";

export default function NotFound(): ReactNode {
  return (
    <div className="border-y bg-panel desk:border">
      <Empty
        title="There is nothing at this address."
        action={<TextLink href="/overview">Go to the overview</TextLink>}
      >
        The pair, plan or page may have another name, or it belongs to another deployment.
      </Empty>
    </div>
  );
}
