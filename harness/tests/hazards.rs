//! `toll hazards` against runners that crash, hang, lie and say nothing: each must be seen for what it is.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const RUNNER: &str = include_str!("hazards/runner.sh");
const HAZARDS: &str = r#"
[[hazard]]
name = "deed"
why = "a hazard that the runner knows"
promise = "right"
after = ["len h => 3"]

[[hazard]]
name = "echo"
rule = 6
why = "one | that is a request"
promise = "right"
deed = 'echo "a" => "a"'
"#;
const DETECTOR: &str = r#"
[detector.spy]
runner = ["sh", "runner.sh"]
finds = { "Invalid read" = "invalid access", "definitely lost" = "leak" }
watches = ["deed"]
"#;

/// A project of its own, with one fake bridge.
struct Project(TempDir);

impl Project {
    fn new(fake: &str, more: &str) -> Self {
        let project = Self(tempfile::tempdir().expect("a temporary folder"));
        project.write("Cargo.toml", "");
        project.write("conformance/hazards.toml", HAZARDS);
        project.write("runner.sh", RUNNER);
        project.write("docs/src/SUMMARY.md", "");
        project.write("bindings/fake/host.toml", "name = \"Fake\"");
        project.write("bindings/fake/a/library", "");
        project.write(
            "bindings/fake/a/bridge.toml",
            &format!(
                "id = \"fake/a\"\ntitle = \"-\"\nrole = \"bridge\"\nlibrary = \"bindings/fake/a/library\"\n\
                 runner = [\"sh\", \"runner.sh\"]\nownership = \"-\"\nthreads = \"-\"\ncopies = \"-\"\n\
                 env = {{ FAKE = \"{fake}\", FAKE_HELLO = \"ok {} {} {}\" }}\n{more}",
                hex("fake/a"),
                hex("bindings/fake/a/library"),
                hex("sh"),
            ),
        );
        project
    }

    fn write(&self, file: &str, contents: &str) {
        let file = self.path(file);
        std::fs::create_dir_all(file.parent().expect("below the root")).expect("a folder");
        std::fs::write(file, contents).expect("a file");
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        Path::new(self.0.path()).join(file)
    }

    fn toll(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_toll"))
            .arg("--root")
            .arg(self.0.path())
            .args(["hazards", "--limit", "2"])
            .args(args)
            .env_remove("CI")
            .output()
            .expect("toll starts")
    }

    fn complains(&self, args: &[&str]) -> String {
        let output = self.toll(args);
        assert!(!output.status.success(), "{args:?} succeeded");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The outcome of the hazard `deed`, and whether it is ok.
    fn deed(&self) -> (String, bool) {
        let output = self.toll(&["deed", "--json"]);
        let rows: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let ok = rows[0]["ok"] == true;
        assert_eq!(output.status.success(), ok);
        (rows[0]["outcome"].as_str().expect("text").to_owned(), ok)
    }
}

fn hex(text: &str) -> String {
    let digits: Vec<String> = text.bytes().map(|b| format!("{b:02x}")).collect();
    format!("x{}", digits.concat())
}

fn declared(outcome: &str) -> String {
    format!("[hazard.deed]\noutcome = \"{outcome}\"\nwhy = \"so | it is\"\n")
}

#[test]
fn whatever_happens_is_an_outcome() {
    for (fake, outcome) in [
        ("fails", "error closed"),
        ("refuses", "refused"),
        ("raises", "exception TypeError"),
        ("wrong", "wrong"),
        ("nonsense", "7"),
        ("aborts", "crash SIGABRT"),
        ("exits", "exit 3"),
        ("hangs", "hang"),
        ("last", "crash SIGSEGV"),
        ("stays", "hang"),
        ("caught", "exit 99"),
        ("mute", "not started"),
    ] {
        let found = Project::new(fake, "").deed();
        assert_eq!(found, (outcome.to_owned(), false), "{fake}");
    }
    assert_eq!(Project::new("good", "").deed(), ("right".into(), true));
}

#[test]
fn a_detector_is_believed_only_when_it_ended_the_process() {
    for (fake, outcome) in [
        ("caught", "caught spy invalid access"),
        ("leaks", "caught spy leak"),
        ("warned", "right"),
        ("good", "right"),
        // A crash that it did not explain is a crash.
        ("aborts", "crash SIGABRT"),
    ] {
        let found = Project::new(fake, DETECTOR).deed();
        assert_eq!(found, (outcome.to_owned(), outcome == "right"), "{fake}");
    }
}

#[test]
fn a_declared_outcome_must_be_what_happens() {
    let caught = declared("caught spy invalid access");
    let watched = format!("{DETECTOR}{caught}");
    assert!(Project::new("caught", &watched).deed().1);
    // The detector is off, or sees another mistake: neither passes for the declared one.
    for fake in ["good", "warned", "leaks"] {
        assert!(!Project::new(fake, &watched).deed().1, "{fake}");
    }
    assert!(Project::new("fails", &declared("error closed")).deed().1);
    let kept = Project::new("good", &declared("error closed"));
    let said = String::from_utf8_lossy(&kept.toll(&["deed"]).stdout).into_owned();
    assert!(said.contains("kept after all: take `deed` out"), "{said}");
}

#[test]
fn a_race_is_tried_as_often_as_it_says() {
    let project = Project::new("third", "");
    let tries = |times: &str| {
        let hazards = HAZARDS.replace("after =", &format!("times = {times}\nafter ="));
        project.write("conformance/hazards.toml", &hazards);
        let _ = std::fs::remove_file(project.path("tries"));
        project.deed()
    };
    assert_eq!(tries("2"), ("right".into(), true));
    assert_eq!(tries("3"), ("error closed".into(), false));
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (declared, wanted) in [
        (
            declared("right"),
            "is promised for `deed`, and no exception",
        ),
        (declared("wrong"), "is no outcome to promise"),
        (declared("surprise"), "is no outcome to promise"),
        (declared("hang").repeat(2), "duplicate key"),
        (
            declared("hang").replace("deed", "other"),
            "knows no hazard `other`",
        ),
        (DETECTOR.replace("deed", "other"), "knows no hazard `other`"),
    ] {
        let said = Project::new("good", &declared).complains(&[]);
        assert!(said.contains(wanted), "{said}");
    }
    let project = Project::new("good", "");
    let said = project.complains(&["other"]);
    assert!(said.contains("no bridge is called `other`"), "{said}");
    project.write(
        "conformance/hazards.toml",
        &HAZARDS.replace("echo \"a\" =>", "echo \"a =>"),
    );
    let said = project.complains(&[]);
    assert!(said.contains("conformance/hazards.toml: echo"), "{said}");
}

#[test]
fn a_detector_that_is_not_there_is_a_skip_and_in_ci_a_failure() {
    let needs = "needs = { command = \"false\", install = \"get it\" }\nwatches";
    let project = Project::new("good", &DETECTOR.replace("watches", needs));
    let output = project.toll(&[]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1 ok, 0 not, 1 skipped"), "{said}");
}

#[test]
fn the_page_is_generated_and_compared() {
    let project = Project::new("fails", &declared("error closed"));
    assert!(
        project
            .complains(&["--check"])
            .contains("docs/src/hazards.md is stale")
    );
    assert!(project.toll(&["--write"]).status.success());
    assert!(project.toll(&["--check"]).status.success());
    let page = std::fs::read_to_string(project.path("docs/src/hazards.md")).expect("a page");
    for line in [
        "| `deed` | right | *error closed* |",
        "| `echo` | right | right |",
        "| `echo` | 6: strings are Unicode text with a length | one \\| that is a request |",
        "| `deed` | error closed | so \\| it is |",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    // What was written down on another machine stays where this one cannot try.
    project.write(
        "bindings/fake/host.toml",
        "name = \"Fake\"\nneeds = [{ command = \"false\", install = \"get it\" }]\n",
    );
    assert!(project.toll(&["--check"]).status.success());
}
