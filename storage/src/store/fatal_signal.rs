//! Reports, once, that the store can't go on. If nobody listens yet, the reason is kept until somebody does.

use std::sync::{Arc, Mutex, PoisonError};

type Listener = Box<dyn FnOnce(&str) + Send>;

#[derive(Default)]
enum State {
    #[default]
    Silent,
    Raised(String),
    Heard(Listener),
    Done,
}

/// Clones share the same signal.
#[derive(Clone, Default)]
pub(super) struct FatalSignal {
    state: Arc<Mutex<State>>,
}

impl FatalSignal {
    /// Calls the listener with the reason, or keeps the reason until there is one.
    pub(super) fn raise(&self, why: &str) {
        tracing::error!(why, "the store can't go on");
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Done) {
            State::Silent => *state = State::Raised(why.to_owned()),
            State::Raised(first) => *state = State::Raised(first),
            State::Heard(listener) => {
                drop(state);
                listener(why);
            }
            State::Done => {}
        }
    }

    pub(super) fn listen(&self, listener: impl FnOnce(&str) + Send + 'static) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, State::Done) {
            State::Raised(why) => {
                drop(state);
                listener(&why);
            }
            _ => *state = State::Heard(Box::new(listener)),
        }
    }
}
