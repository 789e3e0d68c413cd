//! Order and equality by value, as in SQL: the scale does not count, and `NaN` equals itself above all numbers.

use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

use super::{Numeric, Sign};

impl Ord for Numeric {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sign.cmp(&other.sign).then_with(|| {
            let (a, b) = (self.digits.as_slice(), other.digits.as_slice());
            // No digits at all is zero, whatever the weight beside it.
            let magnitude = (!a.is_empty(), self.weight, a).cmp(&(!b.is_empty(), other.weight, b));
            if self.sign == Sign::Negative {
                magnitude.reverse()
            } else {
                magnitude
            }
        })
    }
}

impl PartialOrd for Numeric {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Numeric {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Numeric {}

impl Hash for Numeric {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sign.hash(state);
        self.weight.hash(state);
        self.digits.as_slice().hash(state);
    }
}
