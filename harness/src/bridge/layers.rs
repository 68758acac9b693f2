//! What the files say of a bridge, in layers: `bindings/<host>/host.toml` (its table `bridges`), then
//! `bindings/multi/<generator>/strategy.toml` if the bridge names one by `from`, then its `bridge.toml`.
//!
//! A later layer replaces a value. Tables such as `hazard` are replaced entry by entry, each as a whole, and
//! `inherit = false` takes out what an earlier layer says.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, Deserializer, ValueDeserializer};
use toml::{Spanned, Value};

use super::{Bridge, Cannot, Host, RULES, Role};

/// The table of a `host.toml` that is the first layer.
const OF_HOST: &str = "bridges";
/// Tables that are replaced entry by entry, and how many names an entry has.
const TABLES: [(&str, usize); 9] = [
    ("vars", 1),
    ("versions", 1),
    ("env", 1),
    ("cargo_env", 1),
    ("claims", 1),
    ("does_less", 1),
    ("detector", 1),
    ("hazard", 1),
    ("cannot", 2),
];
/// What floors and pure hosts do not take over: they have nothing to misuse, and say themselves what they lack.
const OF_WHOLE_BRIDGES: [&str; 4] = ["cannot", "claims", "detector", "hazard"];
/// Names in `${…}` that every bridge has.
const OWN_VARS: [&str; 4] = ["ROOT", "ID", "HOST", "STRATEGY"];
/// Where `${…}` is never the shell's, so that an unknown name is a mistake.
const NO_SHELL: [&str; 4] = ["runner", "env", "library", "shared"];

/// A value that stands in the end, and where it is said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its value, with all variables but `${ROOT}` put in.
    pub value: Value,
    /// `file:line`, from the root.
    pub place: String,
    /// Which layer, and where in it: the order in which people wrote.
    order: (usize, usize),
}

/// All that is said of a bridge, by its key: `title`, or `hazard` and its name.
#[derive(Debug, Clone)]
pub struct Layers {
    id: String,
    said: BTreeMap<Vec<String>, Said>,
}

/// A file, as far as it is a layer.
struct Text {
    /// Its path from the root.
    file: String,
    text: String,
}

impl Text {
    fn read(root: &Path, file: String) -> Result<Self> {
        let text = std::fs::read_to_string(root.join(&file)).with_context(|| file.clone())?;
        Ok(Self { file, text })
    }

    fn parse(&self) -> Result<DeTable<'_>> {
        let table = DeTable::parse(&self.text).map_err(|error| self.wrong(&error))?;
        Ok(table.into_inner())
    }

    fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(&self.text);
        format!("{}:{}", self.file, before.matches('\n').count() + 1)
    }

    /// What is wrong, in one line.
    fn wrong(&self, error: &toml::de::Error) -> anyhow::Error {
        let place = match error.span() {
            Some(span) => self.place(span.start),
            None => self.file.clone(),
        };
        anyhow!("{place}: {}", error.message().replace('\n', ", "))
    }
}

/// The contents of a `host.toml`, but what it says of its bridges.
pub(super) fn read_host(root: &Path, id: &str) -> Result<Host> {
    let file = format!("bindings/{id}/host.toml");
    ensure!(
        root.join(&file).is_file(),
        "{file} is missing: every host says there what it needs; harness/README.md names its keys"
    );
    let text = Text::read(root, file)?;
    let mut table = text.parse()?;
    table.remove(OF_HOST);
    let table = Spanned::new(0..text.text.len(), table);
    let host = Host::deserialize(Deserializer::from(table)).map_err(|error| text.wrong(&error))?;
    Ok(Host {
        id: id.to_owned(),
        ..host
    })
}

impl Layers {
    /// Reads what is said of the bridge in `bindings/<id>`.
    ///
    /// # Errors
    /// When a file is missing, is no TOML, or takes out what is not there.
    pub(super) fn read(root: &Path, id: &str) -> Result<Self> {
        let host = id.split_once('/').map_or(id, |(host, _)| host);
        let of_host = Text::read(root, format!("bindings/{host}/host.toml"))?;
        let own = Text::read(root, format!("bindings/{id}/bridge.toml"))?;
        let own_table = own.parse()?;
        let from = own_table.get("from").and_then(|v| v.get_ref().as_str());
        let strategy = from
            .map(|from| {
                let file = format!("bindings/multi/{from}/strategy.toml");
                Text::read(root, file).with_context(|| format!("{}: from = \"{from}\"", own.file))
            })
            .transpose()?;

        let mut layers: Vec<(&Text, DeTable)> = Vec::new();
        let mut host_table = of_host.parse()?;
        if let Some(bridges) = host_table.remove(OF_HOST) {
            let at = bridges.span().start;
            let DeValue::Table(table) = bridges.into_inner() else {
                return Err(anyhow!("{}: {OF_HOST} is no table", of_host.place(at)));
            };
            layers.push((&of_host, table));
        }
        if let Some(strategy) = &strategy {
            layers.push((strategy, strategy.parse()?));
        }
        layers.push((&own, own_table));

        let mut of_role = layers.iter().rev().filter_map(|(_, t)| t.get("role"));
        let role = of_role.next().and_then(|role| role.get_ref().as_str());
        let is_partial = role.is_some_and(|role| {
            let known = [Role::Floor, Role::Pure].map(|role| role.to_string());
            known.iter().any(|known| known == role)
        });
        let mut all = Self {
            id: id.to_owned(),
            said: BTreeMap::new(),
        };
        let last = layers.len() - 1;
        for (layer, (text, table)) in layers.into_iter().enumerate() {
            for (key, value) in table {
                let name = key.get_ref().to_string();
                if is_partial && layer < last && OF_WHOLE_BRIDGES.contains(&&*name) {
                    continue;
                }
                let depth = TABLES.iter().find(|(table, _)| *table == name);
                let depth = depth.map_or(0, |(_, depth)| *depth);
                let place = Place {
                    text,
                    layer,
                    at: key.span().start,
                };
                all.add(vec![name], value, depth, &place)?;
            }
        }
        all.put_in_variables()?;
        Ok(all)
    }

    /// Adds a value, or the entries of a table whose names have `depth` more parts.
    fn add(
        &mut self,
        key: Vec<String>,
        value: Spanned<DeValue>,
        depth: usize,
        place: &Place,
    ) -> Result<()> {
        let name = key.join(".");
        if takes_out(&value).map_err(|what| place.wrong(&name, what))? {
            let before = self.said.len();
            self.said.retain(|said, _| !said.starts_with(&key));
            ensure!(
                self.said.len() < before,
                place.wrong(&name, "there is nothing to take out by `inherit = false`")
            );
            return Ok(());
        }
        if depth == 0 {
            let value = Value::deserialize(ValueDeserializer::from(value))
                .map_err(|error| place.text.wrong(&error))?;
            let said = Said {
                value,
                place: place.text.place(place.at),
                order: (place.layer, place.at),
            };
            self.said.insert(key, said);
            return Ok(());
        }
        let DeValue::Table(table) = value.into_inner() else {
            let names = ["NAME", "REASON.rule-1"][depth - 1];
            return Err(place.wrong(
                &name,
                format!("it is a table with a name: [{name}.{names}]"),
            ));
        };
        for (part, value) in table {
            let place = Place {
                at: part.span().start,
                ..*place
            };
            let mut key = key.clone();
            key.push(part.into_inner().into_owned());
            self.add(key, value, depth - 1, &place)?;
        }
        Ok(())
    }

    /// Puts a variable's value wherever `${…}` has its name, but for the root, which is another on each machine.
    fn put_in_variables(&mut self) -> Result<()> {
        let mut vars: BTreeMap<String, String> = BTreeMap::new();
        for (key, said) in self.said.iter().filter(|(key, _)| key[0] == "vars") {
            let name = &key[1];
            let is_name = |name: &str| {
                name.bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            };
            ensure!(
                is_name(name) && !OWN_VARS.contains(&&**name),
                "{}: a variable has capital letters, and a name that is not {}",
                said.place,
                OWN_VARS.join(", ")
            );
            let Value::String(value) = &said.value else {
                return Err(anyhow!("{}: `vars.{name}` is no text", said.place));
            };
            vars.insert(name.clone(), value.clone());
        }
        let (host, strategy) = self.id.split_once('/').unwrap_or((&self.id, ""));
        let own = [("ID", &*self.id), ("HOST", host), ("STRATEGY", strategy)];
        vars.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        for (key, said) in self.said.iter_mut().filter(|(key, _)| key[0] != "vars") {
            put_in(&mut said.value, &vars);
            if NO_SHELL.contains(&&*key[0])
                && let Some(name) = unknown(&said.value)
            {
                return Err(anyhow!(
                    "{}: nothing says what ${{{name}}} is; say it in `vars`",
                    said.place
                ));
            }
        }
        Ok(())
    }

    /// What is said, key by key in the order of the files.
    pub fn rows(&self) -> Vec<(&[String], &Said)> {
        let mut rows: Vec<_> = self.said.iter().map(|(k, s)| (&**k, s)).collect();
        rows.sort_by_key(|(key, said)| ((key.len() > 1).then(|| &key[0]), said.order));
        rows
    }

    /// The bridge that all of it makes.
    ///
    /// # Errors
    /// When a key is missing, unknown, or not what it must be.
    pub(super) fn bridge(mut self, root: &Path) -> Result<Bridge> {
        let file = format!("bindings/{}/bridge.toml", self.id);
        let id: String = self.need("id")?;
        ensure!(
            id == self.id,
            "{file}: id = \"{id}\" must be the folder below bindings/"
        );
        self.said.retain(|key, _| key[0] != "vars");
        let mut bridge = Bridge {
            id,
            title: self.need("title")?,
            role: self.need("role")?,
            from: self.take("from")?,
            over: self.take("over")?,
            shared: self.take("shared")?.unwrap_or_default(),
            versions: self.table("versions")?,
            library: self.take("library")?,
            build: self.take("build")?.unwrap_or_default(),
            cargo_env: self.table("cargo_env")?,
            runner: self.need("runner")?,
            env: self.table("env")?,
            test: self.take("test")?.unwrap_or_default(),
            pin: self.take("pin")?.unwrap_or(true),
            yardstick: self.take("yardstick")?.unwrap_or_default(),
            ownership: self.need("ownership")?,
            threads: self.need("threads")?,
            copies: self.need("copies")?,
            claims: self.table("claims")?,
            does_less: self.table("does_less")?,
            cannot: Vec::new(),
            hazard: Vec::new(),
            detector: Vec::new(),
            platform: self.take("platform")?.unwrap_or_default(),
            crosscheck: self.take("crosscheck")?,
            generate: self.take("generate")?.unwrap_or_default(),
            package: self.take("package")?,
            readme: self.take("readme")?,
            root: root.to_owned(),
        };
        for (key, mut hazard) in self.entries::<super::Exception>("hazard")? {
            hazard.name.clone_from(&key[1]);
            bridge.hazard.push(hazard);
        }
        for (key, mut detector) in self.entries::<super::Detector>("detector")? {
            detector.name.clone_from(&key[1]);
            bridge.detector.push(detector);
        }
        for (key, mut cannot) in self.entries::<Cannot>("cannot")? {
            cannot.reason.clone_from(&key[1]);
            cannot.rule = rule(&key[2]).with_context(|| {
                let rules = RULES.len();
                format!(
                    "{file}: `{}` ends in rule-1 to rule-{rules}, or in no-rule",
                    key.join(".")
                )
            })?;
            let reason = &cannot.reason;
            ensure!(
                !reason.is_empty() && !reason.contains(char::is_whitespace) && reason != "op",
                "{file}: reason \"{reason}\" must be one word, and not `op`"
            );
            bridge.cannot.push(cannot);
        }
        if let Some((key, said)) = self.said.first_key_value() {
            return Err(anyhow!(
                "{}: `{}` is no key; harness/README.md names them",
                said.place,
                key.join(".")
            ));
        }
        bridge.check(&file)?;
        Ok(bridge)
    }

    fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>> {
        let said = self.said.remove(&vec![key.to_owned()]);
        said.map(|said| said.read(key)).transpose()
    }

    fn need<T: DeserializeOwned>(&mut self, key: &str) -> Result<T> {
        let found = self.take(key)?;
        found.with_context(|| format!("bindings/{}/bridge.toml: {key} is missing", self.id))
    }

    fn table<T: DeserializeOwned>(&mut self, name: &str) -> Result<BTreeMap<String, T>> {
        let entries = self.entries(name)?.into_iter();
        Ok(entries
            .map(|(mut key, value)| (key.remove(1), value))
            .collect())
    }

    /// The entries of a table, in the order of the files.
    fn entries<T: DeserializeOwned>(&mut self, table: &str) -> Result<Vec<(Vec<String>, T)>> {
        let mut found: Vec<(Vec<String>, Said)> = Vec::new();
        self.said.retain(|key, said| {
            let is_other = key[0] != table;
            if !is_other {
                found.push((key.clone(), said.clone()));
            }
            is_other
        });
        found.sort_by_key(|(_, said)| said.order);
        let mut entries = found.into_iter();
        entries
            .by_ref()
            .map(|(key, said)| {
                let value = said.read(&key.join("."))?;
                Ok((key, value))
            })
            .collect()
    }
}

impl Said {
    fn read<T: DeserializeOwned>(self, key: &str) -> Result<T> {
        let Self { value, place, .. } = self;
        value.try_into().map_err(|error: toml::de::Error| {
            anyhow!("{place}: {key}: {}", error.message().replace('\n', ", "))
        })
    }
}

/// Where a key stands.
struct Place<'t> {
    text: &'t Text,
    layer: usize,
    at: usize,
}

impl Place<'_> {
    fn wrong(&self, key: &str, what: impl std::fmt::Display) -> anyhow::Error {
        anyhow!("{}: {key}: {what}", self.text.place(self.at))
    }
}

/// Whether a value is `{ inherit = false }`.
fn takes_out(value: &Spanned<DeValue>) -> Result<bool, &'static str> {
    let inherit = value.get_ref().as_table().and_then(|table| {
        let inherit = table.get("inherit")?;
        Some(table.len() == 1 && inherit.get_ref().as_bool() == Some(false))
    });
    match inherit {
        Some(false) => Err("`inherit` is false, and stands alone"),
        other => Ok(other.is_some()),
    }
}

fn put_in(value: &mut Value, vars: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            for (name, value) in vars {
                *text = text.replace(&format!("${{{name}}}"), value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| put_in(value, vars)),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| put_in(value, vars)),
        _ => {}
    }
}

/// The first variable that is left, but the root.
fn unknown(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => {
            let names = text
                .split("${")
                .skip(1)
                .filter_map(|rest| rest.split_once('}'));
            names.map(|(name, _)| name).find(|name| *name != "ROOT")
        }
        Value::Array(values) => values.iter().find_map(unknown),
        Value::Table(table) => table.values().find_map(unknown),
        _ => None,
    }
}

/// The boundary rule that `rule-6` names, and none for `no-rule`; nothing for other words.
fn rule(word: &str) -> Option<Option<usize>> {
    if word == "no-rule" {
        return Some(None);
    }
    let rule = word.strip_prefix("rule-")?.parse().ok()?;
    (1..=RULES.len()).contains(&rule).then_some(Some(rule))
}

impl Bridge {
    /// What no single key shows.
    fn check(&self, file: &str) -> Result<()> {
        ensure!(
            self.runner
                .first()
                .is_some_and(|program| !program.is_empty()),
            "{file}: runner must name a program"
        );
        ensure!(
            self.library.is_some() || self.role == Role::Pure,
            "{file}: library is missing; only role = \"pure\" may leave it out"
        );
        if let Some(over) = &self.over {
            let is_other = *over != self.id && over.contains('/');
            let there = self.root.join("bindings").join(over).join("bridge.toml");
            ensure!(
                is_other && there.is_file(),
                "{file}: over = \"{over}\" must be another bridge: bindings/{over}/bridge.toml is not there"
            );
        }
        for shared in &self.shared {
            ensure!(
                self.root.join(shared).exists(),
                "{file}: shared: {shared} is not there; it is a file or folder, from the root"
            );
        }
        Ok(())
    }
}
