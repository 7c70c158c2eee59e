//! What can happen next: random moves and random commands.

use proptest::prelude::*;

/// One random move.
#[derive(Clone, Debug)]
pub enum Move {
    /// A person gives a command to an order.
    Give { who: u8, order: u8, what: What },
    /// The last command again, under the same id.
    Again,
    /// An owner refuses a question.
    Refuse(u8),
    /// One call is made, or one answer arrives.
    Step,
    /// Everything that is due happens.
    Settle,
    /// Time passes, in minutes.
    Pass(u16),
    /// The customer answers the bank.
    Confirm { order: u8, yes: bool },
    /// The gateway says something nobody asked for.
    Claim { order: u8, call: u8, answer: u8 },
    /// A crash.
    Crash,
    /// A photo that served another order.
    SamePhoto,
}

/// What is commanded.
#[derive(Clone, Copy, Debug)]
pub enum What {
    Accept,
    CancelAcceptance,
    Reassign,
    Cancel(u8),
    Arrive,
    Purchase(u8),
    Collect,
    Depart,
    Deliver(bool),
    Confirm,
    Rate(u8),
    Scheduled(u8),
    /// Whatever the bound runner would do next.
    Onward,
    /// The runner at the store asks something: which kind, and how dear.
    Propose(u8, u8),
    /// Somebody answers the open proposal: how.
    Answer(u8),
    /// One party writes to the other.
    Message(bool),
    /// The runner reports something.
    Report(u8),
    /// The customer is there.
    AnswerNoShow,
    /// Everything that leads to a customer who can't be reached; then nothing, food that is taken back, or an answer.
    Wait(u8),
    /// The runner asks for more than is held, and the customer agrees.
    Dearer(u8),
    /// The runner asks something, and the customer answers at once: which kind, and how.
    VoteRequest(u8, u8),
    /// Somebody claims, somebody replies, and an operator decides: who, how much, and who is at fault.
    Quarrel(u8, u8, u8),
    /// An operator abandons, holds, lets go, or does something about what keeps failing.
    Operate(u8),
    /// What fails goes on failing until it waits for a person, and an operator takes it back.
    GiveUp,
    /// An operator settles: how much, and who is at fault.
    Settle(u8, u8),
    /// Somebody claims: who, and how much.
    Dispute(u8, u8),
    /// Somebody replies.
    Reply(bool),
    /// An operator decides: how much, and who is at fault.
    Resolve(u8, u8),
    /// A later tip.
    Tip(u8),
    /// An operator's refund.
    Refund(u8),
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        3 => Just(What::Accept),
        1 => Just(What::CancelAcceptance),
        1 => Just(What::Reassign),
        2 => (0_u8..4).prop_map(What::Cancel),
        1 => Just(What::Arrive),
        1 => (0_u8..3).prop_map(What::Purchase),
        1 => Just(What::Collect),
        1 => Just(What::Depart),
        5 => any::<bool>().prop_map(What::Deliver),
        1 => Just(What::Confirm),
        4 => (0_u8..7).prop_map(What::Rate),
        1 => (0_u8..16).prop_map(What::Scheduled),
        8 => Just(What::Onward),
        6 => (0_u8..4, 0_u8..6).prop_map(|(kind, total)| What::Propose(kind, total)),
        6 => (0_u8..6).prop_map(What::Answer),
        2 => any::<bool>().prop_map(What::Message),
        2 => (0_u8..3).prop_map(What::Report),
        1 => Just(What::AnswerNoShow),
        7 => (0_u8..3).prop_map(What::Wait),
        6 => (2_u8..5).prop_map(What::Dearer),
        6 => (0_u8..4, 2_u8..6).prop_map(|(kind, how)| What::VoteRequest(kind, how)),
        4 => (0_u8..3, 0_u8..5, 0_u8..4).prop_map(|(who, much, fault)| What::Quarrel(who, much, fault)),
        4 => (0_u8..9).prop_map(What::Operate),
        3 => Just(What::GiveUp),
        1 => (0_u8..5, 0_u8..4).prop_map(|(much, fault)| What::Settle(much, fault)),
        5 => (0_u8..3, 0_u8..4).prop_map(|(who, much)| What::Dispute(who, much)),
        2 => any::<bool>().prop_map(What::Reply),
        4 => (0_u8..5, 0_u8..4).prop_map(|(much, fault)| What::Resolve(much, fault)),
        3 => Just(What::Quarrel(0, 3, 0)),
        5 => (0_u8..4).prop_map(What::Tip),
        2 => (0_u8..4).prop_map(What::Refund),
    ]
}

pub fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        40 => (0_u8..6, 0_u8..3, what()).prop_map(|(who, order, what)| Move::Give { who, order, what }),
        2 => Just(Move::Again),
        2 => (0_u8..12).prop_map(Move::Refuse),
        3 => Just(Move::Step),
        4 => Just(Move::Settle),
        4 => (1_u16..25).prop_map(Move::Pass),
        1 => (60_u16..1500).prop_map(Move::Pass),
        1 => (0_u8..3, any::<bool>()).prop_map(|(order, yes)| Move::Confirm { order, yes }),
        4 => (0_u8..3, 0_u8..6, 0_u8..6).prop_map(|(order, call, answer)| Move::Claim { order, call, answer }),
        1 => Just(Move::Crash),
        1 => Just(Move::SamePhoto),
    ]
}
