//! The report's sections on orders by outcome and on waiting times.

use crate::simulate::tally::{Outcome, Tally, Waits};

/// Milliseconds as text, to the second.
pub(super) fn span(ms: u64) -> String {
    let (days, hours, minutes, seconds) = (
        ms / 86_400_000,
        ms / 3_600_000 % 24,
        ms / 60_000 % 60,
        ms / 1000 % 60,
    );
    match (days, hours) {
        (0, 0) => format!("{minutes} min {seconds:02} s"),
        (0, _) => format!("{hours} h {minutes:02} min"),
        _ => format!("{days} d {hours:02} h"),
    }
}

pub(in crate::simulate) fn outcomes(tally: &Tally) -> String {
    let orders = tally.orders() as u64;
    let mut text = format!("ORDERS {orders:>47}\n");
    let outcomes = tally.outcomes();
    let cancelled = |(outcome, _): &&(Outcome, u64)| matches!(outcome, Outcome::Cancelled(_));
    let all_cancelled: u64 = outcomes.iter().filter(cancelled).map(|(_, n)| n).sum();
    let mut row = |indent: &str, name: &str, count: u64| {
        let tenths = (count * 1000 + orders / 2).checked_div(orders).unwrap_or(0);
        let name = format!("{indent}{name}");
        text.push_str(&format!(
            "  {name:<44}{count:>9}{:>6}.{} %\n",
            tenths / 10,
            tenths % 10
        ));
    };
    for (outcome, count) in outcomes.iter().filter(|it| !cancelled(it)) {
        row("", outcome.says(), *count);
    }
    row("", "cancelled", all_cancelled);
    for (outcome, count) in outcomes.iter().filter(cancelled) {
        row("  ", outcome.says(), *count);
    }
    text
}

pub(in crate::simulate) fn waits(tally: &Tally) -> String {
    let mut text = format!(
        "{:<30}{:>9}{:>16}{:>16}\n",
        "WAITS", "orders", "half within", "95 % within"
    );
    let mut row = |name: &str, waits: &Waits| {
        let within = |percent| waits.percentile(percent).map_or("–".into(), span);
        let (half, most) = (within(50), within(95));
        text.push_str(&format!(
            "  {name:<28}{:>9}{half:>16}{most:>16}\n",
            waits.count()
        ));
    };
    row("from the board to a runner", &tally.until_accepted());
    row("from the board to the door", &tally.until_delivered());
    text
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_is_said_in_its_two_largest_units() {
        let spans = [0, 61_000, 3_600_000, 90_060_000].map(span);
        assert_eq!(
            spans,
            ["0 min 00 s", "1 min 01 s", "1 h 00 min", "1 d 01 h"]
        );
    }
}
