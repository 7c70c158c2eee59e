//! Extractors for commands: the caller, the idempotency key, the body, and the fingerprint of all of it.

use crate::{
    app_state::AppState,
    auth::Me,
    client,
    fingerprint::{Content, of_bytes, of_json},
    json, path,
    problem::{Code, Problem},
    shell::RequestId,
    wire,
};
use axum::{
    body::{Bytes, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use campusg_domain::{
    id::{Fingerprint, Principal},
    stream::Meta,
};
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use tokio::task::spawn_blocking;

pub(crate) const KEY: &str = "idempotency-key";

/// A command of a signed-in caller; the idempotency key is optional.
pub(crate) struct Call<T> {
    pub(crate) me: Me,
    pub(crate) meta: Meta,
    pub(crate) headers: HeaderMap,
    pub(crate) body: T,
}

impl<T> Call<T> {
    /// Separates the call from its body.
    pub(crate) fn split(self) -> (Call<()>, T) {
        let Self {
            me,
            meta,
            headers,
            body,
        } = self;
        (
            Call {
                me,
                meta,
                headers,
                body: (),
            },
            body,
        )
    }
}

/// A command of a signed-in caller; the idempotency key is required.
pub(crate) struct KeyedCall<T>(pub(crate) Call<T>);

/// A command without a signed-in caller. The idempotency key is ignored: keys are scoped by user.
pub(crate) struct OpenCall<T> {
    pub(crate) meta: Meta,
    pub(crate) address: IpAddr,
    pub(crate) body: T,
}

impl<T: DeserializeOwned> FromRequest<AppState> for Call<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let (mut parts, me, bytes) = taken(request, app).await?;
        let key = key(&parts.headers)?;
        let meta = meta(app, &mut parts, me.principal, key, &of_json(&bytes)).await;
        let body = body(&parts.headers, &bytes)?;
        Ok(Self {
            me,
            meta,
            headers: parts.headers,
            body,
        })
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for KeyedCall<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let call = Call::from_request(request, app).await?;
        if call.meta.keyed {
            return Ok(Self(call));
        }
        let detail = "send an Idempotency-Key header of your own making, and the same one when you repeat the request";
        Err(Problem::new(Code::IdempotencyKeyRequired, detail))
    }
}

impl<T: DeserializeOwned> FromRequest<AppState> for OpenCall<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let (mut parts, body_in) = request.into_parts();
        let bytes = whole(body_in).await?;
        let meta = meta(app, &mut parts, Principal::System, None, &of_json(&bytes)).await;
        let address = client::address(&parts.extensions, &parts.headers, &[]);
        Ok(Self {
            meta,
            address,
            body: body(&parts.headers, &bytes)?,
        })
    }
}

pub(crate) struct GatewayCall<T> {
    pub(crate) meta: Meta,
    pub(crate) body: T,
}

impl<T: DeserializeOwned> FromRequest<AppState> for GatewayCall<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let (mut parts, body_in) = request.into_parts();
        let bytes = whole(body_in).await?;
        let meta = meta(app, &mut parts, Principal::Gateway, None, &of_json(&bytes)).await;
        let body = body(&parts.headers, &bytes)?;
        Ok(Self { meta, body })
    }
}

/// A photo of a signed-in caller.
pub(crate) struct Upload {
    pub(crate) meta: Meta,
    pub(crate) bytes: Bytes,
}

impl FromRequest<AppState> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, Problem> {
        let (mut parts, me, bytes) = taken(request, app).await?;
        let kind = parts
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("image/") {
            let detail = "send the photo itself as the body, with its content type: image/jpeg, image/png or image/webp";
            return Err(unsupported(detail.into()));
        }
        let key = key(&parts.headers)?;
        let hashed = bytes.clone();
        let content = spawn_blocking(move || of_bytes(&hashed)).await;
        let content = content.map_err(|_| Problem::fault())?;
        let meta = meta(app, &mut parts, me.principal, key, &content).await;
        Ok(Self { meta, bytes })
    }
}

async fn taken(request: Request, app: &AppState) -> Result<(Parts, Me, Bytes), Problem> {
    let (mut parts, body) = request.into_parts();
    let me = Me::from_request_parts(&mut parts, app).await?;
    let bytes = whole(body).await?;
    Ok((parts, me, bytes))
}

/// Returns the body, which the in-flight layer has read into memory before.
async fn whole(body: axum::body::Body) -> Result<Bytes, Problem> {
    to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Problem::fault())
}

/// Builds the command's meta data. Without a key the command's id is random, so no other request can repeat it, and the
/// record keeps no hash of the body, in which a password may be.
async fn meta(
    app: &AppState,
    parts: &mut Parts,
    principal: Principal,
    key: Option<String>,
    content: &Content,
) -> Meta {
    let operation = path::operation(parts).await;
    let request = parts.extensions.get::<RequestId>();
    let request = request.map(|id| id.0.to_string()).unwrap_or_default();
    match key {
        Some(key) => {
            let fingerprint = fingerprint(&operation, content);
            Meta::keyed(principal, &operation, &key, fingerprint, &request)
        }
        None => app.runtime().unkeyed(principal, &request),
    }
}

/// Returns the request's idempotency key, if it has one. 400 unless it is 1 to 255 visible ASCII characters.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut keys = headers.get_all(KEY).iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    let bytes = key.as_bytes();
    let visible = bytes.iter().all(u8::is_ascii_graphic);
    if keys.next().is_some() || bytes.is_empty() || bytes.len() > wire::KEY_BYTES || !visible {
        let detail = "an Idempotency-Key is one header of 1 to 255 visible ASCII characters";
        return Err(Problem::new(Code::InvalidIdempotencyKey, detail));
    }
    Ok(Some(bytes.iter().map(|byte| char::from(*byte)).collect()))
}

/// Parses the body as JSON; an absent body counts as an empty object.
fn body<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    if bytes.is_empty() {
        return json::read(b"{}");
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or("application/json");
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let detail = format!("send application/json, not {essence}");
        return Err(unsupported(detail));
    }
    let parameters = kind
        .split(';')
        .skip(1)
        .filter_map(|one| one.split_once('='));
    let mut charsets = parameters
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim().trim_matches('"'));
    if let Some(charset) = charsets.find(|charset| !charset.eq_ignore_ascii_case("utf-8")) {
        return Err(unsupported(format!("send JSON in utf-8, not {charset}")));
    }
    json::read(bytes)
}

fn unsupported(detail: String) -> Problem {
    Problem::new(Code::UnsupportedMediaType, detail)
}

/// Hashes the operation and the hash of the body.
fn fingerprint(operation: &str, content: &Content) -> Fingerprint {
    let mut hash = blake3::Hasher::new();
    for part in [operation.as_bytes(), content] {
        hash.update(part).update(&[0]);
    }
    let hash = hash.finalize();
    Fingerprint(u64::from_be_bytes(
        *hash.as_bytes().first_chunk().expect("a hash has 32 bytes"),
    ))
}

#[cfg(test)]
mod peak;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use axum::http::HeaderValue;

    fn of(keys: &[&[u8]]) -> Result<Option<String>, &'static str> {
        let mut headers = HeaderMap::new();
        for one in keys {
            headers.append(KEY, HeaderValue::from_bytes(one).unwrap());
        }
        key(&headers).map_err(|problem| problem.code.name())
    }

    #[test]
    fn a_key_is_1_to_255_visible_characters() {
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[b"a-1~"]), Ok(Some("a-1~".into())));
        assert_eq!(of(&[&[b'x'; 255]]), Ok(Some("x".repeat(255))));
        for bad in [&b""[..], b"a b", b"\xff", &[b'x'; 256]] {
            assert_eq!(of(&[bad]), Err("invalid_idempotency_key"));
        }
        assert_eq!(
            of(&[b"a", b"b"]),
            Err("invalid_idempotency_key"),
            "which of them?"
        );
    }

    #[test]
    fn f48_json_is_in_utf_8() {
        let read = |kind: &str| {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
            let read = body::<serde_json::Value>(&headers, b"{}");
            read.map(|_| ()).map_err(|problem| problem.status.as_u16())
        };
        for kind in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON;Charset=\"UTF-8\"",
            "application/json; profile=x; charset=utf-8",
            "application/json; charset=utf-8; charset=UTF-8",
        ] {
            assert_eq!(read(kind), Ok(()), "{kind}");
        }
        for kind in [
            "application/json; charset=utf-16",
            "application/json;charset=\"latin1\"",
            "application/json; profile=x ; CHARSET = iso-8859-1",
            "application/json; charset=",
            "application/json; charset=utf-8; charset=latin1",
            "text/plain; charset=utf-8",
        ] {
            assert_eq!(read(kind), Err(415), "{kind}");
        }
    }

    #[test]
    fn the_fingerprint_is_of_the_content() {
        let of = |operation: &str, body: &str| fingerprint(operation, &of_json(body.as_bytes()));
        let first = of("/a", r#"{"x": 1, "y": [1, 2]}"#);
        assert_eq!(first, of("/a", r#"{"y":[1,2],"x":1}"#));
        assert_ne!(first, of("/a", r#"{"y":[2,1],"x":1}"#));
        assert_ne!(first, of("/b", r#"{"x": 1, "y": [1, 2]}"#));
        assert_ne!(of("/a", ""), of("/a", "{}"));
    }
}
