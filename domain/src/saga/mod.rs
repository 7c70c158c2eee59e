//! Sagas: tables of steps, and the engine that is the only code with control flow over them.

mod compensation;
mod plan;
mod progress;

pub use compensation::compensation;
pub(crate) use compensation::moves_money;
pub use plan::{ACCEPT_ORDER, COMPLETE_ORDER, CREATE_ORDER, Do, Failing, Plan, Saga, Step, Undo};
pub use progress::{Mark, Progress, StepState, finish, mark, start, unwind};
