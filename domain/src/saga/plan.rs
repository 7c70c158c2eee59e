//! The sagas as tables. Every row fills every column; "no undo" needs its reason.

use serde::{Deserialize, Serialize};

/// Which saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Saga {
    /// Places an order.
    Create,
    /// Binds a runner.
    Accept,
    /// Delivers, pays and ends.
    Complete,
}

impl Saga {
    /// Its table.
    #[must_use]
    pub const fn plan(self) -> &'static Plan {
        match self {
            Self::Create => &CREATE_ORDER,
            Self::Accept => &ACCEPT_ORDER,
            Self::Complete => &COMPLETE_ORDER,
        }
    }
}

/// Who does a step forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Do {
    /// The order's own decision.
    Order,
    /// A vote of the directory.
    Directory,
    /// A vote of the escrow owner, or a transfer.
    Escrow,
    /// A vote of the timer owner, or a timer.
    Timer,
    /// A call to the payment gateway.
    Payment,
    /// A notice.
    Notification,
}

/// What takes a step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// This role does, by what the words say.
    By(Do, &'static str),
    /// Nothing does, for this reason.
    Never(&'static str),
}

/// What a lasting failure of a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// The command is refused; nothing was written.
    Reject,
    /// The steps before it are taken back.
    Unwind,
    /// It is tried again until a person helps; nothing is taken back.
    RetryThenAlert,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Its name, imperative.
    pub name: &'static str,
    /// Who does it.
    pub forward: Do,
    /// What takes it back.
    pub undo: Undo,
    /// What a lasting failure does.
    pub failing: Failing,
}

/// A saga's table.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Its name.
    pub name: &'static str,
    /// Its rows.
    pub steps: &'static [Step],
}

const fn plan(name: &'static str, steps: &'static [Step]) -> Plan {
    Plan { name, steps }
}

const fn step(name: &'static str, forward: Do, undo: Undo, failing: Failing) -> Step {
    Step {
        name,
        forward,
        undo,
        failing,
    }
}

use Do::{Directory, Escrow, Notification, Order, Payment, Timer};
use Failing::{Reject, RetryThenAlert, Unwind};
use Undo::{By, Never};

/// From the customer's wish to an order on the board.
#[rustfmt::skip]
pub const CREATE_ORDER: Plan = plan("create-order", &[
    //   step                 forward       undo                                          if it keeps failing
    step("check-customer",    Directory,    Never("a vote: nothing was written"),         Reject),
    step("record-order",      Order,        By(Order, "cancel"),                          Reject),
    step("authorize-payment", Payment,      By(Payment, "void the authorization"),        Unwind),
    step("hold-funds",        Escrow,       By(Escrow, "void the hold"),                  Unwind),
    step("arm-timer",         Timer,        By(Timer, "disarm"),                          Unwind),
    step("make-available",    Order,        Never("last step: a later end is a command"), RetryThenAlert),
]);

/// From a runner's tap to a bound runner; unwound when the runner is unbound before buying.
#[rustfmt::skip]
pub const ACCEPT_ORDER: Plan = plan("accept-order", &[
    //   step                 forward       undo                                          if it keeps failing
    step("verify-available",  Order,        Never("a look: nothing was written"),         Reject),
    step("bind-runner",       Directory,    By(Directory, "free the slot"),               Reject),
    step("mark-accepted",     Order,        By(Order, "make available again"),            Reject),
    step("stop-timer",        Timer,        By(Timer, "arm the acceptance timer anew"),   Reject),
    step("notify-customer",   Notification, By(Notification, "tell the customer"),        Reject),
]);

/// From the store to the runner's wallet. Capture at purchase is behind it; nothing here is taken back.
#[rustfmt::skip]
pub const COMPLETE_ORDER: Plan = plan("complete-order", &[
    //   step                 forward       undo                                          if it keeps failing
    step("arrive-on-site",    Order,        Never("the saga before it unwinds: the runner is unbound"), Reject),
    step("buy-food",          Order,        Never("the food is bought"),                  Reject),
    step("capture-payment",   Payment,      Never("pivot: the customer owes what fails"), RetryThenAlert),
    step("collect-food",      Order,        Never("the food is bought"),                  Reject),
    step("depart",            Order,        Never("the food is bought"),                  Reject),
    step("mark-delivered",    Order,        Never("the food has moved"),                  Reject),
    step("release-escrow",    Escrow,       Never("a delivery is never undone"),          RetryThenAlert),
    step("mark-completed",    Order,        Never("the money has moved"),                 RetryThenAlert),
]);
