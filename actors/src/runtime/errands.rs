//! Commands to stores, inboxes, scheduled events, photos and the clock.

use super::{
    AdvanceClock, Caller, CancelScheduled, ChangeStore, Command, CreateStore, ReadNotice, Refusal,
    Runtime, Schedule, SendNotice, StorePhoto,
};
use crate::owners::OwnedCommand;
use campusg_domain::{
    id::{CommandId, PhotoId, ScheduleId, Seq, StoreId, Stream, UserId},
    notice::Audience,
    order::Rejection,
    owner::{
        directory::StoreCommand,
        inbox::{self, NoticeId},
        timetable,
    },
    stream::{Envelope, Meta},
    text::{check_name, check_words},
    time::{At, DAY_MS},
};
use serde::{Deserialize, Serialize};

/// What direct notices are sealed as.
pub(super) const NOTICE: &str = "notice";
/// Characters of a store's name and place.
const STORE_CHARS: usize = 120;
/// Among how many of an inbox's latest notices a repeat is looked for.
const REPEATS_WITHIN: usize = 64;
/// Most that a virtual clock is moved on at once.
const ADVANCE_LIMIT_MS: u64 = 366 * DAY_MS;

/// A direct notice in plain text, as it is sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PlainNotice {
    pub(super) title: String,
    pub(super) message: String,
    pub(super) data: Option<String>,
}

impl Command for CreateStore {
    type Reply = StoreId;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<StoreId, Refusal> {
        let store = StoreId::from_bytes(runtime.new_name(&caller));
        let (name, place) = (
            text("name", &self.name, STORE_CHARS)?,
            text("place", &self.place, STORE_CHARS)?,
        );
        runtime
            .submit(
                store,
                StoreCommand::Create {
                    name,
                    place,
                    hours: self.hours,
                    paused: self.paused,
                },
                &caller,
            )
            .await?;
        Ok(store)
    }
}

impl Command for ChangeStore {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        let Self { store, mut change } = self;
        for (field, given) in [("name", &mut change.name), ("place", &mut change.place)] {
            if let Some(given) = given {
                *given = text(field, given, STORE_CHARS)?;
            }
        }
        runtime
            .submit(store, StoreCommand::Change(change), &caller)
            .await
            .map(drop)
    }
}

impl Command for SendNotice {
    type Reply = NoticeId;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<NoticeId, Refusal> {
        caller.operator()?;
        let plain = PlainNotice {
            title: text("title", &self.title, 120)?,
            message: text("message", &self.message, 2_000)?,
            data: self.data,
        };
        if runtime.directory().person(self.user).is_none() {
            return Err(Refusal::not_found("user"));
        }
        if let Some(sent) = runtime.sent_before(self.user, &caller).await? {
            return Ok(sent);
        }
        let sealed = runtime.seal(self.user, NOTICE, &plain)?;
        let command = inbox::Command::Send {
            text: sealed,
            order: self.order,
        };
        let seq = runtime.submit(self.user, command, &caller).await?;
        Ok(NoticeId { seq, index: 0 })
    }
}

impl Command for ReadNotice {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        let user = caller.user()?;
        match runtime.notice_state(user, self.0).await? {
            None => Err(Refusal::not_found("notification")),
            Some(super::NoticeState::Read) => Ok(()),
            Some(_) => runtime
                .submit(user, inbox::Command::Read { notice: self.0 }, &caller)
                .await
                .map(drop),
        }
    }
}

impl Command for Schedule {
    type Reply = ScheduleId;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<ScheduleId, Refusal> {
        caller.operator()?;
        if runtime.load(self.order).await?.is_none() {
            return Err(Refusal::rule(Rejection::field(
                "entity_id",
                "is not an order",
            )));
        }
        if self.payload.len() > 4_096 {
            return Err(Refusal::rule(Rejection::field(
                "payload",
                "must have at most 4096 bytes",
            )));
        }
        let schedule = ScheduleId::from_bytes(runtime.new_name(&caller));
        if caller.key.is_some() && runtime.was_scheduled(schedule).await? {
            return Ok(schedule);
        }
        let Schedule {
            kind,
            order,
            due,
            payload,
        } = self;
        let command = timetable::Command::Create {
            kind,
            order,
            due,
            payload,
        };
        runtime.submit(schedule, command, &caller).await?;
        Ok(schedule)
    }
}

impl Command for CancelScheduled {
    type Reply = ();

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<(), Refusal> {
        caller.operator()?;
        match runtime
            .submit(self.0, timetable::Command::Cancel, &caller)
            .await
        {
            // The timer owner remembers only what is pending; what has ended lies in the snapshots.
            Err(Refusal::Rejected {
                rejection: Rejection::NotFound { .. },
                ..
            }) if runtime.was_scheduled(self.0).await? => {
                Err(Refusal::rule(Rejection::NotCancellable))
            }
            answer => answer.map(drop),
        }
    }
}

impl Command for StorePhoto {
    type Reply = PhotoId;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<PhotoId, Refusal> {
        let user = caller.user()?;
        runtime.store_photo(user, self.0).await
    }
}

impl Command for AdvanceClock {
    type Reply = At;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<At, Refusal> {
        caller.operator()?;
        if self.ms > ADVANCE_LIMIT_MS {
            return Err(Refusal::rule(Rejection::field(
                "advance_ms",
                format!("must be at most {ADVANCE_LIMIT_MS}"),
            )));
        }
        runtime.clock().advance(self.ms).ok_or_else(|| {
            Refusal::not_found("virtual clock: start the server with --virtual-clock")
        })
    }
}

impl Runtime {
    /// The header of a caller's command.
    pub(super) fn meta(&self, caller: &Caller) -> Meta {
        caller.meta(|| self.entropy().command())
    }

    /// The id of what a command makes: fresh, or the same for each repeat under one key.
    fn new_name(&self, caller: &Caller) -> [u8; 16] {
        if caller.key.is_none() {
            return self.entropy().uuid(self.clock().now());
        }
        let CommandId(id) = self.meta(caller).id;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&blake3::hash(&id.to_le_bytes()).as_bytes()[..16]);
        // A UUID of version 8: made of something else than time.
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        bytes
    }

    /// The notice that this very command sent, if it is a repeat and the notice is among the inbox's latest.
    async fn sent_before(
        &self,
        user: UserId,
        caller: &Caller,
    ) -> Result<Option<NoticeId>, Refusal> {
        if caller.key.is_none() {
            return Ok(None);
        }
        let id = self.meta(caller).id;
        let page = self
            .read(move |reads| reads.inbox(Audience::User(user), None, REPEATS_WITHIN))
            .await?;
        let mut records = page.items.iter().map(|item| (item.id, &item.entry.record));
        match records
            .find(|(_, record)| record.command == id && record.stream == Stream::Inbox(user))
        {
            Some((notice, record)) if record.fingerprint == caller.fingerprint => Ok(Some(notice)),
            Some(_) => Err(Refusal::rule(Rejection::KeyReused)),
            None => Ok(None),
        }
    }

    /// Gives a command to the owner of its stream.
    pub(super) async fn submit<C: OwnedCommand>(
        &self,
        target: C::Target,
        command: C,
        caller: &Caller,
    ) -> Result<Seq, Refusal> {
        self.admit()?;
        let meta = self.meta(caller);
        let envelope = Envelope {
            meta,
            target,
            command,
        };
        self.owners().submit(envelope).await
    }
}

/// A name or a short text as [`plain`], that shows its letters in the order in which they are written.
pub(super) fn text(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text = plain(field, text, most)?;
    let broken = |rule: &str| Refusal::rule(Rejection::field(field, rule));
    check_name(&text).map_err(broken).map(|()| text)
}

/// A short text without blanks around it that shows something.
pub(super) fn plain(field: &str, text: &str, most: usize) -> Result<String, Refusal> {
    let text = text.trim();
    let rule = |rule: String| Refusal::rule(Rejection::field(field, rule));
    if !(1..=most).contains(&text.chars().count()) {
        return Err(rule(format!("must have 1 to {most} characters")));
    }
    check_words(text).map_err(|broken| rule(broken.into()))?;
    Ok(text.into())
}
