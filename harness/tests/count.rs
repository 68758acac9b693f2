//! `toll count` against a runner that allocates what is known, leaks, and copies what it claims to borrow.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// A project with one bridge over `tests/count/seeded.c`, timed at these shapes and with these claims.
fn project(root: &Path, shapes: &[&str], claims: &str) {
    let bridge = root.join("bindings/fake/seeded");
    fs::create_dir_all(&bridge).unwrap();
    fs::create_dir_all(root.join("conformance")).unwrap();
    fs::create_dir_all(root.join("bench")).unwrap();
    fs::write(root.join("Cargo.toml"), "").unwrap();
    fs::write(
        root.join("bindings/fake/host.toml"),
        "name = 'Fake'\ncount = { instructions = true }",
    )
    .unwrap();
    let mut text = "[defaults]\nsizes = [16, 4096]\n".to_owned();
    for shape in shapes {
        text += &format!(
            "[[shape]]\nid = '{shape}'\ngroup = 'g'\nwhat = 'w'\nsizes = 'default'\ncheck = '1'\nitem_bytes = 1\n"
        );
    }
    fs::write(root.join("bench/shapes.toml"), text).unwrap();
    let toml = format!(
        "id = 'fake/seeded'\ntitle = 'seeded'\nrole = 'bridge'\nlibrary = 'libseeded.so'\nrunner = ['./runner']\n\
         ownership = 'none'\nthreads = 'none'\ncopies = 'none'\n[claims]\n{claims}"
    );
    fs::write(bridge.join("bridge.toml"), toml).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/count");
    let (library, runner) = (source.join("seeded.c"), source.join("runner.c"));
    cc(root, &["-shared", "-fPIC", "-o", "libseeded.so"], &library);
    let linked = ["-o", "runner", "-L.", "-lseeded", "-Wl,-rpath,$ORIGIN"];
    cc(root, &linked, &runner);
}

fn cc(root: &Path, args: &[&str], source: &Path) {
    let mut cc = Command::new("cc");
    // The source before the libraries that it needs.
    cc.arg("-O1").arg(source).args(args).current_dir(root);
    assert!(cc.status().unwrap().success(), "{cc:?}");
}

fn toll(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toll"));
    command.env_remove("CI").arg("--root").arg(root);
    command.arg("count").args(args).output().unwrap()
}

fn has_valgrind() -> bool {
    let found = Command::new("valgrind").arg("--version").output();
    found.is_ok_and(|output| output.status.success())
}

fn rows(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Allocations and bytes.
fn side(row: &Value, side: &str) -> (f64, f64) {
    let side = &row[side];
    let number = |name: &str| side[name].as_f64().unwrap();
    (number("allocations"), number("bytes"))
}

#[test]
fn known_allocations_are_counted_on_their_sides() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path(), &["known", "borrow"], "borrow = 'no allocation'");
    let rows = rows(&toll(dir.path(), &["--json"]));
    for (row, n) in rows.iter().zip([16.0, 4096.0]) {
        assert_eq!(side(row, "library"), (3.0, 3.0 * n), "{row}");
        assert_eq!(side(row, "host"), (2.0, 20.0), "{row}");
    }
    for row in &rows[2..] {
        assert_eq!(row["shape"], "borrow");
        assert_eq!(side(row, "library"), (0.0, 0.0), "{row}");
        assert_eq!(side(row, "host"), (0.0, 0.0), "{row}");
    }
}

#[test]
fn instructions_are_counted_exactly() {
    if !has_valgrind() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    project(dir.path(), &["spin"], "");
    let rows = rows(&toll(dir.path(), &["--json"]));
    let instructions = |i: usize| rows[i]["instructions"].as_f64().unwrap() as u64;
    let more = instructions(1) - instructions(0);
    assert!(
        more > 0 && more.is_multiple_of(4096 - 16),
        "{more} for 4080 turns more"
    );
}

#[test]
fn a_leak_is_caught() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path(), &["known", "leak"], "");
    let output = toll(dir.path(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("fake/seeded leak at n = 16: 24.0 bytes a call are never freed"),
        "{said}"
    );
    assert!(!said.contains("known"), "{said}");
}

#[test]
fn a_copy_is_not_borrowed() {
    let dir = tempfile::tempdir().unwrap();
    project(
        dir.path(),
        &["borrow", "copy"],
        "borrow = 'borrowed'\ncopy = 'borrowed'",
    );
    let output = toll(dir.path(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("bridge.toml claims copy = \"borrowed\", but 1.00 bytes are allocated"),
        "{said}"
    );
    assert!(!said.contains("claims borrow ="), "{said}");

    let honest = tempfile::tempdir().unwrap();
    project(honest.path(), &["copy"], "copy = 'one copy'");
    assert!(toll(honest.path(), &[]).status.success());
}

#[test]
fn the_committed_counts_are_held() {
    if !has_valgrind() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root, &["known"], "");
    assert!(!toll(root, &["--check"]).status.success());
    let written = toll(root, &["--write"]);
    assert!(written.status.success(), "{written:?}");
    let same = toll(root, &["--check"]);
    assert!(same.status.success(), "{same:?}");

    let file = root.join("bench/results/counts.json");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.matches("\"shape\":\"known\"").count(), 2, "{text}");
    fs::write(
        &file,
        text.replace("\"allocations\":3.0", "\"allocations\":2.0"),
    )
    .unwrap();
    let other = toll(root, &["--check"]);
    let said = String::from_utf8_lossy(&other.stderr);
    assert_eq!(other.status.code(), Some(1), "{said}");
    assert!(
        said.contains("known:16: library side: 3 allocations and 48 bytes, not 2 allocations"),
        "{said}"
    );
}
