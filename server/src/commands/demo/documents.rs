//! The demonstration's documents: real PDF, DOCX, ODT and ODS files made from a few blocks of text.
//!
//! The same blocks always give the same bytes: no date, no random identifier and a fixed order of the parts, so that
//! two demonstrations hold the same files (files are stored under the digest of their bytes).

use std::io::{self, Cursor, Write};

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use serde::Deserialize;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// A piece of a document's text.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Block {
    /// A heading of the second level; the document's title is the first. In a spreadsheet, it starts a sheet.
    Heading(String),
    /// A paragraph of running text.
    Paragraph(String),
    /// A bulleted list.
    List(Vec<String>),
    /// Rows of cells, of which the first is the header. Every row has as many cells as the header.
    Table(Vec<Vec<String>>),
}

/// The format of a generated file.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Portable Document Format, A4, on as many pages as it takes.
    Pdf,
    /// Office Open XML text.
    Docx,
    /// `OpenDocument` text.
    Odt,
    /// `OpenDocument` spreadsheet.
    Ods,
}

/// The bytes of a file titled `title` that holds `content`. Fails only if an archive cannot be written.
pub(crate) fn file(format: Format, title: &str, content: &[Block]) -> io::Result<Vec<u8>> {
    match format {
        Format::Pdf => Ok(pdf(title, content)),
        Format::Docx => docx(title, content),
        Format::Odt => odt(title, content),
        Format::Ods => ods(title, content),
    }
}

// PDF: A4 in points, from the bottom left; Helvetica, which every reader has.

const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 64.0;
const TEXT: f32 = 10.5;
const CELL: f32 = 9.0;

#[derive(Clone, Copy, PartialEq)]
enum Face {
    Regular,
    Bold,
}

fn pdf(title: &str, content: &[Block]) -> Vec<u8> {
    let mut layout = Layout { pages: vec![Content::new()], y: HEIGHT - MARGIN };
    layout.text(MARGIN, WIDTH - 2.0 * MARGIN, Face::Bold, 18.0, title);
    layout.y -= 10.0;
    for block in content {
        layout.block(block);
    }
    let catalog = Ref::new(1);
    let tree = Ref::new(2);
    let [regular, bold] = [Ref::new(3), Ref::new(4)];
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("fr-FR")).viewer_preferences().display_doc_title(true);
    pdf.document_info(Ref::new(5)).title(TextStr(title)).producer(TextStr("Préau"));
    for (id, name) in [(regular, &b"Helvetica"[..]), (bold, &b"Helvetica-Bold"[..])] {
        pdf.type1_font(id).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    let count = layout.pages.len();
    let ids: Vec<(Ref, Ref)> = (6..).step_by(2).take(count).map(|id| (Ref::new(id), Ref::new(id + 1))).collect();
    pdf.pages(tree).kids(ids.iter().map(|ids| ids.0)).count(i32::try_from(count).unwrap_or(i32::MAX));
    for (number, (mut drawn, (page, stream))) in layout.pages.into_iter().zip(ids).enumerate() {
        let footer = format!("{title} – page {} sur {count}", number + 1);
        write_line(&mut drawn, MARGIN, MARGIN / 2.0, Face::Regular, 8.0, &footer);
        let mut page = pdf.page(page);
        page.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(stream);
        page.resources().fonts().pair(Name(b"R"), regular).pair(Name(b"B"), bold);
        page.finish();
        pdf.stream(stream, &drawn.finish());
    }
    pdf.finish()
}

/// Pages being filled from the top; `y` is where the last line ended on the last of them.
struct Layout {
    pages: Vec<Content>,
    y: f32,
}

impl Layout {
    fn block(&mut self, block: &Block) {
        let width = WIDTH - 2.0 * MARGIN;
        match block {
            Block::Heading(text) => {
                self.y -= 8.0;
                // A heading alone at the foot of a page reads as a mistake.
                self.room(60.0);
                self.text(MARGIN, width, Face::Bold, 13.0, text);
            }
            Block::Paragraph(text) => self.text(MARGIN, width, Face::Regular, TEXT, text),
            Block::List(entries) => {
                for entry in entries {
                    self.room(TEXT * 1.4);
                    let top = self.y;
                    self.text_after(MARGIN + 14.0, width - 14.0, entry, top);
                }
            }
            Block::Table(rows) => self.table(rows),
        }
        self.y -= 6.0;
    }

    /// Turns the page unless `height` points are left on it.
    fn room(&mut self, height: f32) {
        if self.y - height < MARGIN {
            self.pages.push(Content::new());
            self.y = HEIGHT - MARGIN;
        }
    }

    fn text(&mut self, x: f32, width: f32, face: Face, size: f32, text: &str) {
        for line in wrapped(text, face, size, width) {
            self.room(size * 1.4);
            self.y -= size * 1.4;
            self.write(x, self.y, face, size, &line);
        }
    }

    /// A list's entry, its bullet on the line that starts at `top`.
    fn text_after(&mut self, x: f32, width: f32, entry: &str, top: f32) {
        self.write(x - 12.0, top - TEXT * 1.4, Face::Regular, TEXT, "•");
        self.text(x, width, Face::Regular, TEXT, entry);
        self.y -= 1.0;
    }

    fn table(&mut self, rows: &[Vec<String>]) {
        let widths = column_widths(rows, WIDTH - 2.0 * MARGIN);
        for (number, row) in rows.iter().enumerate() {
            let face = if number == 0 { Face::Bold } else { Face::Regular };
            let cells: Vec<Vec<String>> =
                row.iter().zip(&widths).map(|(text, width)| wrapped(text, face, CELL, width - 6.0)).collect();
            let lines = cells.iter().map(Vec::len).max().unwrap_or(1);
            self.room(CELL * 1.35 * f32::from(u16::try_from(lines).unwrap_or(u16::MAX)) + 5.0);
            let (top, mut x, mut bottom) = (self.y, MARGIN, self.y);
            for (lines, width) in cells.iter().zip(&widths) {
                let mut y = top - 2.0;
                for line in lines {
                    y -= CELL * 1.35;
                    self.write(x, y, face, CELL, line);
                }
                bottom = bottom.min(y);
                x += width;
            }
            self.y = bottom - 4.0;
            self.rule();
        }
        self.y -= 4.0;
    }

    fn rule(&mut self) {
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            page.set_line_width(0.4).move_to(MARGIN, y).line_to(WIDTH - MARGIN, y).stroke();
        }
    }

    fn write(&mut self, x: f32, y: f32, face: Face, size: f32, line: &str) {
        if let Some(page) = self.pages.last_mut() {
            write_line(page, x, y, face, size, line);
        }
    }
}

fn write_line(page: &mut Content, x: f32, y: f32, face: Face, size: f32, line: &str) {
    let font: &[u8] = if face == Face::Bold { b"B" } else { b"R" };
    let bytes: Vec<u8> = line.chars().map(win_ansi).collect();
    page.begin_text().set_font(Name(font), size).next_line(x, y).show(Str(&bytes)).end_text();
}

/// Column widths that share `total` by the longest cell of each, so that neither a number nor a remark is cramped.
fn column_widths(rows: &[Vec<String>], total: f32) -> Vec<f32> {
    let columns = rows.first().map_or(0, Vec::len);
    let longest =
        |column| rows.iter().filter_map(|row| row.get(column)).map(|cell: &String| cell.chars().count()).max();
    let weights: Vec<f32> = (0..columns)
        .map(|column| f32::from(u16::try_from(longest(column).unwrap_or(0).clamp(9, 36)).unwrap_or(36)))
        .collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| total * weight / sum).collect()
}

/// The lines of `text` set within `width` points. Breaks at ordinary spaces only, never at a no-break one.
fn wrapped(text: &str, face: Face, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let longer = if line.is_empty() { word.to_owned() } else { [&line, " ", word].concat() };
        if measure(&longer, face, size) > width && !line.is_empty() {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = longer;
        }
    }
    lines.push(line);
    lines
}

fn measure(text: &str, face: Face, size: f32) -> f32 {
    let thousandths: f32 = text.chars().map(|c| f32::from(advance(c))).sum();
    // The bold is at most a tenth wider than the regular over a line of text.
    let face = if face == Face::Bold { 1.1 } else { 1.0 };
    thousandths * size * face / 1000.0
}

/// The advance width of `c` in Helvetica, in thousandths of the size (Adobe's font metrics, Core 14 fonts).
fn advance(c: char) -> u16 {
    match c {
        '\'' => 191,
        'i' | 'j' | 'l' | '’' | '‘' => 222,
        '|' => 260,
        ' ' | '\u{a0}' | '\u{202f}' | '!' | ',' | '.' | '/' | ':' | ';' | 'I' | '[' | ']' | 'f' | 't' | 'î' | 'ï'
        | '·' => 278,
        '(' | ')' | '-' | 'r' | '“' | '”' => 333,
        '•' => 350,
        '*' => 389,
        '°' => 400,
        'c' | 'ç' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' => 500,
        '+' | '<' | '=' | '>' | '×' => 584,
        'F' | 'T' | 'Z' => 611,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' | '&' | 'À' | 'Â' | 'É' | 'È' | 'Ê' => 667,
        'C' | 'D' | 'H' | 'N' | 'R' | 'U' | 'w' | 'Ç' => 722,
        'G' | 'O' | 'Q' | 'Ô' => 778,
        'M' | 'm' => 833,
        '%' => 889,
        'W' | 'œ' => 944,
        '@' | '—' | '…' | 'Œ' => 1015,
        _ => 556,
    }
}

/// The byte of `c` in `WinAnsiEncoding` (ISO 32000-1, annex D); a question mark for what it cannot write.
fn win_ansi(c: char) -> u8 {
    match c {
        '€' => 0x80,
        '…' => 0x85,
        'Œ' => 0x8c,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        '–' => 0x96,
        '—' => 0x97,
        'œ' => 0x9c,
        '\u{202f}' => 0xa0,
        _ => u8::try_from(u32::from(c)).unwrap_or(b'?'),
    }
}

// Office formats: an archive of XML parts.

/// An archive of `parts` (name, contents) in that order. With a media type, starts with the `mimetype` part, stored
/// uncompressed: that is how an `OpenDocument` file is recognised (`OpenDocument` 1.3, part 2, section 3.3).
fn archive(media_type: Option<&str>, parts: &[(&str, &str)]) -> io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default().last_modified_time(DateTime::DEFAULT);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    if let Some(media_type) = media_type {
        zip.start_file("mimetype", options.compression_method(CompressionMethod::Stored))?;
        zip.write_all(media_type.as_bytes())?;
    }
    for (name, contents) in parts {
        zip.start_file(*name, options.compression_method(CompressionMethod::Deflated))?;
        zip.write_all(XML.as_bytes())?;
        zip.write_all(contents.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

const XML: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#;

/// XML being written: markup as it is, text escaped.
#[derive(Default)]
struct Xml(String);

impl Xml {
    fn markup(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                c => self.0.push(c),
            }
        }
        self
    }

    fn element(&mut self, before: &str, text: &str, after: &str) -> &mut Self {
        self.markup(before).text(text).markup(after)
    }
}

fn docx(title: &str, content: &[Block]) -> io::Result<Vec<u8>> {
    let mut body = Xml::default();
    body.markup(DOCX_OPEN);
    docx_paragraph(&mut body, "Title", title);
    for block in content {
        match block {
            Block::Heading(text) => docx_paragraph(&mut body, "Heading1", text),
            Block::Paragraph(text) => docx_paragraph(&mut body, "Normal", text),
            Block::List(entries) => entries.iter().for_each(|entry| docx_paragraph(&mut body, "ListBullet", entry)),
            Block::Table(rows) => docx_table(&mut body, rows),
        }
    }
    body.markup(DOCX_CLOSE);
    let mut properties = Xml::default();
    properties.element(DOCX_PROPERTIES, title, "</dc:title><dc:language>fr-FR</dc:language></cp:coreProperties>");
    archive(
        None,
        &[
            ("[Content_Types].xml", DOCX_TYPES),
            ("_rels/.rels", DOCX_RELATIONS),
            ("docProps/core.xml", &properties.0),
            ("word/document.xml", &body.0),
            ("word/styles.xml", DOCX_STYLES),
            ("word/numbering.xml", DOCX_NUMBERING),
            ("word/_rels/document.xml.rels", DOCX_PARTS),
        ],
    )
}

fn docx_paragraph(body: &mut Xml, style: &str, text: &str) {
    body.markup("<w:p><w:pPr><w:pStyle w:val=\"").markup(style).markup("\"/></w:pPr>");
    body.element("<w:r><w:t xml:space=\"preserve\">", text, "</w:t></w:r></w:p>");
}

fn docx_table(body: &mut Xml, rows: &[Vec<String>]) {
    body.markup("<w:tbl><w:tblPr><w:tblStyle w:val=\"TableGrid\"/><w:tblW w:w=\"5000\" w:type=\"pct\"/></w:tblPr>");
    body.markup("<w:tblGrid>");
    // Twentieths of a point, over the 451 points between the margins of the section.
    for width in column_widths(rows, 451.0) {
        body.markup(&format!("<w:gridCol w:w=\"{:.0}\"/>", width * 20.0));
    }
    body.markup("</w:tblGrid>");
    for (number, row) in rows.iter().enumerate() {
        body.markup(if number == 0 { "<w:tr><w:trPr><w:tblHeader/></w:trPr>" } else { "<w:tr>" });
        for cell in row {
            body.markup("<w:tc>");
            docx_paragraph(body, if number == 0 { "TableHeading" } else { "TableText" }, cell);
            body.markup("</w:tc>");
        }
        body.markup("</w:tr>");
    }
    body.markup("</w:tbl>");
    // Word joins two tables that touch, and wants a paragraph after the last one.
    docx_paragraph(body, "TableText", "");
}

fn odt(title: &str, content: &[Block]) -> io::Result<Vec<u8>> {
    let mut body = Xml::default();
    body.markup(ODF_CONTENT).markup(ODF_AUTOMATIC).markup("<office:body><office:text>");
    body.element("<text:h text:style-name=\"Heading_20_1\" text:outline-level=\"1\">", title, "</text:h>");
    for (number, block) in content.iter().enumerate() {
        match block {
            Block::Heading(text) => {
                body.element("<text:h text:style-name=\"Heading_20_2\" text:outline-level=\"2\">", text, "</text:h>");
            }
            Block::Paragraph(text) => {
                body.element("<text:p text:style-name=\"Standard\">", text, "</text:p>");
            }
            Block::List(entries) => {
                body.markup("<text:list text:style-name=\"Puces\">");
                for entry in entries {
                    body.element(
                        "<text:list-item><text:p text:style-name=\"Standard\">",
                        entry,
                        "</text:p></text:list-item>",
                    );
                }
                body.markup("</text:list>");
            }
            Block::Table(rows) => {
                body.markup(&format!("<table:table table:name=\"Tableau{number}\">"));
                let columns = rows.first().map_or(0, Vec::len);
                body.markup(&format!("<table:table-column table:number-columns-repeated=\"{columns}\"/>"));
                odf_rows(&mut body, rows, |_| " office:value-type=\"string\"".to_owned());
                body.markup("</table:table><text:p text:style-name=\"Standard\"/>");
            }
        }
    }
    body.markup("</office:text></office:body></office:document-content>");
    odf("application/vnd.oasis.opendocument.text", title, &body.0)
}

/// A spreadsheet: a sheet for each heading, and what comes before the first of them on a sheet named after `title`.
fn ods(title: &str, content: &[Block]) -> io::Result<Vec<u8>> {
    let mut body = Xml::default();
    body.markup(ODF_CONTENT).markup(ODF_AUTOMATIC).markup("<office:body><office:spreadsheet>");
    let starts_with_heading = matches!(content.first(), Some(Block::Heading(_)));
    if !starts_with_heading {
        ods_sheet(&mut body, title);
    }
    for (number, block) in content.iter().enumerate() {
        match block {
            Block::Heading(text) => {
                if number > 0 {
                    body.markup("</table:table>");
                }
                ods_sheet(&mut body, text);
            }
            Block::Paragraph(text) => ods_line(&mut body, text),
            Block::List(entries) => entries.iter().for_each(|entry| ods_line(&mut body, entry)),
            Block::Table(rows) => odf_rows(&mut body, rows, value_type),
        }
    }
    body.markup("</table:table></office:spreadsheet></office:body></office:document-content>");
    odf("application/vnd.oasis.opendocument.spreadsheet", title, &body.0)
}

fn ods_sheet(body: &mut Xml, name: &str) {
    // The characters that a sheet's name may not hold (OpenDocument 1.3, part 3, 19.642; Excel's limit is 31).
    let name: String = name.chars().filter(|c| !"[]*?:/\\'".contains(*c)).take(31).collect();
    body.element("<table:table table:style-name=\"Feuille\" table:name=\"", name.trim(), "\">");
    body.markup("<table:table-column table:style-name=\"Colonne\" table:number-columns-repeated=\"12\"/>");
}

fn ods_line(body: &mut Xml, text: &str) {
    body.element(
        "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>",
        text,
        "</text:p></table:table-cell></table:table-row>",
    );
}

fn odf_rows(body: &mut Xml, rows: &[Vec<String>], value_type: impl Fn(&str) -> String) {
    for (number, row) in rows.iter().enumerate() {
        let (open, close) = match number {
            0 => ("<table:table-header-rows><table:table-row>", "</table:table-row></table:table-header-rows>"),
            _ => ("<table:table-row>", "</table:table-row>"),
        };
        let (cell_style, style) = if number == 0 { ("Entete", "Gras") } else { ("Case", "Standard") };
        body.markup(open);
        for cell in row {
            body.markup(&format!("<table:table-cell table:style-name=\"{cell_style}\"{}>", value_type(cell)));
            body.element(&format!("<text:p text:style-name=\"{style}\">"), cell, "</text:p></table:table-cell>");
        }
        body.markup(close);
    }
}

/// The type of a spreadsheet's cell: a number if it reads as one in French (`1 240`, `12,5`), else text.
fn value_type(cell: &str) -> String {
    let digits: String = cell.chars().filter(|c| !c.is_whitespace()).map(|c| if c == ',' { '.' } else { c }).collect();
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => format!(" office:value-type=\"float\" office:value=\"{value}\""),
        _ => " office:value-type=\"string\"".to_owned(),
    }
}

fn odf(media_type: &str, title: &str, content: &str) -> io::Result<Vec<u8>> {
    let manifest = ODF_MANIFEST.replace("{media_type}", media_type);
    let mut meta = Xml::default();
    meta.element(ODF_META, title, "</dc:title><dc:language>fr-FR</dc:language></office:meta></office:document-meta>");
    archive(
        Some(media_type),
        &[
            ("META-INF/manifest.xml", &manifest),
            ("meta.xml", &meta.0),
            ("styles.xml", ODF_STYLES),
            ("content.xml", content),
        ],
    )
}

// The fixed parts. Names of styles are those that Word and LibreOffice know, so that their outlines work.

const DOCX_TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"#;

const DOCX_RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="document" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="properties" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"#;

const DOCX_PARTS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="styles" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="numbering" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/></Relationships>"#;

const DOCX_PROPERTIES: &str = r#"<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>"#;

const DOCX_OPEN: &str =
    r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>"#;

const DOCX_CLOSE: &str = r#"<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="720" w:footer="720" w:gutter="0"/></w:sectPr></w:body></w:document>"#;

const DOCX_STYLES: &str = r#"<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:sz w:val="21"/><w:lang w:val="fr-FR"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:spacing w:after="240"/></w:pPr><w:rPr><w:b/><w:sz w:val="36"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="240"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="26"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="ListBullet"><w:name w:val="List Bullet"/><w:basedOn w:val="Normal"/><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:spacing w:after="60"/><w:ind w:left="360" w:hanging="360"/></w:pPr></w:style><w:style w:type="paragraph" w:customStyle="1" w:styleId="TableText"><w:name w:val="Table Text"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0"/></w:pPr><w:rPr><w:sz w:val="18"/></w:rPr></w:style><w:style w:type="paragraph" w:customStyle="1" w:styleId="TableHeading"><w:name w:val="Table Heading"/><w:basedOn w:val="TableText"/><w:rPr><w:b/></w:rPr></w:style><w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="4" w:color="7F7F7F"/><w:left w:val="single" w:sz="4" w:color="7F7F7F"/><w:bottom w:val="single" w:sz="4" w:color="7F7F7F"/><w:right w:val="single" w:sz="4" w:color="7F7F7F"/><w:insideH w:val="single" w:sz="4" w:color="7F7F7F"/><w:insideV w:val="single" w:sz="4" w:color="7F7F7F"/></w:tblBorders></w:tblPr></w:style></w:styles>"#;

const DOCX_NUMBERING: &str = r#"<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="360" w:hanging="360"/></w:pPr></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"#;

const ODF_MANIFEST: &str = r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{media_type}"/><manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"#;

const ODF_META: &str = r#"<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"><office:meta><dc:title>"#;

const ODF_CONTENT: &str = r#"<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3">"#;

const ODF_AUTOMATIC: &str = r##"<office:automatic-styles><style:style style:name="Colonne" style:family="table-column"><style:table-column-properties style:column-width="4.2cm"/></style:style><style:style style:name="Feuille" style:family="table" style:master-page-name="Paysage"><style:table-properties table:display="true"/></style:style><style:style style:name="Case" style:family="table-cell"><style:table-cell-properties fo:border="0.5pt solid #7f7f7f" fo:padding="0.1cm" fo:wrap-option="wrap"/></style:style><style:style style:name="Entete" style:family="table-cell"><style:table-cell-properties fo:border="0.5pt solid #7f7f7f" fo:padding="0.1cm" fo:wrap-option="wrap" fo:background-color="#e8e4da"/><style:text-properties fo:font-weight="bold"/></style:style><style:style style:name="Gras" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties fo:font-weight="bold"/></style:style><text:list-style style:name="Puces"><text:list-level-style-bullet text:level="1" text:bullet-char="•"><style:list-level-properties text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment text:label-followed-by="listtab" fo:text-indent="-0.6cm" fo:margin-left="0.6cm"/></style:list-level-properties></text:list-level-style-bullet></text:list-style></office:automatic-styles>"##;

const ODF_STYLES: &str = r#"<office:document-styles xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3"><office:styles><style:default-style style:family="paragraph"><style:text-properties fo:font-family="Arial" fo:font-size="10.5pt" fo:language="fr" fo:country="FR"/></style:default-style><style:style style:name="Standard" style:family="paragraph" style:class="text"><style:paragraph-properties fo:margin-bottom="0.2cm"/></style:style><style:style style:name="Heading_20_1" style:display-name="Heading 1" style:family="paragraph" style:parent-style-name="Standard" style:default-outline-level="1"><style:paragraph-properties fo:margin-bottom="0.4cm"/><style:text-properties fo:font-size="18pt" fo:font-weight="bold"/></style:style><style:style style:name="Heading_20_2" style:display-name="Heading 2" style:family="paragraph" style:parent-style-name="Standard" style:default-outline-level="2"><style:paragraph-properties fo:margin-top="0.5cm" fo:keep-with-next="always"/><style:text-properties fo:font-size="13pt" fo:font-weight="bold"/></style:style></office:styles><office:automatic-styles><style:page-layout style:name="Page"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin="2.2cm"/></style:page-layout><style:page-layout style:name="PagePaysage"><style:page-layout-properties fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.5cm" style:scale-to-X="1" style:scale-to-Y="0"/></style:page-layout></office:automatic-styles><office:master-styles><style:master-page style:name="Paysage" style:page-layout-name="PagePaysage"/><style:master-page style:name="Standard" style:page-layout-name="Page"/></office:master-styles></office:document-styles>"#;

#[cfg(test)]
mod tests {
    use std::io::Read;

    use zip::ZipArchive;

    use super::*;

    const FORMATS: [Format; 4] = [Format::Pdf, Format::Docx, Format::Odt, Format::Ods];

    fn blocks() -> Vec<Block> {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        vec![
            Block::Heading("Élèves & familles".to_owned()),
            Block::Paragraph("Où ? À Mons-en-Barœul, « 3 < 5 ».".to_owned()),
            Block::List(vec!["Un".to_owned(), "Deux".to_owned()]),
            Block::Table(vec![row(["Public", "Effectif"]), row(["Parents", "1\u{202f}240"])]),
        ]
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut text = String::new();
        archive.by_name(name).expect("the part").read_to_string(&mut text).expect("UTF-8");
        text
    }

    #[test]
    fn same_blocks_give_same_bytes() {
        for format in FORMATS {
            let [once, again] = [(); 2].map(|()| file(format, "Titre", &blocks()).expect("a file"));
            assert_eq!(once, again, "{format:?}");
        }
    }

    #[test]
    fn files_start_with_their_magic() {
        for format in FORMATS {
            let bytes = file(format, "Titre", &blocks()).expect("a file");
            match format {
                Format::Pdf => assert!(bytes.starts_with(b"%PDF-") && bytes.trim_ascii_end().ends_with(b"%%EOF")),
                Format::Docx => assert!(bytes.starts_with(b"PK\x03\x04")),
                Format::Odt => assert_eq!(&bytes[30..77], b"mimetypeapplication/vnd.oasis.opendocument.text"),
                Format::Ods => assert_eq!(&bytes[30..84], b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
            }
        }
    }

    #[test]
    fn text_is_escaped_and_whole() {
        for (format, name) in
            [(Format::Docx, "word/document.xml"), (Format::Odt, "content.xml"), (Format::Ods, "content.xml")]
        {
            let text = part(&file(format, "Titre", &blocks()).expect("a file"), name);
            for expected in ["Élèves &amp; familles", "Mons-en-Barœul, « 3 &lt; 5 ».", "Deux", "Parents"] {
                assert!(text.contains(expected), "{format:?} lacks {expected}: {text}");
            }
        }
    }

    #[test]
    fn spreadsheet_numbers_are_numbers() {
        let text = part(&file(Format::Ods, "Titre", &blocks()).expect("a file"), "content.xml");
        assert!(text.contains("office:value=\"1240\""));
        assert!(value_type("12,5").contains("office:value=\"12.5\""));
        assert!(value_type("inf").contains("string"));
        assert!(value_type("").contains("string"));
    }

    #[test]
    fn long_text_takes_several_pages() {
        let long = vec![Block::Paragraph("Une phrase assez longue pour aller à la ligne. ".repeat(200)); 3];
        let bytes = file(Format::Pdf, "Titre", &long).expect("a file");
        let pages = bytes.windows(12).filter(|window| window == b"/Type /Page\n").count();
        assert!(pages > 2, "{pages} pages");
    }

    #[test]
    fn lines_fit_and_keep_no_break_spaces() {
        let lines = wrapped("Est-ce que la ligne tient vraiment\u{202f}? Oui.", Face::Regular, 10.0, 100.0);
        assert!(lines.iter().all(|line| measure(line, Face::Regular, 10.0) <= 100.0), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("vraiment\u{202f}?")), "{lines:?}");
    }
}
