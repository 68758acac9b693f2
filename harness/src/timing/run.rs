//! A run: its runners are started, and timed step by step as the [schedule](crate::timing::budget) says.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;

use crate::bridge::Bridge;
use crate::canary::{self, Canary};
use crate::check::{self, Checked};
use crate::machine::{self, Library};
use crate::results::{
    Absent, BridgeRun, Case, Deadline, Failure, FailureKind, Results, SCHEMA, Settings, Vectors,
    significant,
};
use crate::runner::{Outcome, Runner};
use crate::shapes::Shape;
use crate::stats;
use crate::timing::budget::{Item, Limits, Schedule, Step};
use crate::timing::clock::{self, Clock};
use crate::timing::plan::Plan;
use crate::timing::progress::Progress;

/// Batches that a launch of a slow case may spend together, ns.
const SLOW_CASE_NS: f64 = 60e6;
/// A batch longer than this is not repeated for a slow canary.
const REPEATABLE_NS: f64 = 20e6;
/// Repeats of one batch, at most.
const REPEATS: u32 = 3;
/// Batches that a launch is guessed to take as long as, beyond those that count: one to warm up, canaries, the pipe.
const BATCHES_BESIDE: f64 = 2.0;
/// Batches that calibrating is guessed to take as long as.
const BATCHES_TO_CALIBRATE: f64 = 1.5;

/// The share of a deadline that is there for timing: the report is written afterwards.
const TO_TIME: f64 = 0.98;

/// Times all that the plan says.
///
/// # Errors
/// When nothing could be timed. What goes wrong in a runner is a result.
pub(crate) fn time(plan: &Plan) -> Result<Results> {
    let clock = Instant::now();
    let mut run = Run {
        plan,
        // Results of another version say nothing.
        checked: check::load_results(plan.workspace).unwrap_or_default(),
        rng: Rng::with_seed(plan.seed),
        canary: Canary::warmed_up(),
        repeats_left: 0,
        bridges: Vec::new(),
        absent: Vec::new(),
        cases: Vec::new(),
        of_item: vec![Vec::new(); plan.keys.len()],
        slots: Vec::new(),
        progress: Progress::new(),
    };
    for bridge in &plan.bridges {
        if let Err(error) = run.survey(bridge) {
            run.absent.push(Absent {
                bridge: bridge.id.clone(),
                why: format!("{error:#}"),
            });
        }
    }
    let whys: Vec<&str> = run.absent.iter().map(|a| a.why.as_str()).collect();
    ensure!(
        !run.cases.is_empty(),
        "nothing to time: {}",
        whys.join("; ")
    );
    let profile = &plan.profile;
    run.repeats_left = run.cases.len() as u32 * profile.launches * profile.batches;
    // Surveying started each of them once.
    let mut schedule = run.schedule(clock.elapsed());
    run.follow(&mut schedule, &clock, true);
    for _ in 0..profile.more_launches {
        let unsure = run.unsure(&schedule);
        if !schedule.again(unsure, clock.elapsed()) {
            break;
        }
        run.follow(&mut schedule, &clock, false);
    }
    Ok(run.conclude(&schedule, &clock))
}

/// A run under way.
struct Run<'a> {
    plan: &'a Plan<'a>,
    /// What the last `toll check` said.
    checked: Vec<Checked>,
    rng: Rng,
    canary: Canary,
    /// A machine that stays slow must not make the run endless.
    repeats_left: u32,
    bridges: Vec<(&'a Bridge, BridgeRun)>,
    absent: Vec<Absent>,
    cases: Vec<Timed<'a>>,
    /// Places in `cases`, for each of the plan's keys.
    of_item: Vec<Vec<usize>>,
    /// The processes of this launch, one a bridge.
    slots: Vec<Slot>,
    progress: Progress,
}

/// A case and what is timed in it.
struct Timed<'a> {
    bridge: usize,
    shape: &'a Shape,
    case: Case,
}

/// A bridge's process, started when it is first needed, and the shapes that it is warm for.
#[derive(Default)]
struct Slot {
    runner: Option<Runner>,
    warm: BTreeSet<String>,
}

impl<'a> Run<'a> {
    /// Starts a bridge once to learn what it is and what it can time.
    fn survey(&mut self, bridge: &'a Bridge) -> Result<()> {
        let limit = self.plan.limit;
        let mut runner = self.start(bridge)?;
        let expressions = match runner.ask("shapes", limit) {
            Outcome::Reply(reply) => clock::expressions(&reply)
                .with_context(|| format!("{}: `shapes`: {}", bridge.id, reply.join(" ")))?,
            other => anyhow::bail!("{}: `shapes`: {other:?}", bridge.id),
        };
        let library = runner.hello().library.as_deref();
        let library = library
            .map(|path| machine::library(path, &self.plan.workspace.root))
            .transpose()?;
        let run = BridgeRun {
            id: bridge.id.clone(),
            host: bridge.host().into(),
            role: bridge.role,
            host_version: runner.hello().host.clone(),
            versions: bridge.versions.clone(),
            vectors: self.vectors(&bridge.id, library.as_ref()),
            library,
            pinned: bridge.pin,
            processes: 0,
            stats: BTreeMap::new(),
            expressions,
        };
        for (item, (shape, n)) in self.plan.keys.iter().enumerate() {
            if run.expressions.contains_key(&shape.id) {
                self.of_item[item].push(self.cases.len());
                let case = Case::new(&bridge.id, &shape.id, *n);
                self.cases.push(Timed {
                    bridge: self.bridges.len(),
                    shape,
                    case,
                });
            }
        }
        self.bridges.push((bridge, run));
        self.slots.push(Slot::default());
        Ok(())
    }

    /// What was last found out about this library; a row about an earlier build says nothing.
    fn vectors(&self, bridge: &str, library: Option<&Library>) -> Option<Vectors> {
        let identity = library.map(|library| &library.identity);
        let mut rows = self.checked.iter();
        let row = rows.find(|row| row.bridge == bridge && row.library.as_ref() == identity)?;
        Some(Vectors {
            passed: row.passed,
            failed: row.failures(),
            unsupported: row.unsupported,
        })
    }

    /// Starts a runner where its `pin` says, in its host's environment for timing.
    fn start(&self, bridge: &Bridge) -> Result<Runner> {
        let Plan {
            workspace, pinned, ..
        } = self.plan;
        let env = &workspace.host_of(bridge).bench.env;
        let mut bridge = bridge.clone();
        bridge.env.extend(env.clone());
        match bridge.pin {
            true => Runner::start_on(&bridge, Some(pinned.cpu)),
            false => pinned.undone_for(|| Runner::start(&bridge)),
        }
    }

    /// What is to be timed, an item a key, with what it is guessed to take.
    fn schedule(&mut self, start: Duration) -> Schedule {
        let Plan {
            profile,
            within,
            workspace,
            keys,
            ..
        } = self.plan;
        let batch = profile.batch_target_ns / 1e9;
        let items = keys.iter().zip(&self.of_item).map(|((shape, _), cases)| {
            let bridges = cases.iter().map(|i| self.bridges[self.cases[*i].bridge].0);
            let warm_up: f64 = bridges.map(|b| workspace.host_of(b).bench.warm_up).sum();
            let sizes = keys.iter().filter(|key| key.0.id == shape.id).count();
            let place = keys.iter().position(|key| key.0.id == shape.id);
            let batches = batch * cases.len() as f64;
            Item::new(
                place.unwrap_or_default(),
                shape.rank,
                // The first size that a process meets warms up for all.
                warm_up / sizes as f64,
                batches * (f64::from(profile.batches) + BATCHES_BESIDE),
                batches * BATCHES_TO_CALIBRATE,
            )
        });
        let limits = Limits {
            launches: profile.launches,
            least: profile.least_launches.min(profile.launches),
            within: within.map(|within| within.as_secs_f64() * TO_TIME),
            start: start.as_secs_f64(),
            process_per_shape: profile.process_per_shape,
        };
        Schedule::new(items.collect(), limits, self.rng.fork())
    }

    /// Takes every step there is. With `counted` the results tell what hosts counted in the processes of the last launch.
    fn follow(&mut self, schedule: &mut Schedule, clock: &Instant, counted: bool) {
        loop {
            match schedule.next(clock.elapsed()) {
                Step::Begin => self
                    .bridges
                    .iter_mut()
                    .for_each(|(_, run)| run.stats.clear()),
                Step::Renew => self.renew(counted),
                Step::Time(item) => self.time_item(item, schedule, clock),
                Step::End => break,
            }
        }
    }

    /// Ends the processes.
    fn renew(&mut self, counted: bool) {
        for (slot, (_, run)) in self.slots.iter_mut().zip(&mut self.bridges) {
            let Slot { runner, .. } = std::mem::take(slot);
            let Some(mut runner) = runner.filter(|_| counted) else {
                continue;
            };
            if let Outcome::Reply(reply) = runner.ask("stats", self.plan.limit) {
                for (word, count) in clock::counts(&reply) {
                    *run.stats.entry(word).or_default() += count;
                }
            }
        }
    }

    /// Items of which some bridge was timed in a slow phase more than half the time, so that its lower quartile may be
    /// slow too. All bridges are timed again, to keep them side by side.
    fn unsure(&self, schedule: &Schedule) -> Vec<usize> {
        let is_unsure = |item: &usize| {
            let mut cases = self.of_item[*item].iter().map(|i| &self.cases[*i].case);
            cases.any(|case| 2 * case.slow_launches as usize > case.best_ns.len())
        };
        let left_out = schedule.left_out();
        let items = schedule.items().iter().enumerate();
        let shown = items.filter(|(_, item)| !left_out.contains(&item.shape));
        shown.map(|(i, _)| i).filter(is_unsure).collect()
    }

    /// One launch of an item: of its shape and size on every bridge, in random order.
    fn time_item(&mut self, item: usize, schedule: &mut Schedule, clock: &Instant) {
        let now = clock.elapsed();
        let (to_come, left) = schedule.to_come(now);
        let cases =
            |(item, launches): (usize, u32)| u64::from(launches) * self.of_item[item].len() as u64;
        let to_come = to_come.into_iter().map(cases).sum();
        let mut order = self.of_item[item].clone();
        self.rng.shuffle(&mut order);
        let mut seconds = 0.0;
        for index in order {
            let case = &self.cases[index].case;
            let what = format!("{} {}", case.bridge, case.shape);
            self.progress.tell(clock.elapsed(), &what, to_come, left);
            // Not again: a hang costs its time limit each time.
            if case.failure.is_none() {
                match self.launch(index) {
                    Ok(took) => seconds += took.as_secs_f64(),
                    Err(failure) => self.cases[index].case.failure = Some(failure),
                }
            }
            self.progress.advance();
        }
        schedule.timed(item, seconds);
    }

    /// One launch of one case, and how long its batches took.
    fn launch(&mut self, index: usize) -> Result<Duration, Failure> {
        let bridge = self.cases[index].bridge;
        let mut slot = std::mem::take(&mut self.slots[bridge]);
        let timed = self.launch_in(&mut slot, index);
        let has_ended =
            |failure: &Failure| matches!(failure.kind, FailureKind::Crashed | FailureKind::Hung);
        if !timed.as_ref().is_err_and(has_ended) {
            self.slots[bridge] = slot;
        }
        timed
    }

    fn launch_in(&mut self, slot: &mut Slot, index: usize) -> Result<Duration, Failure> {
        let Timed {
            bridge,
            shape,
            ref case,
        } = self.cases[index];
        let (n, known) = (case.n, case.iterations);
        let (started, run) = &mut self.bridges[bridge];
        let started = *started;
        let runner = match &mut slot.runner {
            Some(runner) => runner,
            None => {
                run.processes += 1;
                let runner = self.start(started).map_err(|e| Failure {
                    kind: FailureKind::Crashed,
                    detail: format!("{e:#}"),
                })?;
                slot.runner.insert(runner)
            }
        };
        let mut clock = Clock {
            runner,
            shape,
            n,
            limit: self.plan.limit,
        };
        if slot.warm.insert(shape.id.clone()) {
            let host = self.plan.workspace.host_of(started);
            clock.warm_up(Duration::from_secs_f64(host.bench.warm_up))?;
        }
        let iterations = match known {
            0 => clock.calibrate(self.plan.profile.batch_target_ns)?,
            known => known,
        };
        self.cases[index].case.iterations = iterations;
        let begun = Instant::now();
        let batches = self.time_batches(&mut clock, iterations)?;
        let took = begun.elapsed();
        self.cases[index].case.add_launch(&batches, &self.canary);
        Ok(took)
    }

    /// A discarded batch to warm up, then those that count, each between two canaries.
    fn time_batches(&mut self, clock: &mut Clock, iterations: u64) -> Result<Vec<Batch>, Failure> {
        let warm = clock.time(iterations)?;
        let affordable = (SLOW_CASE_NS / warm.max(1.0)) as u32;
        let mut batches = Vec::new();
        for _ in 0..self.plan.profile.batches.min(affordable).max(2) {
            let mut repeats = 0;
            let batch = loop {
                let before = self.canary.sing();
                let ns = clock.time(iterations)?;
                let canary = before.max(self.canary.sing());
                let again = self.canary.is_slow(canary)
                    && ns < REPEATABLE_NS
                    && repeats < REPEATS
                    && self.repeats_left > 0;
                if !again {
                    break Batch { ns, canary };
                }
                repeats += 1;
                self.repeats_left -= 1;
            };
            batches.push(batch);
        }
        Ok(batches)
    }

    /// The results, without the shapes that there was no time for.
    fn conclude(self, schedule: &Schedule, clock: &Instant) -> Results {
        let plan = self.plan;
        let shapes = schedule.left_out().into_iter();
        let left_out: Vec<String> = shapes.map(|at| plan.keys[at].0.id.clone()).collect();
        let timed = self.cases.into_iter().map(|timed| timed.case);
        let mut cases: Vec<Case> = timed
            .filter(|case| !left_out.contains(&case.shape))
            .collect();
        cases.iter_mut().for_each(Case::conclude);
        let sound = cases.iter().filter(|case| case.failure.is_none());
        let launches = sound.map(|case| case.best_ns.len() as u32).min();
        let launches = launches.map_or(plan.profile.launches, |least| {
            least.min(plan.profile.launches)
        });
        let (commit, dirty) = machine::commit(&plan.workspace.root);
        let took = clock.elapsed();
        Results {
            schema: SCHEMA,
            started: plan.started.clone(),
            seconds: took.as_secs(),
            toll: env!("CARGO_PKG_VERSION").into(),
            commit,
            dirty,
            settings: Settings {
                profile: plan.profile.name.into(),
                launches,
                batches: plan.profile.batches,
                batch_target_ns: plan.profile.batch_target_ns,
                canary_limit: canary::LIMIT,
                seed: plan.seed,
                cpu: plan.pinned.cpu,
            },
            deadline: plan.within.map(|within| Deadline {
                seconds: within.as_secs(),
                over: took.saturating_sub(within).as_secs(),
                launches: plan.profile.launches,
                left_out,
                named: plan.named.clone(),
            }),
            machine: plan.machine.clone(),
            toolchain: machine::toolchain(&plan.workspace.hosts, &plan.workspace.root),
            canary_best_ns: self.canary.best(),
            absent: self.absent,
            bridges: self.bridges.into_iter().map(|(_, run)| run).collect(),
            cases,
        }
    }
}

/// One batch: the time of all its calls, and the slower of its two canaries, in ns.
struct Batch {
    ns: f64,
    canary: f64,
}

impl Case {
    fn add_launch(&mut self, batches: &[Batch], canary: &Canary) {
        let calls = self.iterations as f64;
        let Some(best) = batches.iter().min_by(|a, b| a.ns.total_cmp(&b.ns)) else {
            return;
        };
        let times: Vec<f64> = batches.iter().map(|b| b.ns).collect();
        let Some(median) = stats::median(&times) else {
            return;
        };
        self.best_ns.push(significant(best.ns / calls));
        self.median_ns.push(significant(median / calls));
        self.slow_launches += u32::from(canary.is_slow(best.canary));
        if let Some(raw) = &mut self.raw {
            raw.batch_ns.push(times);
            raw.canary_ns
                .push(batches.iter().map(|b| b.canary).collect());
        }
    }
}
