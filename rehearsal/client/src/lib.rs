//! A typed client of the HTTP API, and [`Person`]: a user who sends requests under a session of their own.
//!
//! [`operation`] builds the requests, [`request`] has their bodies and [`answer`] the bodies of the answers.
//! The walkthrough, the robots and the tests over HTTP use it. It knows the API and nothing behind it.
//! Must not: repeat a request, except once after a session has ended, or where a [`Respelling`] asks for it; hold a rule
//! of the product.
//! Invariant: an answer that is not as specified is a [`Deviation`], which says what was expected and what was found.

pub mod answer;
mod body;
mod client;
mod deviation;
pub mod operation;
mod person;
pub mod photo;
mod price;
pub mod request;
mod respelling;

pub use body::Body;
pub use client::{ApiRequest, Client, PlacedOrder, Reply};
pub use deviation::{Deviation, holds, same};
pub use person::Person;
pub use price::Price;
pub use request::Wish;
pub use respelling::Respelling;
