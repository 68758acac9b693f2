//! Text that somebody says is conformance vectors.

/// The file by itself: the rest of the harness takes minutes to compile with a sanitizer.
#[path = "../../harness/src/vectors.rs"]
#[allow(dead_code)]
mod parser;

use parser::{Expected, Step};

/// A mistake is somewhere in the text; what is right can be shown, and reads again as the same.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let vectors = match parser::parse("f.vec", text) {
        Ok(vectors) => vectors,
        Err(error) => {
            // A file with nothing in it is wrong on its first line.
            let line = text.lines().nth(error.line - 1).unwrap_or_default();
            assert!(
                error.column >= 1 && error.column <= line.chars().count() + 1,
                "{error}"
            );
            return;
        }
    };
    for step in vectors.iter().flat_map(|vector| &vector.steps) {
        check(step);
    }
}

fn check(step: &Step) {
    let shown = parser::show(&step.request);
    let again = parser::parse("again.vec", &format!("vector v\nwhy w\n{shown}"));
    let again = again.unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(again[0].steps[0].request, step.request, "{shown}");
    // Replies are a bridge's: comparing must stand anything.
    let _ = parser::mismatch(&step.expected, &step.request);
    let _ = parser::matches_without_fields(&step.expected, &step.request);
    if let Expected::Reply { tokens, .. } = &step.expected {
        let _ = parser::mismatch(&step.expected, tokens);
        let _ = parser::messages(tokens).count();
    }
}
