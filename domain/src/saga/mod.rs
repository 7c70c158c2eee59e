//! Sagas: the tables of their steps, and how far each saga of an order has come. The marks of steps are events of the order.

mod compensation;
mod plan;
mod progress;

pub use compensation::compensation;
pub use plan::{AcceptStep, CompleteStep, CreateStep, Failing, Row, Saga, Step, Undo};
pub use progress::{Mark, Progress, StepState};
