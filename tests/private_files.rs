//! What a server writes can be read by nobody but its owner, whatever the umask and whatever was there before.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::Client;
use campusg_robots::walkthrough::{Errand, Launch};
use common::{demo, text};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use tempfile::TempDir;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Calls `each` with the folder and everything in it.
fn walk(path: &Path, each: &mut impl FnMut(&Path)) {
    each(path);
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            walk(&entry.unwrap().path(), each);
        }
    }
}

async fn serve_a_while(data: &Path, log: &Path) {
    let served = demo(data, log, &[]);
    let shell = [
        "-c",
        "umask 000 && exec \"$0\" \"$@\"",
        text(&served.program),
    ];
    let launch = Launch {
        program: "/bin/sh".into(),
        arguments: shell
            .map(Into::into)
            .into_iter()
            .chain(served.arguments)
            .collect(),
        log: served.log,
    };
    let mut child = launch.start().unwrap();
    let client = Client::new(&child.address).unwrap();
    Errand::at(&client, "completed").await.unwrap();
    assert!(child.stop().unwrap().success());
}

#[tokio::test]
async fn v11_everything_in_the_data_folder_is_its_owners_alone_whatever_the_umask() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    for looser in [false, true] {
        if looser {
            walk(&data, &mut |path| {
                let open = fs::Permissions::from_mode(mode(path) | 0o044);
                fs::set_permissions(path, open).unwrap();
            });
        }
        serve_a_while(&data, &folder.path().join("log")).await;
        let mut seen = 0;
        walk(&data, &mut |path| {
            seen += 1;
            assert_eq!(
                mode(path) & 0o077,
                0,
                "{}: {:o}",
                path.display(),
                mode(path)
            );
        });
        assert!(seen > 15, "{seen}");
    }
}
