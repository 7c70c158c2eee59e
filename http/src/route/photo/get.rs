//! `GET /api/photos/{id}`: shown to its uploader until an order refers to it, then to the order's parties and
//! operators.

use crate::{
    answer::Picture, app_state::AppState, auth::Me, gate::load, path::Id, policy::Who,
    problem::Problem,
};
use axum::{
    body::{Body, Bytes, HttpBody},
    extract::State,
    http::{HeaderValue, header},
    response::Response,
};
use campusg_actors::runtime::{Photo, PhotoParts};
use campusg_domain::id::PhotoId;
use hyper::body::{Frame, SizeHint};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

pub(crate) async fn get(
    State(app): State<AppState>,
    me: Me,
    Id(photo): Id<PhotoId>,
) -> Result<Picture, Problem> {
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

fn image(photo: Photo) -> Picture {
    let kind = HeaderValue::from_static(photo.content_type);
    let mut response = Response::new(Body::new(Image {
        left: photo.length,
        parts: photo.parts,
    }));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("inline"),
    );
    response.into()
}

/// The body of an image, of which one part is in memory.
struct Image {
    left: u64,
    parts: PhotoParts,
}

impl HttpBody for Image {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let part = ready!(self.parts.poll_next(context));
        Poll::Ready(part.map(|part| {
            let part = Bytes::from(part?);
            self.left = self.left.saturating_sub(part.len() as u64);
            Ok(Frame::data(part))
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
