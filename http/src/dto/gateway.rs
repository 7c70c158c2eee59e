//! What the payment gateway reports, as the contract has it. It is read as the domain's own type, of which this is the
//! picture.

use crate::wire;
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
    news: NewsIn,
}

/// The answer to a call, a charge that the bank took back, or what was entered on the gateway's page.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is of interest")]
enum NewsIn {
    Answer(AnswerIn),
    Chargeback(ChargebackIn),
    Method(MethodIn),
}

#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is of interest")]
enum AnswerIn {
    Authorized {
        cents: i64,
        /// In milliseconds since 1970.
        capture_before: u64,
    },
    /// The bank asks the customer, on this page.
    ActionRequired {
        url: String,
    },
    Captured {
        cents: i64,
    },
    Voided,
    Refunded {
        cents: i64,
    },
    PaidOut {
        cents: i64,
    },
    SentBack {
        cents: i64,
    },
    Declined {
        #[schema(value_type = wire::Decline)]
        reason: (),
    },
    Unavailable,
}

#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct ChargebackIn {
    id: String,
    cents: i64,
    fee: i64,
    #[schema(value_type = wire::ChargebackStage)]
    stage: (),
}

/// The gateway's token.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is of interest")]
enum MethodIn {
    Card(String),
    BankAccount(String),
}
