//! Sagas: tables of steps, and the engine that is the only code with control flow over them.

mod plan;
mod progress;
mod remedy;

pub use plan::{ACCEPT_ORDER, COMPLETE_ORDER, CREATE_ORDER, Do, Failing, Plan, Saga, Step, Undo};
pub use progress::{Mark, Progress, StepState, finish, mark, start, unwind};
pub(crate) use remedy::moves_money;
pub use remedy::way_back;
