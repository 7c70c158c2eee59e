//! Puts the columns together: makes the record that is to be committed out of the decided events, and the order after it.

use super::{
    calls::calls,
    event::{Event, PlacingEvent},
    money::money,
    notices::{notices, without_outdated},
    people::people,
    state::Order,
    timers::timers,
};
use crate::{
    id::{OrderId, Seq, Stream},
    policy::Policy,
    record::{Events, Record},
    stream::Meta,
    time::At,
};

/// What a record says about its command, beside events and sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// When the command was decided.
    pub at: At,
    /// Who gave the command, its id, and the hash of its body.
    pub meta: &'a Meta,
    /// HTTP-like status of the reply.
    pub status: u16,
}

/// A record that is ready to be committed, and the order as it will be then.
#[derive(Clone, Debug)]
pub struct Filled {
    /// The record that is to be committed.
    pub record: Record,
    /// The order after the record, but for the record's sequence, which [`Order::numbered`] sets.
    pub after: Order,
}

/// Fills a record with the columns of its events; `None` if there is no order and the events place none.
#[must_use]
pub fn fill(
    id: OrderId,
    before: Option<&Order>,
    events: Vec<Event>,
    header: Header<'_>,
    policy: &Policy,
) -> Option<Filled> {
    let mut record = Record {
        stream: Stream::Order(id),
        prev: before.map_or(Seq::NONE, |order| order.last_seq),
        at: header.at,
        principal: header.meta.principal,
        command: header.meta.id,
        fingerprint: header.meta.fingerprint,
        keyed: header.meta.keyed,
        status: header.status,
        events: Events::Order(events),
        money: vec![],
        people: vec![],
        timers: vec![],
        calls: vec![],
        notices: vec![],
    };
    let mut after = before.cloned();
    let Events::Order(events) = record.events.clone() else {
        return None;
    };
    for event in &events {
        let placed = if let Event::Placing(PlacingEvent::Placed(terms)) = event
            && after.is_none()
        {
            Some(Order::placed(id, terms))
        } else {
            None
        };
        if let Some(order) = after.as_ref().or(placed.as_ref()) {
            let part = Record {
                money: money(order, event),
                people: people(order, event),
                timers: timers(order, event, policy, header.at),
                calls: calls(order, event),
                notices: notices(order, event, policy),
                events: Events::System(vec![]),
                ..record
            };
            Order::evolve_or_place(&mut after, &record, event);
            record = append(record, &mut after, part);
        }
    }
    without_outdated(&mut record.notices);
    let mut after = after?;
    after.close(Seq::NONE, &record);
    Some(Filled { record, after })
}

/// Adds the sections of one event to the record, and folds them into the order, so that the columns of the next event
/// see them.
fn append(mut record: Record, after: &mut Option<Order>, part: Record) -> Record {
    if let Some(order) = after {
        order.absorb(&part);
    }
    record.money.extend(part.money);
    record.people.extend(part.people);
    record.timers.extend(part.timers);
    record.calls.extend(part.calls);
    record.notices.extend(part.notices);
    record
}

impl Filled {
    /// Returns the record and the order after it, once the record was committed as `seq`.
    #[must_use]
    pub fn committed(self, seq: Seq) -> (Record, Order) {
        (self.record, self.after.numbered(seq))
    }
}
