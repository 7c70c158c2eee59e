//! The runtime and the domain's single-threaded campus are given the same commands in the same order, at the same times
//! and with the same gateway: they write the same records, and refuse for the same reasons.
//!
//! What only one of them draws is left out of the comparison: the sequence (streams interleave freely in a runtime, so
//! records are compared stream by stream) and the command ids of gateway and timers.

use crate::common::{BEGINNING, House, Settings, model::Model, operator, plain};
use campusg_actors::{
    port::gateway::PaymentGateway,
    runtime::{Caller, DropoffDetails, NewOrder, PlaceOrder, Refusal, RuntimeConfig, Suspend, ToOrder},
};
use campusg_domain::{
    call::CallNumber,
    campus::{Behaviour, Campus, Seeded},
    id::{CommandId, Fingerprint, OrderId, PhotoId, Principal, Seq, Stream, UserId},
    invariant::fingerprint,
    money::Cents,
    order::{
        Command, Dropoff, Handover, Item, Order, Placement, Rejection, Shown, Stage, StoreRef, Substitution, TimerKind,
    },
    owner::directory::{UserCommand, UserEvent},
    policy::Policy,
    record::{Entry, Events, Record},
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
};
use std::{collections::BTreeMap, sync::Arc};

/// Random sequences of commands.
const SEQUENCES: u64 = 220;
/// Commands of one sequence.
const COMMANDS: u64 = 14;
const CUSTOMERS: usize = 12;

const KINDS: [TimerKind; 11] = [
    TimerKind::PaymentAction,
    TimerKind::BoardOpen,
    TimerKind::OrderTimeout,
    TimerKind::RunnerIdle,
    TimerKind::StoreWait,
    TimerKind::DeliveryReminder,
    TimerKind::DisputeWindow,
    TimerKind::PaymentAuthorizationExpiry,
    TimerKind::EscrowTimeout,
    TimerKind::RatingWindow,
    TimerKind::StepRetry,
];

struct Twins {
    house: House,
    model: Arc<Model>,
    campus: Campus,
    chance: Seeded,
    customers: Vec<UserId>,
    runners: Vec<UserId>,
    boss: UserId,
    photos: Vec<PhotoId>,
    orders: Vec<OrderId>,
    last: Option<(Caller, OrderId, Command, Command)>,
    keys: u64,
    /// How many records of each stream were compared.
    compared: BTreeMap<Stream, usize>,
    /// How many of the campus's and the runtime's records were looked at.
    seen: (usize, usize),
    refusals: BTreeMap<&'static str, usize>,
}

impl Twins {
    async fn new(seed: u64) -> Self {
        let policy = Policy {
            platform_fee_cents: Cents(100),
            receipt_photo_required: false,
            dispute_window_ms: if seed.is_multiple_of(2) { 0 } else { HOUR_MS },
            open_orders_per_customer: 3,
            ..Policy::default()
        };
        // A card whose bank is silent is not waited for.
        let runtime = RuntimeConfig { placing_wait_ms: 1, ..RuntimeConfig::default() };
        let settings = Settings { policy: policy.clone(), runtime, ..Settings::default() };
        let model = Model::new(Arc::clone(&settings.clock));
        let gateway = Some(Arc::clone(&model) as Arc<dyn PaymentGateway>);
        let house = House::with(Settings { gateway, ..settings }).await;
        let campus = Campus::new(policy, seed);
        assert_eq!(campus.now(), BEGINNING);
        let mut twins = Self {
            boss: house.operator().await,
            house,
            model,
            campus,
            chance: Seeded::new(seed),
            customers: vec![],
            runners: vec![],
            photos: vec![],
            orders: vec![],
            last: None,
            keys: 0,
            compared: BTreeMap::new(),
            seen: (0, 0),
            refusals: BTreeMap::new(),
        };
        for n in 0..CUSTOMERS {
            let (card, _) = Behaviour::TOKENS[n % Behaviour::TOKENS.len()];
            twins.customers.push(twins.house.customer(&format!("c{n}"), card).await);
        }
        for n in 0..3 {
            twins.runners.push(twins.house.runner(&format!("r{n}")).await);
        }
        for n in 0..6 {
            twins.photos.push(twins.house.photo(twins.runners[0], n).await);
        }
        twins.mirror_people().await;
        twins
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.chance.below(of.len() as u64)).unwrap()]
    }

    /// Tells the campus of every account command that the runtime has written since.
    async fn mirror_people(&mut self) {
        let records = self.house.all_records().await;
        for Entry { record, .. } in &records[self.seen.1..] {
            let (Events::User(events), Stream::User(user)) = (&record.events, record.stream) else { continue };
            let command = match events.as_slice() {
                [UserEvent::Registered { email, profile, operator }, rest @ ..] => UserCommand::Register {
                    email: *email,
                    profile: profile.clone(),
                    operator: *operator,
                    session: rest.iter().find_map(|event| match event {
                        UserEvent::SessionOpened(session) => Some(*session),
                        _ => None,
                    }),
                },
                [UserEvent::CardSet(card)] => UserCommand::SetCard(card.clone()),
                [UserEvent::RunnerSet(state)] => UserCommand::SetRunner(*state),
                [UserEvent::Suspended] => UserCommand::Suspend,
                [UserEvent::Reinstated] => UserCommand::Reinstate,
                other => panic!("not mirrored: {other:?}"),
            };
            self.campus.user(record.principal, user, &command).unwrap();
        }
        self.compare().await;
    }

    /// Waits until the runtime has as many records as the campus, and compares the new ones.
    async fn compare(&mut self) {
        let journal = self.campus.journal();
        let wanted: Vec<Entry> = journal[self.seen.0..].to_vec();
        let is_shared = |entry: &&Entry| matches!(entry.record.stream, Stream::Order(_) | Stream::User(_));
        let (skip, count) = (self.seen.1, wanted.iter().filter(is_shared).count());
        let told = self.house.tap().until_or("as many records as the campus has", |entries| {
            let fresh: Vec<Entry> = entries[skip..].iter().filter(is_shared).cloned().collect();
            (fresh.len() >= count).then_some((entries.len(), fresh))
        });
        let (seen, fresh) = told.await.unwrap_or_else(|entries| {
            let fresh: Vec<&Record> = entries[skip..].iter().map(|entry| &entry.record).collect();
            panic!("the campus has {wanted:#?}\nand the runtime {fresh:#?}")
        });
        self.seen = (journal.len(), seen);
        let (mut ours, mut theirs) = (by_stream(&fresh), by_stream(&wanted));
        assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
        for (stream, ours) in &mut ours {
            let theirs = theirs.get_mut(stream).unwrap();
            assert_eq!(ours, theirs, "{stream}");
            *self.compared.entry(*stream).or_default() += ours.len();
        }
    }

    /// Lets the same time pass for both, stopping wherever something becomes due.
    async fn pass(&mut self, span_ms: u64) {
        let end = self.campus.now().plus(span_ms);
        loop {
            let due = self.campus.timetable().next_due();
            let next = due.into_iter().chain(self.campus.gateway().next_arrival()).min();
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

    fn key(&mut self, who: Principal, command: &Command) -> Caller {
        self.keys += 1;
        let (key, fingerprint) = (Some(self.keys.to_string()), fingerprint(command));
        Caller { key, fingerprint, ..Caller::plain(who, "twins") }
    }

    /// Gives both the same command; `shown` is what the runtime is given where that must differ (its PINs are others).
    async fn give(&mut self, caller: Caller, order: OrderId, command: Command, shown: Command) {
        let ours = self.house.runtime.command(caller.clone(), ToOrder { order, command: shown }).await;
        let theirs = self.campus.command(caller.principal, order, &command, command_id(&caller));
        self.campus.settle();
        match (ours, theirs) {
            (Ok(_), Ok(_)) => {}
            (Err(Refusal::Rejected { rejection, .. }), Err(other)) => self.same(&command, rejection, other),
            (ours, theirs) => panic!("{command:?}: the runtime says {ours:#?}, the campus {theirs:#?}"),
        }
        self.compare().await;
    }

    fn same(&mut self, command: &Command, ours: Rejection, theirs: Rejection) {
        assert_eq!(ours, theirs, "{command:?}");
        *self.refusals.entry(ours.code()).or_default() += 1;
    }

    async fn place(&mut self) {
        let customer = self.customers[usize::try_from(self.chance.below(CUSTOMERS as u64)).unwrap()];
        let handover = if self.chance.below(3) == 0 { Handover::Door } else { Handover::Pin };
        let wait = 1 + self.chance.below(5);
        let later = (self.chance.below(6) == 0).then(|| self.campus.now().plus(wait * HOUR_MS));
        let tip = Cents(i64::try_from(self.chance.below(3) * 150).unwrap() - i64::from(self.chance.below(40) == 0));
        let placement = placement(customer, handover, later, tip);
        let command = Command::Place(Box::new(placement.clone()));
        let caller = Caller { fingerprint: fingerprint(&command), ..plain(customer) };
        let ours = self.house.runtime.command(caller, PlaceOrder(wish(placement))).await;
        let known = ours.as_ref().map(|reply| (reply.order.id, reply.order.executed[0].command));
        let (order, id) = known.unwrap_or((OrderId::from_bytes(self.chance.bytes()), CommandId(self.chance.next())));
        let theirs = self.campus.command(Principal::User(customer), order, &command, id);
        self.campus.settle();
        match (ours, theirs) {
            (Ok(_), Ok(_)) => self.orders.push(order),
            (Err(Refusal::Rejected { rejection, .. }), Err(other)) => self.same(&command, rejection, other),
            (ours, theirs) => panic!("placing: the runtime says {ours:#?}, the campus {theirs:#?}"),
        }
        self.compare().await;
    }

    /// One random step.
    async fn step(&mut self) {
        let blink = 1_000 + self.chance.below(200_000);
        self.pass(blink).await;
        let live: Vec<OrderId> = self.orders.iter().rev().take(4).copied().collect();
        match self.chance.below(30) {
            0..=3 => self.place().await,
            4 => {
                let span = self.chance.below(50) * MINUTE_MS;
                self.pass(span).await;
            }
            5 => self.again().await,
            6 => self.confirm_payment().await,
            7 => self.suspend().await,
            8..=11 if !live.is_empty() => {
                let order = self.pick(&live);
                self.stray(order).await;
            }
            _ if !live.is_empty() => {
                let order = self.pick(&live);
                self.onward(order).await;
            }
            _ => self.place().await,
        }
    }

    /// Whatever fits next.
    async fn onward(&mut self, id: OrderId) {
        let order = Arc::clone(self.campus.order(id).unwrap());
        let bound = order.stage.bond().map(|bond| bond.runner);
        let runner = bound.unwrap_or_else(|| self.runners[usize::try_from(order.version).unwrap() % 3]);
        let photo = if self.chance.below(2) == 0 { Some(self.pick(&self.photos.clone())) } else { None };
        let (command, shown) = self.fitting(&order, runner, photo).await;
        let who = match &command {
            Command::Confirm => Principal::User(order.terms.customer),
            Command::Rate { .. } if self.chance.below(2) == 0 => Principal::User(order.terms.customer),
            _ => Principal::User(runner),
        };
        let caller = self.key(who, &command);
        self.last = Some((caller.clone(), id, command.clone(), shown.clone()));
        self.give(caller, id, command, shown).await;
    }

    async fn fitting(&mut self, order: &Order, runner: UserId, photo: Option<PhotoId>) -> (Command, Command) {
        let command = match &order.stage {
            Stage::Available { .. } => Command::Accept { runner },
            Stage::Accepted(_) => Command::ArriveOnSite,
            Stage::OnSite(_) => Command::Purchase { total: Cents(1_500 + i64::try_from(self.chance.below(900)).unwrap()), photo },
            Stage::Purchased(..) => Command::Collect,
            Stage::Collected(..) => Command::Depart,
            Stage::OnTheWay(..) if order.terms.dropoff.handover == Handover::Pin => {
                let off = u16::from(self.chance.below(4) == 0);
                let pin = |right: u16| Command::Deliver { shown: Shown::Pin((right + off) % 10_000) };
                return (pin(self.campus.pin(order.id)), pin(self.house.pin(order.id).await));
            }
            Stage::OnTheWay(..) => Command::Deliver { shown: Shown::Photo(self.pick(&self.photos.clone())) },
            Stage::Delivered(..) => Command::Confirm,
            _ => Command::Rate { stars: 1 + u8::try_from(self.chance.below(5)).unwrap() },
        };
        (command.clone(), command)
    }

    /// Anything, by anybody.
    async fn stray(&mut self, id: OrderId) {
        let order = Arc::clone(self.campus.order(id).unwrap());
        let customer = order.terms.customer;
        let runner = self.pick(&self.runners.clone());
        let bound = order.stage.bond().map_or(runner, |bond| bond.runner);
        let charge = Cents(i64::try_from(self.chance.below(4) * 1_000).unwrap());
        let kind = self.pick(&KINDS);
        let (who, command) = match self.chance.below(12) {
            0 => (Principal::User(runner), Command::Accept { runner }),
            1 => (Principal::User(customer), Command::Accept { runner: customer }),
            2 => (Principal::User(bound), Command::CancelAcceptance),
            3 => (Principal::Operator(self.boss), Command::Reassign),
            4..=6 => (Principal::User(customer), Command::Cancel { accept_charge: charge }),
            7 => (Principal::User(customer), Command::Confirm),
            8 => (Principal::User(runner), Command::Collect),
            9 => (Principal::User(bound), Command::Purchase { total: charge, photo: None }),
            10 => (Principal::User(bound), Command::Deliver { shown: Shown::Photo(self.photos[0]) }),
            _ => (Principal::System, Command::ScheduledDue { kind }),
        };
        let caller = self.key(who, &command);
        self.last = Some((caller.clone(), id, command.clone(), command.clone()));
        self.give(caller, id, command.clone(), command).await;
    }

    /// The last command again under its key, or another body under it.
    async fn again(&mut self) {
        let Some((mut caller, order, command, shown)) = self.last.clone() else { return };
        if self.chance.below(3) == 0 {
            let other = Command::Confirm;
            caller.fingerprint = fingerprint(&other);
            return self.give(caller, order, other.clone(), other).await;
        }
        self.give(caller, order, command, shown).await;
    }

    async fn confirm_payment(&mut self) {
        let asked = self.campus.orders().find(|order| order.stage == Stage::Authorizing && order.action_url.is_some());
        let Some(order) = asked.cloned() else { return };
        let yes = self.chance.below(3) > 0;
        let calls: Vec<CallNumber> = order.calls.keys().copied().collect();
        calls.into_iter().for_each(|n| self.model.confirm(order.id, n, yes));
        self.campus.confirm_payment(order.id, yes);
        self.compare().await;
    }

    async fn suspend(&mut self) {
        let user = self.pick(&self.runners.clone());
        let suspended = !self.campus.directory().person(user).unwrap().suspended;
        self.house.runtime.command(operator(self.boss), Suspend { user, suspended }).await.unwrap();
        self.mirror_people().await;
    }
}

/// The records by stream, without what only one side draws.
fn by_stream(entries: &[Entry]) -> BTreeMap<Stream, Vec<Record>> {
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
            Stream::Order(_) | Stream::User(_) => streams.entry(record.stream).or_default().push(record),
            _ => {}
        }
    }
    streams
}

/// The id that the runtime makes of a caller and his key.
fn command_id(caller: &Caller) -> CommandId {
    let mut hasher = blake3::Hasher::new();
    match caller.principal.user() {
        Some(user) => hasher.update(user.as_bytes()),
        None => hasher.update(b"no user"),
    };
    for part in [&caller.route, caller.key.as_ref().unwrap()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    CommandId(u64::from_le_bytes(hasher.finalize().as_bytes()[..8].try_into().unwrap()))
}

fn placement(customer: UserId, handover: Handover, deliver_after: Option<campusg_domain::time::At>, tip: Cents) -> Placement {
    Placement {
        customer,
        store: StoreRef::Described { name: "Corner shop".into(), place: "Main street 1".into() },
        items: vec![Item { name: "Bowl".into(), quantity: 2, unit_price: Cents(1000), substitution: Substitution::Ask }],
        dropoff: Dropoff { building: "Library".into(), details: None, handover },
        tip,
        deliver_after,
    }
}

fn wish(placement: Placement) -> NewOrder {
    let Placement { store, items, dropoff, tip, deliver_after, .. } = placement;
    let Dropoff { building, handover, .. } = dropoff;
    NewOrder { store, items, building, details: DropoffDetails::default(), handover, tip, deliver_after }
}

async fn run(seeds: std::ops::Range<u64>) {
    let mut twins = Twins::new(seeds.start).await;
    let sequences = seeds.end - seeds.start;
    for _ in seeds {
        twins.orders.clear();
        twins.last = None;
        twins.place().await;
        for _ in 0..COMMANDS {
            twins.step().await;
        }
        twins.pass(3 * HOUR_MS).await;
    }
    twins.pass(15 * DAY_MS).await;
    twins.campus.verify().unwrap();
    assert_eq!(twins.model.book().cash(), twins.campus.gateway().cash());
    let idle = twins.house.until_actors("nothing under way", |actors| actors.reservations == 0).await;
    assert_eq!(idle.open_calls, twins.campus.calls().len());
    assert_eq!(idle.timers.0, twins.campus.timetable().armed());
    let records: usize = twins.compared.values().sum();
    println!("{sequences} sequences, {records} records alike, refusals {:?}", twins.refusals);
    assert!(records as u64 > sequences * 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runtime_writes_what_the_campus_writes_when_release_is_at_once() {
    run(0..SEQUENCES / 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_runtime_writes_what_the_campus_writes_with_a_dispute_window() {
    run(SEQUENCES / 2 + 1..SEQUENCES + 1).await;
}
