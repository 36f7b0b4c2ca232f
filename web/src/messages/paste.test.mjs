import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHTML } from "linkedom/worker";
import { hasStructure, markdown } from "./paste.ts";

/** What is pasted, as a browser reads it. */
const pasted = (html) => markdown(parseHTML(`<!doctype html><html><body>${html}</body></html>`).document.body);

// As Word 365 puts it on the clipboard, but for its styles.
const WORD = `<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word"><head><style><!-- p.MsoNormal {margin:0cm} --></style></head><body lang=FR style='tab-interval:35.4pt'><!--StartFragment-->
<h2>Points à suivre<o:p></o:p></h2>
<p class=MsoNormal>Bonjour à <b>toutes</b> et <i style='mso-bidi-font-style:normal'>tous</i>,<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol;mso-fareast-font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>Le <a href="https://irev.fr/guide"><span style='color:#0563C1'>guide de l’Irev</span></a><o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;text-indent:-18.0pt;mso-list:l0 level2 lfo1'><![if !supportLists]><span style='font-family:"Courier New"'><span style='mso-list:Ignore'>o<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>sa deuxième partie<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp; </span></span><![endif]>Le budget<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l1 level1 lfo2'><![if !supportLists]><span style='mso-list:Ignore'>1.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp; </span></span><![endif]>Écrire<o:p></o:p></p>
<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l1 level1 lfo2'><![if !supportLists]><span style='mso-list:Ignore'>2.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp; </span></span><![endif]>Relire<o:p></o:p></p>
<table class=MsoTableGrid border=1><tr><td><p class=MsoNormal><b>Cité</b><o:p></o:p></p></td><td><p class=MsoNormal><b>Budget</b><o:p></o:p></p></td></tr><tr><td><p class=MsoNormal>Arras<o:p></o:p></p></td><td><p class=MsoNormal>12|000 €<o:p></o:p></p></td></tr></table>
<!--EndFragment--></body></html>`;

// As Outlook's mails come: divisions, a quote of a mail, a signature in a table that only lays out.
const OUTLOOK = `<div class="WordSection1"><p class="MsoNormal"><span style="font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif">Bonjour Sophie,</span></p>
<p class="MsoNormal"><span style="font-weight:bold">À retenir</span> : voir <a href="mailto:ines@irev.example">ines@irev.example</a> ou <a href="https://irev.fr/a_b">https://irev.fr/a_b</a>.<br>Merci</p>
<blockquote style="margin:5pt"><p>Le 18 septembre, Nadia a écrit</p><ul><li>un</li><li>deux<ol start="3"><li>trois</li><li>quatre</li></ol></li></ul></blockquote>
<table><tr><td><p>Hugo Lemaire</p></td></tr><tr><td><p>Calais</p></td></tr></table></div>`;

test("what comes from Word keeps its lists, links, tables and emphasis", () => {
  assert.ok(hasStructure(WORD));
  assert.equal(
    pasted(WORD),
    [
      "**Points à suivre**",
      "Bonjour à **toutes** et *tous*,",
      "- Le [guide de l’Irev](https://irev.fr/guide)\n   - sa deuxième partie\n- Le budget",
      "1. Écrire\n2. Relire",
      "| **Cité** | **Budget** |\n| --- | --- |\n| Arras | 12\\|000 € |",
    ].join("\n\n"),
  );
});

test("what comes from a mail keeps its quotes and nested lists, and no layout", () => {
  assert.equal(
    pasted(OUTLOOK),
    [
      "Bonjour Sophie,",
      "**À retenir** : voir ines@irev.example ou https://irev.fr/a_b.\nMerci",
      "> Le 18 septembre, Nadia a écrit\n>\n> - un\n> - deux\n>   3. trois\n>   4. quatre",
      "Hugo Lemaire\n\nCalais",
    ].join("\n\n"),
  );
});

test("what comes from a page or an editor of documents is its words, and no mark that was not meant", () => {
  const docs = `<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr"><span style="font-weight:700">Gras</span><span> et </span><span style="font-style:italic">penché</span></p><ul><li><p role="presentation">une <s>ligne</s></p></li></ul></b>`;
  assert.equal(pasted(docs), "**Gras** et *penché*\n\n- une ~~ligne~~");
  assert.equal(pasted("<p>2 * 3 * 4, nom_de_fichier et [non]</p>"), "2 \\* 3 \\* 4, nom_de_fichier et \\[non\\]");
  assert.equal(pasted("<p># un</p><p>&gt; deux</p>"), "\\# un\n\n\\> deux");
  assert.equal(pasted(`<p><a href="javascript:alert(1)">x</a> <a href="/settings">y</a></p><script>z</script>`), "x y");
  assert.equal(pasted("<pre><code>let a = *b;\n\n  c()</code></pre>"), "```\nlet a = *b;\n\n  c()\n```");
  assert.equal(pasted("<div>un</div><div><br></div><div>deux <b> trois </b>quatre</div>"), "un\n\ndeux **trois** quatre");
  assert.ok(!hasStructure("<meta charset='utf-8'><span style='color:red'>juste du texte</span>"));
  assert.ok(!hasStructure("<div><span>une ligne</span></div>"));
});
