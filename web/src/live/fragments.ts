// Markup that the server rendered becomes elements here, and nowhere else: through the page's one Trusted Types policy.

interface TrustedPolicy {
  createHTML(html: string): string;
}

declare const trustedTypes: { createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy } | undefined;

const policy: TrustedPolicy =
  typeof trustedTypes === "undefined"
    ? { createHTML: (html) => html }
    : trustedTypes.createPolicy("preau", { createHTML: (html) => html });

/** The elements of a fragment. */
export function elements(html: string): Element[] {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return [...template.content.children];
}

/** A whole page. */
export function parsed(html: string): Document {
  return new DOMParser().parseFromString(policy.createHTML(html), "text/html");
}

/** A copy of what a template of the page holds. */
export function copied(template: string): HTMLElement | undefined {
  const held = document.querySelector<HTMLTemplateElement>(`template#${template}`)?.content.firstElementChild;
  return held ? (document.importNode(held, true) as HTMLElement) : undefined;
}
