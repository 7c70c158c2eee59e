//! What each type of answer promises.

use super::{Described, problems};
use crate::{
    answer::{
        Booked, Commanded, Created, Document, Done, Found, Html, Negotiated, Picture, Placed,
        REPLAYED, Sent, Shown,
    },
    live::LiveStream,
    problem::Problem,
    view::{change::ChangeView, order::OrderView},
    wire,
};
use utoipa::{PartialSchema, ToSchema, openapi::Content};

/// An answer whose type says what it is.
pub(crate) trait Answers {
    fn describe(described: &mut Described);
}

/// Which problems there may be, the table and the extractors know.
impl<A: Answers> Answers for Result<A, Problem> {
    fn describe(described: &mut Described) {
        A::describe(described);
    }
}

impl<T: ToSchema> Answers for Found<T> {
    fn describe(described: &mut Described) {
        described.json::<T>(200, "Done.");
    }
}

impl<T: ToSchema> Answers for Created<T> {
    fn describe(described: &mut Described) {
        described.json::<T>(201, "Made.");
        located(described);
    }
}

impl<T: ToSchema> Answers for Sent<T> {
    fn describe(described: &mut Described) {
        Created::<T>::describe(described);
        replayed(described, 201);
        described.problems.extend(problems::OF_COMMANDS);
    }
}

impl<T: ToSchema> Answers for Booked<T> {
    fn describe(described: &mut Described) {
        described.json::<T>(201, "Booked.");
    }
}

impl Answers for Done {
    fn describe(described: &mut Described) {
        described.answer(204, "Done.", []);
    }
}

impl<T: ToSchema> Answers for Negotiated<T> {
    fn describe(described: &mut Described) {
        let json = Content::new(Some(described.schema::<T>()));
        let contents = [("application/json", json), ("text/html", page())];
        described.answer(200, "As JSON, or as a page.", contents);
    }
}

impl Answers for Html {
    fn describe(described: &mut Described) {
        described.answer(200, "A page.", [("text/html", page())]);
    }
}

impl Answers for Document {
    fn describe(described: &mut Described) {
        let content = Content::new(Some(wire::AnyJson::schema()));
        described.answer(200, "OpenAPI 3.1.", [("application/json", content)]);
    }
}

impl Answers for LiveStream {
    fn describe(described: &mut Described) {
        let change = Content::new(Some(described.schema::<ChangeView>()));
        let text =
            "Server-sent events without end; the schema is that of the data of an event `change`.";
        described.answer(200, text, [("text/event-stream", change)]);
    }
}

impl Answers for Picture {
    fn describe(described: &mut Described) {
        let image = || Content::new(Some(wire::Picture::schema()));
        let kinds = ["image/jpeg", "image/png", "image/webp"];
        described.answer(200, "The photo.", kinds.map(|kind| (kind, image())));
    }
}

impl Answers for Shown {
    fn describe(described: &mut Described) {
        described.json::<OrderView>(200, "The order.");
        described.answer(
            304,
            "Nothing that the caller would be shown has changed.",
            [],
        );
        tagged(described, 200);
        tagged(described, 304);
    }
}

impl Answers for Commanded {
    fn describe(described: &mut Described) {
        described.json::<OrderView>(200, "The order after the command.");
        described.json::<OrderView>(
            202,
            "The command has begun; the order shows how it goes on.",
        );
        for status in [200, 202] {
            tagged(described, status);
            replayed(described, status);
        }
        described.problems.extend(problems::OF_COMMANDS);
    }
}

impl Answers for Placed {
    fn describe(described: &mut Described) {
        let text = "The order as it stands when it is available, waiting or cancelled, at the latest after 2 s.";
        described.json::<OrderView>(201, text);
        located(described);
        tagged(described, 201);
        replayed(described, 201);
        described.problems.extend(problems::OF_PLACING);
    }
}

fn page() -> Content {
    Content::new(Some(String::schema()))
}

fn located(described: &mut Described) {
    described.with_header::<wire::Word>(201, "Location", "The path of what was made.");
}

fn tagged(described: &mut Described, status: u16) {
    let text = "The order's version and a hash of all that this reader is shown.";
    described.with_header::<wire::Tag>(status, "ETag", text);
}

fn replayed(described: &mut Described, status: u16) {
    let text =
        "`true` if the command was carried out before, under the same key; absent otherwise.";
    described.with_header::<wire::Word>(status, REPLAYED.as_str(), text);
}
