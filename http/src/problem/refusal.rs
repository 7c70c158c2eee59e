//! Maps each refusal of the runtime to a problem, with members for the values that it carries.

use super::{Code, Problem};
use crate::time;
use campusg_actors::runtime::Refusal;
use campusg_domain::{order::Quote, rejection::Rejection};
use serde_json::{Value, json};

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(Code::from(&refusal), refusal.to_string());
        match refusal {
            Refusal::Rejected { rejection, order } => {
                let problem = match order {
                    Some(order) if !matches!(rejection, Rejection::NotFound { .. }) => {
                        problem.with("order_id", order.to_string())
                    }
                    _ => problem,
                };
                members(problem, &rejection)
            }
            Refusal::Busy { retry_after_ms } => problem.retry_after_ms(retry_after_ms),
            Refusal::StorageFull | Refusal::NeedsAttention => problem.retry_after_ms(30_000),
            Refusal::GatewayAway | Refusal::BeingRestored => problem.retry_after_ms(2_000),
            Refusal::Stopping | Refusal::Unknown => problem.retry_after_ms(1_000),
            Refusal::WrongCredentials | Refusal::Fault => problem,
        }
    }
}

/// Adds members for the values that the rejection carries.
fn members(problem: Problem, rejection: &Rejection) -> Problem {
    match rejection {
        Rejection::InvalidField { field, .. } => problem.with("field", field.as_str()),
        Rejection::PhotoNeeded { field } => problem.with("field", *field),
        Rejection::AboveApproved { approved } => {
            problem.with("approved_total_cents", approved.cents.0)
        }
        Rejection::InDebt { owed } | Rejection::AboveDebt { owed } => {
            problem.with("owed_cents", owed.cents.0)
        }
        Rejection::AboveAvailable { available } => {
            problem.with("available_cents", available.cents.0)
        }
        Rejection::AboveLosses { losses } => problem.with("losses_cents", losses.cents.0),
        Rejection::TooManyOpenOrders { limit }
        | Rejection::TooManyRuns { limit }
        | Rejection::TooManyScheduled { limit }
        | Rejection::HadTooOften { limit }
        | Rejection::TooManyPayments { limit } => problem.with("limit", *limit),
        Rejection::NotInThisStage { status, allowed } => problem
            .with("order_status", status.as_str())
            .with("allowed_transitions", allowed.clone()),
        Rejection::QuoteChanged { quote, .. } => problem.with("quote", quote_members(quote)),
        Rejection::TooEarly { opens, in_ms } => problem
            .with("opens_at", time::rfc3339(*opens))
            .retry_after_ms(*in_ms),
        Rejection::TooManyKeys { limit, in_ms } | Rejection::TooManyPhotos { limit, in_ms } => {
            problem.with("limit", *limit).retry_after_ms(*in_ms)
        }
        Rejection::ClockSetBack { ms } => problem.with("ms", *ms),
        Rejection::WrongPin { left } => problem.with("tries_left", *left),
        Rejection::HoldRefused | Rejection::TimersFull => problem.retry_after_ms(30_000),
        Rejection::StillRunning => problem.retry_after_ms(1_000),
        Rejection::NotFound { .. }
        | Rejection::NotAllowed { .. }
        | Rejection::KeyReused
        | Rejection::Suspended
        | Rejection::NoPaymentMethod
        | Rejection::NoPayoutMethod
        | Rejection::StorePaused
        | Rejection::StoreClosed
        | Rejection::TakenByAnotherRunner
        | Rejection::TooLate
        | Rejection::OwnOrder
        | Rejection::NotARunner
        | Rejection::OnHold
        | Rejection::ProposalOpen
        | Rejection::DisputeOpen
        | Rejection::MovesMoney
        | Rejection::NoCompensation { .. }
        | Rejection::ContactFirst { .. }
        | Rejection::TooManyMessages { .. }
        | Rejection::TooManyProposals { .. }
        | Rejection::PhotoUsed
        | Rejection::AlreadyRated
        | Rejection::EmailTaken
        | Rejection::TransferRefused
        | Rejection::OrderOpen
        | Rejection::NotCancellable => problem,
    }
}

fn quote_members(quote: &Quote) -> Value {
    json!({
        "charge_cents": quote.charge.0,
        "to_runner_cents": quote.to_runner.0,
        "to_platform_cents": quote.to_platform.0,
        "let_go_cents": quote.let_go.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use campusg_domain::{
        id::OrderId,
        money::{Cents, Currency},
        order::Status,
        time::At,
    };

    const ORDER: OrderId = OrderId::from_bytes([7; 16]);

    fn rejections() -> Vec<Rejection> {
        let quote = Quote {
            charge: Cents(199),
            to_runner: Cents(199),
            to_platform: Cents(0),
            let_go: Cents(2_700),
        };
        vec![
            Rejection::NotFound {
                what: "order".into(),
            },
            Rejection::NotAllowed {
                who: "only the runner".into(),
            },
            Rejection::KeyReused,
            Rejection::StillRunning,
            Rejection::TooManyKeys {
                limit: 10_000,
                in_ms: 80_400_500,
            },
            Rejection::TooManyPhotos {
                limit: 20,
                in_ms: 80_400_500,
            },
            Rejection::field("items[0].quantity", "must be at least 1"),
            Rejection::Suspended,
            Rejection::NoPaymentMethod,
            Rejection::InDebt {
                owed: Currency::USD.of(Cents(351)),
            },
            Rejection::TooManyOpenOrders { limit: 3 },
            Rejection::StorePaused,
            Rejection::TakenByAnotherRunner,
            Rejection::NotInThisStage {
                status: Status::OnSite,
                allowed: vec!["purchased".into()],
            },
            Rejection::TooLate,
            Rejection::TooEarly {
                opens: At(1_772_368_200_000),
                in_ms: 90_500,
            },
            Rejection::OwnOrder,
            Rejection::NotARunner,
            Rejection::TooManyRuns { limit: 2 },
            Rejection::TooManyScheduled { limit: 9 },
            Rejection::HadTooOften { limit: 3 },
            Rejection::OnHold,
            Rejection::QuoteChanged {
                quote,
                currency: Currency::USD,
            },
            Rejection::AboveApproved {
                approved: Currency::USD.of(Cents(2_000)),
            },
            Rejection::PhotoNeeded {
                field: "proof.photo_id",
            },
            Rejection::PhotoUsed,
            Rejection::WrongPin { left: 4 },
            Rejection::WrongPin { left: 1 },
            Rejection::WrongPin { left: 0 },
            Rejection::AboveDebt {
                owed: Currency::USD.of(Cents(351)),
            },
            Rejection::AboveDebt {
                owed: Currency::USD.of(Cents(0)),
            },
            Rejection::AlreadyRated,
            Rejection::EmailTaken,
            Rejection::HoldRefused,
            Rejection::TimersFull,
            Rejection::TransferRefused,
            Rejection::OrderOpen,
            Rejection::NotCancellable,
        ]
    }

    #[test]
    fn each_refusal_has_its_answer() {
        let rejected = rejections()
            .into_iter()
            .map(|rejection| Refusal::of_order(ORDER, rejection));
        let others = [
            Refusal::WrongCredentials,
            Refusal::Busy {
                retry_after_ms: 1_500,
            },
            Refusal::StorageFull,
            Refusal::BeingRestored,
            Refusal::NeedsAttention,
            Refusal::GatewayAway,
            Refusal::Unknown,
            Refusal::Stopping,
            Refusal::Fault,
        ];
        let line = |refusal: Refusal| {
            let named = refusal.code();
            let problem = Problem::from(refusal);
            assert_eq!(problem.code.name(), named, "the runtime's own name");
            let extra = serde_json::Value::from(problem.extra.clone());
            format!(
                "{} {}: {} {:?} {extra}",
                problem.status.as_u16(),
                problem.code.name(),
                problem.detail,
                problem.retry_after_ms
            )
        };
        let lines: Vec<String> = rejected.chain(others).map(line).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn what_is_not_there_names_no_order() {
        let problem = Problem::from(Refusal::of_order(
            ORDER,
            Rejection::NotFound {
                what: "order".into(),
            },
        ));
        assert!(problem.extra.is_empty());
    }

    #[test]
    fn a_problem_says_all_that_rfc_9457_asks_for() {
        let problem = Problem::from(Refusal::Fault);
        insta::assert_json_snapshot!(problem.render(Some("/api/orders"), Some("r-1")));
    }
}
