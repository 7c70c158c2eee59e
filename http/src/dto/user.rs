//! Request bodies and query strings of the routes of people, sessions and notices.

use crate::{
    json::JsonText,
    problem::Problem,
    wire::{self, RETURN_URL_BYTES},
};
use campusg_actors::runtime::{MethodKind, normal_domain, normal_email};
use campusg_domain::id::{OrderId, UserId};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterIn {
    #[schema(value_type = wire::Email)]
    pub(crate) email: String,
    #[schema(value_type = wire::Password)]
    pub(crate) password: String,
    #[schema(value_type = wire::PersonName)]
    pub(crate) first_name: String,
    #[schema(value_type = wire::PersonName)]
    pub(crate) last_name: String,
    #[schema(value_type = Option<wire::Phone>)]
    pub(crate) phone: Option<String>,
}

impl RegisterIn {
    /// Refuses an e-mail address outside of `domains`; an empty list allows every domain.
    pub(crate) fn check_domain(&self, domains: &[String]) -> Result<(), Problem> {
        let email = normal_email(&self.email);
        let Some((_, domain)) = email.as_deref().and_then(|email| email.split_once('@')) else {
            return Ok(()); // It is refused as no address.
        };
        let mut allowed = domains.iter().filter_map(|domain| normal_domain(domain));
        if domains.is_empty() || allowed.any(|allowed| allowed == domain) {
            return Ok(());
        }
        Err(Problem::field(
            "email",
            &format!("must end in @{}", domains.join(" or @")),
        ))
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInIn {
    pub(crate) email: String,
    pub(crate) password: String,
    /// What an earlier sign-in on this device answered as `device`.
    pub(crate) device: Option<String>,
}

/// Changes only the fields that are given; `phone: null` removes the phone number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileIn {
    #[schema(value_type = Option<wire::PersonName>)]
    pub(crate) first_name: Option<String>,
    #[schema(value_type = Option<wire::PersonName>)]
    pub(crate) last_name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<wire::Phone>)]
    pub(crate) phone: Option<Option<String>>,
}

/// Deserializes a field so that `null` (`Some(None)`) differs from an absent field (`None`).
pub(super) fn given<'de, T, D>(from: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(from).map(Some)
}

/// The gateway's token of a card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CardIn {
    #[schema(value_type = wire::Token)]
    pub(crate) token: String,
}

/// Begins the entry of a card or of a bank account on the payment gateway's own page.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupIn {
    #[schema(value_type = wire::MethodKind)]
    pub(crate) kind: MethodKind,
    #[schema(value_type = wire::ReturnUrl)]
    pub(crate) return_url: String,
}

impl SetupIn {
    /// Refuses a URL that does not lead back to this server: it must be a path, or lie under `public_url`.
    pub(crate) fn check_return_url(&self, public_url: Option<&str>) -> Result<(), Problem> {
        let url = self.return_url.as_str();
        let refused = |rule: &str| Err(Problem::field("return_url", rule));
        let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        if url.len() > RETURN_URL_BYTES || !url.bytes().all(is_plain) {
            return refused("must be at most 500 visible ASCII characters, without \\");
        }
        let is_path = url.starts_with('/') && !url.starts_with("//");
        let is_ours = public_url.is_some_and(|public| {
            let rest = url.strip_prefix(public.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        });
        if is_path || is_ours {
            return Ok(());
        }
        match public_url {
            None => refused("must be a path of this server"),
            Some(public) => refused(&format!(
                "must be a path of this server, or begin with {public}"
            )),
        }
    }
}

/// Whether the caller works as a runner, and whether they are notified of new orders.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunnerIn {
    pub(crate) active: bool,
    pub(crate) online: bool,
}

/// A notice that an operator sends to one user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeIn {
    #[schema(value_type = wire::UserId)]
    pub(crate) user_id: UserId,
    #[schema(value_type = wire::NoticeTitle)]
    pub(crate) title: String,
    #[schema(value_type = wire::NoticeMessage)]
    pub(crate) message: String,
    #[schema(value_type = Option<wire::OrderId>)]
    pub(crate) order_id: Option<OrderId>,
    #[schema(value_type = wire::AnyJson, required = false)]
    pub(crate) data: Option<JsonText>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use crate::json;

    #[test]
    fn null_removes_the_phone_and_absence_keeps_it() {
        let phone = |body: &str| json::read::<ProfileIn>(body.as_bytes()).ok().unwrap().phone;
        assert_eq!(phone("{}"), None);
        assert_eq!(phone(r#"{"phone":null}"#), Some(None));
        assert_eq!(phone(r#"{"phone":"+1 555"}"#), Some(Some("+1 555".into())));
    }

    #[test]
    fn only_allowed_domains_register() {
        let body =
            br#"{"email":"ann@Campus.edu","password":"x","first_name":"Ann","last_name":"B"}"#;
        let register = json::read::<RegisterIn>(body).ok().unwrap();
        assert!(register.check_domain(&[]).is_ok());
        assert!(register.check_domain(&["campus.edu".into()]).is_ok());
        let problem = register.check_domain(&["other.edu".into()]).unwrap_err();
        assert_eq!(problem.detail, "email must end in @other.edu");
        assert!(register.check_domain(&["edu".into()]).is_err());
    }
}
