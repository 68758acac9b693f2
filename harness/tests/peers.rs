//! `toll peers` against programs that answer rightly, otherwise, less than they say, and not at all.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tollbridge_harness::peers::results::Peers;
use tollbridge_harness::store::Stored;

/// A project with one line for each way to behave.
fn project(root: &Path) {
    let bridge = root.join("bindings/fake/odd");
    let lines = root.join("bench/peers/fake");
    for folder in [&bridge, &lines, &root.join("conformance")] {
        fs::create_dir_all(folder).unwrap();
    }
    let write = |name: &str, text: &str| fs::write(root.join(name), text).unwrap();
    write("Cargo.toml", "");
    write("port.py", include_str!("peers/port.py"));
    write("bench/peers/jobs.toml", include_str!("peers/jobs.toml"));
    write("bindings/fake/host.toml", "name = 'Fake'");
    write(
        "bindings/fake/odd/bridge.toml",
        "id = 'fake/odd'\ntitle = 'odd'\nrole = 'pure'\nrunner = ['python3']\n\
         ownership = 'none'\nthreads = 'none'\ncopies = 'none'",
    );
    let line = |how: &str, rest: &str| {
        format!(
            "[[line]]\nid = 'fake/{how}'\ntitle = '{how}'\nrunner = ['python3', 'port.py', 'fake/{how}', '{how}']\n{rest}\n"
        )
    };
    let lacks = "[line.without]\nrecord = 'it cannot'";
    let text = [
        line("right", ""),
        line("wrong", lacks),
        line(
            "known",
            &format!("{lacks}\n[line.differs]\np99 = 'it adds one'"),
        ),
        line("mended", "[line.differs]\np99 = 'it added one, once'"),
        line(
            "needy",
            "needs = [{ command = 'false', install = 'get it' }]",
        ),
        line("lacking", ""),
        line("mute", "[line.without]\np99 = 'it cannot'"),
        line("unbuilt", "build = ['echo no compiler; exit 1']"),
        line("elsewhere", "bridge = 'fake/missing'"),
    ];
    write(
        "bench/peers/fake/lines.toml",
        &format!("name = 'Fake'\n{}", text.concat()),
    );
}

fn toll(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toll"));
    command.env_remove("CI");
    command.arg("--root").arg(root).args(args).output().unwrap()
}

#[test]
fn differences_and_gaps_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root);
    let output = toll(root, &["peers", "--launches", "1", "--save"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");

    let peers = Peers::load(root).unwrap().unwrap();
    assert_eq!(peers.ns("fake/right", "record"), Some(1000.0));
    assert_eq!(peers.ns("fake/wrong", "record"), None);
    let ids: Vec<&str> = peers.lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(
        ids,
        ["fake/known", "fake/mended", "fake/right", "fake/wrong"]
    );
    assert!(peers.differs("fake/right", "record").is_none());
    assert!(peers.differs("fake/right", "p99").is_none());
    let answer = peers.differs("fake/wrong", "p99").unwrap();
    assert_ne!(answer.core.as_ref(), Some(&answer.said));
    assert!(said.contains("differs: fake/wrong p99"), "{said}");
    assert!(said.contains("another answer"), "{said}");

    let why = |id: &str| {
        let mut absent = peers.absent.iter();
        absent.find(|a| a.bridge == id).unwrap().why.clone()
    };
    // Noise is no gain, and a difference is told.
    let job = ("fake/right", "record");
    assert_eq!(peers.ratio(job, job).as_deref(), Some("≈1×"));
    let mut slower = peers.clone();
    let mut case = slower.cases[0].clone();
    (case.bridge, case.shape) = ("fake/slow".into(), "record".into());
    case.best_ns = vec![2000.0; 3];
    case.median_ns = case.best_ns.clone();
    case.conclude();
    slower.cases.push(case);
    let twice = slower.ratio(("fake/slow", "record"), job);
    assert_eq!(twice.as_deref(), Some("2.00×"));

    assert!(why("fake/lacking").contains("no reason"), "{said}");
    assert!(why("fake/mute").contains("exit code 3"), "{said}");
    assert!(why("fake/needy").contains("try: get it"), "{said}");
    assert!(why("fake/unbuilt").contains("no compiler"), "{said}");
    assert!(
        why("fake/elsewhere").contains("no bridge fake/missing"),
        "{said}"
    );
    let text = fs::read_to_string(root.join("bench/results/peers.json")).unwrap();
    assert!(!text.contains(&*root.to_string_lossy()), "{text}");
}

#[test]
fn answers_alone_time_nothing() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let output = toll(dir.path(), &["peers", "fake/right", "--answers"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim(),
        "2 answers compared, 0 failed, 0 skipped",
        "{output:?}"
    );
    let output = toll(dir.path(), &["peers", "fake/nobody"]);
    assert!(!output.status.success());
}

#[test]
fn answers_are_as_declared_or_fail() {
    let dir = tempfile::tempdir().unwrap();
    let answers = |line: &str| {
        let output = toll(dir.path(), &["peers", line, "--answers"]);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    project(dir.path());
    let (passed, said, _) = answers("fake/known");
    assert!(passed && said.contains("differs: fake/known p99"), "{said}");
    assert!(
        said.contains("it adds one\n1 answers compared, 0 failed"),
        "{said}"
    );
    for (line, why) in [
        ("fake/wrong", "FAILED  fake/wrong p99: "),
        ("fake/mended", "`differs` says otherwise"),
        ("fake/mute", "exit code 3"),
        ("fake/unbuilt", "no compiler"),
    ] {
        let (passed, said, failed) = answers(line);
        assert!(!passed && failed.contains(why), "{failed}");
        assert!(said.contains(" 1 failed, 0 skipped"), "{said}");
    }
}

#[test]
fn a_line_that_needs_something_is_skipped_except_in_ci() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let needy = ["peers", "fake/needy", "--answers"];
    let output = toll(dir.path(), &needy);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "skipping fake/needy: `false` fails here; try: get it\n"
    );
    let mut in_ci = Command::new(env!("CARGO_BIN_EXE_toll"));
    in_ci
        .arg("--root")
        .arg(dir.path())
        .args(needy)
        .env("CI", "true");
    assert!(!in_ci.output().unwrap().status.success());
}
