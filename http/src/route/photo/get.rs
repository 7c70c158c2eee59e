//! `GET /api/photos/{id}`: shown to its uploader until an order refers to it, then to the order's parties and
//! operators.

use crate::{app_state::AppState, auth::Me, gate::load, path::Id, policy::Who, problem::Problem};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use campusg_actors::runtime::Photo;
use campusg_domain::id::PhotoId;

pub(crate) async fn get(
    State(app): State<AppState>,
    me: Me,
    Id(photo): Id<PhotoId>,
) -> Result<Response, Problem> {
    let nothing = || Problem::not_found("photo");
    let photo = app.runtime().photo(photo).await?.ok_or_else(nothing)?;
    match photo.order {
        None if photo.uploader == me.user => Ok(image(photo)),
        None => Err(nothing()),
        Some(order) => {
            let seen = load(&app, &me, order, Who::PartyOrOperator).await;
            // 404 for everybody else, so that nobody learns that a photo exists.
            seen.map(|_| image(photo)).map_err(|problem| {
                if problem.status.is_client_error() {
                    nothing()
                } else {
                    problem
                }
            })
        }
    }
}

fn image(photo: Photo) -> Response {
    let mut response = Response::new(Body::from(photo.bytes));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(photo.content_type),
    );
    response.headers_mut().insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("inline"),
    );
    response
}
