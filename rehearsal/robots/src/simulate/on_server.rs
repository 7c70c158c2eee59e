//! A running server as the campus: every robot is a user with an account of its own, and everything goes over HTTP.
//!
//! If the server has a virtual clock and an operator's login is given, the clock is moved on. Else robots live by the
//! wall clock, sped up, while the server's own time-outs take their real time.
//! Must not: promise an order among the notices of different people; inboxes are read now and then.
//! Invariant: at most one request at a time, each with a time limit. A refusal is an answer; a fault of the server ends
//! the day. A request is repeated only if the server says that it did nothing.

mod asks;
mod inboxes;
mod patience;
mod time;
mod views;

use super::world::{
    Answer, News, OnBoard, OrderView, Outside, Part, WalletBalance, World, WorldError,
};
use asks::Token;
use campusg_client::{
    ApiRequest, Body, Client, Deviation, Person, Reply,
    answer::{self, BoardEntry, CancellationQuote, Made, Page, Pin},
    operation::{account, desk, order},
    photo,
    request::StoreChange,
};
use campusg_domain::{
    id::{OrderId, PhotoId, Principal, StoreId, UserId},
    money::Cents,
    notice::NoticeKind,
    order::{Command, Placement},
    owner::{
        directory::Hours,
        wallet::{self, PLATFORM},
    },
    time::{At, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
};
use campusg_simulation::Behaviour;
use inboxes::inbox;
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};
use time::Pace;
pub use time::WallClock;

/// Time between two readings of the inboxes, in milliseconds of the robots' time.
const INBOX_EVERY_MS: u64 = MINUTE_MS;
/// Longest step of the clock while no order is open, in milliseconds.
const STEP_MS: u64 = 2 * HOUR_MS;

/// What stands before the call's key in the address of the sandbox bank's page.
const CONFIRM: &str = "/confirm/";

/// The parties of an order.
#[derive(Clone, Copy, Debug)]
struct Parties {
    customer: UserId,
    runner: Option<UserId>,
}

/// A client for a server, and an operator of it.
#[derive(Debug)]
pub struct Login {
    /// The client through which all robots send their requests.
    pub client: Client,
    /// A signed-in operator; `None` if no login was given.
    pub operator: Option<Person>,
}

/// The server as a campus on which robots live.
pub struct OnServer {
    threads: tokio::runtime::Runtime,
    client: Client,
    operator: Option<UserId>,
    people: BTreeMap<UserId, Person>,
    orders: BTreeMap<OrderId, Parties>,
    open: BTreeSet<OrderId>,
    read: BTreeMap<UserId, String>,
    unread: BTreeSet<UserId>,
    looked_at: At,
    next_other: usize,
    pace: Pace,
}

impl OnServer {
    /// A campus on this server. If its clock can't be moved, robots live `speed` times as fast as the wall clock.
    ///
    /// # Errors
    /// A [`Deviation`] if the server does not answer as specified.
    pub fn new(
        threads: tokio::runtime::Runtime,
        login: Login,
        speed: u32,
        clock: WallClock,
    ) -> Result<Self, Deviation> {
        let Login { client, operator } = login;
        let pace = threads.block_on(Pace::of(&client, operator.as_ref(), speed, clock))?;
        let mut server = Self {
            threads,
            client,
            operator: None,
            people: BTreeMap::new(),
            orders: BTreeMap::new(),
            open: BTreeSet::new(),
            read: BTreeMap::new(),
            unread: BTreeSet::new(),
            looked_at: pace.now(),
            next_other: 0,
            pace,
        };
        if let Some(operator) = operator {
            server.operator = Some(server.known(operator)?);
        }
        Ok(server)
    }

    /// The ledger's public proof.
    ///
    /// # Errors
    /// A [`Deviation`] if the server does not answer as specified.
    pub fn proof(&self) -> Result<answer::Proof, Deviation> {
        let ask = desk::proof();
        self.threads
            .block_on(self.client.send(&ask))?
            .is(200)?
            .read()
    }

    /// Whether the robots move the server's virtual clock on, rather than wait.
    #[must_use]
    pub const fn moves_the_clock(&self) -> bool {
        self.pace.moves_the_clock()
    }

    /// Keeps a person and returns their id. Notices that are in their inbox already will not count as news.
    fn known(&mut self, person: Person) -> Result<UserId, Deviation> {
        let user = id(&person.id)?;
        let inbox = self.threads.block_on(inbox(&person, 1))?;
        let last = inbox.into_iter().next().map(|notice| notice.id);
        self.read.insert(user, last.unwrap_or_default());
        self.people.insert(user, person);
        Ok(user)
    }

    fn person(&self, user: UserId) -> Answer<&Person> {
        let known = self.people.get(&user);
        known.ok_or(WorldError::Refused("nobody_here".into()))
    }

    /// Sends a request as this user.
    fn ask(&self, who: UserId, ask: ApiRequest) -> Answer<Body> {
        let person = self.person(who)?;
        accepted(self.threads.block_on(patience::send(person, ask))?)
    }

    /// Sends a command as this user, under a fresh idempotency key.
    fn command(&self, who: UserId, ask: ApiRequest) -> Answer<Body> {
        self.ask(who, ask.with_key(self.client.fresh()))
    }

    /// The user in whose view robots see an order: the operator, or its customer if there is no operator.
    fn eyes(&self, order: OrderId) -> Answer<UserId> {
        let parties = self.orders.get(&order);
        let parties = parties.ok_or(WorldError::Refused("not_found".into()))?;
        Ok(self.operator.unwrap_or(parties.customer))
    }

    fn look(&self, order: OrderId) -> Answer<answer::Order> {
        Ok(self.ask(self.eyes(order)?, order::show(order))?.read()?)
    }

    fn operator(&self) -> Answer<UserId> {
        self.operator
            .ok_or(WorldError::Refused("no_operator".into()))
    }
}

impl World for OnServer {
    fn now(&self) -> At {
        self.pace.now()
    }

    fn patience_ms(&self) -> u64 {
        match self.pace.moves_the_clock() {
            true => 16 * DAY_MS,
            false => 90 * MINUTE_MS,
        }
    }

    fn pass_until(&mut self, end: At) -> Answer<bool> {
        let step = if self.open.is_empty() {
            STEP_MS
        } else {
            30 * SECOND_MS
        };
        let to = end.min(self.pace.now().plus(step));
        let Self {
            threads,
            pace,
            people,
            operator,
            ..
        } = self;
        let operator = operator.and_then(|operator| people.get(&operator));
        threads.block_on(pace.pass_to(to, operator))?;
        if self.pace.now().since(self.looked_at) >= INBOX_EVERY_MS {
            self.inboxes_are_due();
        }
        Ok(self.pace.now() < end)
    }

    fn news(&mut self) -> Answer<Vec<News>> {
        let mut news = vec![];
        for user in std::mem::take(&mut self.unread) {
            news.extend(self.told(user)?);
        }
        for told in &news {
            if let (Some(order), true) = (told.about, ends(told.kind)) {
                self.open.remove(&order);
            }
        }
        Ok(news)
    }

    fn is_at_rest(&mut self) -> Answer<bool> {
        Ok(self.open.is_empty())
    }

    fn join(&mut self, part: Part) -> Answer<UserId> {
        let client = &self.client;
        let person = match part {
            Part::Operator => return Ok(self.operator.unwrap_or(PLATFORM)),
            Part::Student(card) => {
                self.threads
                    .block_on(Person::customer(client, "Student", card.token()))?
            }
            Part::Runner(_) => self.threads.block_on(Person::runner(client, "Runner"))?,
        };
        let user = self.known(person)?;
        if let Part::Runner(bank) = part {
            // A server without payouts has no such route, and its runners none of them.
            match self.ask(user, account::set_account(bank.token())) {
                Ok(_) | Err(WorldError::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(user)
    }

    fn open_store(&mut self, name: &str, _hours: Option<Hours>) -> Answer<StoreId> {
        let operator = self.operator()?;
        let stores: Page<answer::KnownStore> = self.ask(operator, desk::stores())?.read()?;
        let known = stores.items.iter().find(|store| store.name == name);
        if let Some(store) = known {
            return Ok(id(&store.id)?);
        }
        let made = self.command(operator, desk::open_store(name, "Campus"))?;
        Ok(id(&made.read::<Made>()?.id)?)
    }

    fn pause_store(&mut self, store: StoreId, paused: bool) -> Answer<()> {
        let change = StoreChange {
            paused: Some(paused),
        };
        let change = desk::change_store(store, &change);
        self.ask(self.operator()?, change).map(drop)
    }

    fn place(&mut self, wish: Placement) -> Answer<OrderId> {
        let asked = asks::placement(&wish, self.pace.moves_the_clock());
        let placed = self.command(wish.customer, order::place(&asked))?;
        let order = id(&placed.read::<Made>()?.id)?;
        let parties = Parties {
            customer: wish.customer,
            runner: None,
        };
        self.orders.insert(order, parties);
        self.open.insert(order);
        self.parties_look(order);
        Ok(order)
    }

    fn act(&mut self, who: Principal, order: OrderId, command: Command) -> Answer<()> {
        let user = who
            .user()
            .ok_or(WorldError::Refused("nobody_here".into()))?;
        let Some(asked) = asks::of_order(order, &command) else {
            return Err(WorldError::Refused("no_route".into()));
        };
        self.command(user, asked)?;
        if let (Command::Accept { runner }, Some(parties)) = (&command, self.orders.get_mut(&order))
        {
            parties.runner = Some(*runner);
        }
        self.parties_look(order);
        Ok(())
    }

    fn wallet(&mut self, who: Principal, of: UserId, command: wallet::Command) -> Answer<()> {
        let user = who
            .user()
            .ok_or(WorldError::Refused("nobody_here".into()))?;
        match asks::of_wallet(of, &command) {
            Some(asked) => self.command(user, asked).map(drop),
            None => Err(WorldError::Refused("no_route".into())),
        }
    }

    fn new_card(&mut self, student: UserId, card: Behaviour) -> Answer<()> {
        self.ask(student, account::set_card(card.token())).map(drop)
    }

    fn answer_bank(&mut self, order: OrderId, yes: bool) -> Answer<()> {
        let url = self.look(order)?.payment.action_url.unwrap_or_default();
        let Some((_, key)) = url.split_once(CONFIRM) else {
            return Err(WorldError::Refused("the_bank_does_not_ask".into()));
        };
        let says = desk::confirm_at_bank(key, yes);
        let said = self.threads.block_on(self.client.send(&says))?;
        accepted(said).map(drop)
    }

    fn order_view(&mut self, order: OrderId) -> Answer<OrderView> {
        let seen = self.look(order)?;
        let customer = self.orders[&order].customer;
        Ok(views::of_order(order, customer, seen))
    }

    fn board(&mut self, runner: UserId) -> Answer<Vec<OnBoard>> {
        let board = self.ask(runner, order::board(None))?;
        let on_board = |entry: &BoardEntry| -> Result<OnBoard, Deviation> {
            Ok(OnBoard {
                order: id(&entry.id)?,
                reward: Cents(entry.delivery_fee_cents + entry.tip_cents),
            })
        };
        let entries = board.read::<Page<BoardEntry>>()?.items;
        // Other people's orders stay theirs to run.
        let ours = entries.iter().map(on_board).filter(|entry| {
            let known = |entry: &OnBoard| self.orders.contains_key(&entry.order);
            entry.as_ref().map_or(true, known)
        });
        Ok(ours.collect::<Result<_, _>>()?)
    }

    fn wallet_balance(&mut self, of: UserId) -> Answer<WalletBalance> {
        if of == PLATFORM {
            let accounts = self.ask(self.operator()?, desk::accounts())?;
            let accounts: Page<answer::Account> = accounts.read()?;
            return Ok(views::treasury(&accounts.items));
        }
        let wallet: answer::Wallet = self.ask(of, account::wallet())?.read()?;
        Ok(WalletBalance {
            available: Cents(wallet.available_cents),
            debt: Cents(wallet.debt_cents),
        })
    }

    fn cancel_price(&mut self, order: OrderId) -> Answer<Option<Cents>> {
        let quote = self.ask(self.eyes(order)?, order::cancellation_quote(order))?;
        let quote: CancellationQuote = quote.read()?;
        Ok(Some(Cents(quote.charge_cents)))
    }

    fn photo(&mut self, by: UserId) -> Answer<PhotoId> {
        let picture = photo::picture(&self.client.fresh());
        let stored = self.ask(by, order::upload(picture))?;
        Ok(id(&stored.read::<Made>()?.id)?)
    }

    fn pin(&mut self, order: OrderId) -> Answer<u16> {
        let customer = self.orders.get(&order).map(|parties| parties.customer);
        let customer = customer.ok_or(WorldError::Refused("not_found".into()))?;
        let shown = self.ask(customer, order::pin(order))?;
        let pin = shown.read::<Pin>()?.pin;
        let read = pin.parse().ok();
        Ok(read.ok_or_else(|| Deviation::new("a PIN of four digits", pin))?)
    }

    fn happens(&mut self, _what: Outside) -> Answer<bool> {
        Ok(false)
    }
}

/// The body of a successful answer; a refusal becomes [`WorldError::Refused`], anything else a fault that ends the day.
fn accepted(reply: Reply) -> Answer<Body> {
    match reply.status {
        200..=299 => Ok(reply.body),
        // Too much at once, and an outcome that is not known, happen to people too.
        429 | 503 | 504 | 400..=499 => {
            let code = match reply.code() {
                "" => reply.status.to_string(),
                code => code.to_owned(),
            };
            Err(WorldError::Refused(code.into()))
        }
        _ => {
            let asked = format!("{} to be answered", reply.asked);
            Err(WorldError::Fault(Deviation::new(asked, reply.summary())))
        }
    }
}

fn id<T: FromStr>(text: &str) -> Result<T, Deviation> {
    let read = T::from_str(text);
    read.map_err(|_| Deviation::new("an id", text))
}

const fn ends(kind: NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::Completed
            | NoticeKind::Cancelled
            | NoticeKind::NobodyCame
            | NoticeKind::PaymentFailed { .. }
    )
}
