//! The table of every route of the product, with who may call it.

use crate::{
    app_state::AppState,
    contract, cors,
    policy::{
        Route,
        RoutePolicy::{
            ActiveRunner, CommandOrder, Gateway, Operator, Public, ReadOrder, SelfOrOperator,
            SignedIn,
        },
        Who::{
            self, Customer, CustomerOrOperator, Involved, Party, PartyOrOperator, Runner, Viewer,
        },
    },
    problem::{Code, Problem},
    route::{
        admin, dispute, docs, escrow, front, gateway, health, ledger, message, notification, order,
        payment, photo, problem, proposal, scheduled_event, session, store, stream, timer, user,
    },
    shell,
    table::{Table, open_to_all},
};
use axum::{Router, http::StatusCode};

#[rustfmt::skip]
fn table() -> Table {
    Table::new()
        .asks("/", Public, front::front)
        .get("/docs", Public, docs::page::page)
        .get("/api/openapi.json", Public, docs::openapi::openapi)
        .get("/problems", Public, problem::list::list)
        .get("/problems/{code}", Public, problem::get::get)
        .probe("/health/live", Public, health::live::live)
        .probe("/health/ready", Public, health::ready::ready).may(&[Code::NotReady, Code::ClockStepped])

        .password("/api/users", user::register::register).may(&[Code::InvalidField, Code::EmailTaken, Code::TooManyRegistrations])
        .get("/api/users/me", SignedIn, user::me::me).may(&[Code::NotFound])
        .patch("/api/users/me", SignedIn, user::change::change)
        .get("/api/users/{id}", SignedIn, user::get::get)
        .put("/api/users/me/payment-method", SignedIn, user::set_card::set_card).may(&[Code::NotFound, Code::Suspended, Code::TooManyPayments])
        .get("/api/users/me/payment-method", SignedIn, user::card::card).may(&[Code::NotFound])
        .delete("/api/users/me/payment-method", SignedIn, user::remove_card::remove_card).may(&[Code::NotFound, Code::OrderOpen])
        .post("/api/users/me/payment-method/setup", SignedIn, user::begin_setup::begin_setup)
        .put("/api/users/me/payout-method", SignedIn, user::set_account::set_account).may(&[Code::NotFound])
        .get("/api/users/me/payout-method", SignedIn, user::account::account).may(&[Code::NotFound])
        .delete("/api/users/me/payout-method", SignedIn, user::remove_account::remove_account).may(&[Code::NotFound, Code::NoPayoutMethod])
        .put("/api/users/me/runner", SignedIn, user::set_runner::set_runner).may(&[Code::Suspended])
        .asks("/api/users/me/wallet", SignedIn, user::wallet::wallet)
        .post("/api/users/me/wallet/pay-debt", SignedIn, user::pay_debt::pay_debt).may(&[Code::NoPaymentMethod, Code::AboveDebt, Code::TooManyPayments, Code::InvalidField])
        .post("/api/users/me/payouts", SignedIn, user::request_payout::request_payout).may(&[Code::NoPayoutMethod, Code::AboveAvailable, Code::TooManyPayments, Code::TransferRefused])
        .asks("/api/users/me/payouts", SignedIn, user::payouts::payouts)
        .password("/api/sessions", session::sign_in::sign_in).may(&[Code::WrongCredentials, Code::TooManyAttempts])
        .asks("/api/sessions", SignedIn, session::list::list)
        .delete("/api/sessions/{id}", SignedIn, session::sign_out::sign_out).may(&[Code::NotFound])

        .asks("/api/stores", SignedIn, store::list::list)
        .post("/api/stores", Operator, store::create::create).may(&[Code::NotFound])
        .patch("/api/stores/{id}", Operator, store::change::change)

        .post("/api/quotes", SignedIn, order::quote::quote).may(&[Code::StorePaused, Code::StoreClosed, Code::NotFound, Code::Suspended])
        .post("/api/orders", SignedIn, order::place::place).may(&[Code::NotFound])
        .asks("/api/orders", SignedIn, order::list::list).may(&[Code::Suspended, Code::NotARunner])
        .asks("/api/orders/{id}", ReadOrder(Viewer), order::get::get)
        .asks("/api/orders/{id}/events", ReadOrder(Involved), order::events::events)
        .command("/api/orders/{id}/accept", ActiveRunner, order::accept::accept)
        .command("/api/orders/{id}/cancel-acceptance", CommandOrder(Runner), order::cancel_acceptance::cancel_acceptance)
        .command("/api/orders/{id}/status", CommandOrder(Runner), order::status::status)
        .get("/api/orders/{id}/delivery-pin", ReadOrder(Customer), order::pin::pin).may(&[Code::NotInThisStage])
        .command("/api/orders/{id}/confirm", CommandOrder(CustomerOrOperator), order::confirm::confirm)
        .get("/api/orders/{id}/cancellation-quote", ReadOrder(CustomerOrOperator), order::cancellation_quote::cancellation_quote).may(&[Code::NotInThisStage])
        .command("/api/orders/{id}/cancel", CommandOrder(Customer), order::cancel::cancel)
        .command("/api/orders/{id}/proposals", CommandOrder(Runner), proposal::propose::propose)
        .command("/api/orders/{id}/proposals/{n}/withdraw", CommandOrder(Runner), proposal::withdraw::withdraw)
        .command("/api/orders/{id}/proposals/{n}/approve", CommandOrder(Customer), proposal::approve::approve)
        .command("/api/orders/{id}/proposals/{n}/drop-item", CommandOrder(Customer), proposal::drop_item::drop_item)
        .command("/api/orders/{id}/proposals/{n}/other-store", CommandOrder(Customer), proposal::other_store::other_store)
        .command("/api/orders/{id}/proposals/{n}/reject", CommandOrder(Customer), proposal::reject::reject)
        .command("/api/orders/{id}/problems", CommandOrder(Runner), order::report_problem::report_problem)
        .command("/api/orders/{id}/no-show-answer", CommandOrder(Customer), order::no_show_answer::no_show_answer)
        .command("/api/orders/{id}/messages", CommandOrder(Party), message::send::send)
        .asks("/api/orders/{id}/messages", ReadOrder(PartyOrOperator), message::list::list).may(&[Code::NotInThisStage, Code::TooLate])
        .command("/api/orders/{id}/tip", CommandOrder(Customer), order::tip::tip)
        .command("/api/orders/{id}/ratings", CommandOrder(Party), order::rate::rate)
        .get("/api/orders/{id}/receipt", ReadOrder(Party), order::receipt::receipt).may(&[Code::NotInThisStage])
        .asks("/api/orders/{id}/disputes", ReadOrder(PartyOrOperator), dispute::list::list)
        .command("/api/orders/{id}/disputes", CommandOrder(PartyOrOperator), dispute::open::open)
        .command("/api/orders/{id}/disputes/{n}/reply", CommandOrder(Party), dispute::reply::reply)
        .command("/api/orders/{id}/disputes/{n}/resolve", CommandOrder(Who::Operator), dispute::resolve::resolve)
        .command("/api/orders/{id}/refunds", CommandOrder(Who::Operator), order::refund::refund)

        .upload("/api/photos", SignedIn, photo::upload::upload).may(&[Code::StorageFull, Code::TooManyPhotos])
        .get("/api/photos/{id}", SignedIn, photo::get::get)
        .asks("/api/payments", SignedIn, payment::list::list).may(&[Code::NotFound, Code::NotAllowed, Code::NeedsAttention])
        .get("/api/payments/{id}", ReadOrder(CustomerOrOperator), payment::get::get)
        .post("/api/gateway/events", Gateway, gateway::event::event).may(&[Code::NeedsAttention])
        .get("/api/escrow/{order_id}", ReadOrder(CustomerOrOperator), escrow::get::get)
        .command("/api/escrow/{order_id}/release", Operator, escrow::settle::release)
        .command("/api/escrow/{order_id}/refund", Operator, escrow::settle::refund)
        .get("/api/events", SignedIn, stream::reader::reader)
        .get("/api/orders/{id}/stream", ReadOrder(Involved), stream::order::order)
        .asks("/api/timers", SignedIn, timer::list::list).may(&[Code::NotFound, Code::NotAllowed, Code::NeedsAttention])
        .post("/api/scheduled-events", Operator, scheduled_event::create::create).may(&[Code::NotFound, Code::TimersFull, Code::NotInThisStage, Code::TooManyScheduled])
        .asks("/api/scheduled-events", Operator, scheduled_event::list::list)
        .post("/api/scheduled-events/{id}/cancel", Operator, scheduled_event::cancel::cancel).may(&[Code::NotCancellable])
        .post("/api/notifications/send", Operator, notification::send::send).may(&[Code::NotFound])
        .asks("/api/notifications/user/{user_id}", SelfOrOperator, notification::list::list)
        .post("/api/notifications/{id}/read", SignedIn, notification::read::read)
        .asks("/api/ledger/accounts", Operator, ledger::accounts::accounts)
        .asks("/api/ledger/transfers", Operator, ledger::transfers::transfers)
        .get("/api/ledger/proof", Public, ledger::proof::proof)
        .post("/api/ledger/top-ups", Operator, ledger::moves::top_up).may(&[Code::AboveLosses, Code::TransferRefused])
        .post("/api/ledger/withdrawals", Operator, ledger::moves::withdraw).may(&[Code::AboveAvailable, Code::TransferRefused])

        .asks("/api/admin/sagas", Operator, admin::sagas::sagas)
        .command("/api/admin/sagas/{order_id}/retry", Operator, admin::stalled::retry)
        .command("/api/admin/sagas/{order_id}/skip", Operator, admin::stalled::skip)
        .command("/api/admin/sagas/{order_id}/compensate", Operator, admin::stalled::compensate)
        .command("/api/admin/orders/{id}/hold", Operator, admin::hold::hold)
        .command("/api/admin/orders/{id}/unhold", Operator, admin::hold::unhold)
        .command("/api/admin/orders/{id}/reassign", Operator, admin::reassign::reassign)
        .command("/api/admin/orders/{id}/abandon", Operator, admin::abandon::abandon)
        .command("/api/admin/orders/{id}/settle", Operator, admin::settle::settle)
        .post("/api/admin/users/{id}/suspend", Operator, admin::suspend::suspend).may(&[Code::NotAllowed])
        .post("/api/admin/users/{id}/reinstate", Operator, admin::suspend::reinstate)
        .post("/api/admin/users/{id}/write-off", Operator, admin::write_off::write_off).may(&[Code::AboveDebt, Code::TransferRefused, Code::TooManyPayments])
        .asks("/api/admin/wallets", Operator, admin::wallets::wallets)
        .post("/api/admin/wallets/{user_id}/retry", Operator, admin::retry_wallet::retry_wallet)
        .asks("/api/admin/audit", Operator, admin::audit::audit)
        .get("/api/admin/actors", Operator, admin::actors::actors)
        .post("/api/admin/actors/{order_id}/release", Operator, admin::release::release)
        .post("/api/admin/clock/accept", Operator, admin::accept_clock::accept_clock).may(&[Code::NotFound, Code::ClockSetBack])
        .post("/api/admin/clock/advance", Operator, admin::advance::advance).may(&[Code::NotFound, Code::InvalidField])
}

/// Returns every route of the product with its policy, in the order of the table.
#[must_use]
pub fn routes() -> Vec<Route> {
    table().routes()
}

/// Builds the whole service. `related` holds routes of other crates: anybody may call them, under the same limits and
/// with the same headers.
pub fn router(app: AppState, related: Router) -> Router {
    contract::is_of(|| table().rows());
    let routes = table().build(&app).merge(open_to_all(&app, related));
    let routes = routes.fallback(nothing_here);
    let routes = match cors::layer(&app.config().cors_origins) {
        Some(layer) => routes.layer(layer),
        None => routes,
    };
    let routes = shell::wrap(routes).with_state(app);
    #[cfg(all(feature = "checks-answers", debug_assertions))]
    let routes = contract::check::layer(routes);
    routes
}

async fn nothing_here() -> Problem {
    Problem::bare(StatusCode::NOT_FOUND)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::{routes, table};
    use crate::policy::{Route, RoutePolicy, Who};
    use axum::http::Method;
    use campusg_domain::{
        id::{PhotoId, StoreId},
        money::Cents,
        order::{Command, Fault, Offer, Problem, ProposalKind, Shown, StoreRef},
        text::Sealed,
    };
    use std::collections::BTreeSet;

    /// The documented table. Add a new route here too, so that somebody has considered who may call it.
    #[test]
    fn the_routes_are_the_documented_ones() {
        let table: Vec<String> = routes()
            .iter()
            .map(|route| {
                format!(
                    "{:6} {:45} {:?}",
                    route.method.as_str(),
                    route.path,
                    route.policy
                )
            })
            .collect();
        insta::assert_snapshot!(table.join("\n"));
    }

    #[test]
    fn the_contract_is_of_the_routes_and_says_something_of_each() {
        crate::contract::is_of(|| table().rows());
        let text = &crate::contract::written().text;
        let document: serde_json::Value = serde_json::from_slice(text).unwrap();
        let mut ids = BTreeSet::new();
        let mut described = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                described.insert((method.to_uppercase(), path.clone()));
                let id = operation["operationId"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} is twice");
                let summary = operation["summary"].as_str().unwrap_or_default();
                assert!(!summary.is_empty(), "operations.md says nothing of {id}");
            }
        }
        let named: BTreeSet<_> = routes()
            .into_iter()
            .map(|route| (route.method.to_string(), route.path.to_owned()))
            .collect();
        assert_eq!(described, named);
        assert_eq!(crate::contract::spoken_of(), ids, "operations.md");
        let tags = document["tags"].as_array().unwrap();
        let tags: BTreeSet<_> = tags.iter().map(|tag| tag["name"].as_str()).collect();
        let used = document["paths"].as_object().unwrap().values();
        let used = used.flat_map(|item| item.as_object().unwrap().values());
        let used: BTreeSet<_> = used
            .map(|operation| operation["tags"][0].as_str())
            .collect();
        assert_eq!(tags, used);
    }

    #[test]
    fn no_route_is_registered_twice() {
        let named: Vec<_> = routes()
            .into_iter()
            .map(|route| (route.method.to_string(), route.path))
            .collect();
        assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len());
        assert_eq!(table().routes().len(), named.len());
    }

    #[test]
    fn a_policy_over_an_object_has_it_in_its_path() {
        for route in routes() {
            let has = |name: &str| route.path.contains(name);
            match route.policy {
                RoutePolicy::ReadOrder(_) => {
                    assert!(has("{id}") || has("{order_id}"), "{}", route.path)
                }
                RoutePolicy::CommandOrder(_) => assert!(has("/orders/{id}/"), "{}", route.path),
                RoutePolicy::SelfOrOperator => assert!(has("{user_id}"), "{}", route.path),
                RoutePolicy::Operator => {}
                RoutePolicy::Gateway => assert!(has("/gateway/"), "{}", route.path),
                RoutePolicy::ActiveRunner | RoutePolicy::SignedIn | RoutePolicy::Public => {
                    assert!(!has("/admin/"), "{} is for operators", route.path);
                }
            }
        }
    }

    /// Every command that a route under an order gives, except accepting.
    fn commands() -> Vec<(&'static str, Command)> {
        let photo = PhotoId::from_bytes([7; 16]);
        let (proposal, cents) = (1, Cents(1));
        let offer = Offer {
            kind: ProposalKind::SoldOut,
            total: None,
            items: vec![],
            photo,
        };
        let store = StoreRef::Known(StoreId::from_bytes([7; 16]));
        let report = |kind| Command::ReportProblem {
            kind,
            photo: None,
            note: None,
        };
        let (shown, text) = (Shown::Pin(0), Sealed(vec![7]));
        let reason = || Sealed(vec![7]);
        vec![
            ("cancel-acceptance", Command::CancelAcceptance),
            ("status", Command::ArriveOnSite),
            (
                "status",
                Command::Purchase {
                    total: cents,
                    photo: Some(photo),
                },
            ),
            ("status", Command::Collect),
            ("status", Command::Depart),
            ("status", Command::Deliver { shown }),
            ("confirm", Command::Confirm),
            (
                "cancel",
                Command::Cancel {
                    accept_charge: cents,
                },
            ),
            ("proposals", Command::Propose { offer, note: None }),
            ("proposals/{n}/withdraw", Command::Withdraw { proposal }),
            ("proposals/{n}/approve", Command::Approve { proposal }),
            (
                "proposals/{n}/drop-item",
                Command::DropItems {
                    proposal,
                    items: vec![0],
                },
            ),
            (
                "proposals/{n}/other-store",
                Command::OtherStore { proposal, store },
            ),
            ("proposals/{n}/reject", Command::Reject { proposal }),
            ("problems", report(Problem::CustomerUnreachable)),
            ("problems", report(Problem::Returned)),
            ("problems", report(Problem::Other)),
            ("no-show-answer", Command::AnswerNoShow),
            ("messages", Command::Message { text }),
            ("tip", Command::Tip { cents }),
            ("ratings", Command::Rate { stars: 5 }),
            (
                "disputes",
                Command::Dispute {
                    claim: None,
                    reason: reason(),
                    photos: vec![],
                },
            ),
            (
                "disputes/{n}/reply",
                Command::Reply {
                    dispute: 1,
                    text: reason(),
                    photos: vec![],
                },
            ),
            (
                "disputes/{n}/resolve",
                Command::Resolve {
                    dispute: 1,
                    refund: cents,
                    at_fault: Fault::Store,
                    reason: reason(),
                },
            ),
            (
                "refunds",
                Command::Refund {
                    cents,
                    reason: reason(),
                },
            ),
        ]
    }

    /// The roles that the table admits for a command must be the roles that the order itself admits.
    #[test]
    fn the_order_agrees_on_who_may_give_it_which_command() {
        for (path, command) in commands() {
            let full = format!("/api/orders/{{id}}/{path}");
            let policy = routes()
                .into_iter()
                .find(|route| route.path == full && route.method == Method::POST)
                .map(|route| route.policy);
            let Some(RoutePolicy::CommandOrder(who)) = policy else {
                panic!("{path} gives no command to an order")
            };
            assert!(
                who.roles().iter().all(|role| command.who().contains(role)),
                "{path}: {who:?}"
            );
        }
        let named: BTreeSet<_> = commands().into_iter().map(|(path, _)| path).collect();
        let commands_order = |route: &Route| matches!(route.policy, RoutePolicy::CommandOrder(_));
        for route in routes().into_iter().filter(commands_order) {
            let path = route.path.trim_start_matches("/api/orders/{id}/");
            assert!(named.contains(path), "{path} is not looked at here");
        }
        let reason = || Sealed(vec![]);
        for command in [
            Command::Reassign { reason: reason() },
            Command::Hold { reason: reason() },
            Command::Unhold { reason: reason() },
            Command::Abandon { reason: reason() },
            Command::RetryStalled { reason: reason() },
            Command::SkipStalled { reason: reason() },
            Command::CompensateStalled { reason: reason() },
        ] {
            assert_eq!(Who::Operator.roles(), command.who(), "{}", command.name());
        }
    }
}
