//! A small run with known figures, for tests.

use std::collections::BTreeMap;

use crate::bridge::Role;
use crate::machine::Machine;
use crate::results::rows::Declared;
use crate::results::{BridgeRun, Case, Results, SCHEMA, Settings};

/// What the hosts of [`results`] declare.
pub fn declared() -> Declared {
    Declared::with_loops_of(&["python"])
}

/// Six bridges, the empty loop, `add`, and `str_len` at two sizes.
pub fn results() -> Results {
    let bridges = [
        ("rust/direct", Role::Baseline, 0.3, 1.5),
        ("c/floor", Role::Floor, 0.3, 3.0),
        ("c/cabi", Role::Bridge, 0.3, 3.2),
        ("python/floor", Role::Floor, 10.0, 30.0),
        ("python/pyo3", Role::Bridge, 10.0, 42.0),
        ("python/pure", Role::Pure, 10.0, 38.0),
    ];
    let mut results = Results {
        schema: SCHEMA,
        started: "2026-01-02T03:04:05Z".into(),
        seconds: 60,
        toll: "0.1.0".into(),
        commit: None,
        dirty: false,
        settings: Settings {
            profile: "quick".into(),
            launches: 5,
            batches: 5,
            batch_target_ns: 1.5e6,
            canary_limit: 1.1,
            seed: 1,
            cpu: 1,
        },
        deadline: None,
        machine: Machine {
            cpu: "test".into(),
            cores: 2,
            governor: None,
            memory_mib: 1024,
            kernel: "Linux".into(),
            arch: "x86_64".into(),
            load: None,
        },
        toolchain: BTreeMap::new(),
        canary_best_ns: 1e4,
        absent: Vec::new(),
        bridges: Vec::new(),
        cases: Vec::new(),
    };
    for (id, role, empty, add) in bridges {
        let shapes = [
            ("empty", 0, empty),
            ("add", 0, add),
            ("str_len", 1, add),
            ("str_len", 16, 2.0 * add),
        ];
        for (shape, n, ns) in shapes {
            let mut case = Case::new(id, shape, n);
            case.best_ns = vec![ns; 5];
            case.median_ns = vec![ns; 5];
            case.conclude();
            results.cases.push(case);
        }
        results.bridges.push(BridgeRun {
            id: id.into(),
            host: id.split('/').next().unwrap_or_default().into(),
            role,
            host_version: "test".into(),
            versions: BTreeMap::new(),
            library: None,
            vectors: None,
            pinned: true,
            processes: 5,
            stats: BTreeMap::new(),
            expressions: BTreeMap::from([("add".into(), "add(7, 35)".into())]),
        });
    }
    results
}
