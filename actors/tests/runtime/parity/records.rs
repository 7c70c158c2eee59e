//! What is compared, and how the same wish is put to both.

use campusg_actors::runtime::{DropoffDetails, NewOrder};
use campusg_domain::{
    id::{CommandId, Fingerprint, Seq, Stream, UserId},
    money::Cents,
    order::{Dropoff, Handover, Item, Placement, StoreRef, Substitution},
    record::{Entry, Record},
    time::At,
};
use std::collections::BTreeMap;

/// The records by stream, without what only one side draws.
pub(super) fn by_stream(entries: &[Entry]) -> BTreeMap<Stream, Vec<Record>> {
    let mut streams: BTreeMap<Stream, Vec<Record>> = BTreeMap::new();
    for Entry { record, .. } in entries {
        let mut record = record.clone();
        let drawn = !matches!(record.stream, Stream::Order(_)) || record.principal.user().is_none();
        if drawn {
            (record.command, record.fingerprint) = (CommandId(0), Fingerprint(0));
        }
        if record.prev != Seq::NONE {
            record.prev = Seq(u64::MAX);
        }
        match record.stream {
            Stream::Order(_) | Stream::User(_) => {
                streams.entry(record.stream).or_default().push(record)
            }
            _ => {}
        }
    }
    streams
}

pub(super) fn placement(
    customer: UserId,
    handover: Handover,
    deliver_after: Option<At>,
    tip: Cents,
) -> Placement {
    Placement {
        customer,
        store: StoreRef::Described {
            name: "Corner shop".into(),
            place: "Main street 1".into(),
        },
        items: vec![Item {
            name: "Bowl".into(),
            quantity: 2,
            unit_price: Cents(1000),
            substitution: Substitution::Ask,
        }],
        dropoff: Dropoff {
            building: "Library".into(),
            details: None,
            handover,
        },
        tip,
        deliver_after,
    }
}

pub(super) fn wish(placement: Placement) -> NewOrder {
    let Placement {
        store,
        items,
        dropoff,
        tip,
        deliver_after,
        ..
    } = placement;
    let Dropoff {
        building, handover, ..
    } = dropoff;
    NewOrder {
        store,
        items,
        building,
        details: DropoffDetails::default(),
        handover,
        tip,
        deliver_after,
    }
}
