//! Choices out of bytes.

/// Hands out choices until its bytes are used up; then all choices are the first.
pub struct Draw<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Draw<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    fn byte(&mut self) -> u64 {
        self.bytes.next().copied().map_or(0, u64::from)
    }

    /// One of `0..count`.
    pub fn below(&mut self, count: u64) -> u64 {
        let value = if count <= 64 { self.byte() } else { self.byte() << 8 | self.byte() };
        value % count
    }

    /// One of `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True so many times out of 64.
    pub fn chance(&mut self, of_64: u64) -> bool {
        64 - of_64 <= self.below(64)
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).expect("an index")]
    }

    /// One of the choices, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, choices: &[(u64, T)]) -> T {
        let total = choices.iter().map(|(weight, _)| weight).sum();
        let mut left = self.below(total);
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        unreachable!("the weights add up to the total")
    }
}
