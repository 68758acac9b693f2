//! Results in files: JSON whose differences can be read, with the schema that wrote it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What one command writes into a file of its own, and others read.
pub trait Stored: Serialize + DeserializeOwned {
    /// The file, below the root.
    const FILE: &'static str;
    /// The format's number, raised when a reader must change.
    const SCHEMA: u32;
    /// The command that writes it.
    const COMMAND: &'static str;

    /// Reads the file; none where there is none.
    ///
    /// # Errors
    /// When it is there and wrong, or of another schema.
    fn load(root: &Path) -> Result<Option<Self>> {
        read(&root.join(Self::FILE), Some(Self::SCHEMA), Self::COMMAND)
            .with_context(|| Self::FILE.to_owned())
    }

    /// Writes the file that [`load`](Self::load) reads.
    ///
    /// # Errors
    /// When it cannot be written.
    fn save(&self, root: &Path) -> Result<()> {
        write(&root.join(Self::FILE), self, root)
    }
}

/// Reads a file that [`write()`] wrote; none where there is none.
///
/// # Errors
/// When it is there and wrong, or of another schema than is wanted; `command` would write it again.
pub fn read<T: DeserializeOwned>(
    file: &Path,
    schema: Option<u32>,
    command: &str,
) -> Result<Option<T>> {
    if !file.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(file).context("reading it")?;
    let again = || format!("it is not what this toll writes: run `{command}` again");
    let value: Value = serde_json::from_str(&text).with_context(again)?;
    if let Some(schema) = schema {
        // Before its fields: those of another schema may not be known.
        let found = value.get("schema").and_then(Value::as_u64);
        ensure!(
            found == Some(schema.into()),
            "it has schema {}, this toll reads {schema}: run `{command}` again",
            found.map_or("none".into(), |found| found.to_string())
        );
    }
    serde_json::from_value(value).with_context(again).map(Some)
}

/// Writes a file, and its folder where there is none, with `root` taken out of whatever text a program gave.
///
/// # Errors
/// When it cannot be written.
pub fn write(file: &Path, value: &impl Serialize, root: &Path) -> Result<()> {
    let text = text(&serde_json::to_value(value)?)?.replace(&*root.to_string_lossy(), ".");
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

/// One line for each field of an object, and for each element of its lists. A list alone is short, and written out.
fn text(value: &Value) -> Result<String> {
    let Some(fields) = value.as_object() else {
        return Ok(serde_json::to_string_pretty(value)? + "\n");
    };
    let lines: Vec<String> = fields
        .iter()
        .map(|(name, field)| {
            let text = match field {
                Value::Array(items) if !items.is_empty() => {
                    let items: Vec<String> = items.iter().map(Value::to_string).collect();
                    format!("[\n    {}\n  ]", items.join(",\n    "))
                }
                other => other.to_string(),
            };
            format!("  \"{name}\": {text}")
        })
        .collect();
    Ok(format!("{{\n{}\n}}\n", lines.join(",\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_line_for_each_element() {
        let value = json!({"a": [1, {"b": 2}], "c": {"d": []}});
        let text = text(&value).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert!(text.contains("\n    {\"b\":2}\n"), "{text}");
    }

    #[test]
    fn what_is_written_is_read_and_names_no_folder_of_this_machine() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("deep/er/file.json");
        assert_eq!(read::<Value>(&file, Some(1), "toll x").unwrap(), None);
        let said = root.path().join("lib").display().to_string();
        write(&file, &json!({"schema": 1, "said": said}), root.path()).unwrap();
        let read_back = read::<Value>(&file, Some(1), "toll x").unwrap();
        assert_eq!(read_back, Some(json!({"schema": 1, "said": "./lib"})));
    }

    #[test]
    fn another_schema_or_no_json_says_what_writes_it_again() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file.json");
        let complaint = |text: &str| {
            fs::write(&file, text).unwrap();
            let error = read::<Value>(&file, Some(2), "toll x").unwrap_err();
            format!("{error:#}")
        };
        let said = complaint("{\"schema\": 1}");
        assert_eq!(
            said,
            "it has schema 1, this toll reads 2: run `toll x` again"
        );
        assert!(complaint("{}").contains("schema none"));
        assert!(complaint("nonsense").contains("run `toll x` again: "));
    }
}
