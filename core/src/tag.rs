//! What a tag may hold.

use crate::Error;

/// How many bytes a tag of a log may have.
pub const TAG_LIMIT: usize = 4096;

/// Whether a line of an interval log can hold this tag: what it refuses is refused when it is set, too.
pub(crate) fn check_tag(tag: &str) -> Result<(), Error> {
    if tag.len() > TAG_LIMIT {
        return Err(Error::TooMany {
            count: tag.len() as u64,
            limit: TAG_LIMIT as u64,
            what: "tag_limit".into(),
            advice: "take a shorter tag, in UTF-8".into(),
        });
    }
    let refused = |c: char| matches!(c, ',' | '\n' | '\r' | '\0');
    match tag.chars().enumerate().find(|(_, c)| refused(*c)) {
        Some((offset, character)) => Err(Error::InvalidTag {
            character: character.to_string().into(),
            offset: offset as u64,
        }),
        None => Ok(()),
    }
}
