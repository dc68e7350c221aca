//! How long answers took, and the line that says so.

use std::time::Duration;

/// Answers and their times.
#[derive(Default)]
pub struct Report(Vec<u32>);

impl Report {
    /// Takes note of one answer.
    pub fn took(&mut self, time: Duration) {
        self.0.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// Joins another's.
    pub fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Prints the line.
    pub fn print(self, length: Duration) {
        println!("{{{}}}", self.figures(length));
    }

    /// What the line says.
    pub fn figures(mut self, length: Duration) -> String {
        self.0.sort_unstable();
        let at = |share: usize| self.0.get(self.0.len() * share / 100).copied().unwrap_or(0);
        let rate = self.0.len() as f64 / length.as_secs_f64();
        format!("\"perSecond\":{rate:.0},\"p50Us\":{},\"p99Us\":{}", at(50), at(99))
    }
}
