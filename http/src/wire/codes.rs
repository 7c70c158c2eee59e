//! Schemas of enums of other crates, with the names that serde writes.

use super::{wire, words};
use campusg_actors::runtime::MethodKind as MethodKindOf;
use campusg_domain::{call, order, order::Problem, owner::wallet, people, saga, timer};
use serde::{
    Deserialize,
    de::{self, Visitor},
    forward_to_deserialize_any,
};
use std::fmt;
use utoipa::openapi::schema::ObjectBuilder;

wire! {
    /// Where an order stands.
    Status = codes::<order::Status>();
    /// How the food is handed over: against the PIN, or left at the door with a photo.
    Handover = codes::<order::Handover>();
    /// What the runner does if the item can't be bought as ordered.
    Substitution = codes::<order::Substitution>();
    /// Why an order was cancelled.
    CancelReason = codes::<order::CancelReason>();
    /// Where the payment of an order stands.
    PaymentStatus = codes::<order::PaymentStatus>();
    /// Where charging the customer's card stands.
    Collection = codes::<order::Collection>();
    /// Where the escrow of an order stands.
    EscrowStatus = codes::<order::EscrowStatus>();
    /// Where a later tip stands.
    TipState = codes::<order::TipState>();
    /// Who has to answer for what went wrong.
    Fault = codes::<order::Fault>();
    /// A party of a dispute.
    Party = codes::<order::Party>();
    /// What the customer has to decide.
    ProposalKind = codes::<order::ProposalKind>();
    /// What the runner reports.
    ProblemKind = codes::<Problem>();
    /// Why a runner lost the order.
    Unbinding = codes::<order::Unbinding>();
    /// What an operator did to an order.
    OperatorAction = codes::<order::OperatorAction>();
    /// A side of an order.
    Side = codes::<people::Side>();
    /// Why a card or a bank account was refused for good.
    Decline = codes::<call::Decline>();
    /// What a timer is for.
    TimerKind = codes::<timer::TimerKind>();
    /// How a timer or scheduled event ended, if it did.
    TimerState = codes::<timer::TimerState>();
    /// How far a step of a saga is.
    Mark = codes::<saga::Mark>();
    /// What a line of a statement is for.
    LineKind = codes::<wallet::LineKind>();
    /// What a photo shows.
    Shows = codes::<wallet::Shows>();
    /// How far the bank has come with a charge that it took back.
    ChargebackStage = codes::<wallet::ChargebackStage>();
    /// What is entered on the gateway's page.
    MethodKind = codes::<MethodKindOf>();
}

/// A text that is one of the enum's names.
fn codes<'de, T: Deserialize<'de>>() -> ObjectBuilder {
    words().enum_values(Some(names::<T>().iter().copied()))
}

/// Returns the names that serde reads and writes for the variants of `T`; none if it is no enum.
fn names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    match T::deserialize(Names) {
        Err(Asked(names)) => names,
        Ok(_) => &[],
    }
}

/// Answers the question for an enum with its names, as an error.
struct Names;

#[derive(Debug)]
struct Asked(&'static [&'static str]);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these are the names")
    }
}

impl std::error::Error for Asked {}

impl de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }
}

impl<'de> de::Deserializer<'de> for Names {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked(&[]))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        Err(Asked(names))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enum_says_its_names() {
        let all: Vec<_> = order::Status::ALL
            .iter()
            .map(|status| status.as_str())
            .collect();
        assert_eq!(names::<order::Status>(), all);
        assert_eq!(names::<people::Side>(), ["customer", "runner"]);
        assert!(names::<String>().is_empty());
    }
}
