//! `GET /docs`: the contract as a page.

use crate::{
    answer::{self, Html},
    contract::written,
};

pub(crate) async fn page() -> Html {
    answer::docs(&written().page)
}
