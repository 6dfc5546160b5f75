// A page of the manual as readable text: one column of 70 characters, headings with addresses, tables and code that scroll by keyboard.
import Link from "next/link";
import { isValidElement, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { TextLink } from "@/components/ui/text-link";
import { anchorOf, docLink } from "./links";
import { LiveTerm } from "./live-term";
import { isTermId, type TermId } from "./live-terms";
import { manualHref } from "./manual-nav";

interface Neighbour {
  readonly slug: string;
  readonly title: string;
}

export function Markdown({
  text,
  slug,
  pages,
  previous,
  next,
}: {
  readonly text: string;
  readonly slug: string;
  readonly pages: readonly string[];
  readonly previous: Neighbour | null;
  readonly next: Neighbour | null;
}): ReactNode {
  return (
    <article className="min-w-0 border-y bg-panel px-3.5 py-5 desk:border desk:px-8 desk:py-7">
      <div className="max-w-[70ch] text-[14px] leading-[22px] text-ink-2 [&>*:first-child]:mt-0">
        <ReactMarkdown remarkPlugins={[remarkGfm]} components={partsFor(slug, pages)}>
          {text}
        </ReactMarkdown>
      </div>
      {(previous !== null || next !== null) && (
        <nav aria-label="Neighbouring pages" className="mt-8 flex max-w-[70ch] justify-between gap-4 border-t pt-3">
          <span>{previous !== null && <TextLink href={manualHref(previous.slug)}>← {previous.title}</TextLink>}</span>
          <span className="text-right">
            {next !== null && <TextLink href={manualHref(next.slug)}>{next.title} →</TextLink>}
          </span>
        </nav>
      )}
    </article>
  );
}

/** The page's own title is in the top bar as h1, so headings start one level down. */
function partsFor(slug: string, pages: readonly string[]): Components {
  return {
    h1: ({ children }) => <h2 className="mb-3 text-head font-medium tracking-[-.012em] text-ink">{children}</h2>,
    h2: ({ children }) => (
      <h3 id={anchorOf(plain(children))} className="mt-8 mb-2 text-[18px] leading-6 font-strong text-ink">
        {children}
      </h3>
    ),
    h3: ({ children }) => (
      <h4 id={anchorOf(plain(children))} className="mt-6 mb-1.5 text-lead font-title text-ink">
        {children}
      </h4>
    ),
    h4: ({ children }) => <h5 className="mt-4 mb-1 font-title text-ink">{children}</h5>,
    p: ({ children }) => <p className="my-3">{children}</p>,
    strong: ({ children }) => <strong className="font-title text-ink">{children}</strong>,
    ul: ({ children }) => <ul className="my-3 list-disc space-y-1 pl-5 marker:text-ink-3">{children}</ul>,
    ol: ({ children }) => <ol className="my-3 list-decimal space-y-1 pl-5 marker:text-ink-3">{children}</ol>,
    blockquote: ({ children }) => <blockquote className="my-3 border-l-2 border-line-2 pl-4">{children}</blockquote>,
    hr: () => <hr className="my-6" />,
    code: ({ children }) => (
      <code className="rounded-chip bg-raised px-1 py-px font-hash text-[12.5px] break-words text-ink">{children}</code>
    ),
    pre: ({ children }) => {
      const term = liveTermOf(children);
      if (term !== null) return <LiveTerm id={term} />;
      return (
        <pre
          tabIndex={0}
          role="group"
          aria-label="Code"
          className="my-3 overflow-x-auto border bg-sunken px-3.5 py-2.5 leading-5 [&_code]:bg-transparent [&_code]:p-0 [&_code]:break-normal"
        >
          {children}
        </pre>
      );
    },
    table: ({ children }) => (
      <div tabIndex={0} role="group" aria-label="Table" className="my-4 overflow-x-auto">
        <table className="w-full border-collapse text-body">{children}</table>
      </div>
    ),
    th: ({ children }) => (
      <th
        scope="col"
        className="border-b border-line-2 py-1.5 pr-4 text-left align-bottom text-dense font-strong text-ink"
      >
        {children}
      </th>
    ),
    td: ({ children }) => <td className="border-b py-1.5 pr-4 align-top">{children}</td>,
    img: ({ alt }) => <span className="text-ink-3">{alt}</span>,
    a: ({ href, children }) => {
      const link = docLink(href, slug, pages);
      switch (link.kind) {
        case "page":
          return <TextLink href={link.href}>{children}</TextLink>;
        case "anchor":
          return (
            <Link href={link.href} className="text-tide underline underline-offset-2">
              {children}
            </Link>
          );
        case "outside":
          return (
            <a href={link.href} rel="noreferrer noopener" className="text-tide underline underline-offset-2">
              {children}
            </a>
          );
        case "dead":
          return <span title="This page is not part of this version">{children}</span>;
      }
    },
  };
}

/** A block of code in the language `live` names a term: its formula is shown with live numbers. */
function liveTermOf(node: ReactNode): TermId | null {
  if (!isValidElement<{ readonly className?: string; readonly children?: ReactNode }>(node)) return null;
  if (node.props.className !== "language-live") return null;
  const id = plain(node.props.children).trim();
  return isTermId(id) ? id : null;
}

function plain(node: ReactNode): string {
  if (typeof node === "string" || typeof node === "number") return String(node);
  if (Array.isArray(node)) return node.map(plain).join("");
  return isValidElement<{ readonly children?: ReactNode }>(node) ? plain(node.props.children) : "";
}
