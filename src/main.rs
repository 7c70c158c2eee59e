//! The `campusg` command: runs the library and ends with the exit code that it returns.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    campusg_storage::file::make_files_private();
    campusg::cli::run()
}
