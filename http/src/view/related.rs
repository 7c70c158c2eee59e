//! What a view of an order needs beside the order: drop-off, names, the store.

use super::Viewer;
use crate::app_state::AppState;
use campusg_actors::runtime::{
    DropoffDetails, FreeText, GetDropoff, GetProfileAsOf, GetStores, OpenFreeText, Profile,
    Refusal, SealedFreeText,
};
use campusg_domain::{
    id::{Principal, StoreId, UserId},
    order::{Order, Role, StoreRef},
    owner::directory::Store,
};
use std::sync::Arc;

/// Plain text that belongs to an order; only what this reader may see is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Related {
    pub(crate) dropoff: Option<DropoffDetails>,
    /// What the runner says beside the open proposal.
    pub(crate) note: Option<String>,
    pub(crate) customer: Option<Profile>,
    pub(crate) runner: Option<Profile>,
    pub(crate) stores: Stores,
}

/// The stores of the campus.
pub(crate) type Stores = Vec<(StoreId, Arc<Store>)>;

/// Asks for what this reader may see.
pub(crate) async fn gather(
    app: &AppState,
    viewer: &Viewer,
    order: &Order,
) -> Result<Related, Refusal> {
    let runner = order.stage.assignment().map(|assignment| assignment.runner);
    let (inside, customer, runner) = match viewer.role {
        Role::Customer => (true, None, runner),
        Role::Runner => (
            viewer.recent,
            Some(order.terms.customer).filter(|_| viewer.recent),
            None,
        ),
        Role::Operator => (true, Some(order.terms.customer), runner),
        Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => (false, None, None),
    };
    let dropoff = match &order.terms.dropoff.details {
        Some(sealed) if inside => {
            let (customer, sealed) = (order.terms.customer, sealed.clone());
            Some(app.runtime().query(GetDropoff { customer, sealed }).await?)
        }
        _ => None,
    };
    Ok(Related {
        dropoff,
        note: note(app, viewer, order).await?,
        customer: profile(app, viewer, customer).await?,
        runner: profile(app, viewer, runner).await?,
        stores: stores(app, std::iter::once(order)).await?,
    })
}

/// The runner's words beside the open proposal: to the customer, operators, and who wrote them.
async fn note(app: &AppState, viewer: &Viewer, order: &Order) -> Result<Option<String>, Refusal> {
    let sealed = order.proposal.as_ref().and_then(|open| open.note.clone());
    let author = order.stage.assignment().map(|assignment| assignment.runner);
    let (Some(sealed), Some(author)) = (sealed, author) else {
        return Ok(None);
    };
    let seen = match viewer.role {
        Role::Customer | Role::Operator => true,
        Role::Runner => author == viewer.user,
        Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => false,
    };
    if !seen {
        return Ok(None);
    }
    let words = SealedFreeText {
        author: Principal::User(author),
        wording: FreeText::Note,
        sealed,
    };
    let opened = app.runtime().query(OpenFreeText(vec![words])).await?;
    Ok(opened.into_iter().next().flatten())
}

/// The stores, if one of these orders names one.
pub(crate) async fn stores<'a>(
    app: &AppState,
    mut orders: impl Iterator<Item = &'a Order>,
) -> Result<Stores, Refusal> {
    let known = |store: &StoreRef| matches!(store, StoreRef::Known(_));
    if orders.any(|order| known(&order.store) || known(&order.terms.store)) {
        app.runtime().query(GetStores).await
    } else {
        Ok(vec![])
    }
}

async fn profile(
    app: &AppState,
    viewer: &Viewer,
    user: Option<UserId>,
) -> Result<Option<Profile>, Refusal> {
    let Some(user) = user else {
        return Ok(None);
    };
    let as_of = viewer.as_of;
    app.runtime().query(GetProfileAsOf { user, as_of }).await
}
