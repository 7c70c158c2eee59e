//! The steps that the escrow owner takes for a wallet's command, in one thread: is the key claimed? votes, decide, fill,
//! check, commit, fold, reply. Also what people, operators and the bank do with wallets.

use super::{Bank, Simulation};
use campusg_domain::{
    call::{AccountToken, Answer, CallKind, CallNumber},
    gateway::{CallKey, Payout, Request},
    id::{CommandId, OrderId, Principal, Stream, UserId},
    invariant::{check_wallet, fingerprint},
    keys::Claim,
    money::Cents,
    owner::{
        directory::{PayoutMethod, UserCommand},
        wallet::{
            ChargebackId, ChargebackStage, Command, Line, PLATFORM, Receipt, Turn, Wallet, receipt,
            statement, turn,
        },
    },
    rejection::Rejection,
    stream::Meta,
    text::Sealed,
    vote::VoteRequest,
};
use std::sync::Arc;

impl Simulation {
    /// The wallet of a user; empty if nothing has happened to it yet.
    #[must_use]
    pub fn wallet(&self, user: UserId) -> Arc<Wallet> {
        let known = self.folds.wallets.get(user);
        known.map_or_else(|| Arc::new(Wallet::new(user)), Arc::clone)
    }

    /// The movements of a user's money that an order caused, one line each.
    #[must_use]
    pub fn statement(&self, user: UserId, order: OrderId) -> Vec<Line> {
        statement(user, order, &self.journal)
    }

    /// The receipt of an order, for its customer or its runner.
    #[must_use]
    pub fn receipt(&self, user: UserId, order: OrderId) -> Receipt {
        receipt(user, order, &self.journal)
    }

    /// Gives a command to a wallet. A repeat of the same command id is answered as before and not executed.
    ///
    /// # Errors
    /// `KeyReused` if the id belongs to another command; else those that [`Command`] names.
    ///
    /// # Panics
    /// If the record would break an invariant, which means that a rule is wrong.
    pub fn wallet_command(
        &mut self,
        principal: Principal,
        user: UserId,
        command: &Command,
        id: CommandId,
    ) -> Result<Arc<Wallet>, Rejection> {
        let before = self.wallet(user);
        let meta = Meta {
            fingerprint: fingerprint(command),
            keyed: principal.user().is_some(),
            ..Meta::own(principal, id, "campus")
        };
        if meta.keyed && self.folds.keys.claim(&meta, self.now)? != Claim::New {
            return Ok(before);
        }
        let (now, policy) = (self.now.max(before.last_at), self.policy.clone());
        let vote = |ask: &VoteRequest| self.vote(id, ask);
        match turn(&before, command, &meta, now, &policy, vote) {
            Ok(Turn::Commit(filled)) => {
                if let Err(broken) =
                    check_wallet(&self.folds.ledger, &before, &filled.after, &filled.record)
                {
                    panic!("{broken}\nin {:#?}", filled.record);
                }
                let (record, after) = filled.committed(self.next_seq());
                self.commit(record);
                let folded = self.wallet(user);
                debug_assert_eq!(*folded, after, "the fold of a record is what was decided");
                Ok(folded)
            }
            Ok(Turn::AlreadySo) => {
                self.folds.release(&meta);
                Ok(before)
            }
            Err(rejection) => {
                self.folds.release(&meta);
                Err(rejection)
            }
        }
    }

    /// Stores a test bank account of this behaviour for the user's payouts.
    ///
    /// # Errors
    /// Those of [`UserCommand::SetPayoutMethod`].
    ///
    /// # Panics
    /// If no test token has this behaviour.
    pub fn set_payout_method(&mut self, user: UserId, behaviour: Bank) -> Result<(), Rejection> {
        let known = Bank::TOKENS.iter().find(|(_, other)| *other == behaviour);
        let (token, _) = known.expect("every behaviour that is used has its token");
        let method = PayoutMethod {
            token: AccountToken((*token).into()),
            bank: "Campus bank".into(),
            last4: "6789".into(),
        };
        self.user(
            Principal::User(user),
            user,
            &UserCommand::SetPayoutMethod {
                method,
                setup: None,
            },
        )
    }

    /// Transition 42: requests a payout and returns the number of its call.
    ///
    /// # Errors
    /// Those of [`Command::RequestPayout`].
    pub fn payout(&mut self, user: UserId, cents: Cents) -> Result<CallNumber, Rejection> {
        let (command, id) = (Command::RequestPayout { cents }, self.fresh());
        let wallet = self.wallet_command(Principal::User(user), user, &command, id)?;
        Ok(wallet.last_call)
    }

    /// Transition 41: pays the user's debt, or a part of it, with the card on file.
    ///
    /// # Errors
    /// Those of [`Command::PayDebt`].
    pub fn pay_debt(
        &mut self,
        user: UserId,
        cents: Option<Cents>,
    ) -> Result<CallNumber, Rejection> {
        let (command, id) = (Command::PayDebt { cents }, self.fresh());
        let wallet = self.wallet_command(Principal::User(user), user, &command, id)?;
        Ok(wallet.last_call)
    }

    /// Transition 41: an operator writes off a user's debt, or a part of it.
    ///
    /// # Errors
    /// Those of [`Command::WriteOff`].
    pub fn write_off(
        &mut self,
        operator: UserId,
        user: UserId,
        cents: Cents,
    ) -> Result<(), Rejection> {
        let reason = Sealed(b"hopeless".to_vec());
        let (command, id) = (
            Command::WriteOff {
                cents: Some(cents),
                reason,
            },
            self.fresh(),
        );
        self.wallet_command(Principal::Operator(operator), user, &command, id)
            .map(drop)
    }

    /// Transition 43: the gateway reports the stage of a chargeback. Its cash moves when it first reports it, and again when
    /// the chargeback is won.
    ///
    /// # Errors
    /// Those of [`Command::Chargeback`].
    pub fn chargeback(
        &mut self,
        id: &str,
        order: OrderId,
        [cents, fee]: [Cents; 2],
        stage: ChargebackStage,
    ) -> Result<(), Rejection> {
        let customer = self.folds.orders.get(&order);
        let customer = customer.ok_or_else(|| Rejection::NotFound {
            what: "order".into(),
        })?;
        let customer = customer.terms.customer;
        let (name, before) = (ChargebackId(id.into()), self.wallet(customer));
        let command = Command::Chargeback {
            id: name.clone(),
            order: Some(order),
            cents,
            fee,
            stage,
        };
        let token = self.fresh();
        let after = self.wallet_command(Principal::Gateway, customer, &command, token)?;
        let known = |wallet: &Wallet| wallet.chargeback(&name).map(|known| known.won);
        let (was, is) = (known(&before), known(&after));
        if was.is_none() && is.is_some() {
            self.gateway.moves(-cents - fee);
        }
        if was.flatten().is_none() && is == Some(Some(true)) {
            let taken = after.chargeback(&name).map_or(cents, |known| known.cents);
            self.gateway.moves(taken);
        }
        Ok(())
    }

    /// Transition 44: an operator brings `cents` of the platform's own money to the gateway, to cover losses.
    ///
    /// # Errors
    /// Those of [`Command::TopUp`].
    pub fn top_up(&mut self, operator: UserId, cents: Cents) -> Result<(), Rejection> {
        let reason = Sealed(b"losses of the month".to_vec());
        let (command, id) = (Command::TopUp { cents, reason }, self.fresh());
        self.wallet_command(Principal::Operator(operator), PLATFORM, &command, id)?;
        self.gateway.moves(cents);
        Ok(())
    }

    /// Transition 44: an operator takes `cents` of earned fees out of the gateway.
    ///
    /// # Errors
    /// Those of [`Command::Withdraw`].
    pub fn withdraw(&mut self, operator: UserId, cents: Cents) -> Result<(), Rejection> {
        let reason = Sealed(b"fees of the month".to_vec());
        let (command, id) = (Command::Withdraw { cents, reason }, self.fresh());
        self.wallet_command(Principal::Operator(operator), PLATFORM, &command, id)?;
        self.gateway.moves(-cents);
        Ok(())
    }

    /// The gateway answers a wallet's call, as the reply to a try or later by an event.
    ///
    /// # Errors
    /// Those of [`Command::Answered`].
    pub fn wallet_answered(
        &mut self,
        user: UserId,
        call: CallNumber,
        answer: Answer,
    ) -> Result<(), Rejection> {
        let (command, id) = (Command::Answered { call, answer }, self.fresh());
        self.wallet_command(Principal::Gateway, user, &command, id)
            .map(drop)
    }

    /// Makes a wallet's call that is due, and gives the answer to the wallet.
    pub(super) fn call_for_wallet(&mut self, user: UserId, n: CallNumber, kind: CallKind) {
        let stream = Stream::Wallet(user);
        let key = match kind {
            CallKind::PayOut { .. } => CallKey::of_payout(stream, n),
            other => CallKey::of(stream, other, n),
        };
        let answer = self.through_chaos(&key, |campus| campus.ask_bank(user, n, kind));
        if let Some(answer) = answer {
            self.wallet_answered(user, n, answer)
                .expect("an answer to a call that was made is always taken");
        }
    }

    fn ask_bank(&mut self, user: UserId, n: CallNumber, kind: CallKind) -> Answer {
        let (wallet, stream, now) = (self.wallet(user), Stream::Wallet(user), self.now);
        if let CallKind::PayOut { cents } = kind {
            let payout = wallet
                .payout(n)
                .expect("a payout is kept until it is decided");
            let payout = Payout {
                key: CallKey::of_payout(stream, n),
                account: payout.method.token.clone(),
                cents,
            };
            return self.gateway.pay_out((stream, n), &payout, now);
        }
        let card = wallet
            .card(n)
            .expect("a payment is kept until it is decided");
        let calls = |n| wallet.calls.get(&n).map(|call| call.kind);
        let request = Request::resolve(stream, n, kind, card, calls)
            .expect("a wallet's calls refer to calls that were made");
        self.gateway.call((stream, n), &request, card, now)
    }
}
