//! What the runtime can be told: one type per command, with the type of its reply.

use super::{Refusal, Runtime};
use crate::command_id::keyed_command;
use campusg_domain::{
    call::CardToken,
    id::{CommandId, Fingerprint, OrderId, Principal, ScheduleId, SessionId, StoreId, UserId},
    money::Cents,
    order::{self, Handover, Item, Order, StoreRef, TimerKind},
    owner::{
        directory::{Card, Hours, StoreChange},
        inbox::NoticeId,
    },
    stream::Meta,
    time::At,
};
use std::{fmt, sync::Arc};

/// Who commands, and under which key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who.
    pub principal: Principal,
    /// The route with its ids, as `POST /api/orders/{id}/accept` filled in; scopes the key.
    pub route: String,
    /// The caller's idempotency key, 1–255 characters.
    pub key: Option<String>,
    /// Hash of the body.
    pub fingerprint: Fingerprint,
    /// Names the request in logs.
    pub request: String,
}

impl Caller {
    /// A caller without a key, as the command line and the runtime itself are.
    #[must_use]
    pub fn plain(principal: Principal, route: &str) -> Self {
        Self {
            principal,
            route: route.into(),
            key: None,
            fingerprint: Fingerprint(0),
            request: route.into(),
        }
    }
}

impl Caller {
    /// Whether the order has carried out this caller's command under the same key before.
    #[must_use]
    pub fn is_heard_by(&self, order: &Order) -> bool {
        let meta = self.meta(|| CommandId(0));
        meta.keyed && order::known(Some(order), meta.id, meta.fingerprint).is_some()
    }

    /// The header of this caller's command: its id is the same for the same user, route and key, drawn without a key.
    pub(crate) fn meta(&self, random: impl FnOnce() -> CommandId) -> Meta {
        let id = match &self.key {
            Some(key) => keyed_command(self.principal, &self.route, key),
            None => random(),
        };
        Meta {
            principal: self.principal,
            id,
            fingerprint: self.fingerprint,
            keyed: self.key.is_some(),
            request: self.request.as_str().into(),
        }
    }

    /// The signed-in person.
    pub(crate) fn user(&self) -> Result<UserId, Refusal> {
        self.principal.user().ok_or_else(|| {
            Refusal::rule(order::Rejection::NotAllowed {
                who: "signed-in users".into(),
            })
        })
    }

    /// An operator, or the command line.
    pub(crate) fn operator(&self) -> Result<(), Refusal> {
        match self.principal {
            Principal::Operator(_) | Principal::System => Ok(()),
            Principal::User(_) | Principal::Gateway => {
                Err(Refusal::rule(order::Rejection::NotAllowed {
                    who: "operators".into(),
                }))
            }
        }
    }
}

/// A command with the type of its reply. Implemented by the types of this module only.
pub trait Command: Sized + Send + 'static {
    /// What a done command answers.
    type Reply: Send + 'static;

    /// Carries it out; called by [`Runtime::command`].
    #[doc(hidden)]
    fn carry_out(
        self,
        runtime: &Runtime,
        caller: Caller,
    ) -> impl Future<Output = Result<Self::Reply, Refusal>> + Send;
}

/// A text that is shown nowhere, not even in debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where exactly the food goes; sealed before it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DropoffDetails {
    /// Level of the building.
    pub level: Option<String>,
    /// Room.
    pub room: Option<String>,
    /// Where to meet instead.
    pub meeting_point: Option<String>,
    /// Anything else.
    pub notes: Option<String>,
}

/// A wish for an order, in plain text.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Where to buy.
    pub store: StoreRef,
    /// What to buy.
    pub items: Vec<Item>,
    /// Which building.
    pub building: String,
    /// Where exactly.
    pub details: DropoffDetails,
    /// How the food changes hands.
    pub handover: Handover,
    /// Tip.
    pub tip: Cents,
    /// Not before this time.
    pub deliver_after: Option<At>,
}

/// Places an order for the caller. Replies with the order as it stands when it is available, waiting or cancelled,
/// at the latest after two seconds.
#[derive(Clone, Debug)]
pub struct PlaceOrder(pub NewOrder);

/// An order after a command, and what the command was answered with.
#[derive(Clone, Debug)]
pub struct OrderReply {
    /// The order as of the command.
    pub order: Arc<Order>,
    /// Whether this was a repeat of a command that had taken effect before.
    pub repeated: bool,
}

/// A command to one order.
#[derive(Clone, Debug)]
pub struct ToOrder {
    /// Which.
    pub order: OrderId,
    /// What.
    pub command: order::Command,
}

/// Opens an account and signs in.
#[derive(Clone, Debug)]
pub struct Register {
    /// E-mail address.
    pub email: String,
    /// At least 10 characters.
    pub password: Secret,
    /// First name; shown to the other side of an order.
    pub first_name: String,
    /// Last name; shown to operators.
    pub last_name: String,
    /// Phone; shown to operators.
    pub phone: Option<String>,
    /// Whether the person operates the platform; the system only.
    pub operator: bool,
}

/// Signs in.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: Secret,
}

/// A fresh session; the token is shown once.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// Its token.
    pub token: Secret,
    /// When it ends.
    pub expires_at: At,
}

/// Ends a session of the caller.
#[derive(Clone, Copy, Debug)]
pub struct SignOut(pub SessionId);

/// Changes what is given of the caller's profile.
#[derive(Clone, Debug)]
pub struct ChangeProfile {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Phone; an empty text removes it.
    pub phone: Option<String>,
}

/// Puts the caller's card on file; transition 41: it pays what the caller owes. Answers a [`NewCard`].
#[derive(Clone, Debug)]
pub struct SetCard(pub CardToken);

/// A card that was put on file, as it was recorded, also where the command is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCard {
    /// The card.
    pub card: Card,
    /// What it is charged for what its owner owes; nothing where nothing was owed.
    pub pays: Cents,
}

/// Takes the caller's card off.
#[derive(Clone, Copy, Debug)]
pub struct RemoveCard;

/// Whether the caller runs.
#[derive(Clone, Copy, Debug)]
pub struct SetRunner {
    /// May take orders.
    pub active: bool,
    /// Wants to be told of new ones.
    pub online: bool,
}

/// Bars a user from placing and accepting, or allows it again. Operators only.
#[derive(Clone, Debug)]
pub struct Suspend {
    /// Who.
    pub user: UserId,
    /// Whether barred.
    pub suspended: bool,
    /// Why.
    pub reason: String,
}

/// Makes a store known. Operators only.
#[derive(Clone, Debug)]
pub struct CreateStore {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: String,
    /// When it is open; `None` counts as always.
    pub hours: Option<Hours>,
    /// Whether it takes no orders.
    pub paused: bool,
}

/// Changes what is given of a store. Operators only.
#[derive(Clone, Debug)]
pub struct ChangeStore {
    /// Which.
    pub store: StoreId,
    /// What.
    pub change: StoreChange,
}

/// Sends a direct notice. Operators only.
#[derive(Clone, Debug)]
pub struct SendNotice {
    /// To whom.
    pub user: UserId,
    /// Title.
    pub title: String,
    /// Text.
    pub message: String,
    /// The order it is about.
    pub order: Option<OrderId>,
    /// Whatever belongs to it; JSON text.
    pub data: Option<String>,
}

/// Marks a notice of the caller read.
#[derive(Clone, Copy, Debug)]
pub struct ReadNotice(pub NoticeId);

/// Schedules an event. Operators only.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Which timer it stands for.
    pub kind: TimerKind,
    /// The order it concerns.
    pub order: OrderId,
    /// When.
    pub due: At,
    /// Whatever belongs to it; JSON text.
    pub payload: String,
}

/// Cancels a scheduled event. Operators only.
#[derive(Clone, Copy, Debug)]
pub struct CancelScheduled(pub ScheduleId);

/// Stores a photo of the caller.
#[derive(Clone)]
pub struct StorePhoto(pub Vec<u8>);

impl fmt::Debug for StorePhoto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StorePhoto({} bytes)", self.0.len())
    }
}

/// Lets an order that failed again and again be tried once more. Operators only.
#[derive(Clone, Copy, Debug)]
pub struct ReleaseQuarantine(pub OrderId);

/// Moves a virtual clock on. Operators only, and only where the runtime was started with one.
#[derive(Clone, Copy, Debug)]
pub struct AdvanceClock {
    /// By how much.
    pub ms: u64,
}
