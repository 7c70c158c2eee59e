//! The runtime of CampusG: thin actix shells around the domain, and the registry that supervises them.

pub mod registry;
