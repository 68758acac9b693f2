//! Random calls of the C ABI, from one thread and from several, against a plain model.
//!
//! The functions are called as C would call them: with NULL, misaligned memory and lengths that no memory
//! has. What each must answer is known beforehand; where several threads call at once, what they must
//! have done together. The bytes say which calls are made.

mod calls;
mod model;
mod watch;
mod world;

use arbitrary::Unstructured;
use world::World;

/// More make an input slow, not deep.
const MOST_CALLS: usize = 200;

/// Makes the calls that the bytes stand for, and lets go of everything.
pub fn run(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut world = World::default();
    for _ in 0..MOST_CALLS {
        if input.is_empty() || world.step(&mut input).is_err() {
            break;
        }
    }
    world.end();
}
