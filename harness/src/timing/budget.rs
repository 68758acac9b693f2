//! How much of a plan fits into the time that there is, and what is timed next. Nothing here reads a clock or starts
//! a process: it is told the time, and what each step took.
//!
//! A run that will not end in time first does with fewer launches, then without the shapes of the highest rank
//! (`bench/shapes.toml` says the order), and never without a bridge. What is known grows as it goes, so the question
//! is asked anew before each step. The first launch takes the shapes that matter most first: what must go is then found
//! out before it was begun.

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;

/// What was not begun yet is taken to last longer than its like by this factor.
const CAUTION: f64 = 1.1;

/// A shape at a size, on every bridge that has it. Times are seconds.
#[derive(Debug, Clone)]
pub struct Item {
    /// The shape's place in the file.
    pub shape: usize,
    /// Nothing that has rank 0 goes; of the rest the highest goes first.
    pub rank: usize,
    /// What a launch takes for certain: warming up.
    pub warm_up: f64,
    /// What a launch is thought to take beside that, before it was tried.
    pub guess: f64,
    /// What the first launch is thought to take beyond the others.
    pub calibration: f64,
    /// What a launch took, without warming up.
    took: Option<f64>,
    /// How often it was timed.
    launches: u32,
}

impl Item {
    /// One that was not timed yet.
    #[must_use]
    pub fn new(shape: usize, rank: usize, warm_up: f64, guess: f64, calibration: f64) -> Self {
        Self {
            shape,
            rank,
            warm_up,
            guess,
            calibration,
            took: None,
            launches: 0,
        }
    }

    /// What a launch takes, where guesses are so far off.
    fn launch(&self, pace: f64) -> f64 {
        self.warm_up + self.took.unwrap_or(self.guess * pace)
    }

    /// How often it was timed.
    #[must_use]
    pub fn launches(&self) -> u32 {
        self.launches
    }
}

/// How many launches there may be, and within which time.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Launches of each item …
    pub launches: u32,
    /// … and where time is short.
    pub least: u32,
    /// Seconds from the start; none: as long as it takes.
    pub within: Option<f64>,
    /// Seconds that each launch takes to start its processes.
    pub start: f64,
    /// Whether shapes have processes of their own.
    pub process_per_shape: bool,
}

/// As much as fits.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fit {
    launches: u32,
    /// Items of a higher rank go.
    rank: usize,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A launch begins.
    Begin,
    /// End the processes; new ones start where they are needed.
    Renew,
    /// Time this item once.
    Time(usize),
    /// There is nothing more to do.
    End,
}

/// The order of a run's steps.
#[derive(Debug)]
pub struct Schedule {
    items: Vec<Item>,
    limits: Limits,
    rng: Rng,
    /// What is still to be timed in this launch, the next at the end: a list for each set of processes.
    groups: Vec<Vec<usize>>,
    /// Whether the launch is one beyond the plan, of what was slow.
    extra: bool,
}

impl Schedule {
    /// A run that has not begun.
    #[must_use]
    pub fn new(items: Vec<Item>, limits: Limits, rng: Rng) -> Self {
        Self {
            items,
            limits,
            rng,
            groups: Vec::new(),
            extra: false,
        }
    }

    /// The items, as far as they were timed.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What to do at this time.
    pub fn next(&mut self, now: Duration) -> Step {
        let fit = self.fit(now.as_secs_f64());
        while let Some(group) = self.groups.last_mut() {
            let Some(item) = group.pop() else {
                self.groups.pop();
                return Step::Renew;
            };
            if self.extra || self.lacks(item, fit) {
                return Step::Time(item);
            }
        }
        if self.extra {
            self.extra = false;
            return Step::End;
        }
        let lacking: Vec<usize> = self.lacking(fit).collect();
        self.groups = self.grouped(lacking);
        match self.groups.is_empty() {
            true => Step::End,
            false => Step::Begin,
        }
    }

    /// Begins one launch more of these items, of as many as there is time for; `false` where there is for none.
    pub fn again(&mut self, mut wanted: Vec<usize>, now: Duration) -> bool {
        wanted.sort_by_key(|item| self.items[*item].rank);
        if let Some(within) = self.limits.within {
            let mut end = now.as_secs_f64() + self.limits.start;
            let pace = self.pace();
            wanted.retain(|item| {
                let launch = self.items[*item].launch(pace);
                let fits = end + launch <= within;
                end += if fits { launch } else { 0.0 };
                fits
            });
        }
        self.groups = self.grouped(wanted);
        self.extra = !self.groups.is_empty();
        self.extra
    }

    /// An item was timed once more, in so many seconds beside warming up and calibrating.
    pub fn timed(&mut self, item: usize, seconds: f64) {
        let item = &mut self.items[item];
        item.launches += 1;
        item.took = Some(item.took.map_or(seconds, |took| (took + seconds) / 2.0));
    }

    /// What is still to come: items with their launches, and the seconds that it will take.
    #[must_use]
    pub fn to_come(&self, now: Duration) -> (Vec<(usize, u32)>, f64) {
        if self.extra {
            let items = || self.groups.iter().flatten();
            let pace = self.pace();
            let seconds = items().map(|item| self.items[*item].launch(pace)).sum();
            return (items().map(|item| (*item, 1)).collect(), seconds);
        }
        let fit = self.fit(now.as_secs_f64());
        let launches = |item: usize| (item, fit.launches - self.items[item].launches);
        (self.lacking(fit).map(launches).collect(), self.work(fit))
    }

    /// Places of the shapes that were timed too seldom to be shown.
    #[must_use]
    pub fn left_out(&self) -> BTreeSet<usize> {
        let seldom = |item: &&Item| item.launches < self.limits.least;
        self.items.iter().filter(seldom).map(|i| i.shape).collect()
    }

    fn lacking(&self, fit: Fit) -> impl Iterator<Item = usize> {
        (0..self.items.len()).filter(move |item| self.lacks(*item, fit))
    }

    fn lacks(&self, item: usize, fit: Fit) -> bool {
        let item = &self.items[item];
        item.rank <= fit.rank && item.launches < fit.launches
    }

    /// What fits from this time on; at least what never goes.
    fn fit(&self, now: f64) -> Fit {
        let Limits {
            launches, least, ..
        } = self.limits;
        let Some(within) = self.limits.within else {
            return Fit {
                launches,
                rank: usize::MAX,
            };
        };
        let fits = |fit: &Fit| now + self.work(*fit) <= within;
        let ranks: BTreeSet<usize> = self.items.iter().map(|item| item.rank).collect();
        let mut fewer_shapes = ranks.into_iter().rev().map(|rank| Fit {
            launches: least,
            rank,
        });
        let rank = fewer_shapes.find(fits).map_or(0, |fit| fit.rank);
        let mut fewer_launches = (least..=launches)
            .rev()
            .map(|launches| Fit { launches, rank });
        fewer_launches.find(fits).unwrap_or(Fit {
            launches: least,
            rank,
        })
    }

    /// Seconds that so much takes from now on.
    fn work(&self, fit: Fit) -> f64 {
        let pace = self.pace();
        let mut starts = 0;
        let mut seconds = 0.0;
        for item in self.items.iter().filter(|item| item.rank <= fit.rank) {
            let lacking = fit.launches.saturating_sub(item.launches);
            starts = starts.max(lacking);
            let launches = f64::from(lacking) * item.launch(pace);
            seconds += match item.took {
                Some(_) => launches,
                None => CAUTION * (launches + item.calibration * pace),
            };
        }
        seconds + f64::from(starts) * self.limits.start
    }

    /// How much longer than guessed what was timed took.
    fn pace(&self) -> f64 {
        let timed = self.items.iter().filter_map(|i| Some((i.took?, i.guess)));
        let (took, guessed) = timed.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        if guessed > 0.0 { took / guessed } else { 1.0 }
    }

    /// Items by the processes that they share, all in random order; where time may be short and something was not
    /// begun, what matters most comes first.
    fn grouped(&mut self, mut items: Vec<usize>) -> Vec<Vec<usize>> {
        self.rng.shuffle(&mut items);
        let is_new = |item: &usize| self.items[*item].launches == 0;
        if self.limits.within.is_some() && items.iter().any(is_new) {
            items.sort_by_key(|item| self.items[*item].rank);
        }
        // The next is taken from the end.
        items.reverse();
        if !self.limits.process_per_shape {
            return if items.is_empty() {
                Vec::new()
            } else {
                vec![items]
            };
        }
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for item in items {
            let shape = self.items[item].shape;
            let mut known = groups.iter_mut();
            match known.find(|group| self.items[group[0]].shape == shape) {
                Some(group) => group.push(item),
                None => groups.push(vec![item]),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run by a clock of its own, in which each item takes its guess `slower` times.
    struct Made {
        /// Seconds that it took.
        seconds: f64,
        schedule: Schedule,
        /// Steps, in order.
        steps: Vec<Step>,
    }

    fn run(items: Vec<Item>, limits: Limits, slower: impl Fn(f64) -> f64) -> Made {
        let mut schedule = Schedule::new(items, limits, Rng::with_seed(7));
        let (mut seconds, mut steps) = (0.0, Vec::new());
        let mut is_fresh = true;
        loop {
            let step = schedule.next(Duration::from_secs_f64(seconds));
            steps.push(step);
            match step {
                Step::End => break,
                Step::Begin => {}
                Step::Renew => is_fresh = true,
                Step::Time(index) => {
                    seconds += if is_fresh { limits.start } else { 0.0 };
                    is_fresh = false;
                    let item = &schedule.items()[index];
                    let once = if item.launches == 0 {
                        item.calibration
                    } else {
                        0.0
                    };
                    let launch = item.guess * slower(seconds);
                    seconds += item.warm_up + launch + once * slower(seconds);
                    schedule.timed(index, launch);
                }
            }
        }
        Made {
            seconds,
            schedule,
            steps,
        }
    }

    /// Shapes at three sizes; the first `kept` never go, the others from the last on.
    fn items(shapes: usize, kept: usize, guess: f64) -> Vec<Item> {
        let item = |i: usize| {
            let shape = i / 3;
            let rank = (shape + 1).saturating_sub(kept);
            Item::new(shape, rank, 0.0, guess, 2.0 * guess)
        };
        (0..3 * shapes).map(item).collect()
    }

    const LIMITS: Limits = Limits {
        launches: 5,
        least: 3,
        within: Some(600.0),
        start: 1.0,
        process_per_shape: false,
    };

    fn launches(made: &Made) -> Vec<u32> {
        made.schedule.items().iter().map(Item::launches).collect()
    }

    #[test]
    fn what_fits_is_timed_in_full() {
        // 5 launches of 60 items, 1 s each, and 120 s to calibrate: 425 s.
        let made = run(items(20, 2, 1.0), LIMITS, |_| 1.0);
        assert!(launches(&made).iter().all(|n| *n == 5));
        assert!(made.schedule.left_out().is_empty());
        let renewed = made.steps.iter().filter(|s| **s == Step::Renew).count();
        assert_eq!(renewed, 5, "new processes for each launch");
    }

    #[test]
    fn launches_go_first() {
        // 60 items of 2 s: 5 launches take 845 s, 3 take 603, and 2.5 % less take 590.
        let made = run(items(20, 2, 1.95), LIMITS, |_| 1.0);
        assert!(made.schedule.left_out().is_empty());
        assert!(
            launches(&made).iter().all(|n| *n == 3),
            "{:?}",
            launches(&made)
        );
        assert!(made.seconds <= 600.0, "{}", made.seconds);
    }

    #[test]
    fn then_shapes_in_their_order_and_as_few_as_may_be() {
        for guess in [3.0, 5.0, 8.0, 13.0] {
            let made = run(items(20, 2, guess), LIMITS, |_| 1.0);
            let left_out: Vec<usize> = made.schedule.left_out().into_iter().collect();
            let first = left_out[0];
            assert_eq!(
                left_out,
                (first..20).collect::<Vec<_>>(),
                "the last go first"
            );
            assert!(made.seconds <= 600.0, "{guess}: {}", made.seconds);
            let another = 3.0 * 5.0 * guess + 3.0;
            assert!(
                made.seconds + CAUTION * another > 600.0,
                "{guess}: one more would have fitted into {}",
                made.seconds
            );
        }
    }

    #[test]
    fn what_the_readme_shows_overruns_rather_than_going() {
        let made = run(items(20, 5, 30.0), LIMITS, |_| 1.0);
        assert_eq!(made.schedule.left_out(), (5..20).collect());
        let kept = &launches(&made)[..15];
        assert!(kept.iter().all(|n| *n == 3));
        assert!(made.seconds > 600.0);
    }

    #[test]
    fn a_wrong_guess_is_found_out() {
        for slower in [0.1, 0.5, 2.0, 7.0] {
            let made = run(items(40, 2, 1.0), LIMITS, |_| slower);
            assert!(made.seconds <= 600.0, "{slower}: {}", made.seconds);
        }
    }

    #[test]
    fn a_machine_that_slows_down_costs_launches_and_shapes_not_the_deadline() {
        let limits = Limits {
            within: Some(500.0),
            ..LIMITS
        };
        let made = run(items(20, 2, 1.3), limits, |now| {
            if now > 200.0 { 1.9 } else { 1.0 }
        });
        assert!(made.seconds <= 500.0, "{}", made.seconds);
        let seldom: Vec<u32> = launches(&made).into_iter().filter(|n| *n < 3).collect();
        assert!(seldom.len() < 30, "{seldom:?}");
    }

    #[test]
    fn without_a_deadline_all_is_timed_however_long_it_takes() {
        let limits = Limits {
            within: None,
            ..LIMITS
        };
        let made = run(items(20, 2, 100.0), limits, |_| 3.0);
        assert!(launches(&made).iter().all(|n| *n == 5));
    }

    #[test]
    fn the_first_launch_takes_what_matters_most_first() {
        let made = run(items(20, 2, 8.0), LIMITS, |_| 1.0);
        let first = made.steps.iter().take_while(|s| **s != Step::Renew);
        let shapes = first.filter_map(|step| match step {
            Step::Time(item) => Some((item / 3).max(1)),
            _ => None,
        });
        assert!(shapes.is_sorted());
    }

    #[test]
    fn shapes_with_their_own_processes_stay_together() {
        let limits = Limits {
            process_per_shape: true,
            within: None,
            launches: 2,
            ..LIMITS
        };
        let made = run(items(4, 1, 1.0), limits, |_| 1.0);
        let groups = made.steps.split(|step| *step == Step::Renew);
        let groups = groups.map(|group| group.iter().filter(|s| **s != Step::Begin));
        let groups: Vec<Vec<&Step>> = groups.map(Iterator::collect).collect();
        let groups: Vec<_> = groups.into_iter().filter(|g| g.len() > 1).collect();
        assert_eq!(groups.len(), 8);
        for group in groups {
            let shape = |step: &Step| match step {
                Step::Time(item) => item / 3,
                _ => panic!("{step:?}"),
            };
            assert_eq!(
                group.into_iter().map(shape).collect::<BTreeSet<_>>().len(),
                1
            );
        }
    }

    #[test]
    fn what_was_slow_is_timed_again_as_far_as_there_is_time() {
        let mut made = run(items(20, 2, 1.0), LIMITS, |_| 1.0);
        let late = Duration::from_secs(595);
        assert!(made.schedule.again((0..60).collect(), late));
        let mut again = Vec::new();
        while let Step::Time(item) = made.schedule.next(late) {
            again.push(item);
        }
        assert_eq!(made.schedule.next(late), Step::End);
        assert_eq!(
            again.len(),
            4,
            "four of a second each, and a second to start"
        );
        assert!(
            again.iter().all(|item| *item < 6),
            "what never goes: {again:?}"
        );
        assert!(!made.schedule.again(vec![1], Duration::from_secs(600)));
    }
}
