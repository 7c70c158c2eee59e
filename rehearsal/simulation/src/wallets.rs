//! What the escrow owner does with a wallet's command, in one thread: known id? → asks → votes → decide → fill → check
//! → commit → fold → reply. And what people, operators and the bank do with wallets.

use super::{Bank, Simulation};
use campusg_domain::{
    call::{AccountToken, Answer, CallKind, CallNumber},
    gateway::{CallKey, Payout, Request},
    id::{CommandId, OrderId, Principal, Stream, UserId},
    invariant::{check_wallet, fingerprint},
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
    /// A wallet; empty if nothing has happened to it.
    #[must_use]
    pub fn wallet(&self, user: UserId) -> Arc<Wallet> {
        let known = self.folds.wallets.get(user);
        known.map_or_else(|| Arc::new(Wallet::new(user)), Arc::clone)
    }

    /// What an order did to a person's money, line by line.
    #[must_use]
    pub fn statement(&self, user: UserId, order: OrderId) -> Vec<Line> {
        statement(user, order, &self.journal)
    }

    /// The receipt of an order for one of its sides.
    #[must_use]
    pub fn receipt(&self, user: UserId, order: OrderId) -> Receipt {
        receipt(user, order, &self.journal)
    }

    /// Gives a command to a wallet. The same id again is answered, not executed.
    ///
    /// # Errors
    /// `KeyReused`, then as [`Command`] says of each.
    ///
    /// # Panics
    /// If the record would break an invariant: then a rule is wrong.
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
            ..Meta::own(principal, id, "campus")
        };
        let (now, policy) = (self.now.max(before.last_at), self.policy.clone());
        let vote = |ask: &VoteRequest| self.vote(id, ask);
        match turn(&before, command, &meta, now, &policy, vote) {
            Ok(Turn::Repeated(_)) => Ok(before),
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
                self.folds.release(id);
                Ok(before)
            }
            Err(rejection) => {
                self.folds.release(id);
                Err(rejection)
            }
        }
    }

    /// Puts a bank account on file that behaves as told.
    ///
    /// # Errors
    /// As [`UserCommand::SetPayoutMethod`].
    ///
    /// # Panics
    /// If no token asks for this behaviour.
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
            &UserCommand::SetPayoutMethod(method),
        )
    }

    /// Transition 42: asks for a payout and gives its number.
    ///
    /// # Errors
    /// As [`Command::RequestPayout`].
    pub fn payout(&mut self, user: UserId, cents: Cents) -> Result<CallNumber, Rejection> {
        let (command, id) = (Command::RequestPayout { cents }, self.fresh());
        let wallet = self.wallet_command(Principal::User(user), user, &command, id)?;
        Ok(wallet.last_call)
    }

    /// Transition 41: pays what is owed, or a part of it, from the card on file.
    ///
    /// # Errors
    /// As [`Command::PayDebt`].
    pub fn pay_debt(
        &mut self,
        user: UserId,
        cents: Option<Cents>,
    ) -> Result<CallNumber, Rejection> {
        let (command, id) = (Command::PayDebt { cents }, self.fresh());
        let wallet = self.wallet_command(Principal::User(user), user, &command, id)?;
        Ok(wallet.last_call)
    }

    /// Transition 41: an operator writes a debt off.
    ///
    /// # Errors
    /// As [`Command::WriteOff`].
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

    /// Transition 43: the gateway says where it stands with a charge that the bank took back. The cash moves in its book the
    /// first time, and again when it is won.
    ///
    /// # Errors
    /// As [`Command::Chargeback`].
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

    /// Transition 44: an operator makes losses good.
    ///
    /// # Errors
    /// As [`Command::TopUp`].
    pub fn top_up(&mut self, operator: UserId, cents: Cents) -> Result<(), Rejection> {
        let reason = Sealed(b"losses of the month".to_vec());
        let (command, id) = (Command::TopUp { cents, reason }, self.fresh());
        self.wallet_command(Principal::Operator(operator), PLATFORM, &command, id)?;
        self.gateway.moves(cents);
        Ok(())
    }

    /// Transition 44: an operator takes fees out.
    ///
    /// # Errors
    /// As [`Command::Withdraw`].
    pub fn withdraw(&mut self, operator: UserId, cents: Cents) -> Result<(), Rejection> {
        let reason = Sealed(b"fees of the month".to_vec());
        let (command, id) = (Command::Withdraw { cents, reason }, self.fresh());
        self.wallet_command(Principal::Operator(operator), PLATFORM, &command, id)?;
        self.gateway.moves(-cents);
        Ok(())
    }

    /// The gateway answers a wallet's call, asked or not.
    ///
    /// # Errors
    /// As [`Command::Answered`].
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

    /// Makes a wallet's call that is due.
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
        let payment = wallet
            .payment(n)
            .expect("a payment is kept until it is decided");
        let request = Request::resolve(stream, n, kind, &payment.card, |_| None)
            .expect("a wallet's calls refer to no others");
        self.gateway.call((stream, n), &request, &payment.card, now)
    }
}
