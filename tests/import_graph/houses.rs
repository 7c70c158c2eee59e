//! The rooms of each crate, from the ground up.

/// A crate's rooms, from the ground up.
pub struct House {
    /// Its folder.
    pub folder: &'static str,
    /// Modules whose children are rooms of their own; what they re-export stands above these.
    pub buildings: &'static [&'static str],
    /// The rooms of each layer; the lowest first.
    pub layers: &'static [&'static [&'static str]],
}

pub const HOUSES: [House; 4] = [
    House {
        folder: "domain",
        buildings: &["order", "owner", "owner/directory", "owner/wallet"],
        layers: &[
            &["canonical", "id", "settings", "text", "time"],
            &["money", "people", "timer"],
            &["call", "policy"],
            // What an order is made of, and why somebody is refused.
            &[
                "order/attachments",
                "order/cancel_reason",
                "order/effects",
                "order/settlement",
                "order/stage",
                "order/state",
                "order/terms",
                "rejection",
                "saga",
            ],
            // What can happen, and who is told.
            &[
                "notice",
                "order/event",
                "owner/directory/hours",
                "owner/directory/person",
                "owner/wallet/event",
            ],
            // What a stream can be told, and what its writer asks the owners first.
            &["stream", "vote"],
            &[
                "order/command",
                "owner/directory/command",
                "owner/inbox",
                "owner/schedule",
                "owner/wallet/command",
                "owner/wallet/state",
            ],
            &["record"],
            // From a command to a record, and from records to an order.
            &[
                "order/absorb",
                "order/calls",
                "order/decide",
                "order/evolve",
                "order/fill",
                "order/marks",
                "order/money",
                "order/notices",
                "order/people",
                "order/place",
                "order/quote",
                "order/role",
                "order/timers",
                "order/turn",
            ],
            &["order"],
            &[
                "owner/calls",
                "owner/directory",
                "owner/ledger",
                "owner/timetable",
                "owner/wallet/admit",
                "owner/wallet/decide",
                "owner/wallet/fill",
                "owner/wallet/fold",
                "owner/wallet/receipt",
                "owner/wallet/statement",
                "owner/wallet/turn",
            ],
            &["owner/wallet"],
            &["invariant"],
            &["gateway", "operator_action", "transitions"],
        ],
    },
    House {
        folder: "storage",
        buildings: &[],
        layers: &[
            &["config", "disk", "file"],
            &["journal", "vault"],
            &["codec"],
            &["photo"],
            &["snapshot"],
            &["replay"],
            &["read"],
            &["projector"],
            &["boot", "fault"],
            &["store"],
            &["rebuild", "verify"],
        ],
    },
    House {
        folder: "actors",
        buildings: &["shell", "owner"],
        layers: &[
            &["fatal", "live", "port", "refusal", "registry"],
            &["message"],
            &["owners"],
            &["services"],
            &["shell/commit", "shell/order", "shell/owner"],
            &[
                "owner/directory",
                "owner/escrow",
                "owner/notification",
                "owner/payment",
                "owner/timer",
            ],
            &["runtime"],
        ],
    },
    House {
        folder: "http",
        buildings: &[],
        layers: &[
            &[
                "client", "config", "html", "policy", "problem", "progress", "tally", "text",
                "time",
            ],
            &[
                "auth", "body", "json", "limit", "page", "path", "serve", "shell", "tag",
            ],
            &["attempt", "dto", "flight"],
            &["app_state"],
            &["call", "gate", "view"],
            &["answer", "free_text", "table"],
            &["dispatch"],
            &["route"],
            &["router"],
        ],
    },
];
