//! The `campusg` command: hands its arguments to the library and ends with the code it answers.

use std::process::ExitCode;

fn main() -> ExitCode {
    campusg::cli::run()
}
