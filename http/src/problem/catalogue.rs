//! Every problem that the API answers: its code, its status, what it means and what to do about it.
//!
//! This is the only place that names them. The contract lists them, and `/problems/{code}`, which is a problem's `type`,
//! shows them. 400 is for a request of the wrong shape, 403 if it is not the caller's to do, 404 if it does not exist or
//! the caller must not know of it, 409 if it does not fit the present state, 422 for a value that breaks a rule, 503 if it
//! cannot be done now, 504 if the outcome is unknown.
//! Invariant: a code keeps its name and its meaning; a client may rely on it.

use axum::http::StatusCode;
use campusg_actors::runtime::Refusal;
use campusg_domain::rejection::Rejection;

macro_rules! catalogue {
    ($($name:ident $status:ident $code:literal $meaning:literal $remedy:literal)*) => {
        /// A kind of problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// Every code, by status.
            pub(crate) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name, in lower snake case.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What has happened, in one sentence.
            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// What the caller does about it, in one sentence.
            pub(crate) const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

#[rustfmt::skip]
catalogue! {
    BadRequest BAD_REQUEST "bad_request" "What was sent is no HTTP request." "Send a request as RFC 9112 has it; the connection is closed."
    InvalidHost BAD_REQUEST "invalid_host" "An HTTP/1.1 request has not exactly one valid `Host`." "Send one `Host` header with the host, and the port where it is not the usual one."
    RepeatedHeader BAD_REQUEST "repeated_header" "A header that has one value was sent twice." "Send one line of the header named in `header`."
    MalformedJson BAD_REQUEST "malformed_json" "The body is no JSON." "Mend it at `line` and `column`."
    UnknownField BAD_REQUEST "unknown_field" "The body has a field that is not read here." "Leave out the field named in `field`."
    MissingField BAD_REQUEST "missing_field" "The body lacks a field." "Add the field named in `field`."
    DuplicateField BAD_REQUEST "duplicate_field" "The body has a field twice." "Send the field named in `field` once."
    WrongType BAD_REQUEST "wrong_type" "A field has a value of another type, or beyond what its type holds." "Send the field named in `field` as the contract has it."
    InvalidQuery BAD_REQUEST "invalid_query" "The query string has a parameter that is not read here, or one with a value that it can't have." "Mend the parameter named in `field`."
    InvalidCursor BAD_REQUEST "invalid_cursor" "The cursor was not given out for this list." "Send `next_cursor` of the page before, as it is."
    InvalidLastEventId BAD_REQUEST "invalid_last_event_id" "The `Last-Event-ID` is no id of an event." "Send the id of the last event as it is, or none."
    InvalidIdempotencyKey BAD_REQUEST "invalid_idempotency_key" "The idempotency key is not one header of 1 to 255 visible ASCII characters." "Make up such a key, as a UUID."
    IdempotencyKeyRequired BAD_REQUEST "idempotency_key_required" "This moves money or begins an order, so it needs an `Idempotency-Key`." "Make up a key, and send the same one when the request is repeated."
    BodyIncomplete BAD_REQUEST "body_incomplete" "The body ended before it was whole." "Send the request again."

    NotSignedIn UNAUTHORIZED "not_signed_in" "The request has no token of an open session." "Sign in and send the token as `Authorization: Bearer …`."
    WrongCredentials UNAUTHORIZED "wrong_credentials" "E-mail address or password are wrong." "Ask the person for them again."
    WrongSignature UNAUTHORIZED "wrong_signature" "The message is not signed with the payment gateway's key." "Only the gateway may do this: sign it as Standard Webhooks has it."
    SignatureOutOfTime UNAUTHORIZED "signature_out_of_time" "The signed time is more than five minutes from the server's." "Sign the message anew and send it at once."

    NotAllowed FORBIDDEN "not_allowed" "The caller may know of the thing, but not do this." "`detail` names who may."
    Suspended FORBIDDEN "suspended" "The caller's account is suspended." "Ask an operator; what was earned can still be paid out."
    OwnOrder FORBIDDEN "own_order" "Runners can't accept an order that they placed themselves." "Accept another one."
    NotARunner FORBIDDEN "not_a_runner" "The caller is not an active runner." "PUT /api/users/me/runner first."

    NotFound NOT_FOUND "not_found" "It does not exist, or the caller may not know of it." "Check the id, and who is signed in."
    NoSuchRoute NOT_FOUND "no_such_route" "There is nothing under this path." "See /api/openapi.json for all paths."

    MethodNotAllowed METHOD_NOT_ALLOWED "method_not_allowed" "This path does not take this method." "Use one of those in the header `Allow`."

    BodyTooSlow REQUEST_TIMEOUT "body_too_slow" "The body came too slowly." "Send the request again."

    StillRunning CONFLICT "still_running" "The first request with this idempotency key is still running." "Send it again after `Retry-After`."
    NoPaymentMethod CONFLICT "no_payment_method" "There is no card on file." "PUT /api/users/me/payment-method first."
    NoPayoutMethod CONFLICT "no_payout_method" "There is no bank account on file." "PUT /api/users/me/payout-method first."
    InDebt CONFLICT "in_debt" "The caller owes `owed_cents`, so they can't place an order." "POST /api/users/me/wallet/pay-debt, or set a new payment method."
    TooManyOpenOrders CONFLICT "too_many_open_orders" "As many orders of this customer are open as may be (`limit`)." "Wait until one has ended."
    StorePaused CONFLICT "store_paused" "The store takes no orders now." "Choose another store, or wait."
    StoreClosed CONFLICT "store_closed" "The store is closed at that time." "Choose a time within its hours, or another store."
    TakenByAnotherRunner CONFLICT "taken_by_another_runner" "Another runner accepted the order first." "Take another one from the board."
    NotInThisStage CONFLICT "not_in_this_stage" "The order stands elsewhere (`order_status`), so it can't do this." "`allowed_transitions` names what this caller can do now."
    TooLate CONFLICT "too_late" "The time for this has passed." "Nothing: it can't be done any more."
    TooEarly CONFLICT "too_early" "A wait is not over, or the customer wants the order later." "Send it again after `opens_at`."
    TooManyRuns CONFLICT "too_many_runs" "The runner has as many orders as may be at once (`limit`)." "Deliver one first."
    TooManyScheduled CONFLICT "too_many_scheduled" "As many scheduled events are pending as may be (`limit`)." "Cancel some, or let them fire."
    HadTooOften CONFLICT "had_too_often" "The runner has had this order `limit` times." "Leave it to others."
    OnHold CONFLICT "on_hold" "An operator has put the order on hold." "Wait until the hold has ended."
    ProposalOpen CONFLICT "proposal_open" "A proposal waits for the customer." "Wait for the decision, or withdraw it."
    DisputeOpen CONFLICT "dispute_open" "A dispute waits for its decision." "Wait for the decision."
    ClockSetBack CONFLICT "clock_set_back" "The server's clock was set back, which can't be accepted while it runs." "Set it right, or start the server with --accept-clock."
    MovesMoney CONFLICT "moves_money" "What keeps failing moves money, or finds out whether it was moved, so it can't be skipped." "Have it tried again."
    NoWayBack CONFLICT "no_way_back" "The failing step can't be compensated." "Retry or skip it; `detail` says why."
    ContactFirst CONFLICT "contact_first" "The runner has not written to the customer often enough." "Send further messages, some minutes apart."
    TooManyMessages CONFLICT "too_many_messages" "The order has as many messages as may be." "Nothing: no more are taken."
    TooManyProposals CONFLICT "too_many_proposals" "The order has had as many proposals as may be." "Buy it, or give the order back."
    TooManyPayments CONFLICT "too_many_payments" "As many payments of this wallet are under way as may be (`limit`)." "Wait until one is decided."
    QuoteChanged CONFLICT "quote_changed" "Cancelling costs more than the caller agreed to: `quote`." "Agree to it with `accept_charge_cents`."
    PhotoUsed CONFLICT "photo_used" "The photo serves an order already." "Take another one."
    AlreadyRated CONFLICT "already_rated" "The caller has rated this order." "Nothing: a rating stands."
    EmailTaken CONFLICT "email_taken" "The e-mail address belongs to an account." "Sign in, or take another address."
    TransferRefused CONFLICT "transfer_refused" "The ledger refuses to move the money." "Look at the balances; nothing was moved."
    OrderOpen CONFLICT "order_open" "An order is open, so its card stays." "Wait until it has ended."
    NotCancellable CONFLICT "not_cancellable" "The event has ended, or is an order's own timer." "Nothing: it can't be cancelled."

    VersionChanged PRECONDITION_FAILED "version_changed" "`If-Match` names another version than the present one (`version`)." "Read the order again, and decide anew."
    PreconditionNotLookedAt PRECONDITION_FAILED "precondition_not_looked_at" "The request has a precondition that nobody would look at here." "Leave out the header named in `header`."

    BodyTooLarge PAYLOAD_TOO_LARGE "body_too_large" "The body is larger than is taken here." "Send at most 64 KiB, or a photo of at most 5 MiB."
    UriTooLong URI_TOO_LONG "uri_too_long" "The request's path is too long." "Send a shorter one; the connection is closed."
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "The body has another content type than is taken here, or JSON in another charset." "Send `application/json` in UTF-8, or a photo as `image/*`."
    UnsupportedContentEncoding UNSUPPORTED_MEDIA_TYPE "unsupported_content_encoding" "The body is packed." "Send it as it is, without `Content-Encoding`."

    InvalidField UNPROCESSABLE_ENTITY "invalid_field" "A field's value breaks a rule; `detail` names it." "Mend the field named in `field`."
    KeyReused UNPROCESSABLE_ENTITY "key_reused" "The idempotency key was used for another request." "Send this one with a new key."
    AboveApproved UNPROCESSABLE_ENTITY "above_approved" "The receipt is above `approved_total_cents`, which the customer approved." "Propose the new price first."
    PhotoNeeded UNPROCESSABLE_ENTITY "photo_needed" "This needs a photo." "Upload one, and name it in the field named in `field`."
    WrongPin UNPROCESSABLE_ENTITY "wrong_pin" "The PIN is wrong; the try counts, and `tries_left` are left." "Ask the customer; without tries, show a photo."
    AboveDebt UNPROCESSABLE_ENTITY "above_debt" "The amount is above the debt that is not being paid already (`owed_cents`)." "Pay at most that."
    AboveAvailable UNPROCESSABLE_ENTITY "above_available" "The amount is above what can be taken out (`available_cents`)." "Take out at most that."
    AboveLosses UNPROCESSABLE_ENTITY "above_losses" "The amount is above what was lost and not covered yet (`losses_cents`)." "Bring at most that."

    TooManyRequests TOO_MANY_REQUESTS "too_many_requests" "The caller sends too many requests, or has too many in flight." "Send it again after `Retry-After`."
    TooManyKeys TOO_MANY_REQUESTS "too_many_keys" "As many idempotency keys of this caller are kept as may be (`limit`)." "Send it again after `Retry-After`, when the oldest is over."
    TooManyPhotos TOO_MANY_REQUESTS "too_many_photos" "The caller's photos of a day that serve no order are too many, or too large together (`limit`)." "Send it again after `Retry-After`, or once an order refers to one of them."
    TooManyAttempts TOO_MANY_REQUESTS "too_many_attempts" "Too many attempts to sign in have failed." "Send it again after `Retry-After`."
    TooManyRegistrations TOO_MANY_REQUESTS "too_many_registrations" "Too many accounts were made from this address." "Send it again after `Retry-After`."

    HeadTooLarge REQUEST_HEADER_FIELDS_TOO_LARGE "head_too_large" "The request has too many header lines, or too long ones." "Send fewer; the connection is closed."

    Internal INTERNAL_SERVER_ERROR "internal" "Something broke; it is logged under `request_id`." "Tell an operator the request's id."
    UnknownTransferEncoding NOT_IMPLEMENTED "unknown_transfer_encoding" "The body comes in another transfer coding than `chunked`." "Send `chunked`, or a length."

    Busy SERVICE_UNAVAILABLE "busy" "Too much is under way, or the payment gateway is not reached; nothing was begun." "Send it again after `Retry-After`."
    BeingRestored SERVICE_UNAVAILABLE "being_restored" "What is stored of it is being checked, or made anew from the journal; nothing is lost." "Send it again after `Retry-After`."
    StorageFull SERVICE_UNAVAILABLE "storage_full" "The disk is full, so nothing is written; reads still work." "Send it again after `Retry-After`; an operator makes room."
    NeedsAttention SERVICE_UNAVAILABLE "needs_attention" "The order is out of order until an operator releases it." "Send it again after `Retry-After`."
    Stopping SERVICE_UNAVAILABLE "stopping" "The server is stopping and takes no more commands." "Send it again after `Retry-After`."
    HoldRefused SERVICE_UNAVAILABLE "hold_refused" "The escrow can't take this amount now." "Send it again after `Retry-After`."
    TimersFull SERVICE_UNAVAILABLE "timers_full" "No more timers can be armed now." "Send it again after `Retry-After`."
    NotReady SERVICE_UNAVAILABLE "not_ready" "The server can't do all of its work now; `detail` says why." "Wait; the same is asked again after `Retry-After`."
    ClockStepped SERVICE_UNAVAILABLE "clock_stepped" "The server's clock jumped; commands are taken in a time that goes on as if it had not." "Set the clock right, or POST /api/admin/clock/accept."

    OutcomeUnknown GATEWAY_TIMEOUT "outcome_unknown" "No answer came in time, so nobody knows yet what became of it." "Send it again under the same `Idempotency-Key`."
}

impl Code {
    /// Returns the code of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// The title: `key_reused` becomes "Key reused".
    pub(crate) fn title(self) -> String {
        let mut words = self.name().replace('_', " ");
        if let Some(first) = words.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        words
    }

    /// The address of its page, which is the `type` of its problems.
    pub(crate) fn page(self) -> String {
        format!("/problems/{}", self.name())
    }

    /// Whether its answer has `Retry-After`.
    pub(crate) fn waits(self) -> bool {
        let status = self.status();
        status == StatusCode::TOO_MANY_REQUESTS
            || status.is_server_error()
                && !matches!(
                    self,
                    Self::Internal | Self::UnknownTransferEncoding | Self::ClockStepped
                )
            || matches!(self, Self::StillRunning | Self::TooEarly)
    }
}

impl From<&Refusal> for Code {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Rejected { rejection, .. } => rejection.into(),
            Refusal::WrongCredentials => Self::WrongCredentials,
            // The caller does the same about both: send it again shortly.
            Refusal::Busy { .. } | Refusal::GatewayAway => Self::Busy,
            Refusal::BeingRestored => Self::BeingRestored,
            Refusal::StorageFull => Self::StorageFull,
            Refusal::NeedsAttention => Self::NeedsAttention,
            Refusal::Unknown => Self::OutcomeUnknown,
            Refusal::Stopping => Self::Stopping,
            Refusal::Fault => Self::Internal,
        }
    }
}

impl From<&Rejection> for Code {
    fn from(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::NotFound { .. } => Self::NotFound,
            Rejection::NotAllowed { .. } => Self::NotAllowed,
            Rejection::KeyReused => Self::KeyReused,
            Rejection::StillRunning => Self::StillRunning,
            Rejection::TooManyKeys { .. } => Self::TooManyKeys,
            Rejection::TooManyPhotos { .. } => Self::TooManyPhotos,
            Rejection::InvalidField { .. } => Self::InvalidField,
            Rejection::Suspended => Self::Suspended,
            Rejection::NoPaymentMethod => Self::NoPaymentMethod,
            Rejection::NoPayoutMethod => Self::NoPayoutMethod,
            Rejection::InDebt { .. } => Self::InDebt,
            Rejection::TooManyOpenOrders { .. } => Self::TooManyOpenOrders,
            Rejection::StorePaused => Self::StorePaused,
            Rejection::StoreClosed => Self::StoreClosed,
            Rejection::TakenByAnotherRunner => Self::TakenByAnotherRunner,
            Rejection::NotInThisStage { .. } => Self::NotInThisStage,
            Rejection::TooLate => Self::TooLate,
            Rejection::TooEarly { .. } => Self::TooEarly,
            Rejection::OwnOrder => Self::OwnOrder,
            Rejection::NotARunner => Self::NotARunner,
            Rejection::TooManyRuns { .. } => Self::TooManyRuns,
            Rejection::TooManyScheduled { .. } => Self::TooManyScheduled,
            Rejection::HadTooOften { .. } => Self::HadTooOften,
            Rejection::OnHold => Self::OnHold,
            Rejection::ProposalOpen => Self::ProposalOpen,
            Rejection::DisputeOpen => Self::DisputeOpen,
            Rejection::ClockSetBack { .. } => Self::ClockSetBack,
            Rejection::MovesMoney => Self::MovesMoney,
            Rejection::NoCompensation { .. } => Self::NoWayBack,
            Rejection::ContactFirst { .. } => Self::ContactFirst,
            Rejection::TooManyMessages { .. } => Self::TooManyMessages,
            Rejection::TooManyProposals { .. } => Self::TooManyProposals,
            Rejection::QuoteChanged { .. } => Self::QuoteChanged,
            Rejection::AboveApproved { .. } => Self::AboveApproved,
            Rejection::PhotoNeeded { .. } => Self::PhotoNeeded,
            Rejection::PhotoUsed => Self::PhotoUsed,
            Rejection::WrongPin { .. } => Self::WrongPin,
            Rejection::AlreadyRated => Self::AlreadyRated,
            Rejection::EmailTaken => Self::EmailTaken,
            Rejection::HoldRefused => Self::HoldRefused,
            Rejection::TimersFull => Self::TimersFull,
            Rejection::TooManyPayments { .. } => Self::TooManyPayments,
            Rejection::AboveDebt { .. } => Self::AboveDebt,
            Rejection::AboveAvailable { .. } => Self::AboveAvailable,
            Rejection::AboveLosses { .. } => Self::AboveLosses,
            Rejection::TransferRefused => Self::TransferRefused,
            Rejection::OrderOpen => Self::OrderOpen,
            Rejection::NotCancellable => Self::NotCancellable,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::Code;
    use std::collections::BTreeSet;

    #[test]
    fn each_code_has_one_name_in_snake_case_and_two_sentences() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::named(code.name()), Some(*code));
            let name = code.name().bytes();
            assert!(
                name.clone().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{code:?}"
            );
            for sentence in [code.meaning(), code.remedy()] {
                assert!(sentence.ends_with('.'), "{code:?}: {sentence}");
            }
        }
        assert_eq!(Code::KeyReused.title(), "Key reused");
    }

    #[test]
    fn codes_stand_by_status() {
        assert!(Code::ALL.is_sorted_by_key(|code| code.status().as_u16()));
    }
}
