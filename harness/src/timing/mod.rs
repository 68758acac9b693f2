//! Timing, from what is asked for to results. `plan` says what is timed and how thoroughly; `budget` what of it
//! fits into the time and what comes next; `run` starts the runners and goes from step to step; `clock` times one
//! case; `progress` tells how far it is.

pub mod budget;
pub(crate) mod clock;
pub(crate) mod plan;
mod progress;
mod run;

pub(crate) use clock::Clock;
pub(crate) use plan::Key;
pub(crate) use run::time;
