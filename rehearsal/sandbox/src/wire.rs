//! The protocol of the sandbox gateway: one line of JSON for a request, one for its reply; in process without the lines.
//!
//! Must not: do I/O except reading one bounded line.
//! Invariants: a line has at most [`MAX_LINE_BYTES`]; a reply carries the id of its request.

use std::io;

use campusg_domain::{
    call::{Answer, CardToken},
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

/// Longest line in bytes, including the line feed.
pub const MAX_LINE_BYTES: usize = 160 * 1024;

/// A request as it is sent over a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskLine {
    /// Chosen by the sender; the reply carries the same.
    pub id: u64,
    /// The request itself, as `{"call":{…}}`.
    pub op: Ask,
}

/// A request to the sandbox gateway; each says which [`Reply`] it gets if it succeeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// One try of a call. Replied with `Answer`.
    Call(Request),
    /// One try of a payout. Replied with `Payout`.
    PayOut(Payout),
    /// Asks for the brand and last digits of a card. Replied with `Card`.
    Describe {
        /// Token of the card.
        card: CardToken,
    },
    /// Asks for the bank and last digits of a bank account. Replied with `Account`.
    DescribeAccount {
        /// Token of the account.
        account: AccountToken,
    },
    /// Asks what has become of a call. Replied with `Standing`.
    LookUp {
        /// Idempotency key of the call.
        key: CallKey,
    },
    /// Asks for the next page of events. Replied with `Events`.
    Events {
        /// The cursor of the page before; an empty one at first.
        after: EventCursor,
    },
    /// Asks what the customer is to confirm. Replied with `ToConfirm`.
    ToConfirm {
        /// Idempotency key of the authorisation.
        key: CallKey,
    },
    /// Gives the customer's answer to the bank. Replied with `Answer`.
    Confirm {
        /// Idempotency key of the authorisation.
        key: CallKey,
        /// Whether the customer confirms the payment.
        approve: bool,
    },
    /// Sends a person to the page where they enter a card or a bank account. Replied with `Page`.
    BeginSetup {
        /// Under which an event tells what was entered.
        key: CallKey,
        /// Whether a card or a bank account is entered.
        kind: MethodKind,
        /// Address to which the person goes back afterwards.
        return_url: String,
    },
    /// Asks for a setup. Replied with `Setup`.
    Setup {
        /// Id of the setup, from its page's path.
        id: String,
    },
    /// Records what a person picked on the page of a setup. Replied with `Setup`.
    Enter {
        /// Id of the setup, from its page's path.
        id: String,
        /// Token of the card or the account.
        token: String,
    },
    /// Asks for the sums over one stream, or over all. Replied with `Totals`.
    Totals {
        /// The stream, as `order:{id}`; null: all.
        stream: Option<String>,
    },
    /// Asks for entries of the book. Replied with `Lines`.
    Lines {
        /// Byte offset: 0, or the `next` of an earlier page.
        after: u64,
    },
}

/// A reply as it is sent over a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyLine {
    /// Id of the request; 0 if the request could not be read.
    pub id: u64,
    /// The reply itself.
    pub reply: Reply,
}

/// A reply of the sandbox gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// The answer to a call or to a confirmation.
    Answer(Answer),
    /// The answer to a payout.
    Payout(PayoutAnswer),
    /// Brand and last digits of a card.
    Card(CardFace),
    /// Bank and last digits of a bank account.
    Account(AccountFace),
    /// What has become of a call; null: the key is unknown.
    Standing(Option<Standing>),
    /// The amount in cents that the customer is asked to confirm; null if they are not asked, or have answered.
    ToConfirm(Option<Cents>),
    /// Path of a setup's page.
    Page(String),
    /// A setup; null: there is none.
    Setup(Option<Setup>),
    /// A page of events.
    Events(EventPage),
    /// Sums in cents.
    Totals(Totals),
    /// A page of the book.
    Lines(LinePage),
    /// The request was refused as misuse; nothing was done.
    Misuse(Misuse),
    /// There is no card or account with that token.
    UnknownToken,
    /// The line was no request; the connection ends.
    Unreadable,
    /// The book failed; whether the request was done is unknown.
    Failed,
}

/// Reads one line into `line`, without its line feed; `false` at the end of the stream.
///
/// # Errors
/// `InvalidData` if the line is too long, `UnexpectedEof` if it has no end, or the stream's own error.
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

/// A value as a line of JSON.
pub(super) fn to_line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("requests and replies are plain data");
    line.push(b'\n');
    line
}
