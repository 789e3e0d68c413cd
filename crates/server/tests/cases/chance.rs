//! Random numbers that are the same every time (xorshift64*).

pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        // Neighbours begin far apart, and none at 0.
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 to n − 1.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % n
    }

    pub fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }
}

/// For a longer search than a test may take: `TRUNKLINE_CASES_ROUNDS=100000 TRUNKLINE_CASES_SEED=7`.
pub fn rounds(usual: usize) -> usize {
    number("TRUNKLINE_CASES_ROUNDS").unwrap_or(usual)
}

pub fn seed() -> u64 {
    number("TRUNKLINE_CASES_SEED").unwrap_or(0x7472_756e_6b6c_696e)
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}
