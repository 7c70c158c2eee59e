//! Commands about users and stores: register, store a card, become a runner, create a store.

use super::{Behaviour, Simulation};
use campusg_domain::{
    call::CardToken,
    id::{Principal, StoreId, Stream, UserId},
    invariant::fingerprint,
    owner::{
        directory::{Card, EmailDigest, RunnerState, StoreCommand, UserCommand, UserEvent},
        wallet::Command::PayDebt,
    },
    record::{Events, Record},
    rejection::Rejection,
    stream::Meta,
    text::Sealed,
};

impl Simulation {
    /// Registers a user and returns their id.
    pub fn register(&mut self) -> UserId {
        self.registered(false)
    }

    /// Registers an operator and returns their id.
    pub fn register_operator(&mut self) -> UserId {
        self.registered(true)
    }

    fn registered(&mut self, operator: bool) -> UserId {
        let user = UserId::from_bytes(self.chance.timed(self.now.0));
        let mut email = [0; 32];
        email[..16].copy_from_slice(&self.chance.bytes());
        let register = UserCommand::Register {
            email: EmailDigest(email),
            profile: Sealed(user.as_bytes().to_vec()),
            operator,
            session: None,
        };
        self.user(Principal::System, user, &register)
            .expect("a fresh address is nobody's");
        user
    }

    /// Stores a test card of this behaviour for the user.
    ///
    /// # Errors
    /// Those of [`UserCommand::SetCard`].
    ///
    /// # Panics
    /// If no test token has this behaviour.
    pub fn set_card(&mut self, user: UserId, behaviour: Behaviour) -> Result<(), Rejection> {
        let known = Behaviour::TOKENS
            .iter()
            .find(|(_, other)| *other == behaviour);
        let (token, _) = known.expect("every behaviour that is used has its token");
        let token = CardToken((*token).into());
        let card = Card {
            token,
            brand: "visa".into(),
            last4: "4242".into(),
            exp_month: 12,
            exp_year: 2030,
        };
        let wallet_balance = self.folds.ledger.wallet_balance(user);
        let pays = wallet_balance.new_card_pays(self.policy.gateway_minimum_cents);
        let command = UserCommand::SetCard {
            card,
            pays,
            setup: None,
        };
        self.user(Principal::User(user), user, &command)
    }

    /// Makes a user an online runner.
    ///
    /// # Errors
    /// Those of [`UserCommand::SetRunner`].
    pub fn activate_runner(&mut self, user: UserId) -> Result<(), Rejection> {
        let active = RunnerState {
            active: true,
            online: true,
        };
        self.user(Principal::User(user), user, &UserCommand::SetRunner(active))
    }

    /// Gives a command to a user's account.
    ///
    /// # Errors
    /// Those that [`UserCommand`] names.
    pub fn user(
        &mut self,
        principal: Principal,
        user: UserId,
        command: &UserCommand,
    ) -> Result<(), Rejection> {
        let token = self.fresh();
        let events = match self
            .folds
            .directory
            .decide_user(token, user, command, principal, self.now)
        {
            Ok(events) if !events.is_empty() => events,
            nothing => {
                self.folds.release(&Meta::own(principal, token, "campus"));
                return nothing.map(drop);
            }
        };
        let promised = events
            .iter()
            .any(|event| matches!(event, UserEvent::DebtPromised { .. }));
        let record = self.plain(Stream::User(user), principal, token, Events::User(events));
        self.commit(record);
        if promised {
            self.pays_with_new_card(user);
        }
        Ok(())
    }

    /// Transition 41: charges a new card for the debt. If the command is refused, the debt stays.
    fn pays_with_new_card(&mut self, user: UserId) {
        let (pay, id) = (PayDebt { cents: None }, self.fresh());
        drop(self.wallet_command(Principal::System, user, &pay, id));
    }

    /// Adds a store to the operators' directory and returns its id.
    ///
    /// # Errors
    /// Those of [`StoreCommand::Create`].
    pub fn create_store(&mut self, name: &str) -> Result<StoreId, Rejection> {
        let store = StoreId::from_bytes(self.chance.timed(self.now.0));
        let create = StoreCommand::Create {
            name: name.into(),
            place: "Main street".into(),
            hours: None,
            paused: false,
        };
        self.store(store, &create)?;
        Ok(store)
    }

    /// Gives an operator's command to a store.
    ///
    /// # Errors
    /// Those that [`StoreCommand`] names.
    pub fn store(&mut self, store: StoreId, command: &StoreCommand) -> Result<(), Rejection> {
        let directory = &self.folds.directory;
        let events = directory.decide_store(store, command, Principal::System)?;
        if events.is_empty() {
            return Ok(());
        }
        let token = self.fresh();
        let events = Events::Store(events);
        let record = self.plain(Stream::Store(store), Principal::System, token, events);
        self.commit(record);
        Ok(())
    }

    fn plain(
        &self,
        stream: Stream,
        principal: Principal,
        command: campusg_domain::id::CommandId,
        events: Events,
    ) -> Record {
        let prev = self.folds.directory.last_seq(stream);
        let meta = Meta {
            fingerprint: fingerprint(&events),
            ..Meta::own(principal, command, "campus")
        };
        Record::of_owner(stream, prev, self.now, &meta, events)
    }
}
