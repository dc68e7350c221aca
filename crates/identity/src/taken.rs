//! What was taken out of memory to be written down.
//!
//! Keeps   nothing of it is lost: what was not written when this is dropped, because the writing
//!         failed or because nobody waits for it any more, is given back.

/// What was taken, and how it is given back.
pub struct Taken<T, G: FnMut(T)> {
    rows: Vec<T>,
    written: usize,
    give_back: G,
}

impl<T, G: FnMut(T)> Taken<T, G> {
    /// These rows; `give_back` takes one that was not written.
    pub const fn new(rows: Vec<T>, give_back: G) -> Self {
        Self { rows, written: 0, give_back }
    }

    /// The next rows to be written, at most so many; `None` where all are.
    pub fn page(&self, rows_max: usize) -> Option<&[T]> {
        self.rows[self.written..].chunks(rows_max).next()
    }

    /// So many more are written.
    pub const fn written(&mut self, rows: usize) {
        self.written += rows;
    }
}

impl<T, G: FnMut(T)> Drop for Taken<T, G> {
    fn drop(&mut self) {
        self.rows.drain(self.written..).for_each(&mut self.give_back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_written_is_given_back_once() {
        let given = |pages: usize| {
            let mut given = Vec::new();
            let mut taken = Taken::new(vec![1, 2, 3], |row| given.push(row));
            for _ in 0..pages {
                let page = taken.page(2).unwrap();
                taken.written(page.len());
            }
            assert_eq!(taken.page(2).is_none(), pages == 2);
            drop(taken);
            given
        };
        assert_eq!([0, 1, 2].map(given), [vec![1, 2, 3], vec![3], vec![]]);
    }
}
