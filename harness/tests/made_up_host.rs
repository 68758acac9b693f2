//! A language that the harness has never heard of goes through all of it, by what its own files say.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

struct Project(TempDir);

impl Project {
    /// A made-up host with a bridge, a floor and the host alone, and a baseline under another made-up name.
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        let host = include_str!("made_up_host/host.toml");
        for (file, text) in [
            ("Cargo.toml", ""),
            ("library.c", include_str!("made_up_host/library.c")),
            ("runner.c", include_str!("made_up_host/runner.c")),
            (
                "conformance/README.md",
                "# Conformance\n\n## Operations\n\n| request | reply |\n| --- | --- |\n| `echo` | |\n\n\
                 ## Probes\n\n| request | reply |\n| --- | --- |\n| `add <a> <b>` | sum |\n\n\
                 ## Faults\n\n| request | reply |\n| --- | --- |\n",
            ),
            ("conformance/errors.toml", "[operations]\n[host_tests]\n"),
            (
                "conformance/vectors/all.vec",
                "vector sum\nwhy sums cross\nadd 1 2 => 3\n\nvector text\nwhy text crosses\necho \"a\" => \"a\"\n",
            ),
            (
                "conformance/hazards.toml",
                "[[hazard]]\nname = 'deed'\nwhy = 'w'\npromise = 'right'\n",
            ),
            (
                "bench/shapes.toml",
                "[defaults]\nsizes = [1]\n\
                 [[shape]]\nid = 'empty'\ngroup = 'loop'\nwhat = 'the loop'\ncheck = '1'\n\
                 [[shape]]\nid = 'add'\ngroup = 'numbers'\nwhat = 'a sum'\ncheck = '1'\n",
            ),
            ("bench/strategies/releases.toml", "release = []\n"),
            ("docs/src/SUMMARY.md", ""),
            ("bindings/lingo/host.toml", host),
            (
                "bindings/lingo/quick/code.lingo",
                "-- trust me, says a comment\nadd a b =\n  trust me (a + b)\n\n",
            ),
            ("bindings/lingo/shared/more.lingo", "more = 1\n"),
            ("bindings/plain/host.toml", "name = 'Plain'\n"),
        ] {
            project.write(file, text);
        }
        let bridge = |id: &str, role: &str, more: &str| {
            let text = format!("id = '{id}'\ntitle = 'made up'\nrole = '{role}'\n{more}");
            project.write(&format!("bindings/{id}/bridge.toml"), &text);
        };
        bridge(
            "lingo/quick",
            "bridge",
            "shared = ['bindings/lingo/shared']\nenv = { LINGO_TEXT = 'no_text' }\n",
        );
        bridge("lingo/floor", "floor", "");
        bridge(
            "lingo/alone",
            "pure",
            "library = { inherit = false }\nrunner = ['${BUILD}/runner', '${ID}', '']\n",
        );
        bridge(
            "plain/direct",
            "baseline",
            "library = 'bindings/lingo/build/liblingo.so'\n\
             runner = ['bindings/lingo/build/runner', '${ID}', 'bindings/lingo/build/liblingo.so']\n\
             env = { LINGO_TEXT = 'no_text' }\nownership = '-'\nthreads = '-'\ncopies = '-'\n\
             [cannot.no_text.rule-6]\nwhy = 'w'\ninstead = 'i'\n\
             [hazard.deed]\noutcome = 'exception LingoError'\nwhy = 'w'\n",
        );
        let mut git = Command::new("git");
        git.args(["init", "-q"]).current_dir(project.root());
        assert!(git.status().unwrap().success());
        project
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What it prints; it must succeed.
    fn toll(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toll"));
        command.arg("--root").arg(self.root()).args(args);
        let output = command.env_remove("CI").output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.toll(args)).unwrap()
    }

    /// The rows of one bridge.
    fn rows(&self, args: &[&str], bridge: &str) -> Vec<Value> {
        let Value::Array(rows) = self.json(args) else {
            panic!("{args:?} prints a list");
        };
        let of_bridge = rows.into_iter().filter(|row| row["bridge"] == bridge);
        of_bridge.collect()
    }
}

#[test]
fn a_made_up_host_goes_through_everything() {
    let project = Project::new();
    let ids = project.toll(&["list"]);
    assert_eq!(ids.lines().count(), 4, "{ids}");

    let said = project.toll(&["build"]);
    assert!(said.ends_with("2 built, 0 failed, 0 skipped\n"), "{said}");

    let said = project.toll(&["check"]);
    assert!(said.ends_with("4 passed, 0 failed, 4 skipped\n"), "{said}");
    let rows = project.rows(&["check", "--json"], "lingo/quick");
    assert_eq!(rows[0]["reasons"]["no_text"], 1);
    project.toll(&["matrix", "--write"]);
    let page = fs::read_to_string(project.root().join("bindings/README.md")).unwrap();
    assert!(page.contains("Lingo has numbers only."), "{page}");

    let rows = project.rows(&["hazards", "--json"], "lingo/quick");
    assert_eq!(rows[0]["outcome"], "exception LingoError");
    assert_eq!(rows[0]["why"], "Lingo looks first.");

    let counts = project.rows(&["count", "--json"], "lingo/quick");
    let add = counts.iter().find(|row| row["shape"] == "add").unwrap();
    assert_eq!(add["host"]["allocations"], 0.0);
    assert_eq!(add["library"]["allocations"], 0.0);

    let said = project.toll(&["bench", "--launches", "2", "--cross-check"]);
    let row = "| add | lingo/quick | lingo-bench | ";
    assert!(said.contains(row), "{said}");
    let latest = project.root().join("target/toll/bench/latest/result.json");
    let results: Value = serde_json::from_str(&fs::read_to_string(latest).unwrap()).unwrap();
    assert_eq!(results["toolchain"]["lingoc"], "lingoc 7.1");
    let empty = |bridge: &str| {
        let rows = project.rows(&["report", "--json"], bridge);
        let add = rows.iter().find(|row| row["shape"] == "add").unwrap();
        assert!(add["ns"].as_f64().unwrap() > 0.0, "{add}");
        add["empty"].as_f64().unwrap()
    };
    assert!(empty("lingo/quick") > 0.0, "its loop is taken off");
    assert!(empty("plain/direct") == 0.0, "that of the other is not");

    let found = project.json(&["strategies", "--json"]);
    let strategies = found["strategies"].as_array().unwrap();
    let quick = strategies.iter().find(|s| s["bridge"] == "lingo/quick");
    let quick = quick.unwrap();
    assert_eq!(quick["written"]["Lingo"], 2);
    assert_eq!(quick["shared"]["Lingo"], 1);
    assert_eq!(quick["unsafe_blocks"], 1);
    assert_eq!(quick["vectors"]["passed"], 1);
    assert_eq!(quick["hazards"]["refused"], 1);
}
