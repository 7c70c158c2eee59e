//! What is said to the sandbox gateway and back: one line of JSON each way, over loopback or in process.
//!
//! Must not: do I/O beyond reading one bounded line.
//! Invariants: a line has at most [`MAX_LINE_BYTES`]; a reply names the request it answers.

use std::io;

use campusg_domain::{
    call::{Answer, CardToken},
    id::UserId,
    money::Cents,
};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use super::book::LinePage;
use campusg_bank::{Misuse, Setup, Totals};
use campusg_domain::{
    call::AccountToken,
    gateway::{
        AccountFace, CallKey, CardFace, EventCursor, EventPage, MethodKind, Payout, PayoutAnswer,
        Request, Standing,
    },
};

/// Most bytes of a line, its end included.
pub const MAX_LINE_BYTES: usize = 160 * 1024;

/// A request line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskLine {
    /// Chosen by the asker; comes back with the reply.
    pub id: u64,
    /// What is asked, as `{"call":{…}}`.
    pub op: Ask,
}

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// One try of a call. Answered with `Answer`.
    Call(Request),
    /// One try of a payout. Answered with `Payout`.
    PayOut(Payout),
    /// A card's face. Answered with `Card`.
    Describe {
        /// Whose.
        card: CardToken,
    },
    /// A bank account's face. Answered with `Account`.
    DescribeAccount {
        /// Whose.
        account: AccountToken,
    },
    /// What is known of a call. Answered with `Standing`.
    LookUp {
        /// Which.
        key: CallKey,
    },
    /// Events after a cursor. Answered with `Events`.
    Events {
        /// Where to go on.
        after: EventCursor,
    },
    /// What the bank waits for the customer to confirm. Answered with `ToConfirm`.
    ToConfirm {
        /// The authorising call.
        key: CallKey,
    },
    /// The customer's word to the bank. Answered with `Answer`.
    Confirm {
        /// The authorising call.
        key: CallKey,
        /// Whether the customer agrees.
        approve: bool,
    },
    /// Begins a setup. Answered with `Page`.
    BeginSetup {
        /// For whom.
        person: UserId,
        /// Of what.
        kind: MethodKind,
        /// Where the person goes on.
        return_url: String,
    },
    /// What is entered in a setup. Answered with `Setup`.
    Setup {
        /// The sandbox's name of it.
        id: String,
    },
    /// What a person picked on the page of a setup. Answered with `Setup`.
    Enter {
        /// The sandbox's name of it.
        id: String,
        /// A card's token, or an account's.
        token: String,
    },
    /// Sums of one stream, or of all. Answered with `Totals`.
    Totals {
        /// As `order:{id}`.
        stream: Option<String>,
    },
    /// The book's lines from a place. Answered with `Lines`.
    Lines {
        /// 0, or a `next` from before.
        after: u64,
    },
}

/// A reply line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyLine {
    /// The request's; 0 if the request could not be read.
    pub id: u64,
    /// What is replied.
    pub reply: Reply,
}

/// What can be replied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// To a call or a confirmation.
    Answer(Answer),
    /// To a payout.
    Payout(PayoutAnswer),
    /// A card's face.
    Card(CardFace),
    /// A bank account's face.
    Account(AccountFace),
    /// What is known of a call; null: nothing.
    Standing(Option<Standing>),
    /// What is to be confirmed; null: nothing, or it is decided.
    ToConfirm(Option<Cents>),
    /// The path of a setup's page.
    Page(String),
    /// A setup; null: there is none.
    Setup(Option<Setup>),
    /// Some events.
    Events(EventPage),
    /// Sums.
    Totals(Totals),
    /// Some lines of the book.
    Lines(LinePage),
    /// Refused; nothing was done.
    Misuse(Misuse),
    /// No such card or account.
    UnknownToken,
    /// The line is no request; the connection ends.
    Unreadable,
    /// The book failed: whether it was done is unknown.
    Failed,
}

/// Reads one line without its end into `line`; `false` at the end of the stream.
///
/// # Errors
/// `InvalidData` for a line that is too long, `UnexpectedEof` for one without an end, or what the stream says.
pub(super) async fn read_line(
    from: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> io::Result<bool> {
    line.clear();
    let read = from
        .take(MAX_LINE_BYTES as u64)
        .read_until(b'\n', line)
        .await?;
    if line.pop_if(|last| *last == b'\n').is_some() {
        return Ok(true);
    }
    match read {
        0 => Ok(false),
        MAX_LINE_BYTES => Err(io::ErrorKind::InvalidData.into()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// A value as a line.
pub(super) fn to_line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("requests and replies are plain data");
    line.push(b'\n');
    line
}
