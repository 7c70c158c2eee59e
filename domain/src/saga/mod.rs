//! Sagas: tables of steps, how far each has come, and the marks that move them on.

mod compensation;
mod plan;
mod progress;

pub use compensation::compensation;
pub(crate) use compensation::moves_money;
pub use plan::{AcceptStep, CompleteStep, CreateStep, Failing, Row, Saga, Step, Undo};
pub use progress::{Mark, Progress, StepState, finish, mark, start, unwind};
