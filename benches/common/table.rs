//! Tables in plain text.

use std::fmt;

/// A table: the first row is the head. The first column is aligned left, the others right.
#[derive(Clone, Debug, Default)]
pub struct Table(Vec<Vec<String>>);

impl Table {
    /// `head` has the titles of the columns.
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self(vec![head.map(Into::into).to_vec()])
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.0
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
        };
        let widths: Vec<usize> = (0..columns)
            .map(|column| width(column).unwrap_or(0))
            .collect();
        for row in &self.0 {
            for (column, cell) in row.iter().enumerate() {
                let width = widths[column];
                if column == 0 {
                    write!(out, "{cell:<width$}")?
                } else {
                    write!(out, "  {cell:>width$}")?
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }
}
