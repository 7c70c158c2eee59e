//! A stream: the records of one order, person, store, wallet, inbox or scheduled event, written by one owner alone.
//!
//! Every command to a stream travels in an [`Envelope`], from the edge to the record.

mod command_id;
mod envelope;
mod fingerprint;

pub use command_id::own_command;
pub use envelope::{Envelope, Meta, StreamCommand};
pub use fingerprint::fingerprint;
