//! The right to have one command under way. Opaque to those who carry it; the registry defines what is given back.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The right to have one command under way: one place at its key and one in the registry. It travels inside the
/// message, so a command whose caller is gone is counted until it is done. Given back when the last clone is dropped.
#[derive(Clone)]
pub struct Permit(#[expect(dead_code, reason = "held for its drop")] Arc<dyn Any + Send + Sync>);

impl Permit {
    pub(super) fn new(held: impl Any + Send + Sync) -> Self {
        Self(Arc::new(held))
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit")
    }
}
