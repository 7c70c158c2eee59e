//! Schemas of texts with a limit.

use super::{wire, words};
use campusg_actors::runtime::{FreeText, bounds};
use serde_json::json;
use utoipa::openapi::schema::ObjectBuilder;

/// Longest accepted return URL, in bytes.
pub(crate) const RETURN_URL_BYTES: usize = 500;
/// Longest title of an operator's notice, in characters.
pub(crate) const TITLE_CHARS: usize = 120;
/// Longest text of an operator's notice, in characters.
pub(crate) const MESSAGE_CHARS: usize = 2_000;

wire! {
    /// One line that shows all of its characters, as an item's or a building's name.
    Name = limited(bounds::NAME_CHARS).examples([json!("Hall 4")]);
    /// A person's name: one line that shows all of its characters.
    PersonName = limited(bounds::PERSON_NAME_CHARS).examples([json!("Ann")]);
    /// A part of an address: a level, a room, a place to meet.
    Place = limited(bounds::PLACE_CHARS).examples([json!("215")]);
    /// Notes for the runner.
    Notes = limited(bounds::NOTES_CHARS).examples([json!("Ring twice.")]);
    /// An e-mail address, known in one spelling.
    Email = words().min_length(Some(3)).max_length(Some(bounds::EMAIL_BYTES)).examples([json!("ann@campus.edu")]);
    /// A password, the same however a device composes its letters.
    Password = words()
        .min_length(Some(*bounds::PASSWORD_CHARS.start()))
        .max_length(Some(*bounds::PASSWORD_CHARS.end()))
        .examples([json!("correct horse battery")]);
    /// A telephone number as people write it.
    Phone = words().max_length(Some(bounds::PHONE_CHARS)).examples([json!("+1 555 010 0199")]);
    /// A message to the other party.
    Message = limited(FreeText::Message.most()).examples([json!("I am at the main entrance.")]);
    /// The reason for a dispute.
    Claim = limited(FreeText::Claim.most()).examples([json!("The soup was cold.")]);
    /// A statement in a dispute.
    Reply = limited(FreeText::Reply.most()).examples([json!("It was hot when I left.")]);
    /// A runner's note.
    Note = limited(FreeText::Note.most()).examples([json!("There is no soup left.")]);
    /// A reason; an operator's is kept in the audit log.
    Reason = limited(FreeText::Reason.most()).examples([json!("The customer called.")]);
    /// The title of an operator's notice.
    NoticeTitle = limited(TITLE_CHARS).examples([json!("Closed tomorrow")]);
    /// The text of an operator's notice.
    NoticeMessage = limited(MESSAGE_CHARS).examples([json!("The campus is closed tomorrow.")]);
    /// A path of this server, or a URL under its public one.
    ReturnUrl = words().min_length(Some(1)).max_length(Some(RETURN_URL_BYTES)).examples([json!("/me")]);
    /// The gateway's token of a card or of a bank account.
    Token = words().examples([json!("tok_visa")]);
    /// The PIN that the customer tells the runner.
    Pin = words().pattern(Some("^[0-9]{4}$")).min_length(Some(4)).max_length(Some(4)).examples([json!("0042")]);
    /// A time of the day; the end of the day is `24:00`.
    Minute = words().pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")).examples([json!("08:30")]);
    /// A number of stars.
    Stars = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::Integer)
        .minimum(Some(*bounds::STARS.start()))
        .maximum(Some(*bounds::STARS.end()))
        .examples([json!(5)]);
    /// How far a virtual clock is moved on, in milliseconds.
    Advance = ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::Integer)
        .minimum(Some(0))
        .examples([json!(60_000)]);
}

fn limited(most: usize) -> ObjectBuilder {
    words().min_length(Some(1)).max_length(Some(most))
}
