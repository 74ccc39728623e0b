//! Schedules and steps, drawn at random, and where kernels go wrong.

use learnrate::{
    Definition, ExponentialDecay, Phase, PhaseShape, Phases, PolynomialDecay, Schedule,
};

use crate::exact::{Curve, exponent};

/// A random number generator: splitmix64.
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.bits() % end
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn between(&mut self, low: f64, top: f64) -> f64 {
        low + (top - low) * (self.bits() >> 11) as f64 * 2_f64.powi(-53)
    }

    /// All sizes alike.
    fn sized(&mut self, low: f64, top: f64) -> f64 {
        self.between(low, top).exp2()
    }

    fn choose<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// A number so many float64 away, mostly few.
    fn beside(&mut self, number: f64, most: u32) -> f64 {
        let few = (self.bits() >> (64 - self.below(u64::from(most)) - 1)) as i64;
        let bits = number.to_bits() as i64;
        f64::from_bits((if self.one_in(2) { bits + few } else { bits - few }).max(0) as u64)
    }

    /// > 0: of an everyday size, at an end of float64, beside a power of two, or anything.
    fn rate(&mut self) -> f64 {
        match self.below(8) {
            0 => self.choose(&[5e-324, f64::MIN_POSITIVE, 1e-300, 1.0, 1e300, f64::MAX]),
            1 => f64::from_bits(1 + self.below(f64::MAX.to_bits())),
            2 => f64::from_bits(1 + (self.below(1 << 52) >> self.below(52))),
            3 => {
                let power = self.between(-1022.0, 1023.0).floor().exp2();
                self.beside(power, 20)
            }
            _ => self.sized(-20.0, 3.0),
        }
    }

    /// From 1 to 2**53, whole or, if it is to be, not.
    fn count(&mut self, is_whole: bool) -> f64 {
        let top = if self.one_in(2) { 21.0 } else { 52.9 };
        let count = self.sized(0.0, top);
        if is_whole { count.floor() } else { count }
    }

    fn power(&mut self) -> f64 {
        if self.one_in(4) {
            self.choose(&[0.5, 1.0, 2.0, 3.0, 0.9, 1.0_f64.next_up(), 64.0, 999.0, 1000.0])
        } else {
            10_f64.powf(self.between(-3.0, 3.0))
        }
    }

    /// A factor > 0 other than 1.
    fn factor(&mut self) -> f64 {
        let factor = match self.below(7) {
            0 => self.beside(1.0, 20),
            6 => {
                let power = (self.between(-8.0, 8.0).round() / 2.0).exp2();
                self.beside(power, 20)
            }
            1 => self.choose(&[0.1, 0.5, 0.9, 0.94, 0.96, 0.97, 0.99, 0.999, 2.0, 10.0]),
            2 => self.rate(),
            3 => self.sized(-996.0, 996.0),
            _ => self.sized(-10.0, 0.0),
        };
        if factor == 1.0 { 0.96 } else { factor }
    }
}

/// A schedule, what it is in exact arithmetic, and where its segment starts and ends.
pub struct Case {
    pub schedule: Schedule,
    pub curve: Curve,
    pub start: f64,
    pub end: f64,
    pub has_whole_counts: bool,
}

/// The row of the table of bounds.
pub fn kind(curve: &Curve) -> usize {
    let is_near = |factor: f64| (factor - 1.0).abs() < 1e-9;
    let of_power = |power: f64| [1.0, 3.0, 64.0, 1000.0].iter().position(|&top| power <= top);
    match *curve {
        Curve::Exponential { first, last } => usize::from(is_near(last / first)),
        Curve::Endless { staircase: true, .. } => 5,
        Curve::Endless { decay_rate, .. } if is_near(decay_rate) => 3,
        Curve::Endless { decay_rate, .. } => {
            if decay_rate > 1.0 {
                4
            } else {
                2
            }
        }
        Curve::Polynomial { power, .. } => 6 + of_power(power).unwrap_or(3),
        Curve::Cycles { power, .. } => {
            if power <= 64.0 {
                10
            } else {
                11
            }
        }
    }
}

impl Case {
    /// Another one, until it is no hold.
    pub fn draw(random: &mut Random) -> Self {
        loop {
            if let Some(case) = Self::try_draw(random) {
                return case;
            }
        }
    }

    fn try_draw(random: &mut Random) -> Option<Self> {
        let is_whole = !random.one_in(3);
        let steps = random.count(is_whole);
        let mut first = random.rate();
        let (definition, curve): (Definition, Curve) = match random.below(5) {
            0 => {
                let (decay_rate, staircase) = (random.factor(), random.one_in(4));
                let decay = ExponentialDecay::new(first, steps, decay_rate);
                let curve = Curve::Endless { first, decay_rate, period: steps, staircase };
                (ExponentialDecay { staircase, ..decay }.into(), curve)
            }
            1 | 2 => {
                let last = if random.one_in(3) { random.rate() } else { first * random.factor() };
                let shape = PhaseShape::Exponential;
                let phase = Phase { shape, ..Phase::new(steps, last) };
                let phases = Self::phases(random, is_whole, first, phase);
                (phases, Curve::Exponential { first, last })
            }
            which => {
                let mut last =
                    if random.one_in(3) { random.rate() } else { first * random.factor() };
                match random.below(6) {
                    0 => last = 0.0,
                    1 => first = 0.0,
                    _ => {}
                }
                let power = random.power();
                if which == 3 {
                    let (shape, power) = (PhaseShape::Polynomial, Some(power));
                    let phase = Phase { shape, power, ..Phase::new(steps, last) };
                    let phases = Self::phases(random, is_whole, first, phase);
                    (phases, Curve::Polynomial { first, last, power: power? })
                } else {
                    let decay = PolynomialDecay::new(first, steps);
                    let decay =
                        PolynomialDecay { end_learning_rate: last, power, cycle: true, ..decay };
                    (decay.into(), Curve::Cycles { first, last, power, period: steps })
                }
            }
        };
        let schedule = Schedule::new(definition).ok()?; // too long, or a rate that overflowed
        let segment = schedule.segments().iter().rfind(|segment| segment.shape() != "hold")?;
        let (start, end) = (segment.start(), segment.end());
        let has_whole_counts = match curve {
            Curve::Endless { period, .. } | Curve::Cycles { period, .. } => period.fract() == 0.0,
            _ => start.fract() == 0.0 && end.fract() == 0.0,
        };
        Some(Self { schedule, curve, start, end, has_whole_counts })
    }

    /// The phase alone, or after a hold.
    fn phases(random: &mut Random, is_whole: bool, first: f64, phase: Phase) -> Definition {
        let before = if random.one_in(2) { 0.0 } else { random.count(is_whole) };
        Phases::new(first, vec![Phase::new(before, first), phase]).into()
    }

    /// A step of the segment.
    pub fn step(&self, random: &mut Random) -> f64 {
        let from_end = |distance: f64| self.end - distance;
        let is_endless = self.end.is_infinite();
        let length = if is_endless { 2_f64.powi(53) } else { self.end - self.start };
        let step = match random.below(8) {
            0 => self.start + random.between(0.0, length),
            1 => self.start + random.sized(-1075.0, length.log2()),
            2 => {
                let distance = random.sized(-60.0, length.log2());
                if is_endless { distance } else { from_end(distance) }
            }
            3 => {
                let near = random.choose(&[self.start, self.end, length / 2.0, 2_f64.powi(53)]);
                let near = if near.is_finite() { near } else { 0.0 };
                let whole = near + random.below(5) as f64 - 2.0;
                random.choose(&[near, near.next_up(), near.next_down(), whole])
            }
            4 => self.curve.joint(random.sized(0.0, 53.0).floor()).unwrap_or(self.end),
            5 => self.seam(random, true),
            _ => self.seam(random, false),
        };
        let step = match random.below(6) {
            0 | 1 => step.floor(),
            2 => step.floor() + random.below(4) as f64 - 1.0,
            3 => random.beside(step.max(0.0), 4),
            _ => step,
        };
        let last = if is_endless { 1e300 } else { self.end.next_down() };
        step.clamp(self.start, last) // no step is NaN: what a step is made of is finite
    }

    /// A step where the exponent of a power of two is nearly a fraction that a reduction may round at, or where the rate
    /// is about to leave the normal numbers.
    fn seam(&self, random: &mut Random, is_last: bool) -> f64 {
        let parts = random.choose(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]);
        let t = if is_last {
            let low = random.between(-1077.0, -1019.0);
            let to = if random.one_in(3) { random.between(1020.0, 1025.0) } else { low };
            to - f64::from(exponent(self.curve.first()))
        } else if self.curve.power() > 0.0 && random.one_in(2) {
            // Where the reduction of a logarithm may round: at fractions of a power of two.
            let part =
                (1.0 + random.below(257) as f64 / 256.0) * random.choose(&[1.0, 0.5_f64.sqrt()]);
            self.curve.power() * (part.log2() - random.sized(0.0, 10.0).floor())
        } else {
            let most = random.sized(0.0, 10.1);
            (random.between(-most, most) * 2.0 * parts).round() / (2.0 * parts)
        };
        let cycle = random.sized(0.0, 30.0).floor();
        let step = self.curve.step_at(t, self.start, self.end, cycle);
        if step.is_finite() { step } else { self.start }
    }
}
