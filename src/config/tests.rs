//! Tests of the configuration's sources, refusals and output, without starting a process.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

use super::*;
use std::{collections::BTreeSet, fs, path::Path};
use tempfile::TempDir;

/// Creates a data folder with this `campusg.toml`, and returns the flags that name it.
fn folder_with(file: &str) -> (TempDir, ConfigFlags) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("campusg.toml"), file).unwrap();
    let flags = flags_for(folder.path());
    (folder, flags)
}

fn flags_for(folder: &Path) -> ConfigFlags {
    ConfigFlags {
        data: Some(folder.to_str().unwrap().into()),
        ..ConfigFlags::default()
    }
}

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

fn with(set: &[&str], variables: &[(&str, &str)]) -> Result<Effective, String> {
    let folder = TempDir::new().unwrap();
    let flags = ConfigFlags {
        set: set.iter().map(|text| (*text).into()).collect(),
        ..flags_for(folder.path())
    };
    load(&flags, environment(variables)).map_err(|refused| refused.to_string())
}

fn origin_of(effective: &Effective, key: &str) -> String {
    effective
        .settings()
        .iter()
        .find(|setting| setting.key == key)
        .unwrap()
        .origin
        .to_string()
}

fn refusal(set: &[&str], variables: &[(&str, &str)]) -> String {
    with(set, variables).expect_err("the configuration is refused")
}

#[test]
fn the_defaults_satisfy_their_own_rules() {
    let effective = with(&[], &[]).unwrap();
    assert_eq!(effective.config.policy, Policy::default());
    assert_eq!(effective.config.server, HttpConfig::default());
    assert_eq!(origin_of(&effective, "policy.order_timeout_ms"), "default");
}

#[test]
fn a_later_source_overrules_an_earlier_one_key_by_key() {
    let file = "[policy]\norder_timeout_ms = 1\nfree_cancel_ms = 1\ntip_limit_cents = 1\nhold_limit_cents = 7\n";
    let (folder, mut flags) = folder_with(file);
    flags.set = vec!["policy.free_cancel_ms=3".into()];
    let variables = environment(&[
        ("CAMPUSG_POLICY__FREE_CANCEL_MS", "2"),
        ("CAMPUSG_POLICY__TIP_LIMIT_CENTS", "2"),
    ]);

    let effective = load(&flags, variables).unwrap();

    let policy = &effective.config.policy;
    assert_eq!(
        (
            policy.order_timeout_ms,
            policy.free_cancel_ms,
            policy.tip_limit_cents.0
        ),
        (1, 3, 2)
    );
    let file = format!("file {}", folder.path().join("campusg.toml").display());
    assert_eq!(origin_of(&effective, "policy.order_timeout_ms"), file);
    assert_eq!(
        origin_of(&effective, "policy.tip_limit_cents"),
        "environment CAMPUSG_POLICY__TIP_LIMIT_CENTS"
    );
    assert_eq!(origin_of(&effective, "policy.free_cancel_ms"), "flag --set");
    assert_eq!(
        origin_of(&effective, "policy.delivery_fee_cents"),
        "default"
    );
    assert_eq!(origin_of(&effective, "data"), "flag --data");
}

#[test]
fn the_named_file_is_read_instead_of_the_found_one() {
    let (folder, mut flags) = folder_with("[log]\nfilter = \"warn\"\n");
    let named = folder.path().join("other.toml");
    fs::write(&named, "[log]\nfilter = \"debug\"\n").unwrap();
    assert_eq!(load(&flags, []).unwrap().config.log.filter, "warn");

    let by_variable = load(
        &flags,
        environment(&[("CAMPUSG_CONFIG", named.to_str().unwrap())]),
    )
    .unwrap();
    assert_eq!(by_variable.config.log.filter, "debug");

    flags.config = Some(named);
    let by_flag = load(&flags, environment(&[("CAMPUSG_CONFIG", "/nowhere")])).unwrap();
    assert_eq!(by_flag.config.log.filter, "debug");
}

#[test]
fn a_named_file_may_move_the_data_folder_and_a_found_one_may_not() {
    let (folder, found) = folder_with("data = \"elsewhere\"\n");
    let named = ConfigFlags {
        config: Some(folder.path().join("campusg.toml")),
        ..ConfigFlags::default()
    };
    assert_eq!(
        load(&named, []).unwrap().config.data,
        Path::new("elsewhere")
    );

    let found = ConfigFlags {
        data: None,
        ..found
    };
    let variables = environment(&[("CAMPUSG_DATA", folder.path().to_str().unwrap())]);
    // The variable overrides the file, so nothing is moved and nothing is refused.
    assert_eq!(load(&found, variables).unwrap().config.data, folder.path());
}

#[test]
fn the_last_of_two_equal_flags_counts() {
    assert_eq!(
        with(&["policy.pin_tries=1", "policy.pin_tries=2"], &[])
            .unwrap()
            .config
            .policy
            .pin_tries,
        2
    );
}

#[test]
fn digits_stay_text_where_text_is_expected() {
    let refused = refusal(&[], &[("CAMPUSG_POLICY__CURRENCY", "978")]);
    assert!(
        refused.contains(
            "policy.currency (environment CAMPUSG_POLICY__CURRENCY): must be three capital letters, the code of a currency in ISO 4217"
        ),
        "{refused}"
    );
}

#[test]
fn every_unknown_key_is_named_with_its_origin_and_the_nearest_known_key() {
    let (folder, mut flags) = folder_with("[policy]\norder_timeout = 5\n[polici]\nx = 1\n");
    flags.set = vec!["zebra_crossing=1".into()];
    let refused = load(&flags, environment(&[("CAMPUSG_LOG_FORMAT", "json")]))
        .unwrap_err()
        .to_string();
    let file = folder.path().join("campusg.toml").display().to_string();
    for line in [
        format!(
            "unknown key policy.order_timeout (file {file}); did you mean policy.order_timeout_ms?"
        ),
        format!("unknown key polici (file {file}); did you mean policy?"),
        "unknown key log_format (environment CAMPUSG_LOG_FORMAT); did you mean log.format?".into(),
        "unknown key zebra_crossing (flag --set)".into(),
    ] {
        assert!(
            refused.lines().any(|have| have.trim() == line),
            "{line}\nnot in\n{refused}"
        );
    }
}

#[test]
fn a_wrong_type_names_key_origin_and_what_is_expected() {
    for (set, expected) in [
        (
            "policy.order_timeout_ms=soon",
            "policy.order_timeout_ms (flag --set): found string \"soon\", expected an integer of 0 or more",
        ),
        ("policy.pin_tries=300", "expected an integer from 0 to 255"),
        ("policy.pin_tries=-1", "expected an integer from 0 to 255"),
        ("policy.receipt_photo_required=maybe", "expected a boolean"),
        (
            "log.format=xml",
            "log.format (flag --set): found \"xml\", expected one of human, json",
        ),
        (
            "server.listen=8080",
            "server.listen (flag --set): must be an address and a port, for example 127.0.0.1:8080",
        ),
        (
            "policy=1",
            "policy (flag --set): found unsigned int `1`, expected a table",
        ),
        (
            "policy.pin_tries.x=1",
            "policy.pin_tries (flag --set): found map",
        ),
    ] {
        let refused = refusal(&[set], &[]);
        assert!(refused.contains(expected), "{expected}\nnot in\n{refused}");
    }
}

#[test]
fn lists_and_inner_tables_are_set_like_anything_else() {
    let set = [
        "server.email_domains=[campus.edu, \"b.edu\"]",
        "gateway.breaker.failures=9",
    ];
    let variables = [("CAMPUSG_SANDBOX__TUNING__SLOW_MS", "7")];
    let config = with(&set, &variables).unwrap().config;
    assert_eq!(config.server.email_domains, ["campus.edu", "b.edu"]);
    assert_eq!(
        (
            config.gateway.breaker.failures,
            config.sandbox.tuning.slow_ms
        ),
        (9, 7)
    );

    let refused = refusal(
        &[
            "server.trusted_proxies=[nobody]",
            "gateway.breaker.open_ms=0",
        ],
        &[],
    );
    assert!(
        refused.contains("server.trusted_proxies.0 (flag --set): invalid IP address syntax"),
        "{refused}"
    );
    let refused = refusal(&["gateway.breaker.open_ms=0"], &[]);
    assert!(
        refused.contains("gateway.breaker.open_ms = 0 (flag --set): must be from 1 to 3600000"),
        "{refused}"
    );
}

#[test]
fn f58_no_span_size_or_count_is_without_a_bound() {
    let effective = with(&[], &[]).unwrap();
    let is_bounded = |key: &&String| {
        let unit = ["_ms", "_bytes", "_mib"]
            .iter()
            .any(|unit| key.ends_with(unit));
        unit || key.starts_with("server.") || key.starts_with("runtime.")
    };
    let numbers = effective
        .settings()
        .iter()
        .filter(|setting| setting.value.is_number());
    let bounded: Vec<_> = numbers
        .map(|setting| &setting.key)
        .filter(is_bounded)
        .collect();
    assert!(bounded.len() > 50, "{bounded:?}");
    for key in bounded {
        for most in ["18446744073709551615", "99999999999"] {
            let set = format!("{key}={most}");
            assert!(with(&[&set], &[]).is_err(), "{set}");
        }
    }
}

#[test]
fn a_broken_rule_of_each_section_is_named() {
    let refused = refusal(
        &[
            "policy.pin_tries=5",
            "policy.runner_remind_ms=9000000",
            "storage.cache_mib=0",
            "log.filter=a=b=c",
        ],
        &[],
    );
    for line in [
        "policy.runner_remind_ms = 9000000 (flag --set): must be below runner_idle_ms",
        "storage.cache_mib = 0 (flag --set): must be from 1 to 4096",
        "log.filter = \"a=b=c\" (flag --set): must be directives of the tracing filter",
    ] {
        assert!(refused.contains(line), "{line}\nnot in\n{refused}");
    }
}

#[test]
fn a_flag_without_an_assignment_is_refused() {
    for set in ["policy", "=1", "policy..pin_tries=1"] {
        assert!(
            refusal(&[set], &[]).contains(&format!("--set {set}: must be KEY=VALUE")),
            "{set}"
        );
    }
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("mine.toml");
    let flags = ConfigFlags {
        config: Some(path.clone()),
        ..ConfigFlags::default()
    };
    assert!(
        matches!(&load(&flags, []).unwrap_err().0[..], [ConfigFault::Unreadable { path: named, .. }] if *named == path)
    );
    fs::write(&path, "[policy\n").unwrap();
    assert!(
        matches!(&load(&flags, []).unwrap_err().0[..], [ConfigFault::Malformed { path: named, .. }] if *named == path)
    );
}

#[test]
fn what_is_printed_loads_to_the_same_configuration() {
    let first = with(
        &[
            "policy.currency=EUR",
            "log.format=json",
            "log.filter=[a{b=\"\\\u{7f}\"}]=info",
        ],
        &[],
    )
    .unwrap();
    let folder = TempDir::new().unwrap();
    for explain in [false, true] {
        let path = folder.path().join("printed.toml");
        fs::write(&path, first.to_toml(explain)).unwrap();
        let again = load(
            &ConfigFlags {
                config: Some(path),
                ..ConfigFlags::default()
            },
            [],
        )
        .unwrap();
        assert_eq!(
            serde_json::to_value(&again.config).unwrap(),
            serde_json::to_value(&first.config).unwrap()
        );
    }
}

#[test]
fn every_key_has_a_meaning() {
    let meanings = Config::meanings();
    for setting in with(&[], &[]).unwrap().settings() {
        assert!(
            meanings
                .get(&setting.key)
                .is_some_and(|meaning| !meaning.is_empty()),
            "{} has no comment",
            setting.key
        );
    }
}

/// Values of every type of a setting, each of them out of the range of some.
fn extremes() -> Vec<serde_json::Value> {
    let key = format!("whsec_{}", "MfKQ".repeat(8));
    vec![
        0.into(),
        (-1_000_000).into(),
        u8::MAX.into(),
        u16::MAX.into(),
        u32::MAX.into(),
        i64::MAX.into(),
        u64::MAX.into(),
        "".into(),
        "no".into(),
        "a=b=c".into(),
        "10.0.0.1:80".into(),
        key.into(),
        vec![""].into(),
    ]
}

/// A rule is reported for the key that breaks it, or for a key whose rule names that key; both under the names of the
/// fields, since that is where a reader looks for them.
#[test]
fn a_broken_rule_is_reported_for_a_key_that_exists() {
    let shape = shape::Shape::of(&Config::default());
    let keys: BTreeSet<String> = shape.leaves().into_iter().map(|(key, _)| key).collect();
    let names: BTreeSet<&str> = keys.iter().flat_map(|key| key.split('.')).collect();
    let defaults = serde_json::to_value(Config::default()).unwrap();
    let mut sections = BTreeSet::new();
    for key in &keys {
        let pointer = format!("/{}", key.replace('.', "/"));
        for value in extremes() {
            let mut changed = defaults.clone();
            *changed.pointer_mut(&pointer).unwrap() = value.clone();
            // A value of another type is refused before any rule is checked.
            let Ok(config) = serde_json::from_value::<Config>(changed) else {
                continue;
            };
            for broken in config.broken_rules() {
                let told = format!("{key} = {value}: {broken}");
                assert!(keys.contains(&broken.key), "no such key: {told}");
                let named: Vec<&str> = broken
                    .rule
                    .split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
                    .filter(|word| word.contains('_'))
                    .collect();
                let unknown = named.iter().find(|name| !names.contains(*name));
                assert_eq!(unknown, None, "the rule names no key: {told}");
                let name = key.rsplit('.').next().unwrap();
                let concerns = broken.key == *key
                    || broken
                        .rule
                        .split([' ', ',', '.', ':'])
                        .any(|word| word == name);
                assert!(concerns, "another key's rule: {told}");
                sections.extend(key.split_once('.').map(|(section, _)| section));
            }
        }
    }
    let all: BTreeSet<&str> = shape.tables().collect();
    assert_eq!(sections, all, "sections with a broken rule");
}

#[test]
fn secrets_are_not_shown() {
    for key in [
        "gateway.signing_secret",
        "mail.password",
        "gateway.api_key",
        "x.token",
    ] {
        assert_eq!(
            effective::written(key, &"hush".into()),
            "\"(hidden)\"",
            "{key}"
        );
    }
    assert_eq!(
        effective::written("policy.currency", &"USD".into()),
        "\"USD\""
    );
}
