//! The line of JSON that a run prints. Every text in it is a plain word of ours, so nothing is escaped.

use crate::tally::Counts;
use std::time::Duration;

/// One peer's run of one program.
pub struct Measurement {
    pub peer: Peer,
    pub variant: Variant,
    pub mode: Mode,
    pub counts: Counts,
    pub elapsed: Duration,
    /// The search ended by itself: every execution of the peer's own space was run. Never true of a random mode.
    pub complete: bool,
}

#[derive(Clone, Copy)]
pub enum Peer {
    Loom,
    Shuttle,
}

#[derive(Clone, Copy)]
pub enum Variant {
    AsWritten,
    ForcedStarts,
}

#[derive(Clone, Copy)]
pub enum Mode {
    Random,
    Exhaustive,
}

impl Measurement {
    pub fn to_json(&self, program: &str) -> String {
        let versions = Versions::locked();
        let (peer, version) = match self.peer {
            Peer::Loom => ("loom", versions.loom),
            Peer::Shuttle => ("shuttle", versions.shuttle),
        };
        let variant = match self.variant {
            Variant::AsWritten => "as-written",
            Variant::ForcedStarts => "forced-starts",
        };
        let mode = match self.mode {
            Mode::Random => "random",
            Mode::Exhaustive => "exhaustive",
        };
        let Counts {
            executions,
            failures,
            first,
        } = self.counts;
        let found = first.map_or(String::new(), |index| {
            format!(",\"first\":{index},\"failures\":{failures}")
        });
        format!(
            "{{\"peer\":\"{peer}\",\"variant\":\"{variant}\",\"version\":\"{version}\",\"program\":\"{program}\",\
             \"mode\":\"{mode}\",\"executions\":{executions},\"seconds\":{:.6},\"complete\":{},\"failed\":{}{found}}}",
            self.elapsed.as_secs_f64(),
            self.complete,
            failures > 0,
        )
    }
}

/// The versions that were built, as `Cargo.lock` has them.
pub struct Versions {
    pub loom: &'static str,
    pub shuttle: &'static str,
}

impl Versions {
    pub fn locked() -> Self {
        Self {
            loom: locked_version("loom"),
            shuttle: locked_version("shuttle"),
        }
    }

    pub fn to_json(&self) -> String {
        format!(
            "{{\"loom\":\"{}\",\"shuttle\":\"{}\"}}",
            self.loom, self.shuttle
        )
    }
}

fn locked_version(name: &str) -> &'static str {
    let mut lines = include_str!("../Cargo.lock").lines();
    lines.find(|line| *line == format!("name = \"{name}\""));
    lines
        .next()
        .and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .unwrap_or_else(|| panic!("Cargo.lock has no version of {name}"))
}
