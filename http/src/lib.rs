//! The axum edge of CampusG.
