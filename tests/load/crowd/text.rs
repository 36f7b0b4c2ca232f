//! What is said: a mark, and French words after it.

use memchr::memmem::Finder;

use super::Mark;

/// What a mark begins with: three letters that no id and no name of a run holds.
const SIGN: &[u8] = b"zq:";
/// The length of a mark: the sign, five digits, a colon, eight digits, a space.
const MARK: usize = 18;
/// What is talked about. Letters without accents, so that one letter is one byte in every protocol.
pub(crate) const WORDS: &str = "Bonjour, nous avons revu la grille de suivi avec les directions du territoire et trois indicateurs \
    suffisent pour commencer, le reste viendra apres le comite de pilotage du printemps. Les equipes mesurent la presence \
    aux ateliers par trimestre, les retours des familles et les avis des enseignants, cela tient sur une page. Merci pour \
    ce partage, le lien vers le guide est utile et je le transmets aux coordinatrices des communes voisines. De notre cote \
    les groupes de travail reprennent en septembre avec un point avant les vacances, puis une rencontre sur la lecture, le \
    sport et la musique. Une question reste ouverte sur le transport des enfants le mercredi, dont le cout a beaucoup \
    augmente cette annee. Qui veut relire le projet de charte et proposer une date pour la visite des bibliotheques de \
    quartier et du conservatoire municipal ? Nous pourrions aussi inviter les associations de parents et les mediateurs.";

/// Writes a message of so many bytes.
pub(crate) fn write(Mark { author, number }: Mark, bytes: usize, out: &mut Vec<u8>) {
    use std::io::Write;
    // Writing to a vector cannot fail.
    drop(write!(out, "zq:{author:05}:{number:08} "));
    let words = WORDS.as_bytes();
    let mut at = (number as usize).wrapping_mul(37) % words.len();
    let mut left = bytes.saturating_sub(MARK + 1);
    while left > 0 {
        let piece = &words[at..words.len().min(at + left)];
        out.extend_from_slice(piece);
        left -= piece.len();
        at = 0;
    }
    // A blank at the end would be trimmed.
    out.push(b'.');
}

/// Finds marks.
pub(crate) struct Marks(Finder<'static>);

impl Marks {
    pub(crate) fn new() -> Self {
        Self(Finder::new(SIGN))
    }

    /// The first mark of a text.
    pub(crate) fn find(&self, text: &[u8]) -> Option<Mark> {
        let mark = &text[self.0.find(text)?..];
        let (author, number) = (number(mark.get(3..8)?)?, number(mark.get(9..17)?)?);
        Some(Mark { author: u32::try_from(author).ok()?, number: u32::try_from(number).ok()? })
    }
}

/// The number that begins a text; none if no digit does.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| text[..digits].iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}
