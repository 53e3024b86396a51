//! What was found, as a table.

use crate::measure::Samples;

/// What a figure must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// Nothing: it is shown for orientation.
    None,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) name: String,
    pub(crate) target: Target,
    /// What the figure is of, where it is no ratio.
    pub(crate) unit: &'static str,
    pub(crate) samples: Samples,
    /// Absolute figures, variants: for orientation.
    pub(crate) notes: String,
}

impl Finding {
    pub(crate) fn new(name: impl Into<String>, target: Target, samples: Samples) -> Self {
        Self { name: name.into(), target, unit: "", samples, notes: String::new() }
    }

    #[must_use]
    pub(crate) fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    #[must_use]
    pub(crate) fn notes(mut self, notes: impl Into<String>) -> Self {
        self.notes = notes.into();
        self
    }

    fn verdict(&self) -> &'static str {
        let median = self.samples.median();
        let reached = match self.target {
            Target::None => return "",
            Target::AtLeast(least) => median >= least,
            Target::AtMost(most) => median <= most,
        };
        if reached { "pass" } else { "FAIL" }
    }

    fn cells(&self) -> [String; 6] {
        let unit = self.unit;
        let target = match self.target {
            Target::AtLeast(least) => format!(">= {}{unit}", figure(least)),
            Target::AtMost(most) => format!("<= {}{unit}", figure(most)),
            Target::None => String::new(),
        };
        let (least, most) = (self.samples.least(), self.samples.most());
        [
            self.name.clone(),
            target,
            format!("{}{unit}", figure(self.samples.median())),
            format!("{}..{}", figure(least), figure(most)),
            self.verdict().to_owned(),
            self.notes.clone(),
        ]
    }
}

/// Three significant digits are all that a noisy machine gives.
fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        0.0 => "0".to_owned(),
        size if size < 0.2 => format!("{value:.3}"),
        _ => format!("{value:.2}"),
    }
}

const HEADINGS: [&str; 6] = ["", "target", "median", "spread", "", "for orientation"];

/// Prints all findings below each other.
pub(crate) fn print(findings: &[Finding]) {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(findings.iter().map(Finding::cells));
    let width = |column: usize| {
        rows.iter().map(|row: &[String; 6]| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    println!();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line += &format!("{cell:<width$}  ");
        }
        println!("{}", line.trim_end());
    }
}

/// How many figures miss their target.
pub(crate) fn missed(findings: &[Finding]) -> usize {
    findings.iter().filter(|finding| finding.verdict() == "FAIL").count()
}
