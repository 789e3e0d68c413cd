//! Aggregates over values that SQLite cannot add up.

use bigdecimal::BigDecimal;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Result, Type};
use trunkline_types::{Array, Decode, Interval};

use super::array::item;
use super::json::json_of;
use super::{Args, Failure, Registry, stop};
use crate::engines::sqlite::value::decimal::{self, Decimal};
use crate::engines::sqlite::value::{Tree, output, real, write_array};

pub(super) fn register(registry: &Registry<'_>) -> rusqlite::Result<()> {
    add::<Sum>(registry, "tl_sum", 1)?;
    add::<Average>(registry, "tl_avg", 1)?;
    add::<Intervals>(registry, "tl_sum_interval", 1)?;
    add::<Spread<false, true>>(registry, "tl_stddev_samp", 1)?;
    add::<Spread<true, true>>(registry, "tl_stddev_pop", 1)?;
    add::<Spread<false, false>>(registry, "tl_var_samp", 1)?;
    add::<Spread<true, false>>(registry, "tl_var_pop", 1)?;
    add::<ExactSpread<false, true>>(registry, "tl_numeric_stddev_samp", 1)?;
    add::<ExactSpread<true, true>>(registry, "tl_numeric_stddev_pop", 1)?;
    add::<ExactSpread<false, false>>(registry, "tl_numeric_var_samp", 1)?;
    add::<ExactSpread<true, false>>(registry, "tl_numeric_var_pop", 1)?;
    add::<Items>(registry, "tl_array_agg", 2)?;
    add::<Documents>(registry, "tl_json_agg", 3)
}

/// What is gathered over the rows.
trait Gather: Default + 'static {
    fn step(&mut self, args: &Args<'_, '_>) -> Result<()>;
    fn end(self) -> Result<Value>;
}

struct Adapter<G> {
    failure: Failure,
    kind: std::marker::PhantomData<fn() -> G>,
}

fn add<G: Gather + Send + std::panic::UnwindSafe + std::panic::RefUnwindSafe>(
    registry: &Registry<'_>,
    name: &str,
    arity: i32,
) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    let adapter = Adapter::<G> {
        failure: registry.failure.clone(),
        kind: std::marker::PhantomData,
    };
    registry
        .connection
        .create_aggregate_function(name, arity, flags, adapter)
}

impl<G: Gather + std::panic::UnwindSafe + std::panic::RefUnwindSafe> Aggregate<G, Value>
    for Adapter<G>
{
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<G> {
        Ok(G::default())
    }

    fn step(&self, context: &mut Context<'_>, state: &mut G) -> rusqlite::Result<()> {
        state
            .step(&Args(context))
            .map_err(|error| stop(&self.failure, error))
    }

    fn finalize(&self, _: &mut Context<'_>, state: Option<G>) -> rusqlite::Result<Value> {
        state
            .unwrap_or_default()
            .end()
            .map_err(|error| stop(&self.failure, error))
    }
}

#[derive(Default)]
struct Sum(Option<Decimal>);

impl Gather for Sum {
    fn step(&mut self, args: &Args<'_, '_>) -> Result<()> {
        if !args.is_null(0) {
            let value = Decimal::parse(&args.text(0)?)?;
            self.0 = Some(match &self.0 {
                None => value,
                Some(sum) => sum.plus(&value),
            });
        }
        Ok(())
    }

    fn end(self) -> Result<Value> {
        Ok(match self.0 {
            None => Value::Null,
            Some(sum) => Value::Text(sum.limited()?.text()),
        })
    }
}

#[derive(Default)]
struct Average {
    sum: Sum,
    count: u64,
}

impl Gather for Average {
    fn step(&mut self, args: &Args<'_, '_>) -> Result<()> {
        if !args.is_null(0) {
            self.count += 1;
        }
        self.sum.step(args)
    }

    fn end(self) -> Result<Value> {
        match self.sum.0 {
            None => Ok(Value::Null),
            Some(sum) => Ok(Value::Text(decimal::calculate(
                &sum.limited()?.text(),
                "/",
                &self.count.to_string(),
            )?)),
        }
    }
}

#[derive(Default)]
struct Intervals(Option<Interval>);

impl Gather for Intervals {
    fn step(&mut self, args: &Args<'_, '_>) -> Result<()> {
        if !args.is_null(0) {
            let value = Interval::from_text(Type::INTERVAL, args.text(0)?.as_bytes())?;
            self.0 = Some(super::time::sum(
                self.0.unwrap_or(Interval::ZERO),
                value,
                1,
            )?);
        }
        Ok(())
    }

    fn end(self) -> Result<Value> {
        Ok(self.0.map_or(Value::Null, |i| Value::Text(i.to_string())))
    }
}

/// The spread of floats by Welford's method: of a sample or a whole population, as variance or its root.
#[derive(Default)]
struct Spread<const POPULATION: bool, const ROOT: bool> {
    count: f64,
    mean: f64,
    squares: f64,
}

impl<const POPULATION: bool, const ROOT: bool> Gather for Spread<POPULATION, ROOT> {
    fn step(&mut self, args: &Args<'_, '_>) -> Result<()> {
        if !args.is_null(0) {
            let value = args.real(0)?;
            self.count += 1.0;
            let delta = value - self.mean;
            self.mean += delta / self.count;
            self.squares += delta * (value - self.mean);
        }
        Ok(())
    }

    fn end(self) -> Result<Value> {
        let divisor = if POPULATION {
            self.count
        } else {
            self.count - 1.0
        };
        if divisor < 1.0 {
            return Ok(Value::Null);
        }
        let variance = self.squares / divisor;
        Ok(real(if ROOT { variance.sqrt() } else { variance }))
    }
}

/// The same of numerics and integers, exactly.
#[derive(Default)]
struct ExactSpread<const POPULATION: bool, const ROOT: bool> {
    count: u64,
    sum: BigDecimal,
    squares: BigDecimal,
    nan: bool,
}

impl<const POPULATION: bool, const ROOT: bool> Gather for ExactSpread<POPULATION, ROOT> {
    fn step(&mut self, args: &Args<'_, '_>) -> Result<()> {
        if !args.is_null(0) {
            self.count += 1;
            match Decimal::parse(&args.text(0)?)? {
                Decimal::Finite(value) => {
                    self.squares += value.square();
                    self.sum += value;
                }
                _ => self.nan = true,
            }
        }
        Ok(())
    }

    fn end(self) -> Result<Value> {
        let fewer = if POPULATION { 0 } else { 1 };
        if self.count <= fewer {
            return Ok(Value::Null);
        }
        if self.nan {
            return Ok(Value::Text("NaN".to_owned()));
        }
        let spread = decimal::spread(
            self.count,
            self.count - fewer,
            &self.sum,
            &self.squares,
            ROOT,
        )?;
        Ok(Value::Text(spread))
    }
}

#[derive(Default)]
struct Items(Vec<Option<String>>);

impl Gather for Items {
    fn step(&mut self, args: &Args<'_, '_>) -> Result<()> {
        self.0.push(item(args.raw(0), args.ty(1)?)?);
        Ok(())
    }

    fn end(self) -> Result<Value> {
        if self.0.is_empty() {
            return Ok(Value::Null);
        }
        Ok(Value::Text(write_array(&Array::from(self.0))?))
    }
}

/// `json_agg`: PostgreSQL puts a blank and a newline between records only, a comma and a blank between others.
#[derive(Default)]
struct Documents {
    items: Vec<String>,
}

impl Gather for Documents {
    fn step(&mut self, args: &Args<'_, '_>) -> Result<()> {
        let (ty, into) = (args.ty(1)?, args.ty(2)?);
        let text = match (args.raw(0), ty) {
            (value @ ValueRef::Text(_), Type::JSON) if into == Type::JSON => {
                output(value, ty)?.into_owned()
            }
            (value, ty) => Tree(json_of(value, ty)?).print(into),
        };
        self.items.push(text);
        Ok(())
    }

    fn end(self) -> Result<Value> {
        Ok(if self.items.is_empty() {
            Value::Null
        } else {
            Value::Text(format!("[{}]", self.items.join(", ")))
        })
    }
}
