//! A client of the HTTP API: requests and their answers, and people who send them.
//!
//! [`operation`] names what the API does, [`request`] what it reads, [`answer`] what it says; [`Person`] does it under a session and a key.
//! Used by the walkthrough, the robots and the tests over HTTP. Knows the API and nothing behind it.
//! Must not: repeat a request by itself; hold a rule of the product.
//! Invariant: whatever is not as specified is a [`Deviation`] that names expectation and finding.

pub mod answer;
mod body;
mod client;
mod deviation;
pub mod operation;
mod person;
pub mod photo;
mod price;
pub mod request;

pub use body::Body;
pub use client::{ApiRequest, Client, Reply};
pub use deviation::{Deviation, holds, same};
pub use person::Person;
pub use price::Price;
pub use request::Wish;
