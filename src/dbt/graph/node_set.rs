//! Sets of nodes.

const BITS: usize = u64::BITS as usize;

/// A set of node positions of one manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// The empty set for a manifest of `nodes` nodes.
    #[must_use]
    pub fn empty(nodes: usize) -> Self {
        Self {
            words: vec![0; nodes.div_ceil(BITS)],
        }
    }

    /// Adds a position and says whether it is new. Positions beyond the manifest are no nodes and are not added.
    pub fn insert(&mut self, node: usize) -> bool {
        let bit = 1 << (node % BITS);
        match self.words.get_mut(node / BITS) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                true
            }
            _ => false,
        }
    }

    #[must_use]
    pub fn contains(&self, node: usize) -> bool {
        self.words
            .get(node / BITS)
            .is_some_and(|word| word & (1 << (node % BITS)) != 0)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// The positions, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let bits = (0..BITS).filter(move |bit| word & (1 << bit) != 0);
            bits.map(move |bit| at * BITS + bit)
        })
    }

    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a | b)
    }

    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & b)
    }

    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a & !b)
    }

    fn combine(&self, other: &Self, operation: impl Fn(u64, u64) -> u64) -> Self {
        let pairs = self.words.iter().zip(&other.words);
        Self {
            words: pairs.map(|(a, b)| operation(*a, *b)).collect(),
        }
    }
}
