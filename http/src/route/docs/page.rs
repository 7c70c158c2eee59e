//! `GET /docs`: the contract as a page.

use crate::{
    answer::{self, Html},
    router::contract,
};

pub(crate) async fn page() -> Html {
    answer::docs(&contract().page)
}
