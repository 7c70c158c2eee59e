//! A runtime and a campus side by side: whatever one is told, the other is told too.

use super::records::by_stream;
use crate::common::{BEGINNING, House, Settings, model::Model};
use campusg_actors::runtime::{Refusal, RuntimeConfig};
use campusg_domain::gateway::PaymentGateway;
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, Stream, UserId},
    invariant::fingerprint,
    money::Cents,
    order::Command,
    owner::directory::{UserCommand, UserEvent},
    policy::Policy,
    record::{Entry, Events, Record},
    rejection::Rejection,
    stream::Meta,
    time::HOUR_MS,
};
use campusg_simulation::{Behaviour, Seeded, Simulation};
use futures_util::FutureExt;
use std::{collections::BTreeMap, sync::Arc};

/// The first have a card of each kind, the others one that works.
pub(super) const CUSTOMERS: usize = 16;
pub(super) const RUNNERS: usize = 5;

pub(super) struct Twins {
    pub(super) house: House,
    pub(super) model: Arc<Model>,
    pub(super) campus: Simulation,
    pub(super) chance: Seeded,
    pub(super) customers: Vec<UserId>,
    pub(super) runners: Vec<UserId>,
    pub(super) boss: UserId,
    /// Two of each runner: the first serves at the store, the second at the door.
    pub(super) photos: BTreeMap<UserId, [PhotoId; 2]>,
    pub(super) orders: Vec<OrderId>,
    pub(super) last: Option<(Meta, OrderId, Command, Command)>,
    pub(super) keys: u64,
    /// How many records of each stream were compared.
    pub(super) compared: BTreeMap<Stream, usize>,
    /// How many of the campus's and the runtime's records were looked at.
    pub(super) seen: (usize, usize),
    pub(super) refusals: BTreeMap<&'static str, usize>,
}

impl Twins {
    pub(super) async fn new(seed: u64) -> Self {
        let policy = Policy {
            platform_fee_cents: Cents(100),
            receipt_photo_required: false,
            dispute_window_ms: if seed.is_multiple_of(2) { 0 } else { HOUR_MS },
            open_orders_per_customer: 3,
            ..Policy::default()
        };
        // A card whose bank is silent is not waited for.
        let runtime = RuntimeConfig {
            placing_wait_ms: 1,
            // The campus has photos, and no folder that is swept while weeks go by.
            photo_keep_ms: u64::MAX,
            ..RuntimeConfig::default()
        };
        let settings = Settings {
            policy: policy.clone(),
            runtime,
            ..Settings::default()
        };
        let model = Model::new(Arc::clone(&settings.clock));
        let gateway = Some(Arc::clone(&model) as Arc<dyn PaymentGateway>);
        let house = House::with(Settings {
            gateway,
            ..settings
        })
        .await;
        let campus = Simulation::new(policy, seed);
        assert_eq!(campus.now(), BEGINNING);
        let mut twins = Self {
            boss: house.operator().await,
            house,
            model,
            campus,
            chance: Seeded::new(seed),
            customers: vec![],
            runners: vec![],
            photos: BTreeMap::new(),
            orders: vec![],
            last: None,
            keys: 0,
            compared: BTreeMap::new(),
            seen: (0, 0),
            refusals: BTreeMap::new(),
        };
        for n in 0..CUSTOMERS {
            let (card, _) = Behaviour::TOKENS
                .get(n)
                .copied()
                .unwrap_or(Behaviour::TOKENS[0]);
            twins
                .customers
                .push(twins.house.customer(&format!("c{n}"), card).await);
        }
        for n in 0..RUNNERS {
            twins
                .runners
                .push(twins.house.runner(&format!("r{n}")).await);
        }
        for (runner, n) in twins.runners.clone().into_iter().zip(0..) {
            let photos = [
                twins.house.photo(runner, 2 * n).await,
                twins.house.photo(runner, 2 * n + 1).await,
            ];
            twins.photos.insert(runner, photos);
        }
        twins.mirror_people().await;
        twins
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.chance.below(of.len() as u64)).unwrap()]
    }

    /// Tells the campus of every account command that the runtime has written since.
    pub(super) async fn mirror_people(&mut self) {
        let records = self.house.all_records().await;
        for Entry { record, .. } in &records[self.seen.1..] {
            let (Events::User(events), Stream::User(user)) = (&record.events, record.stream) else {
                continue;
            };
            let command = match events.as_slice() {
                [
                    UserEvent::Registered {
                        email,
                        profile,
                        operator,
                    },
                    rest @ ..,
                ] => UserCommand::Register {
                    email: *email,
                    profile: profile.clone(),
                    operator: *operator,
                    session: rest.iter().find_map(|event| match event {
                        UserEvent::SessionOpened(session) => Some(*session),
                        _ => None,
                    }),
                },
                [UserEvent::CardSet(card)] => UserCommand::SetCard {
                    card: card.clone(),
                    pays: Cents::ZERO,
                    setup: None,
                },
                [UserEvent::RunnerSet(state)] => UserCommand::SetRunner(*state),
                [UserEvent::Suspended, UserEvent::OperatorActed { reason }] => {
                    let reason = reason.clone();
                    UserCommand::Suspend { reason }
                }
                [UserEvent::Reinstated, UserEvent::OperatorActed { reason }] => {
                    let reason = reason.clone();
                    UserCommand::Reinstate { reason }
                }
                other => panic!("not mirrored: {other:?}"),
            };
            self.campus.user(record.principal, user, &command).unwrap();
        }
        self.compare().await;
    }

    /// Waits until the runtime has as many records as the campus, and compares the new ones.
    pub(super) async fn compare(&mut self) {
        let journal = self.campus.journal();
        let wanted: Vec<Entry> = journal[self.seen.0..].to_vec();
        let is_shared =
            |entry: &&Entry| matches!(entry.record.stream, Stream::Order(_) | Stream::User(_));
        let (skip, count) = (self.seen.1, wanted.iter().filter(is_shared).count());
        let told = self.house.tap().until_or(|entries| {
            let fresh: Vec<Entry> = entries[skip..].iter().filter(is_shared).cloned().collect();
            (fresh.len() >= count).then_some((entries.len(), fresh))
        });
        let (seen, fresh) = told.await.unwrap_or_else(|entries| {
            let fresh: Vec<&Record> = entries[skip..].iter().map(|entry| &entry.record).collect();
            let actors = self.house.runtime.actors().now_or_never();
            panic!(
                "now {:?}; the campus has {wanted:#?}\nand the runtime {fresh:#?}\n{actors:?}",
                self.campus.now()
            )
        });
        self.seen = (journal.len(), seen);
        let (mut ours, mut theirs) = (by_stream(&fresh), by_stream(&wanted));
        assert_eq!(
            ours.keys().collect::<Vec<_>>(),
            theirs.keys().collect::<Vec<_>>()
        );
        for (stream, ours) in &mut ours {
            let theirs = theirs.get_mut(stream).unwrap();
            assert_eq!(ours, theirs, "{stream}");
            *self.compared.entry(*stream).or_default() += ours.len();
        }
    }

    /// Lets the same time pass for both, stopping wherever something becomes due.
    pub(super) async fn pass(&mut self, span_ms: u64) {
        let end = self.campus.now().plus(span_ms);
        loop {
            let due = self.campus.timetable().next_due();
            let next = due
                .into_iter()
                .chain(self.campus.gateway().next_arrival())
                .min();
            let until = next.filter(|at| *at <= end).unwrap_or(end);
            let step = until.since(self.campus.now());
            self.house.advance(step);
            self.campus.advance(step);
            assert_eq!(self.campus.now(), self.house.now());
            self.compare().await;
            if until == end {
                return;
            }
        }
    }

    pub(super) fn key(&mut self, who: Principal, command: &Command) -> Meta {
        self.keys += 1;
        let (key, body) = (self.keys.to_string(), fingerprint(command));
        Meta {
            keyed: who.user().is_some(),
            ..Meta::keyed(who, "twins", &key, body, "twins")
        }
    }

    /// Gives both the same command; `shown` is what the runtime is given where that must differ (its PINs are others).
    pub(super) async fn give(
        &mut self,
        caller: Meta,
        order: OrderId,
        command: Command,
        shown: Command,
    ) {
        let ours = self
            .house
            .runtime
            .order_command(caller.clone(), order, shown)
            .await;
        let theirs = self
            .campus
            .command(caller.principal, order, &command, caller.id);
        self.campus.settle();
        match (ours, theirs) {
            (Ok(_), Ok(_)) => {}
            (Err(Refusal::Rejected { rejection, .. }), Err(other)) => {
                self.same(&command, rejection, other)
            }
            (ours, theirs) => {
                panic!("{command:?}: the runtime says {ours:#?}, the campus {theirs:#?}")
            }
        }
        self.compare().await;
    }

    pub(super) fn same(&mut self, command: &Command, ours: Rejection, theirs: Rejection) {
        assert_eq!(ours, theirs, "{command:?}");
        *self.refusals.entry(ours.code()).or_default() += 1;
    }
}
