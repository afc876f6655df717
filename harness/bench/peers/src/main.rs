//! How many executions a second Loom and Shuttle reach on the small programs of crossloop's own benchmark, and how
//! many executions their exhaustive searches need. It is run by crossloop's benchmark, and by hand, in this folder:
//!
//! ```text
//! cargo run --release --quiet -- PEER PROGRAM SECONDS     e.g. shuttle-random counter3x5 5
//! cargo run --release --quiet -- --version-only
//! ```
//!
//! - PEER: `shuttle-random`, `shuttle-dfs` (as their users write it: thread starts and joins are decisions),
//!   `shuttle-random-forced`, `shuttle-dfs-forced` (they are not: `forced.rs`), `loom` (exhaustive).
//! - PROGRAM: `counter3x5`, `counter5x20`, `lu3`, `loopOK2`, `loopOK3` (`programs.rs`).
//! - SECONDS: the budget. A search that has not ended by then is stopped and says `"complete":false`.
//!
//! One line of JSON on stdout says what was measured: `seconds` from the first execution to the last, in
//! wall-clock time of one thread, without building or starting the process. Executions are whole ones, but Loom's
//! count may include the one that the budget cut off.
//! `failed` says whether an execution broke the program's claim, which only `lu3` makes; then `first` is the index
//! (from 1) of the first one that did, and `failures` how many did. A deadlock is a mistake of this benchmark: the
//! peer's panic ends the process with a code that is not 0.

mod forced;
mod loom_peer;
mod programs;
mod report;
mod shuttle_model;
mod shuttle_peer;
mod tally;

use programs::Program;
use report::{Measurement, Versions};
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "peers PEER PROGRAM SECONDS | peers --version-only";

/// A day: more is a typing error, and keeps `Duration` from panicking.
const SECONDS_MAX: f64 = 86_400.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--version-only"] => println!("{}", Versions::locked().to_json()),
        [peer, program, seconds] => match measure(peer, program, seconds) {
            Ok(measurement) => println!("{}", measurement.to_json(program)),
            Err(problem) => return refuse(&problem),
        },
        _ => return refuse("three arguments are needed"),
    }
    ExitCode::SUCCESS
}

fn measure(peer: &str, program: &str, seconds: &str) -> Result<Measurement, String> {
    let budget = parse_seconds(seconds)?;
    let program = Program::named(program).ok_or(format!("no program is named {program}"))?;
    match peer {
        "shuttle-random" => Ok(shuttle_peer::random(program, budget)),
        "shuttle-random-forced" => Ok(shuttle_peer::random_forced(program, budget)),
        "shuttle-dfs" => Ok(shuttle_peer::exhaustive(program, budget)),
        "shuttle-dfs-forced" => Ok(shuttle_peer::exhaustive_forced(program, budget)),
        "loom" => Ok(loom_peer::exhaustive(program, budget)),
        _ => Err(format!("no peer is named {peer}")),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= SECONDS_MAX => {
            Ok(Duration::from_secs_f64(seconds))
        }
        _ => Err(format!(
            "SECONDS is a number above 0, at most {SECONDS_MAX}, not {text}"
        )),
    }
}

fn refuse(problem: &str) -> ExitCode {
    eprintln!("{problem}\nusage: {USAGE}");
    ExitCode::from(2)
}
