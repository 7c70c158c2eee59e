//! What the owners' sources must not contain: an owner answers from memory and never asks or waits.

use std::{fs, path::Path};

fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    code.collect::<Vec<_>>().join("\n")
}

fn files(role: &str) -> Vec<std::path::PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(role);
    let files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(!files.is_empty(), "{role} has moved");
    files
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "tests.rs"))
        .collect()
}

#[test]
fn the_owners_that_vote_never_ask_anybody_and_never_wait() {
    for path in files("owner/escrow")
        .into_iter()
        .chain(files("owner/directory"))
    {
        let code = code(&path);
        for banned in [
            ".await",
            ".send(",
            "async ",
            "ctx.wait",
            "ctx.spawn",
            "block_on",
            "Orders",
        ] {
            assert!(!code.contains(banned), "{} has `{banned}`", path.display());
        }
    }
}

#[test]
fn an_order_never_lets_other_messages_in_between() {
    for path in files("shell/order") {
        let code = code(&path);
        for banned in ["ctx.spawn", "ResponseActFuture", "ctx.notify", "do_send"] {
            assert!(!code.contains(banned), "{} has `{banned}`", path.display());
        }
    }
}
