//! Answers to questions: from the directory's memory, the snapshots and the journal. Never through an actor's mailbox.

use super::{
    Authenticate, Authenticated, DropoffDetails, GetAccounts, GetBoard, GetDropoff, GetInbox,
    GetLiveOrders, GetOrder, GetOrdersOf, GetPhoto, GetPin, GetPrice, GetProfile, GetProfileAsOf,
    GetScheduled, GetStalled, GetStores, GetTransfers, Inbox, InboxNotice, NoticeState, NoticeText,
    OrderPage, Party, Photo, Profile, Query, Refusal, Runtime,
    errands::{NOTICE, PlainNotice},
    placing::DROPOFF,
};
use campusg_domain::{
    call::CardToken,
    id::{OrderId, PhotoId, Principal, ScheduleId, StoreId, Stream, UserId},
    money::{Account, Transfer, TransferId},
    notice::Audience,
    order::{self, Order, Price, Rejection, Side, Status, StoreRef},
    owner::{
        directory::Store,
        inbox::{self, NoticeId},
        ledger::Balance,
        timetable::Scheduled,
    },
    record::{Entry, Events},
    time::At,
};
use campusg_storage::{
    read::{InboxItem, Reads},
    snapshot::SnapshotFault,
};
use std::sync::Arc;

impl Query for Authenticate {
    type Answer = Option<Authenticated>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let token = runtime.vault().secrets().token_digest(self.0.0.as_bytes());
        let directory = runtime.directory();
        let Some((user, session)) = directory.by_token(&token, runtime.clock().now()) else {
            return Ok(None);
        };
        let Some(person) = directory.person(user).cloned() else {
            return Ok(None);
        };
        let principal = if person.operates() {
            Principal::Operator(user)
        } else {
            Principal::User(user)
        };
        Ok(Some(Authenticated {
            principal,
            user,
            session,
            person,
            durable: runtime.durable(),
        }))
    }
}

impl Query for GetOrder {
    type Answer = Option<Arc<Order>>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        runtime.load(self.0).await
    }
}

impl Query for GetDropoff {
    type Answer = DropoffDetails;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let details = runtime.open(self.customer, DROPOFF, &self.sealed);
        Ok(details.unwrap_or_default())
    }
}

impl Query for GetPin {
    type Answer = u16;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        Ok(runtime.0.services.pin(self.0))
    }
}

impl Query for GetBoard {
    type Answer = Vec<Arc<Order>>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let Self { after, limit } = self;
        runtime
            .read(move |reads| reads.board(place_of(reads, after)?, limit))
            .await
    }
}

impl Query for GetLiveOrders {
    type Answer = Vec<Arc<Order>>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let Self {
            status,
            after,
            limit,
        } = self;
        runtime
            .read(move |reads| {
                let after = place_of(reads, after)?;
                let wanted: Vec<Status> =
                    status.map_or_else(|| Status::ALL.to_vec(), |status| vec![status]);
                let mut orders = vec![];
                for status in wanted {
                    orders.extend(reads.live_orders(status, after, limit)?);
                }
                orders.sort_unstable_by_key(|order| (order.terms.placed_at, order.id));
                orders.truncate(limit);
                Ok(orders)
            })
            .await
    }
}

impl Query for GetStalled {
    type Answer = Vec<Arc<Order>>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        runtime.read(Reads::stalled_orders).await
    }
}

impl Query for GetOrdersOf {
    type Answer = OrderPage;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let Self {
            user,
            party,
            status,
            before,
            limit,
        } = self;
        let side = match party {
            Party::Customer => Side::Customer,
            Party::Runner => Side::Runner,
        };
        let page = runtime
            .read(move |reads| reads.my_orders(user, side, status, before, limit))
            .await?;
        Ok(OrderPage {
            orders: page.orders,
            next: page.next,
        })
    }
}

impl Query for GetPrice {
    type Answer = Price;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let (policy, now) = (&*runtime.0.services.policy, runtime.clock().now());
        let wish = self.0.checked()?;
        let nobody = UserId::from_bytes([0; 16]);
        let details = DropoffDetails::default();
        let placement = runtime.placement(nobody, super::NewOrder { details, ..wish })?;
        if let StoreRef::Known(store) = placement.store {
            let open_at = placement.deliver_after.unwrap_or_default().max(now);
            let judged = runtime.directory().judge_store(store, open_at, policy);
            judged.map_err(Refusal::rule)?;
        }
        let card = CardToken(String::new());
        let terms = order::terms(&placement, card, policy, now).map_err(Refusal::rule)?;
        Ok(terms.price)
    }
}

impl Query for GetProfile {
    type Answer = Option<Profile>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let (user, as_of) = (self.0, runtime.durable());
        GetProfileAsOf { user, as_of }.answer(runtime).await
    }
}

impl Query for GetProfileAsOf {
    type Answer = Option<Profile>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let Self { user, as_of } = self;
        runtime.0.directory.caught_up(as_of).await?;
        let Some(person) = runtime.directory().person(user).cloned() else {
            return Ok(None);
        };
        let plain = runtime.plain(user);
        let (email, first_name, last_name, phone) = plain
            .map(|plain| (plain.email, plain.first_name, plain.last_name, plain.phone))
            .unwrap_or_default();
        Ok(Some(Profile {
            user,
            email,
            first_name,
            last_name,
            phone,
            person,
        }))
    }
}

impl Query for GetInbox {
    type Answer = Inbox;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let Self {
            user,
            before,
            limit,
        } = self;
        let operator = runtime
            .directory()
            .person(user)
            .is_some_and(|person| person.operates());
        let read = move |reads: &Reads| {
            let mut page = reads.inbox(Audience::User(user), before, limit)?;
            if operator {
                page.items
                    .extend(reads.inbox(Audience::Operators, before, limit)?.items);
                page.items
                    .sort_unstable_by_key(|item| std::cmp::Reverse(item.id));
                page.items.truncate(limit);
            }
            Ok(page)
        };
        let page = runtime.read(read).await?;
        let notices = page
            .items
            .iter()
            .filter_map(|item| runtime.notice(user, item))
            .collect();
        Ok(Inbox {
            unread: page.unread.into(),
            notices,
        })
    }
}

impl Query for GetStores {
    type Answer = Vec<(StoreId, Arc<Store>)>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let mut stores: Vec<_> = runtime
            .directory()
            .stores()
            .map(|(id, store)| (id, Arc::clone(store)))
            .collect();
        stores.sort_unstable_by_key(|(id, _)| *id);
        Ok(stores)
    }
}

impl Query for GetScheduled {
    type Answer = Vec<(ScheduleId, Arc<Scheduled>)>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let limit = self.limit;
        runtime
            .read(move |reads| reads.scheduled_list(None, limit))
            .await
    }
}

impl Query for GetAccounts {
    type Answer = Vec<(Account, Balance)>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        runtime.read(|reads| reads.accounts()).await
    }
}

impl Query for GetTransfers {
    type Answer = Vec<(TransferId, At, Transfer)>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let entries = runtime
            .read(move |reads| reads.stream_entries(self.0))
            .await?;
        let mut transfers = vec![];
        for Entry { seq, record } in &entries {
            let named = TransferId::of(*seq, &record.money);
            transfers.extend(named.map(|(id, transfer)| (id, record.at, transfer)));
        }
        Ok(transfers)
    }
}

impl Query for GetPhoto {
    type Answer = Option<Photo>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let id: PhotoId = self.0;
        let photos = runtime.photos().clone();
        let got = runtime
            .0
            .services
            .io
            .spawn_blocking(move || photos.load(id))
            .await
            .map_err(|_| Refusal::Fault)?;
        let Some(photo) = got.map_err(|fault| {
            tracing::error!(%fault, "a photo can't be read");
            Refusal::Fault
        })?
        else {
            return Ok(None);
        };
        let order = runtime.read(move |reads| reads.photo_order(id)).await?;
        let content_type = photo.kind.media_type();
        Ok(Some(Photo {
            content_type,
            bytes: photo.bytes,
            uploader: photo.uploader,
            order,
        }))
    }
}

/// Where a list goes on after an order.
fn place_of(reads: &Reads, order: Option<OrderId>) -> Result<Option<(At, OrderId)>, SnapshotFault> {
    let order = order.map(|id| reads.order(id)).transpose()?.flatten();
    Ok(order.map(|order| (order.terms.placed_at, order.id)))
}

impl Runtime {
    fn notice(&self, user: UserId, item: &InboxItem) -> Option<InboxNotice> {
        let record = &item.entry.record;
        let state = match (item.read, item.failed) {
            (true, _) => NoticeState::Read,
            (false, true) => NoticeState::Failed,
            (false, false) => NoticeState::Sent,
        };
        let (text, order) = match (&record.events, record.stream) {
            (Events::Inbox(events), _) => {
                let inbox::Event::Sent { text, order } = events.first()? else {
                    return None;
                };
                let plain: PlainNotice = self.open(user, NOTICE, text)?;
                let PlainNotice {
                    title,
                    message,
                    data,
                } = plain;
                (
                    NoticeText::Direct {
                        title,
                        message,
                        data,
                    },
                    *order,
                )
            }
            (_, stream) => {
                let notice = record.notices.get(usize::from(item.id.index))?;
                let order = match stream {
                    Stream::Order(order) => Some(order),
                    _ => None,
                };
                (NoticeText::Kind(notice.kind), order)
            }
        };
        Some(InboxNotice {
            id: item.id,
            at: record.at,
            order,
            text,
            state,
        })
    }

    /// Whether a notice of this user was read; `None` if it is not his.
    pub(super) async fn notice_state(
        &self,
        user: UserId,
        notice: NoticeId,
    ) -> Result<Option<NoticeState>, Refusal> {
        let operator = self
            .directory()
            .person(user)
            .is_some_and(|person| person.operates());
        let read = move |reads: &Reads| {
            let own = reads.notice(Audience::User(user), notice)?;
            let own = own.map(|entry| {
                if entry.read.is_some() {
                    NoticeState::Read
                } else {
                    NoticeState::Sent
                }
            });
            // What all operators are told has no mark of one of them: there is nothing left to do.
            let shared =
                operator && own.is_none() && reads.notice(Audience::Operators, notice)?.is_some();
            Ok(own.or(shared.then_some(NoticeState::Read)))
        };
        self.read(read).await
    }

    pub(super) async fn was_scheduled(&self, schedule: ScheduleId) -> Result<bool, Refusal> {
        self.read(move |reads| reads.scheduled(schedule))
            .await
            .map(|known| known.is_some())
    }

    pub(super) async fn store_photo(
        &self,
        user: UserId,
        bytes: Vec<u8>,
    ) -> Result<PhotoId, Refusal> {
        self.admit()?;
        let photos = self.photos().clone();
        match self
            .0
            .services
            .io
            .spawn_blocking(move || photos.store(user, &bytes))
            .await
        {
            Ok(Ok(photo)) => Ok(photo),
            Ok(Err(fault)) if fault.is_the_callers() => {
                Err(Refusal::rule(Rejection::field("photo", fault.to_string())))
            }
            Ok(Err(fault)) => {
                tracing::error!(%fault, "a photo can't be stored");
                Err(Refusal::StorageFull)
            }
            Err(_) => Err(Refusal::Fault),
        }
    }
}
