// Markup that the server rendered becomes elements here, and nowhere else: through the page's one Trusted Types policy.

interface TrustedPolicy {
  createHTML(html: string): string;
  createScriptURL(address: string): string;
}

declare const trustedTypes: { createPolicy(name: string, rules: TrustedPolicy): TrustedPolicy } | undefined;

/** The one script that is named by its address. */
const WORKER = "/service-worker.js";

const rules: TrustedPolicy = {
  createHTML: (html) => html,
  createScriptURL(address) {
    if (address !== WORKER) throw new TypeError(`${address} is no script of ours`);
    return address;
  },
};

const policy: TrustedPolicy = typeof trustedTypes === "undefined" ? rules : trustedTypes.createPolicy("preau", rules);

/** The elements of a fragment. */
export function elements(html: string): Element[] {
  const template = document.createElement("template");
  template.innerHTML = policy.createHTML(html);
  return [...template.content.children];
}

/** The address of the script that the browser runs while no page is open. */
export function workerAddress(): string {
  return policy.createScriptURL(WORKER);
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
