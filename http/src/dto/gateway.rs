//! What the payment gateway reports, as the contract has it. It is read as the domain's own type, of which this is the
//! picture.

use crate::contract::wire;
use utoipa::ToSchema;

/// An event of the payment gateway.
#[derive(ToSchema)]
#[schema(examples(json!({
    "id": "evt_17",
    "key": "order:0198f2c4-6d1e-7c3a-9b52-1f0e8a7d6c5b/capture/3",
    "news": {"answer": {"captured": {"cents": 2749}}}
})))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is of interest")]
pub(crate) struct GatewayEventIn {
    /// The gateway's own name for it: 1 to 200 visible ASCII characters.
    #[schema(min_length = 1, max_length = 200, pattern = "^[!-~]+$")]
    id: String,
    /// The call it is about, or the page that was asked for.
    key: String,
    /// `answer` to a call, a `chargeback`, or a `method` that was entered on the gateway's page.
    #[schema(value_type = wire::AnyJson)]
    news: (),
}
