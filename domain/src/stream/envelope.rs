//! The envelope: what a command carries from the edge to its record, whichever stream it is for.
//!
//! Made once, by whoever gives the command, and passed on unchanged.

use super::command_id::keyed_command;
use crate::{
    id::{CommandId, Fingerprint, Principal, Stream, UserId},
    rejection::Rejection,
    vote::VoteRequest,
};
use std::{fmt::Debug, sync::Arc};

/// Who gives a command, and what a repeat of it is recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The person, operator or part of the system that gives the command.
    pub principal: Principal,
    /// Id of the command: its record carries it, and the owners reserve under it.
    pub id: CommandId,
    /// Hash of the command's body: the same id with another body is refused.
    pub fingerprint: Fingerprint,
    /// Whether the id was made of an idempotency key, so that a repeat can come.
    pub keyed: bool,
    /// Names the request in logs; nothing is decided by it.
    pub request: Arc<str>,
}

impl Meta {
    /// The header of a command that the process gives itself; `request` names it in logs.
    #[must_use]
    pub fn own(principal: Principal, id: CommandId, request: &str) -> Self {
        Self {
            principal,
            id,
            fingerprint: Fingerprint(0),
            keyed: false,
            request: request.into(),
        }
    }

    /// The header of a command that somebody gives under an idempotency key. `route` is the method and the path with its
    /// ids: it scopes the key, together with who gives the command.
    #[must_use]
    pub fn keyed(
        principal: Principal,
        route: &str,
        key: &str,
        fingerprint: Fingerprint,
        request: &str,
    ) -> Self {
        Self {
            principal,
            id: keyed_command(principal, route, key),
            fingerprint,
            keyed: true,
            request: request.into(),
        }
    }

    /// The signed-in person who gives the command.
    ///
    /// # Errors
    /// `NotAllowed` where the system or the gateway gives it.
    pub fn user(&self) -> Result<UserId, Rejection> {
        self.principal.user().ok_or_else(|| Rejection::NotAllowed {
            who: "signed-in users".into(),
        })
    }

    /// Checks that an operator gives the command, or the system, as which the command line acts.
    ///
    /// # Errors
    /// `NotAllowed` where anybody else gives it.
    pub fn operator(&self) -> Result<(), Rejection> {
        match self.principal {
            Principal::Operator(_) | Principal::System => Ok(()),
            Principal::User(_) | Principal::Gateway => Err(Rejection::NotAllowed {
                who: "operators".into(),
            }),
        }
    }
}

/// The commands of one kind of stream.
pub trait StreamCommand: Clone + Debug + Send + 'static {
    /// The id that names a stream of this kind.
    type Target: Copy + Debug + Send + 'static;

    /// Returns the stream with this id.
    fn stream(target: Self::Target) -> Stream;

    /// The name of the command in logs, where the process gives it itself.
    fn name(&self) -> &'static str {
        "own command"
    }

    /// Hash of the body, where the process gives the command itself; a constant where its id belongs to one body only.
    fn own_fingerprint(&self) -> Fingerprint {
        Fingerprint(0)
    }

    /// The votes of other owners that the command needs, whatever its stream has become: they are asked for before the
    /// stream's own owner decides.
    fn foreign_votes(&self, _target: Self::Target) -> Vec<VoteRequest> {
        vec![]
    }
}

/// A command on its way to the one owner of its stream.
#[derive(Clone, Debug)]
pub struct Envelope<C: StreamCommand> {
    /// Who gives the command, its id, and the hash of its body.
    pub meta: Meta,
    /// Id of the stream that the command is for.
    pub target: C::Target,
    /// The command itself.
    pub command: C,
}

impl<C: StreamCommand> Envelope<C> {
    /// A command that the process gives itself.
    #[must_use]
    pub fn own(principal: Principal, id: CommandId, target: C::Target, command: C) -> Self {
        let meta = Meta {
            fingerprint: command.own_fingerprint(),
            ..Meta::own(principal, id, command.name())
        };
        Self {
            meta,
            target,
            command,
        }
    }

    /// The stream that the command is for.
    #[must_use]
    pub fn stream(&self) -> Stream {
        C::stream(self.target)
    }
}
