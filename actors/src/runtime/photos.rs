//! Photos: stored for their uploaders, and read.

use super::{Refusal, Runtime};
use campusg_domain::{
    id::{OrderId, PhotoId, UserId},
    rejection::Rejection,
    stream::Meta,
};

/// A photo, with what decides who may see it.
#[derive(Clone, Debug)]
pub struct Photo {
    /// `image/jpeg`, `image/png` or `image/webp`.
    pub content_type: &'static str,
    /// The image without metadata.
    pub bytes: Vec<u8>,
    /// The person who uploaded it.
    pub uploader: UserId,
    /// The order that refers to it, if there is one.
    pub order: Option<OrderId>,
}

impl Runtime {
    /// Stores a photo for the caller.
    ///
    /// # Errors
    /// `NotAllowed`; `InvalidField` if the bytes are no image of an accepted format and size.
    pub async fn store_photo(&self, meta: Meta, bytes: Vec<u8>) -> Result<PhotoId, Refusal> {
        let user = meta.user()?;
        self.admit()?;
        let photos = self.photos().clone();
        let io = &self.0.services.io;
        match io.spawn_blocking(move || photos.store(user, &bytes)).await {
            Ok(Ok(photo)) => Ok(photo),
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
        let io = &self.0.services.io;
        let got = io.spawn_blocking(move || photos.load(id)).await;
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
            content_type: photo.kind.media_type(),
            bytes: photo.bytes,
            uploader: photo.uploader,
            order,
        }))
    }
}
