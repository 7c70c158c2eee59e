//! The operations of the API: which method, which path, which body. Must not: send them.
//!
//! An id is anything that is written as one. A command gets its key from whoever sends it.

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

    /// Opens an account.
    #[must_use]
    pub fn register(email: &str, password: &str, first_name: &str, last_name: &str) -> ApiRequest {
        let body = json!({
            "email": email, "password": password, "first_name": first_name, "last_name": last_name,
        });
        ApiRequest::post("/api/users", &body)
    }

    /// Opens a session.
    #[must_use]
    pub fn sign_in(email: &str, password: &str) -> ApiRequest {
        let body = json!({"email": email, "password": password});
        ApiRequest::post("/api/sessions", &body)
    }

    /// The own profile.
    #[must_use]
    pub fn profile() -> ApiRequest {
        ApiRequest::get("/api/users/me")
    }

    /// What everybody sees of somebody.
    #[must_use]
    pub fn person(user: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/users/{user}"))
    }

    /// Puts a card on file.
    #[must_use]
    pub fn set_card(token: &str) -> ApiRequest {
        ApiRequest::put("/api/users/me/payment-method", &json!({"token": token}))
    }

    /// Puts a bank account on file.
    #[must_use]
    pub fn set_account(token: &str) -> ApiRequest {
        ApiRequest::put("/api/users/me/payout-method", &json!({"token": token}))
    }

    /// Begins or ends being a runner, and being online as one.
    #[must_use]
    pub fn set_runner(active: bool, online: bool) -> ApiRequest {
        let body = json!({"active": active, "online": online});
        ApiRequest::put("/api/users/me/runner", &body)
    }

    /// The newest notices to somebody.
    #[must_use]
    pub fn inbox(user: impl Display, limit: u8) -> ApiRequest {
        ApiRequest::get(format!("/api/notifications/user/{user}?limit={limit}"))
    }

    /// The own wallet.
    #[must_use]
    pub fn wallet() -> ApiRequest {
        ApiRequest::get("/api/users/me/wallet")
    }

    /// Takes so many cents out of the wallet.
    #[must_use]
    pub fn pay_out(cents: i64) -> ApiRequest {
        ApiRequest::post("/api/users/me/payouts", &json!({"amount_cents": cents}))
    }

    /// Pays so many cents of what is owed; `None`: all of it.
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
    //! Orders, from the wish to the rating.

    use super::{
        ApiRequest, Claim, Display, Method, ProblemReport, Progress, Proposal, ProposalAnswer,
        Serialize, Wish, json, nothing, of_order,
    };

    /// Asks what a wish would cost and hold.
    #[must_use]
    pub fn quote(wish: &Wish) -> ApiRequest {
        ApiRequest::post("/api/quotes", wish)
    }

    /// Places an order.
    #[must_use]
    pub fn place(wish: &Wish) -> ApiRequest {
        ApiRequest::post("/api/orders", wish)
    }

    /// Places an order with a body that is no [`Wish`]: what no honest client sends.
    #[must_use]
    pub fn place_as_written(body: &impl Serialize) -> ApiRequest {
        ApiRequest::post("/api/orders", body)
    }

    /// An order, as one of its sides or an operator sees it.
    #[must_use]
    pub fn show(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}"))
    }

    /// The orders that one placed.
    #[must_use]
    pub fn mine() -> ApiRequest {
        ApiRequest::get("/api/orders?as=customer")
    }

    /// A page of the board; `cursor` is the `next_cursor` of the page before.
    #[must_use]
    pub fn board(cursor: Option<&str>) -> ApiRequest {
        let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        ApiRequest::get(format!("/api/orders?available=true&limit=100{cursor}"))
    }

    /// What happened to an order, oldest first.
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

    /// Where the payment of an order is.
    #[must_use]
    pub fn payment(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/payments/{order}"))
    }

    /// Where the escrow of an order is.
    #[must_use]
    pub fn escrow(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/escrow/{order}"))
    }

    /// The PIN for the runner.
    #[must_use]
    pub fn pin(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}/delivery-pin"))
    }

    /// What cancelling costs now.
    #[must_use]
    pub fn cancellation_quote(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}/cancellation-quote"))
    }

    /// Cancels, agreeing to a charge in cents.
    #[must_use]
    pub fn cancel(order: impl Display, accept_charge: i64, reason: Option<&str>) -> ApiRequest {
        let mut body = json!({"accept_charge_cents": accept_charge});
        if let Some(reason) = reason {
            body["reason"] = json!(reason);
        }
        of_order(order, "cancel", &body)
    }

    /// Takes an order from the board.
    #[must_use]
    pub fn accept(order: impl Display) -> ApiRequest {
        of_order(order, "accept", &nothing())
    }

    /// Gives an order back.
    #[must_use]
    pub fn give_back(order: impl Display) -> ApiRequest {
        of_order(order, "cancel-acceptance", &nothing())
    }

    /// Says how far the runner is.
    #[must_use]
    pub fn progress(order: impl Display, progress: &Progress) -> ApiRequest {
        of_order(order, "status", &progress.body())
    }

    /// Asks the customer something from the store.
    #[must_use]
    pub fn propose(order: impl Display, proposal: &Proposal) -> ApiRequest {
        of_order(order, "proposals", proposal)
    }

    /// Answers a proposal.
    #[must_use]
    pub fn answer(order: impl Display, proposal: i64, answer: &ProposalAnswer) -> ApiRequest {
        let (how, body) = match answer {
            ProposalAnswer::Approve => ("approve", nothing()),
            ProposalAnswer::Reject => ("reject", nothing()),
            ProposalAnswer::DropItems(items) => ("drop-item", json!({"items": items})),
            ProposalAnswer::OtherStore(store) => ("other-store", json!({"store": store})),
        };
        of_order(order, &format!("proposals/{proposal}/{how}"), &body)
    }

    /// Takes a proposal back.
    #[must_use]
    pub fn withdraw(order: impl Display, proposal: i64) -> ApiRequest {
        of_order(order, &format!("proposals/{proposal}/withdraw"), &nothing())
    }

    /// Reports a problem.
    #[must_use]
    pub fn report_problem(order: impl Display, problem: &ProblemReport) -> ApiRequest {
        of_order(order, "problems", problem)
    }

    /// The customer says to be there after all.
    #[must_use]
    pub fn is_there(order: impl Display) -> ApiRequest {
        of_order(order, "no-show-answer", &nothing())
    }

    /// Confirms having got the food.
    #[must_use]
    pub fn confirm(order: impl Display) -> ApiRequest {
        of_order(order, "confirm", &nothing())
    }

    /// Gives the runner more, after the end.
    #[must_use]
    pub fn tip(order: impl Display, cents: i64) -> ApiRequest {
        of_order(order, "tip", &json!({"tip_cents": cents}))
    }

    /// Rates the other side.
    #[must_use]
    pub fn rate(order: impl Display, stars: u8) -> ApiRequest {
        of_order(order, "ratings", &json!({"stars": stars}))
    }

    /// Writes to the other side.
    #[must_use]
    pub fn write(order: impl Display, text: &str) -> ApiRequest {
        of_order(order, "messages", &json!({"text": text}))
    }

    /// What the two sides wrote to each other, oldest first.
    #[must_use]
    pub fn messages(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/orders/{order}/messages?limit=100"))
    }

    /// Disputes an order.
    #[must_use]
    pub fn dispute(order: impl Display, claim: &Claim) -> ApiRequest {
        of_order(order, "disputes", claim)
    }

    /// Replies to a dispute.
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

    /// Uploads a picture.
    #[must_use]
    pub fn upload(picture: Vec<u8>) -> ApiRequest {
        ApiRequest::new(Method::POST, "/api/photos").with_bytes("image/png", picture)
    }

    /// A photo.
    #[must_use]
    pub fn photo(photo: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/photos/{photo}"))
    }
}

pub mod desk {
    //! What operators do, and what anybody may know of the books.

    use super::{
        ApiRequest, DeskAction, Display, Ending, Fault, Method, Serialize, StoreChange, json,
        of_order,
    };

    /// Whether the server serves.
    #[must_use]
    pub fn ready() -> ApiRequest {
        ApiRequest::get("/health/ready")
    }

    /// Moves a virtual clock on.
    #[must_use]
    pub fn move_clock(ms: u64) -> ApiRequest {
        ApiRequest::post("/api/admin/clock/advance", &json!({"advance_ms": ms}))
    }

    /// Does something to an order, for a reason.
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

    /// Ends an order, with the money divided so.
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

    /// Ends an order as if it had been brought: the runner is paid.
    #[must_use]
    pub fn release(order: impl Display, reason: &str) -> ApiRequest {
        let path = format!("/api/escrow/{order}/release");
        ApiRequest::post(path, &json!({"reason": reason}))
    }

    /// Ends an order, with everything back to the customer.
    #[must_use]
    pub fn refund_all(order: impl Display, reason: &str) -> ApiRequest {
        let path = format!("/api/escrow/{order}/refund");
        ApiRequest::post(path, &json!({"reason": reason}))
    }

    /// Decides a dispute: so many cents for the claimant, and who is at fault.
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

    /// Gives so many cents of an ended order back.
    #[must_use]
    pub fn refund(order: impl Display, cents: i64, reason: &str) -> ApiRequest {
        of_order(order, "refunds", &moved(cents, reason))
    }

    /// Says that what somebody owes, or so many cents of it, need not be paid.
    #[must_use]
    pub fn write_off(user: impl Display, cents: Option<i64>, reason: &str) -> ApiRequest {
        let body = match cents {
            Some(cents) => moved(cents, reason),
            None => json!({"reason": reason}),
        };
        ApiRequest::post(format!("/api/admin/users/{user}/write-off"), &body)
    }

    /// Tries a step of a wallet again that has stalled.
    #[must_use]
    pub fn retry_wallet(user: impl Display, reason: &str) -> ApiRequest {
        let path = format!("/api/admin/wallets/{user}/retry");
        ApiRequest::post(path, &json!({"reason": reason}))
    }

    /// Brings so many cents to the gateway, for what was lost.
    #[must_use]
    pub fn top_up(cents: i64, reason: &str) -> ApiRequest {
        ApiRequest::post("/api/ledger/top-ups", &moved(cents, reason))
    }

    /// Takes so many cents of fees out.
    #[must_use]
    pub fn take_fees(cents: i64, reason: &str) -> ApiRequest {
        ApiRequest::post("/api/ledger/withdrawals", &moved(cents, reason))
    }

    /// Every account that is not empty.
    #[must_use]
    pub fn accounts() -> ApiRequest {
        ApiRequest::get("/api/ledger/accounts")
    }

    /// What was moved for an order.
    #[must_use]
    pub fn transfers(order: impl Display) -> ApiRequest {
        ApiRequest::get(format!("/api/ledger/transfers?order_id={order}"))
    }

    /// What the server says to anybody about its books.
    #[must_use]
    pub fn proof() -> ApiRequest {
        ApiRequest::get("/api/ledger/proof")
    }

    /// Every store that the operators keep.
    #[must_use]
    pub fn stores() -> ApiRequest {
        ApiRequest::get("/api/stores")
    }

    /// Makes a store known.
    #[must_use]
    pub fn open_store(name: &str, place: &str) -> ApiRequest {
        ApiRequest::post("/api/stores", &json!({"name": name, "place": place}))
    }

    /// Changes a store.
    #[must_use]
    pub fn change_store(store: impl Display, change: &StoreChange) -> ApiRequest {
        ApiRequest::with_json(Method::PATCH, format!("/api/stores/{store}"), change)
    }

    /// Says at the sandbox's bank for a customer whether they confirm a call.
    #[must_use]
    pub fn confirm_at_bank(key: &str, approve: bool) -> ApiRequest {
        let path = format!("/sandbox/confirm/{key}?approve={approve}");
        ApiRequest::new(Method::POST, path)
    }

    fn moved(cents: i64, reason: &str) -> serde_json::Value {
        json!({"amount_cents": cents, "reason": reason})
    }
}
