//! `toll bench` against a runner that misbehaves: whatever it does is a result, and the run goes on.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tollbridge_harness::results::{FailureKind, Results, Vectors};

/// A project with one bridge, whose runner is `tests/bench/runner.py`.
fn project(root: &Path) {
    let bridge = root.join("bindings/fake/odd");
    fs::create_dir_all(&bridge).unwrap();
    fs::create_dir_all(root.join("conformance")).unwrap();
    fs::create_dir_all(root.join("bench")).unwrap();
    fs::write(root.join("Cargo.toml"), "").unwrap();
    fs::write(root.join("bindings/fake/host.toml"), "name = 'Fake'").unwrap();
    fs::write(
        root.join("bench/shapes.toml"),
        include_str!("bench/shapes.toml"),
    )
    .unwrap();
    fs::write(root.join("runner.py"), include_str!("bench/runner.py")).unwrap();
    let toml = "id = 'fake/odd'\ntitle = 'odd'\nrole = 'pure'\nrunner = ['python3', 'runner.py']\n\
                ownership = 'none'\nthreads = 'none'\ncopies = 'none'";
    fs::write(bridge.join("bridge.toml"), toml).unwrap();
}

fn toll(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toll"));
    command.arg("--root").arg(root).args(args).output().unwrap()
}

#[test]
fn whatever_a_runner_does_is_a_result() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root);
    let output = toll(
        root,
        &[
            "bench",
            "--launches",
            "2",
            "--limit",
            "2",
            "--seed",
            "7",
            "--save",
            "kept",
        ],
    );
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.trim_end().ends_with("report.html"), "{said}");

    let path = root.join("target/toll/bench/latest/result.json");
    let results = Results::load(&path).unwrap();
    let kind = |shape| {
        results
            .case("fake/odd", shape, 0)
            .unwrap()
            .failure
            .as_ref()
            .map(|f| f.kind)
    };
    assert_eq!(kind("empty"), None);
    assert_eq!(kind("void"), Some(FailureKind::Void));
    assert_eq!(kind("crash"), Some(FailureKind::Crashed));
    assert_eq!(kind("hang"), Some(FailureKind::Hung));
    assert_eq!(kind("nonsense"), Some(FailureKind::Refused));
    for n in [1, 16] {
        let good = results.case("fake/odd", "good", n).unwrap();
        assert_eq!(good.best_ns, [1000.0, 1000.0]);
        assert_eq!(good.iterations, 1500);
    }
    let crash = results
        .case("fake/odd", "crash", 0)
        .unwrap()
        .failure
        .as_ref()
        .unwrap();
    assert!(
        crash.detail.contains("exit code 3") && crash.detail.contains("last words"),
        "{crash:?}"
    );
    let bridge = results.bridge("fake/odd").unwrap();
    assert_eq!(
        bridge.processes, 4,
        "two launches, one more after the crash and the hang each"
    );
    assert_eq!(bridge.stats["collections"], 3);
    assert_eq!(results.settings.seed, 7);

    for file in [&path, &root.join("bench/results/runs/kept/fake.json")] {
        let text = fs::read_to_string(file).unwrap();
        assert!(
            !text.contains(&*root.to_string_lossy()),
            "a path of this machine is in {text}"
        );
    }
    let kept = Results::load(&root.join("bench/results/runs/kept/fake.json")).unwrap();
    assert!(kept.cases.iter().all(|case| case.raw.is_none()));

    let page = fs::read_to_string(path.with_file_name("report.html")).unwrap();
    assert!(
        page.contains("crashed: ended with exit code 3"),
        "the page hides a crash"
    );
    let rows = toll(root, &["report", "--json"]);
    let rows: serde_json::Value = serde_json::from_slice(&rows.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), results.cases.len());
}

#[test]
fn what_the_check_said_of_the_build_stands_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root);
    let checked = |library: &str| {
        let row = format!(
            r#"[{{"bridge": "fake/odd", "host": "fake", "strategy": "odd", "role": "pure", "library": {library},
                 "passed": 5, "failed": 2, "unsupported": 1, "reasons": {{}}, "problems": [], "vectors": []}}]"#
        );
        fs::create_dir_all(root.join("target/toll")).unwrap();
        fs::write(root.join("target/toll/check.json"), row).unwrap();
        let bench = ["bench", "--launches", "1", "--shape", "good:16"];
        assert_eq!(toll(root, &bench).status.code(), Some(0));
        let latest = root.join("target/toll/bench/latest");
        let results = Results::load(&latest.join("result.json")).unwrap();
        let page = fs::read_to_string(latest.join("report.html")).unwrap();
        (results.bridge("fake/odd").unwrap().vectors, page)
    };
    // The runner loads no library, and so did the one that was checked.
    let (vectors, page) = checked("null");
    let expected = Vectors {
        passed: 5,
        failed: 2,
        unsupported: 1,
    };
    assert_eq!(vectors, Some(expected));
    assert!(page.contains("toll check: 2 failed") && page.contains("5 passed, 2 failed"));
    let (vectors, page) = checked("\"build-id:00\"");
    assert_eq!(vectors, None, "another build was checked");
    assert!(page.contains("not checked"));
}

#[test]
fn held_out_sizes_are_timed_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root);
    let shapes = include_str!("bench/shapes.toml")
        .replace("sizes = [1, 16]", "sizes = [1, 16, 256]\nheld_out = [64]");
    fs::write(root.join("bench/shapes.toml"), shapes).unwrap();
    let bench = ["bench", "--launches", "2", "--shape", "good"];
    assert_eq!(toll(root, &bench).status.code(), Some(0));
    let output = toll(root, &["report", "--model", "--json"]);
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let model = &rows["models"][0];
    // The fake's clock says 1000 ns, however many items there are.
    let near = |value: &serde_json::Value, to: f64| (value.as_f64().unwrap() - to).abs() < 1e-9;
    assert!(
        near(&model["alpha"], 1000.0) && near(&model["beta"], 0.0),
        "{model}"
    );
    assert_eq!(model["table"].as_array().unwrap().len(), 3);
    assert_eq!(model["held_out"][0]["n"], 64);
    assert!(near(&model["held_out"][0]["error"], 0.0), "{model}");
    let text = toll(root, &["report", "--model"]);
    let text = String::from_utf8_lossy(&text.stdout);
    assert!(
        text.contains("1 of 1 combinations") && text.contains("+0 % at 64"),
        "{text}"
    );
    let page = root.join("target/toll/bench/latest/report.html");
    let page = fs::read_to_string(page).unwrap();
    assert!(page.contains("What n items cost") && page.contains("held out, not fitted"));

    // A run from before there were held-out sizes: the same cases without that one.
    let path = root.join("target/toll/bench/latest/result.json");
    let mut results = Results::load(&path).unwrap();
    results.cases.retain(|case| case.n != 64);
    results.save(&path, root).unwrap();
    let text = toll(root, &["report", "--model"]);
    let text = String::from_utf8_lossy(&text.stdout);
    assert!(text.contains("no line was checked"), "{text}");
}

#[test]
fn stale_figures_in_documents_are_found_and_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    project(root);
    let bench = ["bench", "--launches", "1", "--shape", "good:16"];
    assert_eq!(toll(root, &bench).status.code(), Some(0));
    let latest = root.join("target/toll/bench/latest/result.json");
    let run = Results::load(&latest).unwrap().without_raw();
    fs::create_dir_all(root.join("bench/results")).unwrap();
    let reference = root.join("bench/results/reference.json");
    run.save(&reference, root).unwrap();
    let readme = root.join("README.md");
    let written = |text: &str| fs::write(&readme, text).unwrap();
    let exit = |args: &[&str]| toll(root, args).status.code();
    // Without kept runs a page speaks of the reference alone.
    written(
        "<!-- toll:run -->?<!-- /toll -->\nIt is <!-- toll:ns fake/odd good:16 -->?<!-- /toll -->\n",
    );
    assert_eq!(exit(&["report", "--check-docs"]), Some(1));
    assert_eq!(exit(&["report", "--docs"]), Some(0));
    assert_eq!(exit(&["report", "--check-docs"]), Some(0));
    let text = fs::read_to_string(&readme).unwrap();
    assert!(text.contains("\nMeasured on 20"), "{text}");
    assert!(
        text.contains("<!-- toll:ns fake/odd good:16 -->1.00 µs ≈ loop<!-- /toll -->\n"),
        "{text}"
    );

    // A second run, of a machine that is ten times slower: blocks may name it, and sentences are held to it.
    let kept = root.join("bench/results/runs");
    fs::create_dir_all(&kept).unwrap();
    let mut slow = Results::load(&reference).unwrap();
    slow.started = "2026-01-01T00:00:00Z".into();
    for case in &mut slow.cases {
        for ns in case.best_ns.iter_mut().chain(&mut case.median_ns) {
            *ns *= 10.0;
        }
        case.conclude();
    }
    slow.save(&kept.join("slow.json"), root).unwrap();
    written(
        "<!-- toll:run --><!-- /toll -->\nIt is <!-- toll:ns fake/odd good:16 run=slow --><!-- /toll -->\n\
         It <!-- toll:claim fake/odd good:16 / fake/odd good:16 1..1 -->costs itself<!-- /toll -->.\n",
    );
    assert_eq!(exit(&["report", "--docs"]), Some(0));
    let text = fs::read_to_string(&readme).unwrap();
    assert!(
        text.contains("run=slow -->10.0 µs ≈ loop<!-- /toll -->"),
        "{text}"
    );
    assert!(text.contains("`slow`: Measured on 2026-01-01 "), "{text}");
    assert!(text.contains("costs itself<!-- /toll -->"), "{text}");
    assert_eq!(exit(&["report", "--check-docs"]), Some(0));
    let page =
        |out: &str| fs::read_to_string(root.join("target/toll/bench/latest").join(out)).unwrap();
    assert_eq!(exit(&["report"]), Some(0));
    assert!(page("report.md").contains("`slow`: Measured on 2026-01-01 "));

    // What a kept run contradicts is no sentence for these pages, whatever the reference says.
    slow.cases
        .iter_mut()
        .filter(|case| case.shape == "empty")
        .for_each(|case| {
            case.best_ns = vec![1.0; case.best_ns.len()];
            case.conclude();
        });
    slow.save(&kept.join("slow.json"), root).unwrap();
    written(
        "It is <!-- toll:claim fake/odd good:16 / fake/odd empty ..1 -->cheaper than the loop<!-- /toll -->.\n",
    );
    let output = toll(root, &["report", "--check-docs"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("slow contradicts it"), "{said}");
    fs::remove_dir_all(&kept).unwrap();
    assert_eq!(exit(&["report", "--check-docs"]), Some(0));
}

/// Thirty bridges of three hosts that all answer in the same time.
fn thirty_bridges(root: &Path) {
    fs::create_dir_all(root.join("conformance")).unwrap();
    fs::create_dir_all(root.join("bench")).unwrap();
    fs::write(root.join("Cargo.toml"), "").unwrap();
    fs::write(root.join("steady.sh"), include_str!("bench/steady.sh")).unwrap();
    let shape = |id: &str, sizes: &str| {
        format!("[[shape]]\nid = '{id}'\ngroup = 'steady'\nwhat = 'waits'\ncheck = '1'\n{sizes}\n")
    };
    let many = "sizes = [1, 2, 3, 4]";
    let shapes = ["first", "second", "third"].map(|id| shape(id, many));
    let text = format!(
        "[short_of_time]\nfirst = ['second']\n[defaults]\nsizes = [1]\n{}{}",
        shape("empty", ""),
        shapes.concat()
    );
    fs::write(root.join("bench/shapes.toml"), text).unwrap();
    for i in 0..30 {
        let id = format!("host{}/way{i}", i % 3);
        let folder = root.join("bindings").join(&id);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("../host.toml"), "name = 'Made up'").unwrap();
        let hex: String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
        let toml = format!(
            "id = '{id}'\ntitle = 'made up'\nrole = 'pure'\nrunner = ['sh', 'steady.sh', '{hex}']\n\
             ownership = 'none'\nthreads = 'none'\ncopies = 'none'"
        );
        fs::write(folder.join("bridge.toml"), toml).unwrap();
    }
}

#[test]
fn thirty_bridges_are_timed_whatever_the_budget() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    thirty_bridges(root);
    let latest = root.join("target/toll/bench/latest");
    let bench = |within: &str| {
        let output = toll(root, &["bench", "--within", within]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let results = Results::load(&latest.join("result.json")).unwrap();
        assert_eq!(results.bridges.len(), 30);
        let page = fs::read_to_string(latest.join("report.html")).unwrap();
        for bridge in &results.bridges {
            let timed = results.case(&bridge.id, "empty", 0).unwrap();
            assert!(timed.headline.is_some() && timed.best_ns.len() >= 3);
            assert!(page.contains(&bridge.id), "{} is not there", bridge.id);
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (results, said, page)
    };

    // Time for all. Where there is time for some, a made-up clock tells (src/timing/budget.rs).
    let (results, said, page) = bench("10");
    let deadline = results.deadline.unwrap();
    assert_eq!(deadline.over, 0, "{said}");
    assert!(deadline.left_out.is_empty(), "{said}");
    assert_eq!(results.cases.len(), 30 * (1 + 4 * 3));
    assert!(!page.contains("left out"));

    // No time at all is told as such, and no bridge is missing.
    let (results, said, page) = bench("0.001");
    let deadline = results.deadline.unwrap();
    assert_eq!(deadline.left_out, ["first", "second", "third"]);
    assert_eq!(results.settings.launches, 3);
    assert!(
        deadline.over > 0 && said.contains("more than 0 s"),
        "{said}"
    );
    let command = "./just bench --shape first --shape second --shape third";
    assert!(said.contains(command) && page.contains(command), "{said}");

    // What that command does has no deadline.
    let shape = [
        "bench",
        "host1/way1",
        "--shape",
        "third:2",
        "--launches",
        "1",
    ];
    let output = toll(root, &shape);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let results = Results::load(&latest.join("result.json")).unwrap();
    assert!(results.deadline.is_none());
}

#[test]
fn a_run_is_kept_host_by_host_from_a_clean_tree() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    thirty_bridges(root);
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let settings = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        command.arg("-C").arg(root).args(settings).args(args);
        assert!(command.output().unwrap().status.success(), "{args:?}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "bindings", "bench", "steady.sh", "Cargo.toml"]);
    git(&["commit", "--quiet", "--message", "all"]);
    let save = |args: &[&str]| {
        let all = [&["bench", "--launches", "1", "--save", "here"], args].concat();
        toll(root, &all)
    };
    let folder = root.join("bench/results/runs/here");
    let files = || {
        let files = fs::read_dir(&folder).unwrap();
        let mut names: Vec<_> = files.map(|f| f.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(save(&["host1"]).status.code(), Some(0));
    assert_eq!(files(), ["host1.json"]);
    let first = fs::read(folder.join("host1.json")).unwrap();
    let output = save(&["--headlines"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(files(), ["headlines.json", "host1.json"]);
    let headlines = Results::load(&folder.join("headlines.json")).unwrap();
    assert_eq!(headlines.bridges.len(), 30);
    assert!(headlines.cases.iter().all(|case| case.shape == "empty"));
    assert_eq!(fs::read(folder.join("host1.json")).unwrap(), first);

    let refused = |output: Output, why: &str| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains(why), "{said}");
    };
    refused(save(&["host2", "--headlines"]), "name no bridge");
    refused(
        save(&["host1/way1"]),
        "name host1, and not one of its bridges",
    );
    fs::write(root.join("Cargo.toml"), "# changed").unwrap();
    refused(save(&["host1"]), "commit them first");
    assert_eq!(fs::read(folder.join("host1.json")).unwrap(), first);
}

#[test]
fn wrong_arguments_say_what_is_right() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    for (args, hint) in [
        (["bench", "--shape", "god"], "known are empty, good"),
        (["bench", "--shape", "void:3"], "has no sizes"),
        (["bench", "--save", "a/b"], "letters, digits"),
        (["report", "--in", "nothing.json"], "toll bench"),
    ] {
        let output = toll(dir.path(), &args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains(hint), "{args:?}: {said}");
    }
}
