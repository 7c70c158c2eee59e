//! The `campusg` command: hands its arguments to the library and ends with the code it answers.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    campusg::cli::run()
}
