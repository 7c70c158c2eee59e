//! Puts the columns together: from decided events to the record that is committed, and the order after it.

use super::{
    calls::calls,
    event::{Event, PlacingEvent},
    money::money,
    notices::notices,
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

/// What a record carries beside its events and sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// When it was decided.
    pub at: At,
    /// Who gave the command, under which id.
    pub meta: &'a Meta,
    /// HTTP-like status it is answered with.
    pub status: u16,
}

/// A record ready to be committed, and the order as it will be then.
#[derive(Clone, Debug)]
pub struct Filled {
    /// To be committed.
    pub record: Record,
    /// The order after it, but for its sequence: [`Order::numbered`] sets that.
    pub after: Order,
}

/// Fills a record with the columns of its events. `None` if the events place nothing and nothing was placed.
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
                people: people(order, event, header.meta.id, header.meta.fingerprint),
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
    let mut after = after?;
    after.close(Seq::NONE, &record);
    Some(Filled { record, after })
}

/// Adds one event's sections to the record, and absorbs them, so that the next event's columns see them.
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
    /// The order after its record was committed as `seq`.
    #[must_use]
    pub fn committed(self, seq: Seq) -> (Record, Order) {
        (self.record, self.after.numbered(seq))
    }
}
