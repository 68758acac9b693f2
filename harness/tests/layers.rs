//! What `host.toml`, `strategy.toml` and `bridge.toml` say of a bridge, one over the other, and what happens when one
//! of them is wrong.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use tollbridge_harness::bridge::{Bridge, Workspace};

/// A made-up host of which every layer says something.
const HOST: &str = r#"
name = "Fake"

[bridges]
runner = ["sh", "${STRATEGY}.sh", "${ID}", "${MODULE}"]
vars = { MODULE = "plain" }
env = { FROM = "host", WHERE = "${ROOT}/lib" }
claims = { nop = "no allocation", text = "borrowed" }

[bridges.hazard.one]
outcome = "refused"
why = "the host says so of ${MODULE}"

[bridges.hazard.two]
outcome = "refused"
why = "the host says so"

[bridges.cannot.no_text.rule-6]
why = "the host"
instead = "nothing"
"#;
const STRATEGY: &str = r#"
role = "bridge"
library = "${HOST}.so"
ownership = "the generator's"
threads = "any"
copies = "all"
env = { FROM = "strategy" }

[hazard.two]
outcome = "hang"
why = "the generator waits"
"#;
const GENERATED: &str = r#"
id = "fake/gen"
title = "generated"
from = "gen"
vars = { MODULE = "generated" }
claims = { text = { inherit = false } }
cannot.no_text = { inherit = false }

[hazard.three]
outcome = "exit 3"
why = "its own"
"#;
const FLOOR: &str = r#"
id = "fake/floor"
title = "by hand"
role = "floor"
library = "fake.so"
build = ["echo built the floor"]
ownership = "-"
threads = "-"
copies = "-"
"#;

struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("Cargo.toml", "");
        project.write("conformance/README.md", "");
        project.write("bindings/fake/host.toml", HOST);
        project.write("bindings/multi/gen/strategy.toml", STRATEGY);
        project.write("bindings/fake/gen/bridge.toml", GENERATED);
        project.write("bindings/fake/floor/bridge.toml", FLOOR);
        project
    }

    fn write(&self, file: &str, contents: &str) {
        let file = self.0.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, contents).unwrap();
    }

    fn bridge(&self, id: &str) -> Bridge {
        let workspace = Workspace::find(Some(self.0.path())).unwrap();
        let mut bridges = workspace.bridges.into_iter();
        bridges.find(|bridge| bridge.id == id).unwrap()
    }

    fn toll(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toll"));
        command.arg("--root").arg(self.0.path()).args(args);
        command.env_remove("CI").output().unwrap()
    }

    /// Its exit code, what it prints and what it complains of.
    fn says(&self, args: &[&str]) -> (i32, String, String) {
        let output = self.toll(args);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        (code, text(output.stdout), text(output.stderr))
    }

    /// What is wrong with `fake/gen` when its file says this.
    fn wrong(&self, bridge: &str) -> String {
        self.write("bindings/fake/gen/bridge.toml", bridge);
        let (code, _, said) = self.says(&["list"]);
        assert_eq!((code, said.lines().count()), (1, 1), "{said}");
        said
    }
}

#[test]
fn each_layer_says_what_the_one_before_does_not() {
    let bridge = Project::new().bridge("fake/gen");
    assert_eq!(bridge.runner, ["sh", "gen.sh", "fake/gen", "generated"]);
    assert_eq!(bridge.library.as_deref(), Some("fake.so"));
    assert_eq!(bridge.ownership, "the generator's");
    assert_eq!(bridge.env["FROM"], "strategy");
    assert_eq!(
        bridge.env["WHERE"], "${ROOT}/lib",
        "put in when it is started"
    );
    let claims: Vec<&String> = bridge.claims.keys().collect();
    assert_eq!(claims, ["nop"]);
    assert!(bridge.cannot.is_empty());
    let hazards: Vec<(&str, &str, &str)> = bridge
        .hazard
        .iter()
        .map(|h| (&*h.name, &*h.outcome, &*h.why))
        .collect();
    assert_eq!(
        hazards,
        [
            ("one", "refused", "the host says so of generated"),
            ("two", "hang", "the generator waits"),
            ("three", "exit 3", "its own"),
        ]
    );
}

#[test]
fn a_floor_takes_over_how_it_is_run_and_nothing_that_bridges_promise() {
    let floor = Project::new().bridge("fake/floor");
    assert_eq!(floor.runner, ["sh", "floor.sh", "fake/floor", "plain"]);
    assert_eq!(floor.env["FROM"], "host");
    assert!(floor.hazard.is_empty() && floor.cannot.is_empty() && floor.claims.is_empty());
}

#[test]
fn what_comes_of_it_is_printed_with_its_places() {
    let project = Project::new();
    let (code, said, _) = project.says(&["list", "--resolved", "fake/gen"]);
    assert_eq!(code, 0);
    for line in [
        "# fake/gen",
        "title = \"generated\"  # bindings/fake/gen/bridge.toml:3",
        "runner = [\"sh\", \"gen.sh\", \"fake/gen\", \"generated\"]  # bindings/fake/host.toml:5",
        "env.FROM = \"strategy\"  # bindings/multi/gen/strategy.toml:7",
        "[hazard.one]  # bindings/fake/host.toml:10",
        "[hazard.two]  # bindings/multi/gen/strategy.toml:9",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    assert!(
        !said.contains("no_text") && !said.contains("floor"),
        "{said}"
    );
    assert!(said.parse::<toml::Table>().is_ok(), "it is TOML: {said}");
    let (_, rows, _) = project.says(&["list", "--resolved", "--json"]);
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let is_floor = |row: &&Value| row["bridge"] == "fake/floor" && row["key"] == "env.FROM";
    let row = rows.iter().find(is_floor).unwrap();
    assert_eq!(
        (&row["value"], &row["place"]),
        (&"host".into(), &"bindings/fake/host.toml:7".into())
    );
}

#[test]
fn what_is_wrong_is_one_line_with_file_and_line() {
    let project = Project::new();
    for (change, by, wanted) in [
        (
            "title = \"generated\"",
            "",
            "fake/gen/bridge.toml: title is missing",
        ),
        (
            "title = \"generated\"",
            "titel = \"x\"\ntitle = \"x\"",
            "bridge.toml:3: `titel` is no key",
        ),
        (
            "title = \"generated\"",
            "title = 7",
            "bridge.toml:3: title: invalid type",
        ),
        ("title = \"generated\"", "title = ", "bridge.toml:3: "),
        (
            "why = \"its own\"",
            "wy = \"\"",
            "bridge.toml:9: hazard.three: unknown field `wy`",
        ),
        (
            "[hazard.three]",
            "[[hazard]]",
            "hazard: it is a table with a name: [hazard.NAME]",
        ),
        (
            "from = \"gen\"",
            "from = \"none\"",
            "fake/gen/bridge.toml: from = \"none\": bindings/multi/none/strategy.toml",
        ),
        (
            "from = \"gen\"",
            "from = \"gen\"\nover = \"fake/none\"",
            "over = \"fake/none\" must be another bridge",
        ),
        (
            "from = \"gen\"",
            "from = \"gen\"\nshared = [\"no/such\"]",
            "shared: no/such is not there",
        ),
        (
            "{ MODULE = \"generated\" }",
            "{ ID = \"x\" }",
            "a variable has capital letters, and a name that is not ROOT, ID",
        ),
        (
            "text = { inherit",
            "txt = { inherit",
            "claims.txt: there is nothing to take out by `inherit = false`",
        ),
        (
            "text = { inherit = false }",
            "text = { inherit = true }",
            "claims.text: `inherit` is false, and stands alone",
        ),
    ] {
        assert!(GENERATED.contains(change), "{change}");
        let said = project.wrong(&GENERATED.replacen(change, by, 1));
        assert!(said.contains(wanted), "{wanted}\n{said}");
        assert!(said.ends_with("(left out: fake/gen)\n"), "{said}");
    }
    project.write(
        "bindings/fake/host.toml",
        &HOST.replace("{ MODULE = \"plain\" }", "{ }"),
    );
    let said = project.wrong(GENERATED);
    assert!(
        said.contains("host.toml:5: nothing says what ${MODULE} is") && said.contains("fake/floor"),
        "{said}"
    );
}

#[test]
fn a_broken_bridge_spoils_itself_alone() {
    let project = Project::new();
    project.write("bindings/fake/gen/bridge.toml", "id = \"fake/gen\"\n");
    let what = "bindings/fake/gen/bridge.toml: title is missing (left out: fake/gen)\n";

    // Others are named: a warning.
    let (code, said, warned) = project.says(&["build", "fake/floor"]);
    assert!(
        said.contains("ok      fake/floor: echo built the floor"),
        "{said}"
    );
    assert_eq!((code, warned), (0, format!("toll: warning: {what}")));

    // All are asked for, or some with it: a failure, after the others have run.
    for names in [&[][..], &["fake"], &["fake/*"]] {
        let (code, said, wrong) = project.says(&[&["build"], names].concat());
        assert!(said.contains("1 built, 0 failed"), "{said}");
        assert_eq!((code, wrong), (1, format!("toll: {what}")));
    }
    let (code, said, wrong) = project.says(&["build", "fake/gen"]);
    assert_eq!((code, &*said), (1, ""));
    assert!(wrong.starts_with(&format!("toll: {what}")), "{wrong}");
    let (code, _, wrong) = project.says(&["build", "other"]);
    assert_eq!(code, 1);
    assert!(
        wrong.contains("no bridge is called `other`; known are fake/floor, fake/gen"),
        "{wrong}"
    );
}

#[test]
fn a_broken_host_or_strategy_spoils_its_bridges_alone() {
    let project = Project::new();
    project.write("bindings/other/host.toml", "name = \"Other\"\ncolour = 1\n");
    for strategy in ["a", "b"] {
        project.write(&format!("bindings/other/{strategy}/bridge.toml"), "");
    }
    let (code, said, warned) = project.says(&["build", "fake/floor"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        warned.starts_with("toll: warning: bindings/other/host.toml:2: unknown field `colour`")
            && warned.ends_with("(left out: other/a, other/b)\n")
            && warned.lines().count() == 1,
        "{warned}"
    );
    let (code, _, wrong) = project.says(&["build"]);
    assert!(code == 1 && wrong.contains("colour"), "{wrong}");

    project.write("bindings/multi/gen/strategy.toml", "role = 1\n");
    let (code, _, warned) = project.says(&["build", "fake/floor"]);
    assert_eq!((code, warned.lines().count()), (0, 2), "{warned}");
    assert!(warned.contains("(left out: fake/gen)"), "{warned}");
}
