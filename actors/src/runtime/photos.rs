//! Photos: stored for their uploaders, and read.

use super::{Refusal, Runtime};
use campusg_domain::{
    id::{OrderId, PhotoId, UserId},
    rejection::Rejection,
    stream::Meta,
};
use campusg_storage::photo::{MOST_PHOTOS, PhotoContent, PhotoFault};
use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{runtime::Handle, sync::Semaphore};

/// How many photos are read from the disk at once.
pub(super) const PHOTO_READERS: usize = 8;

/// The most photos that are told to look like one of an order.
const MOST_ALIKE: usize = 20;

/// A photo, with what decides who may see it.
#[derive(Debug)]
pub struct Photo {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub content_type: &'static str,
    /// Bytes of the image.
    pub length: u64,
    /// The image without metadata.
    pub parts: PhotoParts,
    /// The person who uploaded it.
    pub uploader: UserId,
    /// The order that refers to it, if there is one.
    pub order: Option<OrderId>,
}

/// Two photos of different orders that look alike, which proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alike {
    /// The photo of the order that was asked about.
    pub photo: PhotoId,
    /// The photo that looks like it.
    pub like: PhotoId,
    /// The order that refers to that one.
    pub order: OrderId,
}

/// The image of a photo, part by part: however slowly it is taken, one part is in memory, and no thread waits.
pub struct PhotoParts {
    io: Handle,
    readers: Arc<Semaphore>,
    state: State,
}

type Read = (PhotoContent, io::Result<Option<Vec<u8>>>);

enum State {
    Idle(PhotoContent),
    Reading(Pin<Box<dyn Future<Output = io::Result<Read>> + Send>>),
    Over,
}

impl fmt::Debug for PhotoParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhotoParts").finish_non_exhaustive()
    }
}

impl PhotoParts {
    /// Reads the next part on a blocking thread; `None` at the end of the image.
    ///
    /// # Errors
    /// The error of the operating system.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Vec<u8>>>> {
        let mut reading = match std::mem::replace(&mut self.state, State::Over) {
            State::Idle(content) => {
                Box::pin(read(self.io.clone(), Arc::clone(&self.readers), content))
            }
            State::Reading(reading) => reading,
            State::Over => return Poll::Ready(None),
        };
        let Poll::Ready(read) = reading.as_mut().poll(context) else {
            self.state = State::Reading(reading);
            return Poll::Pending;
        };
        Poll::Ready(match read {
            Ok((content, Ok(Some(part)))) => {
                self.state = State::Idle(content);
                Some(Ok(part))
            }
            Ok((_, Ok(None))) => None,
            Ok((_, Err(fault))) | Err(fault) => Some(Err(fault)),
        })
    }
}

async fn read(io: Handle, readers: Arc<Semaphore>, mut content: PhotoContent) -> io::Result<Read> {
    let _place = readers.acquire_owned().await.map_err(io::Error::other)?;
    let reading = io.spawn_blocking(move || {
        let part = content.next_part();
        (content, part)
    });
    reading.await.map_err(io::Error::other)
}

impl Runtime {
    /// Stores a photo for the caller.
    ///
    /// # Errors
    /// `NotAllowed`; `InvalidField` if the bytes are no image of an accepted format and size; `TooManyPhotos`.
    pub async fn store_photo(
        &self,
        meta: Meta,
        bytes: impl AsRef<[u8]> + Send + 'static,
    ) -> Result<PhotoId, Refusal> {
        let user = meta.user()?;
        self.admit()?;
        let photos = self.photos().clone();
        let io = &self.0.services.io;
        match io
            .spawn_blocking(move || photos.store(user, bytes.as_ref()))
            .await
        {
            Ok(Ok(photo)) => Ok(photo),
            Ok(Err(PhotoFault::Quota { in_ms })) => Err(Rejection::TooManyPhotos {
                limit: MOST_PHOTOS,
                in_ms,
            }
            .into()),
            Ok(Err(fault)) if fault.is_the_callers() => {
                Err(Rejection::field("photo", fault.to_string()).into())
            }
            Ok(Err(fault)) => {
                tracing::error!(%fault, "a photo can't be stored");
                Err(Refusal::StorageFull)
            }
            Err(_) => Err(Refusal::Fault),
        }
    }

    /// Returns a photo; `None` if there is none.
    ///
    /// # Errors
    /// `Fault` if an order refers to it and its file is lost; a [`Refusal`] if it can't be read now.
    pub async fn photo(&self, id: PhotoId) -> Result<Option<Photo>, Refusal> {
        let order_of =
            async |runtime: &Self| runtime.read(move |reads| reads.photo_order(id)).await;
        let photos = self.photos().clone();
        let (io, readers) = (&self.0.services.io, &self.0.services.photo_readers);
        let _place = readers.acquire().await.map_err(|_| Refusal::Stopping)?;
        let got = io.spawn_blocking(move || photos.open_content(id)).await;
        let got = got.map_err(|_| Refusal::Fault)?;
        let Some(photo) = got.map_err(|fault| {
            tracing::error!(%fault, "a photo can't be read");
            Refusal::Fault
        })?
        else {
            if let Some(order) = order_of(self).await? {
                tracing::error!(photo = %id, %order, "a photo that an order refers to is lost");
                return Err(Refusal::Fault);
            }
            return Ok(None);
        };
        let order = order_of(self).await?;
        Ok(Some(Photo {
            content_type: photo.kind().media_type(),
            length: photo.length(),
            uploader: photo.uploader(),
            parts: PhotoParts {
                io: io.clone(),
                readers: Arc::clone(readers),
                state: State::Idle(photo),
            },
            order,
        }))
    }

    /// Returns which photos of other orders look like these, which an order refers to.
    ///
    /// # Errors
    /// A [`Refusal`] if it can't be known now.
    pub async fn photos_alike(
        &self,
        order: OrderId,
        shown: Vec<PhotoId>,
    ) -> Result<Vec<Alike>, Refusal> {
        let photos = self.photos().clone();
        self.read(move |reads| {
            let mut alike = vec![];
            for photo in shown {
                for like in photos.like(photo) {
                    if let Some(order) = reads.photo_order(like)?.filter(|other| *other != order) {
                        alike.push(Alike { photo, like, order });
                    }
                    if alike.len() == MOST_ALIKE {
                        return Ok(alike);
                    }
                }
            }
            Ok(alike)
        })
        .await
    }
}
