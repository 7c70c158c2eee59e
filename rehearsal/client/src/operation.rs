//! The operations of the API: method, path and body of each. Must not: send them.
//!
//! An id may be anything that prints as one. Amounts are in cents. Commands get their idempotency key from the sender.

use crate::{
    ApiRequest,
    request::{
        Claim, DeskAction, Ending, ProblemReport, Progress, Proposal, ProposalAnswer, StoreChange,
        Wish,
    },
};
use campusg_domain::order::Fault;
use reqwest::Method;
use serde::Serialize;
use serde_json::json;
use std::fmt::Display;

fn of_order(order: impl Display, what: &str, body: &impl Serialize) -> ApiRequest {
    ApiRequest::post(format!("/api/orders/{order}/{what}"), body)
}

fn nothing() -> serde_json::Value {
    json!({})
}

pub mod account {
    //! People, their sessions, cards, bank accounts and wallets.

    use super::{ApiRequest, Display, json};

    /// Registers a new user; the answer holds the user and their first session.
    #[must_use]
    pub fn register(email: &str, password: &str, first_name: &str, last_name: &str) -> ApiRequest {
        let body = json!({
            "email": email, "password": password, "first_name": first_name, "last_name": last_name,
        });
        ApiRequest::post("/api/users", &body)
    }

    /// Opens a session for a registered user.
    #[must_use]
    pub fn sign_in(email: &str, password: &str) -> ApiRequest {
        let body = json!({"email": email, "password": password});
        ApiRequest::post("/api/sessions", &body)
    }

    /// The caller's own profile.
    #[must_use]
    pub fn profile() -> ApiRequest {
        ApiRequest::get("/api/users/me")
    }

    /// The public profile of another user.
    #[must_use]
    pub fn person(user: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/users/{user}"))
    }

    /// Stores a card of the caller by the gateway's token for it.
    #[must_use]
    pub fn set_card(token: &str) -> ApiRequest {
        ApiRequest::put("/api/users/me/payment-method", &json!({"token": token}))
    }

    /// Stores the bank account for the caller's payouts, by the gateway's token for it.
    #[must_use]
    pub fn set_account(token: &str) -> ApiRequest {
        ApiRequest::put("/api/users/me/payout-method", &json!({"token": token}))
    }

    /// Sets whether the caller is a runner at all (`active`), and whether they are looking for orders now (`online`).
    #[must_use]
    pub fn set_runner(active: bool, online: bool) -> ApiRequest {
        let body = json!({"active": active, "online": online});
        ApiRequest::put("/api/users/me/runner", &body)
    }

    /// The newest notices in the inbox of `user`, at most `limit` of them.
    #[must_use]
    pub fn inbox(user: impl Display, limit: u8) -> ApiRequest {
        ApiRequest::get(format!("/api/notifications/user/{user}?limit={limit}"))
    }

    /// The caller's own wallet.
    #[must_use]
    pub fn wallet() -> ApiRequest {
        ApiRequest::get("/api/users/me/wallet")
    }

    /// Requests a payout of `cents` from the caller's wallet to their bank account.
    #[must_use]
    pub fn pay_out(cents: i64) -> ApiRequest {
        ApiRequest::post("/api/users/me/payouts", &json!({"amount_cents": cents}))
    }

    /// Pays `cents` of the caller's debt with the card on file; `None`: all of it.
    #[must_use]
    pub fn pay_debt(cents: Option<i64>) -> ApiRequest {
        let body = match cents {
            Some(cents) => json!({"amount_cents": cents}),
            None => json!({}),
        };
        ApiRequest::post("/api/users/me/wallet/pay-debt", &body)
    }
}

pub mod order {
    //! Orders: from the quote to ratings and disputes.

    use super::{
        ApiRequest, Claim, Display, Method, ProblemReport, Progress, Proposal, ProposalAnswer,
        Serialize, Wish, json, nothing, of_order,
    };

    /// Asks for the price of an order without placing it.
    #[must_use]
    pub fn quote(wish: &Wish) -> ApiRequest {
        ApiRequest::post("/api/quotes", wish)
    }

    /// Places an order.
    #[must_use]
    pub fn place(wish: &Wish) -> ApiRequest {
        ApiRequest::post("/api/orders", wish)
    }

    /// Places an order with any JSON body, also one that is no valid [`Wish`]; for tests of what the server refuses.
    #[must_use]
    pub fn place_as_written(body: &impl Serialize) -> ApiRequest {
        ApiRequest::post("/api/orders", body)
    }

    /// An order; the view depends on whether the caller is its customer, its runner, an operator or somebody else.
    #[must_use]
    pub fn show(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}"))
    }

    /// The orders that the caller placed.
    #[must_use]
    pub fn mine() -> ApiRequest {
        ApiRequest::get("/api/orders?as=customer")
    }

    /// A page of up to 100 orders that a runner may accept; `cursor` is the `next_cursor` of the page before.
    #[must_use]
    pub fn board(cursor: Option<&str>) -> ApiRequest {
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        ApiRequest::get(format!("/api/orders?available=true&limit=100{cursor}"))
    }

    /// The first 100 events of an order, oldest first.
    #[must_use]
    pub fn events(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}/events?limit=100"))
    }

    /// The timers of an order, newest first.
    #[must_use]
    pub fn timers(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/timers?order_id={order}"))
    }

    /// The receipt of an order.
    #[must_use]
    pub fn receipt(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}/receipt"))
    }

    /// The state of an order's payment: what was authorised, charged and refunded.
    #[must_use]
    pub fn payment(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/payments/{order}"))
    }

    /// The state of an order's escrow: how much is held.
    #[must_use]
    pub fn escrow(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/escrow/{order}"))
    }

    /// The four-digit PIN that the customer tells the runner at the handover.
    #[must_use]
    pub fn pin(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}/delivery-pin"))
    }

    /// Asks what the customer would be charged for cancelling now.
    #[must_use]
    pub fn cancellation_quote(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}/cancellation-quote"))
    }

    /// Cancels an order; refused if that costs more than `accept_charge` cents.
    #[must_use]
    pub fn cancel(order: impl Display, accept_charge: i64, reason: Option<&str>) -> ApiRequest {
        let mut body = json!({"accept_charge_cents": accept_charge});
        if let Some(reason) = reason {
            body["reason"] = json!(reason);
        }
        of_order(order, "cancel", &body)
    }

    /// Accepts an order from the board, as a runner.
    #[must_use]
    pub fn accept(order: impl Display) -> ApiRequest {
        of_order(order, "accept", &nothing())
    }

    /// Gives an accepted order back to the board, as its runner.
    #[must_use]
    pub fn give_back(order: impl Display) -> ApiRequest {
        of_order(order, "cancel-acceptance", &nothing())
    }

    /// Reports the runner's next step: at the store, bought, collected, on the way or delivered.
    #[must_use]
    pub fn progress(order: impl Display, progress: &Progress) -> ApiRequest {
        of_order(order, "status", &progress.body())
    }

    /// Opens a proposal: the runner at the store asks the customer to decide about a price, an item or the store.
    #[must_use]
    pub fn propose(order: impl Display, proposal: &Proposal) -> ApiRequest {
        of_order(order, "proposals", proposal)
    }

    /// Gives the customer's decision about the proposal with this number.
    #[must_use]
    pub fn answer(
        order: impl Display,
        proposal: impl Display,
        answer: &ProposalAnswer,
    ) -> ApiRequest {
        let (how, body) = match answer {
            ProposalAnswer::Approve => ("approve", nothing()),
            ProposalAnswer::Reject => ("reject", nothing()),
            ProposalAnswer::DropItems(items) => ("drop-item", json!({"items": items})),
            ProposalAnswer::OtherStore(store) => ("other-store", json!({"store": store})),
        };
        of_order(order, &format!("proposals/{proposal}/{how}"), &body)
    }

    /// Withdraws the runner's own proposal with this number.
    #[must_use]
    pub fn withdraw(order: impl Display, proposal: impl Display) -> ApiRequest {
        of_order(order, &format!("proposals/{proposal}/withdraw"), &nothing())
    }

    /// Reports a problem on the way, as the runner.
    #[must_use]
    pub fn report_problem(order: impl Display, problem: &ProblemReport) -> ApiRequest {
        of_order(order, "problems", problem)
    }

    /// Tells the runner who waits at the door that the customer is there after all.
    #[must_use]
    pub fn is_there(order: impl Display) -> ApiRequest {
        of_order(order, "no-show-answer", &nothing())
    }

    /// Confirms, as the customer, that the food has arrived.
    #[must_use]
    pub fn confirm(order: impl Display) -> ApiRequest {
        of_order(order, "confirm", &nothing())
    }

    /// Adds a tip for the runner after the order has ended.
    #[must_use]
    pub fn tip(order: impl Display, cents: i64) -> ApiRequest {
        of_order(order, "tip", &json!({"tip_cents": cents}))
    }

    /// Rates the other party of the order with 1 to 5 stars.
    #[must_use]
    pub fn rate(order: impl Display, stars: u8) -> ApiRequest {
        of_order(order, "ratings", &json!({"stars": stars}))
    }

    /// Sends a message to the other party of the order.
    #[must_use]
    pub fn write(order: impl Display, text: &str) -> ApiRequest {
        of_order(order, "messages", &json!({"text": text}))
    }

    /// The first 100 messages between the two parties of the order, oldest first.
    #[must_use]
    pub fn messages(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}/messages?limit=100"))
    }

    /// Opens a dispute about an order, as one of its parties.
    #[must_use]
    pub fn dispute(order: impl Display, claim: &Claim) -> ApiRequest {
        of_order(order, "disputes", claim)
    }

    /// Adds a statement to the dispute with this number; `photos` are the ids of uploaded photos.
    #[must_use]
    pub fn reply(
        order: impl Display,
        dispute: impl Display,
        text: &str,
        photos: &[String],
    ) -> ApiRequest {
        let body = json!({"text": text, "photo_ids": photos});
        of_order(order, &format!("disputes/{dispute}/reply"), &body)
    }

    /// Uploads a PNG picture; the answer holds the photo's id.
    #[must_use]
    pub fn upload(picture: Vec<u8>) -> ApiRequest {
        ApiRequest::new(Method::POST, "/api/photos").with_bytes("image/png", picture)
    }

    /// Downloads an uploaded photo.
    #[must_use]
    pub fn photo(photo: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/photos/{photo}"))
    }
}

pub mod desk {
    //! What only operators do, and what the server publishes about its ledger.

    use super::{
        ApiRequest, DeskAction, Display, Ending, Fault, Method, Serialize, StoreChange, json,
        of_order,
    };

    /// Whether the server is ready to take requests.
    #[must_use]
    pub fn ready() -> ApiRequest {
        ApiRequest::get("/health/ready")
    }

    /// Moves the server's virtual clock on by `ms` milliseconds; refused where the clock is not virtual.
    #[must_use]
    pub fn move_clock(ms: u64) -> ApiRequest {
        ApiRequest::post("/api/admin/clock/advance", &json!({"advance_ms": ms}))
    }

    /// Carries out an operator's action on an order; `reason` is kept in the audit log.
    #[must_use]
    pub fn act(order: impl Display, action: DeskAction, reason: &str) -> ApiRequest {
        let path = match action {
            DeskAction::Hold => "hold",
            DeskAction::Unhold => "unhold",
            DeskAction::Abandon => "abandon",
            DeskAction::Reassign => "reassign",
        };
        let path = format!("/api/admin/orders/{order}/{path}");
        ApiRequest::post(path, &json!({"reason": reason}))
    }

    /// Ends an order and divides its money as `ending` says.
    #[must_use]
    pub fn settle(order: impl Display, ending: Ending, reason: &str) -> ApiRequest {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(flatten)]
            ending: Ending,
            reason: &'a str,
        }
        let path = format!("/api/admin/orders/{order}/settle");
        ApiRequest::post(path, &Body { ending, reason })
    }

    /// Ends an order as if it had been delivered: the runner is paid in full.
    #[must_use]
    pub fn release(order: impl Display, reason: &str) -> ApiRequest {
        let path = format!("/api/escrow/{order}/release");
        ApiRequest::post(path, &json!({"reason": reason}))
    }

    /// Ends an order and gives everything that was charged back to the customer.
    #[must_use]
    pub fn refund_all(order: impl Display, reason: &str) -> ApiRequest {
        let path = format!("/api/escrow/{order}/refund");
        ApiRequest::post(path, &json!({"reason": reason}))
    }

    /// Decides the dispute with this number: whoever opened it gets `refund` cents; `at_fault` decides who pays them.
    #[must_use]
    pub fn resolve(
        order: impl Display,
        dispute: impl Display,
        refund: i64,
        at_fault: Fault,
        reason: &str,
    ) -> ApiRequest {
        let body = json!({"refund_cents": refund, "at_fault": at_fault, "reason": reason});
        of_order(order, &format!("disputes/{dispute}/resolve"), &body)
    }

    /// Refunds `cents` of an order that has ended, at the platform's expense.
    #[must_use]
    pub fn refund(order: impl Display, cents: i64, reason: &str) -> ApiRequest {
        of_order(order, "refunds", &moved(cents, reason))
    }

    /// Writes off `cents` of a user's debt, so that they need not pay it; `None`: all of it.
    #[must_use]
    pub fn write_off(user: impl Display, cents: Option<i64>, reason: &str) -> ApiRequest {
        let body = match cents {
            Some(cents) => moved(cents, reason),
            None => json!({"reason": reason}),
        };
        ApiRequest::post(format!("/api/admin/users/{user}/write-off"), &body)
    }

    /// Retries a wallet's call to the gateway that has stalled.
    #[must_use]
    pub fn retry_wallet(user: impl Display, reason: &str) -> ApiRequest {
        let path = format!("/api/admin/wallets/{user}/retry");
        ApiRequest::post(path, &json!({"reason": reason}))
    }

    /// Records that operators brought `cents` of the platform's own money to the gateway, to cover losses.
    #[must_use]
    pub fn top_up(cents: i64, reason: &str) -> ApiRequest {
        ApiRequest::post("/api/ledger/top-ups", &moved(cents, reason))
    }

    /// Records that operators took `cents` of earned platform fees out of the gateway.
    #[must_use]
    pub fn take_fees(cents: i64, reason: &str) -> ApiRequest {
        ApiRequest::post("/api/ledger/withdrawals", &moved(cents, reason))
    }

    /// Every account of the ledger that is not empty.
    #[must_use]
    pub fn accounts() -> ApiRequest {
        ApiRequest::get("/api/ledger/accounts")
    }

    /// The ledger's transfers for an order.
    #[must_use]
    pub fn transfers(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/ledger/transfers?order_id={order}"))
    }

    /// The ledger's public proof: its sums and the head of the journal, for anybody.
    #[must_use]
    pub fn proof() -> ApiRequest {
        ApiRequest::get("/api/ledger/proof")
    }

    /// Every store in the operators' directory.
    #[must_use]
    pub fn stores() -> ApiRequest {
        ApiRequest::get("/api/stores")
    }

    /// Adds a store to the operators' directory.
    #[must_use]
    pub fn open_store(name: &str, place: &str) -> ApiRequest {
        ApiRequest::post("/api/stores", &json!({"name": name, "place": place}))
    }

    /// Changes a store of the operators' directory.
    #[must_use]
    pub fn change_store(store: impl Display, change: &StoreChange) -> ApiRequest {
        ApiRequest::with_json(Method::PATCH, format!("/api/stores/{store}"), change)
    }

    /// Decides in the customer's place at the sandbox's bank; `key` is that of the call that the bank asks about.
    #[must_use]
    pub fn confirm_at_bank(key: &str, approve: bool) -> ApiRequest {
        let path = format!("/sandbox/confirm/{key}?approve={approve}");
        ApiRequest::new(Method::POST, path)
    }

    fn moved(cents: i64, reason: &str) -> serde_json::Value {
        json!({"amount_cents": cents, "reason": reason})
    }
}
