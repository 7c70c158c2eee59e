//! Telling, once, that the store can't go on.
//!
//! Owns the moment before anybody listens: what happens then is told as soon as somebody does.

use std::sync::{Arc, Mutex, PoisonError};

type Listener = Box<dyn FnOnce(&str) + Send>;

#[derive(Default)]
enum State {
    #[default]
    Silent,
    Rung(String),
    Heard(Listener),
    Done,
}

/// Clones are the same bell.
#[derive(Clone, Default)]
pub(super) struct FatalSignal {
    state: Arc<Mutex<State>>,
}

impl FatalSignal {
    /// Tells the listener, or remembers it until there is one.
    pub(super) fn ring(&self, why: &str) {
        tracing::error!(why, "the store can't go on");
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Done) {
            State::Silent => *state = State::Rung(why.to_owned()),
            State::Rung(first) => *state = State::Rung(first),
            State::Heard(listener) => {
                drop(state);
                listener(why);
            }
            State::Done => {}
        }
    }

    pub(super) fn answer(&self, listener: impl FnOnce(&str) + Send + 'static) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Done) {
            State::Rung(why) => {
                drop(state);
                listener(&why);
            }
            _ => *state = State::Heard(Box::new(listener)),
        }
    }
}
