// A trap for what people write and a page would run: whatever runs is told to the test, and so is what the page's policy
// refused, what was asked of elsewhere, and markup that nobody may write, whether it runs or not.

/** Sets the trap in a context, before any page of it is opened; what it catches is in what it answers. */
export async function trap(context, own) {
  const caught = [];
  await context.exposeBinding("ran", (_, number) => void caught.push(`ran: ${number}`));
  await context.exposeBinding("refused", (_, said) => void caught.push(`refused: ${said}`));
  await context.addInitScript(() => {
    for (const name of ["alert", "confirm", "prompt", "print"]) globalThis[name] = globalThis.ran;
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) => globalThis.refused(`${violatedDirective} ${blockedURI} ${sample}`));
  });
  context.on("page", (page) => {
    page.on("pageerror", (error) => caught.push(`threw: ${error}`));
    page.on("console", (line) => /content security policy|trusted ?(type|html|script)/i.test(line.text()) && caught.push(`console: ${line.text()}`));
    page.on("dialog", (dialog) => {
      if (dialog.type() !== "beforeunload") caught.push(`dialog: ${dialog.message()}`);
      // It may be gone with its page.
      dialog.accept().catch(() => {});
    });
    page.on("popup", (popup) => caught.push(`window: ${popup.url()}`));
  });
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (/^https?:/.test(protocol) && origin !== own) caught.push(`asked: ${request.url()}`);
  });
  return caught;
}

/** Touches everything in a page, waits until what it began is over, and answers what in it nobody may write. */
export async function marks(page) {
  return page.evaluate(async () => {
    const wrong = [];
    const addresses = new Set(["href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "srcset"]);
    const written = new Set(["a", "blockquote", "br", "code", "del", "em", "hr", "input", "label", "li", "ol", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"]);
    const ids = new Set();
    for (const element of document.querySelectorAll("*")) {
      const inBody = element.parentElement?.closest(".message__body") !== null && element.parentElement !== null;
      if (inBody && !written.has(element.localName)) wrong.push(`element: ${element.outerHTML.slice(0, 200)}`);
      if (["iframe", "object", "embed", "base", "frame", "applet", "math", "style"].includes(element.localName) || element.matches("meta[http-equiv]")) wrong.push(`element: ${element.outerHTML.slice(0, 200)}`);
      if (element.localName === "script" && !element.getAttribute("src")?.startsWith("/assets/")) wrong.push(`script: ${element.outerHTML.slice(0, 200)}`);
      for (const { name, value } of element.attributes) {
        const known = inBody ? ["href", "rel", "start", "type", "checked", "disabled"].includes(name) : !/^on|^style$|^srcdoc$/.test(name);
        // Where one reads is kept by our own script.
        if (!known && element !== document.documentElement) wrong.push(`attribute: ${name} of ${element.outerHTML.slice(0, 200)}`);
        if (addresses.has(name) && !/^(https?|mailto|blob):$/.test(URL.parse(value, location)?.protocol ?? "none")) wrong.push(`address: ${name} of ${element.outerHTML.slice(0, 200)}`);
      }
      if (element.id && ids.has(element.id)) wrong.push(`twice: #${element.id}`);
      ids.add(element.id);
    }
    for (const element of document.querySelectorAll("main *, nav *, [role=listbox] *")) {
      for (const type of ["mouseover", "pointerenter", "focus", "animationstart", "toggle", "cancel"]) element.dispatchEvent(new Event(type));
      if (element.onclick) wrong.push(`click: ${element.outerHTML.slice(0, 200)}`);
    }
    // What was asked for has been answered, and one thing more.
    const images = [...document.images].filter(({ complete }) => !complete);
    images.push(Object.assign(new Image(), { src: `/assets/none-${Math.random()}` }));
    await Promise.all(images.map((image) => new Promise((resolve) => ["load", "error"].forEach((type) => image.addEventListener(type, resolve)))));
    await new Promise((resolve) => setTimeout(resolve));
    return wrong;
  });
}
