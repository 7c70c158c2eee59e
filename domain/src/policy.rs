//! Every limit, fee, window and time-out of the order's life, in one typed struct.
//!
//! The composition loads it (file, environment, flags) and validates it once at start. An order fixes what concerns
//! its money in its first event, so a later change of the policy never touches an order already placed.

use crate::{
    money::{Cents, Currency},
    settings::{BrokenRule, Rules},
    time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS},
};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// Limits, fees and windows. Money in cents, spans in milliseconds; the defaults are those of the lifecycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// ISO 4217 code of the deployment's one currency. All amounts are in its smallest unit: for JPY, cents are yen.
    pub currency: Currency,
    /// Delivery fee D, in cents.
    pub delivery_fee_cents: Cents,
    /// Platform fee p in cents, taken out of what the runner gets; at most D.
    pub platform_fee_cents: Cents,
    /// Compensation X for a lost trip, in cents; 0 or at least the gateway's minimum, at most D.
    pub trip_compensation_cents: Cents,
    /// Price buffer B, in percent of the estimated food.
    pub price_buffer_percent: u32,
    /// The least that a card is charged and a bank account is paid at once, in cents. What is sent back to a card may be less.
    pub gateway_minimum_cents: Cents,
    /// Most that an order's food may be estimated at.
    pub food_limit_cents: Cents,
    /// Most that a tip may be.
    pub tip_limit_cents: Cents,
    /// Most that one order may hold.
    pub hold_limit_cents: Cents,
    /// Most that all orders together may hold.
    pub total_hold_limit_cents: Cents,
    /// Most different items in one order.
    pub items_per_order: u32,
    /// Most pieces of one item.
    pub quantity_per_item: u32,
    /// Most orders a customer may have open at once.
    pub open_orders_per_customer: u32,
    /// Most orders a runner may be bound to at once.
    pub orders_per_runner: u32,
    /// How often one runner may take the same order.
    pub binds_per_runner: u32,
    /// Most timers armed at once, over all orders.
    pub armed_timers: u64,
    /// How far ahead `deliver_after` may lie.
    pub deliver_after_limit_ms: u64,
    /// How long before `deliver_after` an order goes on the board.
    pub board_lead_ms: u64,
    /// How long a cancellation after acceptance is free.
    pub free_cancel_ms: u64,
    /// Whether a receipt needs a photo.
    pub receipt_photo_required: bool,
    /// Wrong PINs before a photo is needed instead.
    pub pin_tries: u8,
    /// PAYMENT_ACTION: how long the customer has to confirm with the bank.
    pub payment_action_ms: u64,
    /// ORDER_TIMEOUT: how long an order waits for a runner.
    pub order_timeout_ms: u64,
    /// RUNNER_IDLE, first: how long after acceptance an idle runner is reminded.
    pub runner_remind_ms: u64,
    /// RUNNER_IDLE, second: when the runner loses the order.
    pub runner_idle_ms: u64,
    /// STORE_WAIT, first: when the runner is reminded.
    pub store_remind_ms: u64,
    /// STORE_WAIT, second: when customer and operators are told.
    pub store_wait_ms: u64,
    /// DELIVERY_REMINDER, first: when the order counts as late.
    pub delivery_late_ms: u64,
    /// DELIVERY_REMINDER, second: when operators are alarmed.
    pub delivery_alarm_ms: u64,
    /// PROPOSAL_EXPIRY: how long the customer has to decide a proposal.
    pub proposal_expiry_ms: u64,
    /// CANCEL_WAIT: how long a cancellation waits for the runner at the till.
    pub cancel_wait_ms: u64,
    /// NO_SHOW_WAIT: how long the runner waits at the door for a customer who can't be reached.
    pub no_show_wait_ms: u64,
    /// Messages to the customer before a runner may report that the customer can't be reached.
    pub contact_attempts: u8,
    /// Least time between two messages that count as attempts.
    pub contact_gap_ms: u64,
    /// Most messages in one order.
    pub messages_per_order: u16,
    /// How long after the end the parties may still write to each other.
    pub message_window_ms: u64,
    /// DISPUTE_WINDOW after delivery; 0 releases at once.
    pub dispute_window_ms: u64,
    /// DISPUTE_WINDOW after a photo in place of the PIN, where wrong PINs were shown: until then the runner is paid only once
    /// the customer confirms. The longer of the two windows counts.
    pub wrong_pin_window_ms: u64,
    /// DISPUTE_SLA, first: when operators are alarmed that a dispute waits.
    pub dispute_alarm_ms: u64,
    /// DISPUTE_SLA, second: when a dispute that nobody decided is resolved with nothing.
    pub dispute_sla_ms: u64,
    /// How long after the end a party may open a case.
    pub case_window_ms: u64,
    /// How long after the end the customer may give a tip.
    pub tip_window_ms: u64,
    /// How far local time is ahead of UTC, in minutes; stores' opening hours are in local time.
    pub utc_offset_minutes: i32,
    /// How long before the gateway's `capture_before` an unused authorisation is given up.
    pub authorization_margin_ms: u64,
    /// ESCROW_TIMEOUT: how often an unfinished order is looked at, so that none is forgotten.
    pub escrow_timeout_ms: u64,
    /// RATING_WINDOW: how long after completion both sides may rate.
    pub rating_window_ms: u64,
    /// STEP_RETRY, first wait; doubled after each try.
    pub retry_first_ms: u64,
    /// STEP_RETRY, longest wait between two tries.
    pub retry_longest_ms: u64,
    /// STEP_RETRY: how many tries without an answer until a person must look at it.
    pub retry_tries: u16,
    /// How often what needs a person is tried again and operators are alarmed.
    pub stalled_retry_ms: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            currency: Currency::USD,
            delivery_fee_cents: Cents(399),
            platform_fee_cents: Cents(0),
            trip_compensation_cents: Cents(199),
            price_buffer_percent: 15,
            gateway_minimum_cents: Cents(50),
            food_limit_cents: Cents(20_000),
            tip_limit_cents: Cents(5_000),
            hold_limit_cents: Cents(30_000),
            total_hold_limit_cents: Cents(1_000_000_000),
            items_per_order: 50,
            quantity_per_item: 50,
            open_orders_per_customer: 3,
            orders_per_runner: 2,
            binds_per_runner: 3,
            armed_timers: 4_000_000,
            deliver_after_limit_ms: 72 * HOUR_MS,
            board_lead_ms: 45 * MINUTE_MS,
            free_cancel_ms: 2 * MINUTE_MS,
            receipt_photo_required: true,
            pin_tries: 5,
            payment_action_ms: 15 * MINUTE_MS,
            order_timeout_ms: 30 * MINUTE_MS,
            runner_remind_ms: 15 * MINUTE_MS,
            runner_idle_ms: 30 * MINUTE_MS,
            store_remind_ms: 20 * MINUTE_MS,
            store_wait_ms: 40 * MINUTE_MS,
            delivery_late_ms: 45 * MINUTE_MS,
            delivery_alarm_ms: 105 * MINUTE_MS,
            proposal_expiry_ms: 5 * MINUTE_MS,
            cancel_wait_ms: 2 * MINUTE_MS,
            no_show_wait_ms: 7 * MINUTE_MS,
            contact_attempts: 2,
            contact_gap_ms: 2 * MINUTE_MS,
            messages_per_order: 200,
            message_window_ms: DAY_MS,
            dispute_window_ms: 0,
            wrong_pin_window_ms: DAY_MS,
            dispute_alarm_ms: 48 * HOUR_MS,
            dispute_sla_ms: 14 * DAY_MS,
            case_window_ms: 7 * DAY_MS,
            tip_window_ms: 7 * DAY_MS,
            utc_offset_minutes: 0,
            authorization_margin_ms: 12 * HOUR_MS,
            escrow_timeout_ms: DAY_MS,
            rating_window_ms: 7 * DAY_MS,
            retry_first_ms: SECOND_MS,
            retry_longest_ms: 60 * SECOND_MS,
            retry_tries: 8,
            stalled_retry_ms: 10 * MINUTE_MS,
        }
    }
}

impl Policy {
    /// How long a step of stream `id` rests after its `failures`th try: the first wait · 2ⁿ⁻¹, at most the longest, plus
    /// up to an eighth that the id decides, so that what failed together does not come back together. After the last
    /// try: `stalled_retry_ms`.
    #[must_use]
    pub fn back_off_ms(&self, failures: u16, id: &[u8; 16]) -> u64 {
        if failures >= self.retry_tries {
            return self.stalled_retry_ms;
        }
        let doublings = u32::from(failures.saturating_sub(1)).min(32);
        let wait = self
            .retry_first_ms
            .saturating_mul(1 << doublings)
            .min(self.retry_longest_ms);
        let spread = u64::from(id[15] ^ id[14].rotate_left(u32::from(failures)));
        wait + wait / 8 * spread / 256
    }

    /// Checks the values against each other.
    ///
    /// # Errors
    /// Names the first key, in the order of the struct, that breaks a rule.
    pub fn validate(&self) -> Result<(), BrokenRule> {
        self.time_rules(self.limit_rules(Rules::new())).check()
    }

    fn limit_rules(&self, rules: Rules) -> Rules {
        let most = Cents::MAX_INPUT.0;
        let (fee, trip) = (self.delivery_fee_cents.0, self.trip_compensation_cents.0);
        let platform = self.platform_fee_cents.0;
        let share = "must be from 0 to delivery_fee_cents";
        rules
            .from_to("delivery_fee_cents", fee, 0, most)
            .must("platform_fee_cents", (0..=fee).contains(&platform), share)
            .must("trip_compensation_cents", (0..=fee).contains(&trip), share)
            .must(
                "trip_compensation_cents",
                trip == 0 || trip >= self.gateway_minimum_cents.0,
                "must be 0 or at least gateway_minimum_cents",
            )
            .from_to("price_buffer_percent", self.price_buffer_percent, 0, 100)
            .from_to(
                "gateway_minimum_cents",
                self.gateway_minimum_cents.0,
                0,
                most,
            )
            .from_to("food_limit_cents", self.food_limit_cents.0, 1, most)
            .from_to("tip_limit_cents", self.tip_limit_cents.0, 0, most)
            .from_to("hold_limit_cents", self.hold_limit_cents.0, 1, most)
            .at_least_key(
                "total_hold_limit_cents",
                self.total_hold_limit_cents,
                ("hold_limit_cents", self.hold_limit_cents),
            )
            .from_to("items_per_order", self.items_per_order, 1, 1_000)
            .from_to("quantity_per_item", self.quantity_per_item, 1, 10_000)
            .from_to(
                "open_orders_per_customer",
                self.open_orders_per_customer,
                1,
                10_000,
            )
            .from_to("binds_per_runner", self.binds_per_runner, 1, 10_000)
            .from_to("orders_per_runner", self.orders_per_runner, 1, 10_000)
            .at_least("pin_tries", self.pin_tries, 1)
            .below_key(
                "runner_remind_ms",
                self.runner_remind_ms,
                ("runner_idle_ms", self.runner_idle_ms),
            )
            .below_key(
                "store_remind_ms",
                self.store_remind_ms,
                ("store_wait_ms", self.store_wait_ms),
            )
            .below_key(
                "delivery_late_ms",
                self.delivery_late_ms,
                ("delivery_alarm_ms", self.delivery_alarm_ms),
            )
            .at_least("contact_attempts", self.contact_attempts, 1)
            .from_to("messages_per_order", self.messages_per_order, 1, 300)
            .below_key(
                "dispute_alarm_ms",
                self.dispute_alarm_ms,
                ("dispute_sla_ms", self.dispute_sla_ms),
            )
            .from_to("utc_offset_minutes", self.utc_offset_minutes, -720, 840)
            .must(
                "retry_tries",
                self.retry_tries >= 1 && self.retry_first_ms >= 1,
                "must be at least 1, as retry_first_ms",
            )
    }

    /// A wait that ends something is not over before it begins.
    fn time_rules(&self, rules: Rules) -> Rules {
        let waits = [
            ("payment_action_ms", self.payment_action_ms),
            ("order_timeout_ms", self.order_timeout_ms),
            ("runner_remind_ms", self.runner_remind_ms),
            ("runner_idle_ms", self.runner_idle_ms),
            ("store_remind_ms", self.store_remind_ms),
            ("store_wait_ms", self.store_wait_ms),
            ("delivery_late_ms", self.delivery_late_ms),
            ("delivery_alarm_ms", self.delivery_alarm_ms),
            ("proposal_expiry_ms", self.proposal_expiry_ms),
            ("cancel_wait_ms", self.cancel_wait_ms),
            ("no_show_wait_ms", self.no_show_wait_ms),
            ("wrong_pin_window_ms", self.wrong_pin_window_ms),
            ("dispute_alarm_ms", self.dispute_alarm_ms),
            ("dispute_sla_ms", self.dispute_sla_ms),
            ("escrow_timeout_ms", self.escrow_timeout_ms),
            ("rating_window_ms", self.rating_window_ms),
            ("retry_first_ms", self.retry_first_ms),
            ("retry_longest_ms", self.retry_longest_ms),
            ("stalled_retry_ms", self.stalled_retry_ms),
        ];
        let spans = [
            ("deliver_after_limit_ms", self.deliver_after_limit_ms),
            ("board_lead_ms", self.board_lead_ms),
            ("free_cancel_ms", self.free_cancel_ms),
            ("contact_gap_ms", self.contact_gap_ms),
            ("message_window_ms", self.message_window_ms),
            ("dispute_window_ms", self.dispute_window_ms),
            ("case_window_ms", self.case_window_ms),
            ("tip_window_ms", self.tip_window_ms),
            ("authorization_margin_ms", self.authorization_margin_ms),
        ];
        let rules = rules.must(
            "board_lead_ms",
            self.board_lead_ms <= self.escrow_timeout_ms,
            "must be at most escrow_timeout_ms, or a daily look would end an order before its time",
        );
        let rules = waits
            .iter()
            .fold(rules, |rules, (key, ms)| rules.span(key, *ms, 1));
        spans
            .iter()
            .fold(rules, |rules, (key, ms)| rules.span(key, *ms, 0))
    }
}
