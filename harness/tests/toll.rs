//! `toll` against runners that crash, hang, lie and talk nonsense: each is that bridge's result, and the run goes on.

use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;
use tollbridge_harness::bridge::Workspace;
use tollbridge_harness::runner::{Outcome, Runner};

const RUNNER: &str = include_str!("toll/fake-runner.sh");
const VECTORS: &str = "vector before\nwhy x\nnop\n\nvector sum\nwhy sums cross\nadd 1 2 => 3\n\n\
                       vector error\nwhy errors cross\nfail => err closed\n\nvector after\nwhy x\nnop\n";
const CONFORMANCE: &str = "# Conformance\n\n## Operations\n\n| request | reply |\n| --- | --- |\n| `nop` | |\n\n\
                           ## Probes\n\n| request | reply |\n| --- | --- |\n| `add <a> <b>` | sum |\n| `sub <a> <b>` | |\n\n\
                           ## Faults\n\n| request | reply |\n| --- | --- |\n| `fail` | |\n";
const ERRORS: &str = "[operations]\nfail = [\"closed\"]\n[host_tests]\n";

/// A project of its own, with fake bridges.
struct Project(TempDir);

impl Project {
    fn new(bridges: &[&str]) -> Self {
        let project = Self(tempfile::tempdir().expect("a temporary folder"));
        project.write("Cargo.toml", "");
        project.write("conformance/README.md", CONFORMANCE);
        project.write("conformance/errors.toml", ERRORS);
        project.write("conformance/vectors/all.vec", VECTORS);
        project.write("runner.sh", RUNNER);
        project.write("bindings/fake/host.toml", "name = \"Fake\"");
        for bridge in bridges {
            project.bridge(bridge, "bridge", "");
        }
        project
    }

    /// Adds the bridge `fake/<name>`, whose runner behaves as its name says.
    fn bridge(&self, name: &str, role: &str, more: &str) {
        let library = format!("bindings/fake/{name}/library");
        self.write(&library, "");
        let id = format!("fake/{}", if name == "lies" { "truth" } else { name });
        let loaded = if name == "other-library" {
            "runner.sh"
        } else {
            &library
        };
        self.write(
            &format!("bindings/fake/{name}/bridge.toml"),
            &format!(
                "id = \"fake/{name}\"\ntitle = \"one | two\"\nrole = \"{role}\"\nlibrary = \"{library}\"\n\
                 runner = [\"sh\", \"runner.sh\"]\nownership = \"nobody else\"\nthreads = \"none\"\ncopies = \"all\"\n\
                 env = {{ FAKE = \"{name}\", FAKE_HELLO = \"ok {} {} {}\" }}\n{more}",
                text(&id),
                text(loaded),
                text("sh"),
            ),
        );
    }

    fn write(&self, file: &str, contents: &str) {
        let file = self.0.path().join(file);
        std::fs::create_dir_all(file.parent().expect("below the root")).expect("a folder");
        std::fs::write(file, contents).expect("a file");
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.path().join(file)).expect(file)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_toll"));
        command
            .arg("--root")
            .arg(self.0.path())
            .args(args)
            .env_remove("CI");
        command
    }

    fn toll(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("toll starts")
    }

    /// Its standard output, and whether it succeeded.
    fn says(&self, args: &[&str]) -> (String, bool) {
        let output = self.toll(args);
        (lossy(&output.stdout), output.status.success())
    }

    /// Its complaint; it must have failed.
    fn complains(&self, args: &[&str]) -> String {
        let output = self.toll(args);
        assert!(!output.status.success(), "{args:?} succeeded");
        lossy(&output.stderr)
    }

    fn json(&self, args: &[&str]) -> Value {
        let (text, _) = self.says(args);
        serde_json::from_str(&text).expect("JSON")
    }

    fn workspace(&self) -> Workspace {
        Workspace::find(Some(self.0.path())).expect("a project")
    }
}

fn text(text: &str) -> String {
    text.bytes().fold("x".into(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string");
        hex
    })
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The row of one bridge.
fn row<'a>(rows: &'a Value, bridge: &str) -> &'a Value {
    let rows = rows.as_array().expect("a list");
    rows.iter()
        .find(|row| row["bridge"] == bridge)
        .expect(bridge)
}

/// What a bridge made of a vector.
fn result<'a>(rows: &'a Value, bridge: &str, vector: &str) -> &'a Value {
    let vectors = row(rows, bridge)["vectors"].as_array().expect("a list");
    vectors
        .iter()
        .find(|v| v["vector"] == vector)
        .expect(vector)
}

#[test]
fn a_runner_that_ends_badly_is_a_problem_though_every_vector_passed() {
    let project = Project::new(&["bad-end"]);
    let rows = project.json(&["check", "--json"]);
    let row = row(&rows, "fake/bad-end");
    assert_eq!((&row["passed"], &row["failed"]), (&4.into(), &0.into()));
    let problem = row["problems"][0].as_str().expect("a problem");
    assert!(
        problem.contains("exit status: 3\n  stderr: leaked"),
        "{problem}"
    );
}

#[test]
fn runners_are_started_under_a_command() {
    let project = Project::new(&["good"]);
    let (said, right) = project.says(&["check", "--under", "env  FAKE=wrong"]);
    assert!(!right && said.contains("token 2 is 4"), "{said}");
    // It is the tool's finding, not the bridge's result.
    assert!(!project.0.path().join("target/toll/check.json").exists());
}

#[test]
fn whatever_a_runner_does_is_its_own_result() {
    let wrong = [
        ("wrong", "token 2 is 4 instead of 3", "4"),
        (
            "garbage",
            "the runner could not read the request, or its reply is none",
            "sh\u{fffd}: \u{fffd}",
        ),
        (
            "empty",
            "the runner could not read the request, or its reply is none",
            "",
        ),
        (
            "two-lines",
            "letting go of its objects failed",
            "", // the extra line, as itself or as the reply to `reset`
        ),
        (
            "exits",
            "the runner ended",
            "ended with exit code 7\n  stderr: first words\n  stderr: last words",
        ),
        ("aborts", "the runner ended", "was ended by SIGABRT"),
        (
            "hangs",
            "the runner ended",
            "no reply within 1s; it was killed",
        ),
        (
            "closes",
            "the runner ended",
            "closed its output but did not end",
        ),
        (
            "dies-at-reset",
            "letting go of its objects failed",
            "was ended by SIGSEGV",
        ),
        ("undeclared", "does not declare it", "unsupported surprise"),
        (
            "unknown",
            "the runner does not know this operation",
            "unsupported op",
        ),
    ];
    let project = Project::new(&wrong.map(|(name, _, _)| name));
    project.bridge("good", "baseline", "");
    let rows = project.json(&["check", "--json", "--limit", "1"]);
    for (name, what, got) in wrong {
        let id = format!("fake/{name}");
        let failure = &result(&rows, &id, "all/sum")["failure"];
        let said = |key: &str| failure[key].as_str().expect(key).to_owned();
        assert!(said("what").contains(what), "{id}: {failure}");
        assert!(said("got").starts_with(got), "{id}: {failure}");
        assert_eq!(failure["why"], "sums cross");
        if name != "dies-at-reset" {
            assert_eq!(row(&rows, &id)["passed"], 3, "{id}: {failure}");
            assert_eq!(failure["at"], "conformance/vectors/all.vec:7");
        }
    }
    assert_eq!(
        rows[0]["bridge"], "fake/good",
        "the baseline goes first: messages are compared with its"
    );
    assert_eq!(row(&rows, "fake/good")["passed"], 4);
    let at_reset = row(&rows, "fake/dies-at-reset");
    assert_eq!(
        at_reset["failed"], 4,
        "each vector got a fresh runner and crashed it again: {at_reset}"
    );
}

#[test]
fn a_runner_that_is_not_the_bridge_is_refused() {
    let project = Project::new(&["good", "lies", "other-library", "mute"]);
    let (said, success) = project.says(&["check"]);
    assert!(!success);
    assert!(
        said.contains("FAIL fake/lies: the runner of fake/lies: says that it is `fake/truth`"),
        "{said}"
    );
    assert!(
        said.contains("FAIL fake/other-library: the runner of fake/other-library: loaded "),
        "{said}"
    );
    assert!(
        said.contains("FAIL fake/mute: the runner of fake/mute: ended with exit code 3"),
        "{said}"
    );
    assert!(
        said.ends_with("\n4 passed, 12 failed, 0 skipped\n"),
        "{said}"
    );
}

#[test]
fn a_library_that_is_not_built_says_how_to_build_it() {
    let project = Project::new(&["good"]);
    std::fs::remove_file(project.0.path().join("bindings/fake/good/library")).expect("there");
    let said = project.complains(&["say", "fake/good", "nop"]);
    assert!(
        said.contains(
            "not built: ./just build fake/good (bindings/fake/good/library is not there)"
        ),
        "{said}"
    );
}

#[test]
fn reasons_are_declared_and_needed() {
    let project = Project::new(&[]);
    let cannot = |reason: &str| format!("[cannot.{reason}.rule-8]\nwhy = \"w\"\ninstead = \"i\"\n");
    project.bridge("declared", "bridge", &cannot("no_adding"));
    project.bridge("floor", "floor", "");
    project.bridge("no-fields", "bridge", &cannot("no_error_fields"));
    project.bridge("within", "bridge", &cannot("no_adding"));
    let rows = project.json(&["check", "--json"]);
    for declared in ["fake/declared", "fake/within"].map(|bridge| row(&rows, bridge)) {
        assert_eq!(
            (&declared["passed"], &declared["unsupported"]),
            (&3.into(), &1.into())
        );
        assert_eq!(declared["reasons"]["no_adding"], 1);
    }
    assert_eq!(row(&rows, "fake/floor")["reasons"]["op"], 1);
    let lacking = row(&rows, "fake/no-fields");
    assert_eq!(
        (&lacking["passed"], &lacking["reasons"]["no_error_fields"]),
        (&4.into(), &1.into())
    );

    project.bridge("unneeded", "bridge", &cannot("no_adding"));
    let (said, success) = project.says(&["check"]);
    assert!(!success);
    assert!(
        said.contains("FAIL fake/unneeded: no vector needs the reason `no_adding` any more"),
        "{said}"
    );
    assert!(
        said.ends_with("\n17 passed, 1 failed, 3 skipped\n"),
        "{said}"
    );
    let (said, success) = project.says(&["check", "--only", "error"]);
    assert!(
        success,
        "only a run of all vectors can tell that none needs it: {said}"
    );
}

#[test]
fn errors_are_the_same_everywhere() {
    let project = Project::new(&[
        "a",
        "no-message",
        "other-message",
        "wrong-code",
        "no-fields",
    ]);
    let rows = project.json(&["check", "--json"]);
    for (bridge, wanted) in [
        ("fake/no-message", "an error ends with its message"),
        ("fake/other-message", "fake/a says \"a\""),
        ("fake/wrong-code", "the code of closed is 11, not 12"),
        ("fake/no-fields", "it goes on after 2 tokens, with ?"),
    ] {
        assert_eq!(
            result(&rows, bridge, "all/error")["failure"]["what"],
            wanted,
            "{bridge}"
        );
    }
}

#[test]
fn own_vectors_and_their_mistakes() {
    let project = Project::new(&["good"]);
    let own = tempfile::tempdir().expect("a temporary folder");
    let file = own.path().join("mine.vec");
    let dir = own.path().to_str().expect("UTF-8");
    let check = ["check", "--vectors", dir];
    assert!(project.complains(&check).contains("holds no *.vec file"));
    std::fs::write(&file, "vector v\nwhy w\nadd [1\n").expect("a file");
    let said = project.complains(&check);
    assert!(said.contains("mine.vec:3:5: `[` is never closed"), "{said}");
    std::fs::write(&file, "vector v\nwhy w\nadd 1 2 => 3\n").expect("a file");
    let path = file.to_str().expect("UTF-8");
    for check in [check, ["check", "--vectors", path]] {
        assert_eq!(
            project.says(&check).0.lines().last(),
            Some("1 passed, 0 failed, 0 skipped")
        );
    }
    assert!(
        !project.0.path().join("target/toll/check.json").exists(),
        "only runs of all vectors are kept"
    );
    assert!(
        project
            .complains(&["check", "--only", "nothing"])
            .contains("no vector's name contains `nothing`")
    );
}

#[test]
fn bridges_are_selected_by_name_host_and_pattern() {
    let project = Project::new(&["good", "wrong"]);
    let bridges = |args: &[&str]| {
        let rows = project.json(&[&["list", "--json"], args].concat());
        let rows = rows.as_array().expect("a list").iter();
        rows.map(|row| row["bridge"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(bridges(&[]), ["fake/good", "fake/wrong"]);
    assert_eq!(bridges(&["fake"]), ["fake/good", "fake/wrong"]);
    assert_eq!(bridges(&["fake/g*"]), ["fake/good"]);
    let said = project.complains(&["list", "python"]);
    assert!(
        said.contains("no bridge is called `python`; known are fake/good, fake/wrong"),
        "{said}"
    );
    let empty = Project::new(&[]);
    assert!(empty.complains(&["check"]).contains("no bridge found"));
}

#[test]
fn a_wrong_bridge_toml_names_file_and_key() {
    let project = Project::new(&["good"]);
    project.bridge("good", "bridge", "colour = \"red\"\n");
    let said = project.complains(&["list"]);
    assert!(
        said.contains("bindings/fake/good/bridge.toml") && said.contains("colour"),
        "{said}"
    );
    project.bridge(
        "good",
        "bridge",
        "[cannot.\"two words\".no-rule]\nwhy = \"\"\ninstead = \"\"\n",
    );
    assert!(
        project
            .complains(&["list"])
            .contains("reason \"two words\" must be one word")
    );
    project.bridge(
        "good",
        "bridge",
        "[cannot.a.rule-11]\nwhy = \"\"\ninstead = \"\"\n",
    );
    assert!(
        project
            .complains(&["list"])
            .contains("`cannot.a.rule-11` ends in rule-1 to rule-10, or in no-rule")
    );
    let right = project
        .read("bindings/fake/good/bridge.toml")
        .split("[cannot")
        .next()
        .map(String::from);
    let right = right.expect("some text");
    project.write(
        "bindings/fake/good/bridge.toml",
        &right.replace("fake/good\"\ntitle", "fake/bad\"\ntitle"),
    );
    assert!(
        project
            .complains(&["list"])
            .contains("id = \"fake/bad\" must be the folder below bindings/")
    );
    project.write(
        "bindings/fake/good/bridge.toml",
        &right.replace("library = ", "#"),
    );
    assert!(project.complains(&["list"]).contains("library is missing"));
    project.bridge("good", "bridge", "");
    std::fs::remove_file(project.0.path().join("bindings/fake/host.toml")).expect("there");
    let said = project.complains(&["list"]);
    assert!(
        said.contains("bindings/fake/host.toml is missing: every host says there"),
        "{said}"
    );
}

#[test]
fn a_host_that_cannot_run_is_skipped_except_in_ci() {
    let project = Project::new(&["good"]);
    project.write(
        "bindings/none/host.toml",
        "name = \"None\"\nneeds = [{ command = \"false\", install = \"get it\" }]\n",
    );
    let elsewhere = project
        .read("bindings/fake/good/bridge.toml")
        .replace("id = \"fake/good\"", "id = \"none/x\"");
    project.write("bindings/none/x/bridge.toml", &elsewhere);
    let output = project.toll(&["check"]);
    assert!(output.status.success());
    assert_eq!(
        lossy(&output.stderr),
        "skipping None: `false` fails here; try: get it\n"
    );
    assert!(lossy(&output.stdout).ends_with("\n4 passed, 0 failed, 4 skipped\n"));
    let in_ci = project
        .command(&["check"])
        .env("CI", "true")
        .output()
        .expect("toll starts");
    assert!(!in_ci.status.success());
    assert!(
        project
            .complains(&["check", "none"])
            .contains("no selected bridge can run here")
    );
    let doctor = project.json(&["doctor", "--json"]);
    assert_eq!(
        (&doctor[0]["ready"], &doctor[1]["ready"]),
        (&true.into(), &false.into())
    );
    assert_eq!(doctor[1]["needs"][0]["install"], "get it");
}

#[test]
fn what_ends_toll_at_the_terminal_ends_the_line_that_it_runs() {
    let project = Project::new(&[]);
    project.bridge("good", "bridge", "test = [\"echo $$ >pid; exec sleep 60\"]");
    // As a shell does with what it starts: Ctrl-C goes to the group. A SIGINT could be ignored, in a background job.
    let mut toll = project
        .command(&["test"])
        .process_group(0)
        .spawn()
        .expect("toll starts");
    let pid = std::iter::repeat_with(|| {
        thread::sleep(Duration::from_millis(10));
        std::fs::read_to_string(project.0.path().join("pid")).unwrap_or_default()
    });
    let pid = pid
        .take(3000)
        .find(|pid| pid.ends_with('\n'))
        .expect("the line runs");
    kill_process_group(Pid::from_child(&toll), Signal::TERM).expect("toll runs");
    assert_eq!(
        toll.wait().expect("toll").signal(),
        Some(Signal::TERM.as_raw())
    );
    let stat = format!("/proc/{}/stat", pid.trim());
    let ended = (0..3000).any(|_| {
        thread::sleep(Duration::from_millis(10));
        // Ended, or only waiting for somebody to ask how.
        std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
    });
    assert!(ended);
}

#[test]
fn the_matrix_is_generated_and_compared() {
    let project = Project::new(&["good"]);
    let said = project.complains(&["matrix"]);
    assert!(
        said.contains("was not checked with the vectors there are now; run: toll check fake/good"),
        "{said}"
    );
    assert!(project.says(&["check"]).1);
    let rows = project.json(&["matrix", "--json"]);
    assert_eq!(
        (&rows[0]["strategy"], &rows[0]["passed"]),
        (&"good".into(), &4.into())
    );
    assert!(
        project
            .complains(&["matrix", "--check"])
            .contains("bindings/README.md is stale")
    );
    assert!(project.says(&["matrix", "--write"]).1);
    assert!(project.says(&["matrix", "--check"]).1);
    let file = project.read("bindings/README.md");
    let wanted =
        "| [`fake/good`](fake/good/README.md) | one \\| two | bridge | 4 | 0 | 0 | nobody else |";
    assert!(file.lines().any(|line| line == wanted), "{file}");

    // Where a host cannot run, what was written down about it elsewhere stays.
    project.write(
        "bindings/fake/host.toml",
        "name = \"Fake\"\nneeds = [{ command = \"false\", install = \"get it\" }]\n",
    );
    std::fs::remove_file(project.0.path().join("target/toll/check.json")).expect("there");
    assert!(project.says(&["matrix", "--check"]).1);
}

#[test]
fn the_matrix_is_written_bridge_by_bridge() {
    let project = Project::new(&["good", "wrong"]);
    let line = |bridge: &str| {
        let file = project.read("bindings/README.md");
        let mut lines = file.lines();
        let line = lines.find(|line| line.starts_with(&format!("| [`{bridge}`]")));
        line.expect(bridge).to_owned()
    };
    assert!(project.says(&["check", "fake/good"]).1);
    let output = project.toll(&["matrix", "--write", "fake/good"]);
    assert!(output.status.success());
    let said = "bindings/README.md has no figures of fake/wrong yet; they are made by: ./just generate fake/wrong\n";
    assert_eq!(lossy(&output.stderr), said);
    assert!(line("fake/good").contains("| 4 | 0 | 0 |"));
    assert!(line("fake/wrong").contains("| – | – | – |"));

    // What has no figures is held to none, and named; in CI, too, once all are checked.
    project.says(&["check"]);
    let output = project
        .command(&["matrix", "--check"])
        .env("CI", "true")
        .output();
    let output = output.expect("toll starts");
    assert_eq!(
        (output.status.success(), &*lossy(&output.stderr)),
        (true, said)
    );

    assert!(project.says(&["matrix", "--write", "fake/wrong"]).1);
    assert!(line("fake/wrong").contains("| 3 | 1 | 0 |"));
    project.bridge("wrong", "bridge", "");
    let page = project.read("bindings/README.md");
    // A figure that is stale, one that is gone, and a row that is gone.
    let rest: String = page
        .lines()
        .filter(|line| !line.starts_with("| [`fake/wrong`]"))
        .collect();
    for bad in [
        page.replace("| 3 | 1 | 0 |", "| 2 | 2 | 0 |"),
        page.replace("| 3 | 1 | 0 |", "| 3 | – | 0 |"),
        rest,
    ] {
        project.write("bindings/README.md", &bad);
        assert!(
            project
                .complains(&["matrix", "--check"])
                .contains("is stale")
        );
    }

    // Of others the figures stay, also where they are not to be had here.
    project.write("bindings/README.md", &page);
    std::fs::remove_file(project.0.path().join("target/toll/check.json")).expect("there");
    assert!(project.says(&["check", "fake/good"]).1);
    assert!(project.says(&["matrix", "--write"]).1);
    assert_eq!(project.read("bindings/README.md"), page);
    let said = project.complains(&["matrix", "--write", "fake/wrong"]);
    assert!(said.contains("run: toll check fake/wrong"), "{said}");
}

#[test]
fn what_no_vector_reaches_fails() {
    let project = Project::new(&["good"]);
    let rows = project.json(&["list", "--uncovered", "--json"]);
    let rows = rows.as_array().expect("a list");
    assert!(
        rows.iter()
            .any(|row| row["kind"] == "probe" && row["name"] == "sub")
    );
    assert!(!project.says(&["list", "--uncovered"]).1);
    let tested = |test: &str| {
        project.write("test.c", test);
        project.write(
            "conformance/errors.toml",
            &format!("{ERRORS}null_argument = \"test.c\"\n"),
        );
        project
            .says(&["list", "--uncovered"])
            .0
            .contains("null_argument")
    };
    assert!(tested("nothing"));
    assert!(!tested("expect(TB_ERR_NULL_ARGUMENT)"));
    let pairs = project.json(&["list", "--errors", "--json"]);
    assert_eq!(pairs[0]["vectors"][0], "all/error");
}

#[test]
fn one_line_is_said() {
    let project = Project::new(&["good", "aborts"]);
    let (said, success) = project.says(&["say", "fake/good", "add 1 2", "fail"]);
    assert!(success);
    assert_eq!(
        said,
        "add 1 2\n  wire   add 1 2\n  reply  ok 3\n  means  ok 3\n\
         fail\n  wire   fail\n  reply  err 11 closed message=x61\n  means  err 11 closed message=\"a\"\n"
    );
    let (said, success) = project.says(&["say", "fake/aborts", "add 1 2"]);
    assert!(
        !success && said.contains("died   was ended by SIGABRT"),
        "{said}"
    );
    assert!(
        project
            .complains(&["say", "fake/good", "add \"1"])
            .contains("expected a closing")
    );
    assert!(
        project
            .complains(&["say", "fake", "nop"])
            .contains("is more than one bridge")
    );
}

#[test]
fn what_is_named_is_set_up_and_built_first_and_nothing_else() {
    let project = Project::new(&["good"]);
    for name in ["good", "other"] {
        let build = format!("build = [\"echo {name} >>built\"]\n");
        project.bridge(name, "bridge", &build);
    }
    project.write("scripts/setup", "#!/bin/sh\necho set up \"$@\" >>built\n");
    let script = project.0.path().join("scripts/setup");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a script");
    // What is asked for is on stdout, alone.
    let rows = project.json(&["check", "--json", "--prepare", "fake/good"]);
    assert_eq!(row(&rows, "fake/good")["passed"], 4);
    assert_eq!(project.read("built"), "set up fake\ngood\n");
    assert!(project.says(&["build", "--prepare", "fake/good"]).1);
    assert!(project.read("built").ends_with("set up fake\ngood\n"));
    // Help neither sets up nor builds.
    let before = project.read("built");
    assert!(project.says(&["check", "--prepare", "--help"]).1);
    assert_eq!(project.read("built"), before);
    project.bridge("good", "bridge", "build = [\"exit 3\"]\n");
    let said = project.complains(&["check", "--prepare", "fake/good"]);
    assert!(said.contains("FAILED  fake/good: exit 3"), "{said}");
}

#[test]
fn a_file_that_a_runner_starts_and_that_is_not_there_is_not_built() {
    let project = Project::new(&["good"]);
    std::fs::remove_file(project.0.path().join("bindings/fake/good/library")).expect("there");
    let (said, right) = project.says(&["check"]);
    let wanted = "FAIL fake/good: not built: ./just build fake/good (bindings/fake/good/library is not there)\n";
    assert!(!right && said.starts_with(wanted), "{said}");
    // A word with a slash that is no file of the tree is none.
    let runner = ["sh", "runner.sh", "fake/pure", "bindings/fake/pure/out.dll"];
    let text = format!(
        "id = \"fake/pure\"\ntitle = \"t\"\nrole = \"pure\"\nrunner = {runner:?}\nownership = \"o\"\n\
         threads = \"t\"\ncopies = \"c\"\n"
    );
    project.write("bindings/fake/pure/bridge.toml", &text);
    let said = project.complains(&["say", "fake/pure", "nop"]);
    let wanted = "not built: ./just build fake/pure (bindings/fake/pure/out.dll is not there)";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn what_a_bridge_ships_is_made_where_it_says_or_elsewhere() {
    let project = Project::new(&["good"]);
    let package =
        "package = { name = \"wheel\", folder = \"out\", run = [\"echo made >$TO/one\"] }\n";
    project.bridge("ships", "bridge", package);
    for (names, file) in [
        (vec!["package"], "out/one"),
        (vec!["package", "wheel"], "out/one"),
        (vec!["package", "fake/ships"], "out/one"),
        (
            vec!["package", "wheel", "--to", "{}/else/where"],
            "else/where/one",
        ),
    ] {
        let root = project.0.path().display().to_string();
        let names: Vec<String> = names.iter().map(|name| name.replace("{}", &root)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (said, right) = project.says(&names);
        assert!(right && said.contains("\nwheel: "), "{said}");
        assert_eq!(project.read(file), "made\n");
        std::fs::remove_file(project.0.path().join(file)).expect("made");
    }
    let said = project.complains(&["package", "fake/good"]);
    assert!(said.contains("has a [package]"), "{said}");
    let said = project.complains(&["package", "gem"]);
    assert!(said.contains("no bridge is called `gem`"), "{said}");
}

#[test]
fn what_takes_minutes_is_tried_when_it_is_asked_for() {
    let project = Project::new(&["good"]);
    let host = |needs: &str| {
        let deep =
            format!("deep = {{ full = [\"echo all of it\"], quick = [\"echo some\"]{needs} }}");
        project.write(
            "bindings/fake/host.toml",
            &format!("name = \"Fake\"\n{deep}\n"),
        );
    };
    host("");
    assert!(!project.says(&["test"]).0.contains("all of it"));
    let (said, right) = project.says(&["test", "--deep"]);
    assert!(right && said.starts_with("all of it\n"), "{said}");
    let (said, right) = project.says(&["test", "--deep", "--quick", "fake/good"]);
    assert!(right && said.starts_with("some\n"), "{said}");
    host(", needs = { command = \"false\", install = \"get it\" }");
    let (said, right) = project.says(&["test", "--deep"]);
    assert!(right && said == "0 passed, 0 failed, 1 skipped\n", "{said}");
    let in_ci = project
        .command(&["test", "--deep"])
        .env("CI", "true")
        .output();
    assert!(!in_ci.expect("toll starts").status.success());
}

#[test]
fn shell_lines_are_run_once_and_shown_when_they_fail() {
    let project = Project::new(&[]);
    let lines = "build = [\"echo built >> log\"]\ntest = [\"echo out; echo err >&2; exit 3\", \"echo never >> log\"]\n";
    project.bridge("good", "bridge", "");
    for name in ["a", "b"] {
        project.bridge(name, "bridge", lines);
    }
    let (said, success) = project.says(&["build"]);
    assert!(
        success && said.ends_with("\n1 built, 0 failed, 0 skipped\n"),
        "{said}"
    );
    assert_eq!(project.read("log"), "built\n");
    let (said, success) = project.says(&["test"]);
    assert!(
        !success && said.contains("FAILED  fake/a: ") && said.contains("\nout\nerr\n"),
        "{said}"
    );
    assert_eq!(
        project.read("log"),
        "built\n",
        "the lines after a failed one are not run"
    );
    project.write(
        "bindings/fake/host.toml",
        "name = \"Fake\"\ntest = [\"true\"]\nlint = [\"true\"]\n",
    );
    let (said, _) = project.says(&["test", "fake/good"]);
    assert!(
        said.starts_with("0 passed"),
        "a host's tests run when all of its bridges are selected: {said}"
    );
    assert!(
        project
            .says(&["lint", "fake/good"])
            .0
            .starts_with("ok      Fake: true")
    );
}

#[test]
fn the_error_table_is_cores() {
    let project = Project::new(&["good"]);
    let rows = project.json(&["errors", "--json"]);
    let rows = rows.as_array().expect("a list");
    assert_eq!(rows.len(), tollbridge_core::Error::TABLE.len());
    assert_eq!(rows[1]["fields"][0]["kind"], "u64");
    assert_eq!(rows[1]["fields"][0]["doc"], "The value.");
    assert_eq!(
        (&rows[15]["code"], &rows[15]["scaffolding"]),
        (&16.into(), &true.into())
    );
}

/// Of a language that nobody has heard of.
const CLASSES: &str = r#"
answer = "yes"

[[file]]
path = "good/errors.fake"
template = "classes.jinja"
mark = "!"

[types]
u64 = "Natural"
f64 = "Real"
text = "Words"

[errors]
closed = { note = "As a door is, `in fact`." }
"#;

const TEMPLATE: &str = r#"mark {{ file.mark }} {{ host.answer }}
{% for error in errors if error.code in [2, 7, 11, 16] %}
-- {{ (error.doc ~ " " ~ error.note if error.note else error.doc) | code("<", ">") | wrap("-- ", 40) }}
kind {{ error.name | camel }} = {{ error.code }}{% if error.scaffolding %} (scaffolding){% endif %}

{% for field in error.fields %}
    {{ field.name }} is {{ host.types[field.kind] }}
{% endfor %}
{% endfor %}
"#;

const WRITTEN: &str = "mark ! yes
-- A value is above what the histogram
-- can track.
kind OutOfRange = 2
    value is Natural
    highest is Natural
    index is Natural
-- Something would pass a limit. Nothing
-- was done yet.
kind TooMany = 7
    count is Natural
    limit is Natural
    what is Words
    advice is Words
-- The handle was closed. As a door is,
-- <in fact>.
kind Closed = 11
-- What the probe <fail> answers, with a
-- field of every type.
kind Probe = 16 (scaffolding)
    number is Natural
    ratio is Real
    text is Words
";

#[test]
fn a_hosts_error_classes_are_written_and_checked() {
    let project = Project::new(&["good"]);
    let (toml, file) = (
        "bindings/fake/error_classes.toml",
        "bindings/fake/good/errors.fake",
    );
    assert!(
        project.says(&["errors", "--check"]).1,
        "no host has any to be stale"
    );
    project.write(toml, CLASSES);
    project.write("bindings/fake/classes.jinja", TEMPLATE);
    let stale = format!("stale: {file}; run `toll errors --write`");
    assert!(project.complains(&["errors", "--check"]).contains(&stale));
    let wrote = (format!("wrote {file}\n"), true);
    assert_eq!(project.says(&["errors", "--write"]), wrote);
    assert_eq!(project.read(file), WRITTEN);
    assert_eq!(project.says(&["errors", "--check"]), (String::new(), true));
    assert_eq!(project.says(&["errors", "--write"]), (String::new(), true));
    project.write(file, &WRITTEN.replace("Closed = 11", "Closed = 12"));
    assert!(project.complains(&["errors", "--check"]).contains(&stale));

    let refused = |classes: &str, template: &str| {
        project.write(toml, classes);
        project.write("bindings/fake/classes.jinja", template);
        project.complains(&["errors", "--write"])
    };
    for (classes, complaint) in [
        (
            CLASSES.replace("closed =", "clothed ="),
            "[errors.clothed]: no error has this name",
        ),
        (
            CLASSES.replace("note =", "nota ="),
            "`nota` of [errors.closed] stands in no template",
        ),
        (
            CLASSES.replace("mark =", "merk ="),
            "`merk` of good/errors.fake does not stand in its template",
        ),
        (
            CLASSES.replace("template =", "form ="),
            "missing field `template`",
        ),
    ] {
        let said = refused(&classes, TEMPLATE);
        assert!(said.contains(toml) && said.contains(complaint), "{said}");
    }
    let said = refused(CLASSES, &TEMPLATE.replace("field.name }}", "field.nome }}"));
    assert!(
        said.contains("undefined value") && said.contains("classes.jinja:7"),
        "{said}"
    );
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let project = Project::new(&["good"]);
    let commands: [&[&str]; 7] = [
        &["errors"],
        &["errors", "--json"],
        &["list"],
        &["check"],
        &["check", "--json"],
        &["say", "fake/good", "nop"],
        &["doctor", "--json"],
    ];
    for args in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_toll"));
        command.arg("--root").arg(project.0.path()).args(args);
        let output = command.stdout(writer).output().unwrap();
        let said = lossy(&output.stderr);
        let expected = project.toll(args).status.code();
        assert_eq!(output.status.code(), expected, "{args:?}: {said}");
        assert!(
            !said.contains("panic") && !said.contains("toll:"),
            "{args:?}: {said}"
        );
    }
}

#[test]
fn a_pinned_runner_never_runs_elsewhere() {
    let project = Project::new(&["good"]);
    let workspace = project.workspace();
    let limit = Duration::from_secs(10);
    let cpus = |runner: &mut Runner| match runner.ask("cpus", limit) {
        Outcome::Reply(reply) => reply[1].clone(),
        other => panic!("{other:?}"),
    };
    let mut free = Runner::start(&workspace.bridges[0]).expect("starts");
    let all = cpus(&mut free);
    let first: usize = all
        .split([',', '-'])
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number");
    let mut pinned = Runner::start_on(&workspace.bridges[0], Some(first)).expect("starts");
    assert_eq!(cpus(&mut pinned), first.to_string());
    pinned.restart().expect("starts again");
    assert_eq!(cpus(&mut pinned), first.to_string());
    assert_eq!(
        cpus(&mut Runner::start(&workspace.bridges[0]).expect("starts")),
        all,
        "this process is not pinned"
    );
    assert!(Runner::start_on(&workspace.bridges[0], Some(100_000)).is_err());
}

#[test]
fn a_killed_runner_is_gone_and_can_be_restarted() {
    let project = Project::new(&["hangs"]);
    let workspace = project.workspace();
    let mut runner = Runner::start(&workspace.bridges[0]).expect("starts");
    let pid = runner.pid();
    assert_eq!(
        runner.ask("add 1 2", Duration::from_millis(100)),
        Outcome::Hung
    );
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    assert!(matches!(
        runner.ask("nop", Duration::from_secs(1)),
        Outcome::Died(_)
    ));
    runner.restart().expect("starts again");
    assert_eq!(
        runner.ask("nop", Duration::from_secs(5)),
        Outcome::Reply(vec!["ok".into()])
    );
    assert_eq!(runner.hello().host, "sh");
}
