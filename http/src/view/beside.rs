//! What a view of an order needs beside the order: drop-off, names, the store.

use super::Reader;
use crate::edge::Edge;
use campusg_actors::runtime::{
    DropoffDetails, GetDropoff, GetProfileAsOf, GetStores, OpenWords, Profile, Refusal,
    SealedWords, Wording,
};
use campusg_domain::{
    id::{Principal, StoreId, UserId},
    order::{Order, Role, StoreRef},
    owner::directory::Store,
};
use std::sync::Arc;

/// Plain text that belongs to an order; only what this reader may see is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
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
pub(crate) async fn gather(edge: &Edge, reader: &Reader, order: &Order) -> Result<Beside, Refusal> {
    let runner = order.stage.bond().map(|bond| bond.runner);
    let (inside, customer, runner) = match reader.role {
        Role::Customer => (true, None, runner),
        Role::Runner => (
            reader.recent,
            Some(order.terms.customer).filter(|_| reader.recent),
            None,
        ),
        Role::Operator => (true, Some(order.terms.customer), runner),
        Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => (false, None, None),
    };
    let dropoff = match &order.terms.dropoff.details {
        Some(sealed) if inside => {
            let (customer, sealed) = (order.terms.customer, sealed.clone());
            Some(
                edge.runtime()
                    .query(GetDropoff { customer, sealed })
                    .await?,
            )
        }
        _ => None,
    };
    Ok(Beside {
        dropoff,
        note: note(edge, reader, order).await?,
        customer: profile(edge, reader, customer).await?,
        runner: profile(edge, reader, runner).await?,
        stores: stores(edge, std::iter::once(order)).await?,
    })
}

/// The runner's words beside the open proposal: to the customer, operators, and who wrote them.
async fn note(edge: &Edge, reader: &Reader, order: &Order) -> Result<Option<String>, Refusal> {
    let sealed = order.proposal.as_ref().and_then(|open| open.note.clone());
    let author = order.stage.bond().map(|bond| bond.runner);
    let (Some(sealed), Some(author)) = (sealed, author) else {
        return Ok(None);
    };
    let seen = match reader.role {
        Role::Customer | Role::Operator => true,
        Role::Runner => author == reader.user,
        Role::FormerRunner | Role::Stranger | Role::System | Role::Gateway => false,
    };
    if !seen {
        return Ok(None);
    }
    let words = SealedWords {
        author: Principal::User(author),
        wording: Wording::Note,
        sealed,
    };
    let opened = edge.runtime().query(OpenWords(vec![words])).await?;
    Ok(opened.into_iter().next().flatten())
}

/// The stores, if one of these orders names one.
pub(crate) async fn stores<'a>(
    edge: &Edge,
    mut orders: impl Iterator<Item = &'a Order>,
) -> Result<Stores, Refusal> {
    let known = |store: &StoreRef| matches!(store, StoreRef::Known(_));
    if orders.any(|order| known(&order.store) || known(&order.terms.store)) {
        edge.runtime().query(GetStores).await
    } else {
        Ok(vec![])
    }
}

async fn profile(
    edge: &Edge,
    reader: &Reader,
    user: Option<UserId>,
) -> Result<Option<Profile>, Refusal> {
    let Some(user) = user else {
        return Ok(None);
    };
    let as_of = reader.as_of;
    edge.runtime().query(GetProfileAsOf { user, as_of }).await
}
