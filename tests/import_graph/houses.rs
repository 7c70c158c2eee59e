//! The rooms of each crate, from the ground up.

/// A crate's rooms, from the ground up.
pub struct House {
    /// Its folder.
    pub folder: &'static str,
    /// Modules whose children are rooms of their own.
    pub buildings: &'static [&'static str],
    /// The rooms of each layer; the lowest first.
    pub layers: &'static [&'static [&'static str]],
    /// Arrows between rooms that are there although they should not be.
    pub tolerated: &'static [(&'static str, &'static str)],
}

pub const HOUSES: [House; 4] = [
    House {
        folder: "domain",
        buildings: &[],
        layers: &[
            &["canonical", "id", "settings", "text", "time"],
            &["money"],
            &["call", "policy"],
            &["notice", "people", "record", "saga", "stream", "vote"],
            &["order"],
            &["owner"],
            &["gateway", "invariant"],
            &["operator_action", "transitions"],
        ],
        // Words of the order's (rejections, kinds of timers, sealed text) that are everybody's have no room of their own
        // yet.
        tolerated: &[
            ("notice", "order"),
            ("order", "owner"),
            ("people", "order"),
            ("record", "order"),
            ("record", "owner"),
            ("saga", "order"),
            ("stream", "order"),
            ("vote", "order"),
            ("vote", "owner"),
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
            &["projector"],
            &["boot", "fault", "read"],
            &["store"],
            &["rebuild", "verify"],
        ],
        tolerated: &[("projector", "read")],
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
        tolerated: &[],
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
        tolerated: &[],
    },
];
