//! The extension module `learnrate._native`: segments, evaluated.
//!
//! The Python layer has the classes of schedules, checks arguments and shapes, and words the errors. The pure-Python
//! backend shares that layer.

use num_traits::{AsPrimitive, Float};
use numpy::{Element, PyArray1, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::PyResult as Result; // by this name cargo-mutants knows what a function may return
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyFloat, PyInt, PyTuple};

use crate::Error;
use crate::segments::{Curve, Segment};
use crate::shapes::Shape;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        PyValueError::new_err(error.to_string())
    }
}

/// A `learnrate._segments.Segment`.
#[derive(FromPyObject)]
struct SegmentFields {
    start: f64,
    end: f64,
    first_rate: f64,
    last_rate: f64,
    shape: String,
    parameters: Vec<f64>,
}

/// What was passed as the step, if anything was: Python's None is something.
#[derive(Clone, Copy)]
struct Step<'a, 'py>(Option<Borrowed<'a, 'py, PyAny>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Step<'a, 'py> {
    type Error = std::convert::Infallible;

    fn extract(step: Borrowed<'a, 'py, PyAny>) -> std::result::Result<Self, Self::Error> {
        Ok(Self(Some(step)))
    }
}

/// Core of `learnrate.Schedule`: what evaluates the segments.
#[pyclass(frozen, subclass, name = "Curve", module = "learnrate._native")]
struct PyCurve(Curve);

#[pymethods]
impl PyCurve {
    #[new]
    fn new(segments: Vec<SegmentFields>) -> Result<Self> {
        let segment = |fields| {
            let SegmentFields { start, end, first_rate, last_rate, shape, parameters } = fields;
            let shape = Shape::between(&shape, first_rate, last_rate, end - start, &parameters)?;
            Some(Segment::new(start, end, shape))
        };
        let segments = segments.into_iter().map(segment).collect::<Option<_>>();
        let curve = segments.and_then(Curve::new);
        curve
            .map(Self)
            .ok_or_else(|| PyValueError::new_err("segments must lead from 0 to infinity"))
    }

    /// Evaluates plain Python numbers and plain arrays at once; `learnrate._steps` sees to everything else, errors too.
    #[pyo3(signature = (step=Step(None), *, out=None))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        step: Step<'_, 'py>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> Result<Bound<'py, PyAny>> {
        let Some(step) = step.0 else { return Self::call_without_step(slf) };
        let step = &*step;
        let number: Option<f64> = if let Ok(step) = step.cast_exact::<PyFloat>() {
            Some(step.extract()?)
        } else if let Ok(step) = step.cast_exact::<PyInt>() {
            step.extract::<i64>().ok().map(AsPrimitive::as_)
        } else {
            return Self::call_with_array(slf, step, out);
        };
        if let (Some(step), None) = (number, out)
            && step >= 0.0
        {
            return Ok(PyFloat::new(slf.py(), slf.get().0.value(step)).into_any());
        }
        Self::call_with_any(slf, step, out)
    }

    /// Writes the rates of `steps` into `out`: contiguous vectors of one length. Returns the index of the first step
    /// that is negative or NaN, if there is one.
    fn _fill(&self, steps: &Bound<'_, PyAny>, out: &Bound<'_, PyAny>) -> Result<Option<usize>> {
        numpy_empty(out.py())?; // no array may have come through `__call__` yet
        let filled = if let Ok(out) = out.cast::<PyArrayDyn<f64>>() {
            self.fill_any(steps, out)
        } else {
            self.fill_any(steps, out.cast::<PyArrayDyn<f32>>()?)
        };
        filled.unwrap_or_else(|| {
            Err(PyTypeError::new_err("steps must be float64, float32, int64 or int32"))
        })
    }

    /// As `_fill`, for the steps `start`, `start + stride` and so on, none of them negative.
    fn _fill_range(&self, start: i64, stride: i64, out: &Bound<'_, PyAny>) -> Result<()> {
        numpy_empty(out.py())?; // as above
        if let Ok(out) = out.cast::<PyArrayDyn<f64>>() {
            self.fill_range(start, stride, out)
        } else {
            self.fill_range(start, stride, out.cast::<PyArrayDyn<f32>>()?)
        }
    }
}

impl PyCurve {
    /// Not inlined, as the other way is not: what they need would slow the call with a number down.
    #[inline(never)]
    fn call_with_array<'py>(
        slf: &Bound<'py, Self>,
        step: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> Result<Bound<'py, PyAny>> {
        let py = slf.py();
        if is_numpy_imported(py)?
            && let Some(rates) = slf.get().array(step, out, numpy_empty(py)?)?
        {
            return Ok(rates);
        }
        Self::call_with_any(slf, step, out)
    }

    #[inline(never)]
    fn call_with_any<'py>(
        slf: &Bound<'py, Self>,
        step: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> Result<Bound<'py, PyAny>> {
        static EVALUATE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

        let py = slf.py();
        once(py, &EVALUATE, || py.import("learnrate._steps")?.getattr("evaluate"))?
            .call1((slf, step, out))
    }

    /// An error, which `learnrate._steps` words.
    #[cold]
    #[inline(never)]
    fn call_without_step<'py>(slf: &Bound<'py, Self>) -> Result<Bound<'py, PyAny>> {
        slf.py().import("learnrate._steps")?.getattr("evaluate")?.call1((slf,))
    }

    /// The fast path for an aligned, C-contiguous array of a native dtype, into a new array or `out`. None for any other
    /// input, and for bad steps: the caller then takes the slow path, which words the error.
    fn array<'py>(
        &self,
        steps: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
        empty: &Bound<'py, PyAny>,
    ) -> Result<Option<Bound<'py, PyAny>>> {
        let plain =
            |array: &Bound<'py, PyUntypedArray>| array.is_c_contiguous() && array.is_aligned();

        let Ok(array) = steps.cast_exact::<PyUntypedArray>() else { return Ok(None) };
        if !plain(array) || array.ndim() == 0 {
            return Ok(None);
        }
        let out = match out {
            Some(out) => out.clone(),
            None => empty.call1((PyTuple::new(steps.py(), array.shape())?,))?, // may raise a MemoryError
        };
        let Ok(given) = out.cast_exact::<PyUntypedArray>() else { return Ok(None) };
        if !plain(given) || given.shape() != array.shape() {
            return Ok(None);
        }
        let filled = if let Ok(rates) = out.cast::<PyArrayDyn<f64>>() {
            self.fill_any(steps, rates)
        } else if let Ok(rates) = out.cast::<PyArrayDyn<f32>>() {
            self.fill_any(steps, rates)
        } else {
            None
        };
        Ok(matches!(filled, Some(Ok(None))).then_some(out))
    }

    /// None if the steps are of another type.
    fn fill_any<R>(
        &self,
        steps: &Bound<'_, PyAny>,
        out: &Bound<'_, PyArrayDyn<R>>,
    ) -> Option<Result<Option<usize>>>
    where
        R: Element + Float + 'static,
        f64: AsPrimitive<R>,
    {
        Some(if let Ok(steps) = steps.cast::<PyArrayDyn<f64>>() {
            self.fill(steps, out)
        } else if let Ok(steps) = steps.cast::<PyArrayDyn<i64>>() {
            self.fill(steps, out)
        } else if let Ok(steps) = steps.cast::<PyArrayDyn<f32>>() {
            self.fill(steps, out)
        } else if let Ok(steps) = steps.cast::<PyArrayDyn<i32>>() {
            self.fill(steps, out)
        } else {
            return None;
        })
    }

    fn fill<S, R>(
        &self,
        steps: &Bound<'_, PyArrayDyn<S>>,
        out: &Bound<'_, PyArrayDyn<R>>,
    ) -> Result<Option<usize>>
    where
        S: Element + AsPrimitive<f64>,
        R: Element + Float + 'static,
        f64: AsPrimitive<R>,
    {
        if bytes_of(steps).end > bytes_of(out).start && bytes_of(out).end > bytes_of(steps).start {
            return Err(in_use("out"));
        }
        let steps_guard = steps.try_readonly().map_err(|_| in_use("step"))?;
        let mut out_guard = out.try_readwrite().map_err(|_| in_use("out"))?;
        let (steps, rates) = (steps_guard.as_slice()?, out_guard.as_slice_mut()?);
        match out.py().detach(|| self.0.fill(steps, rates)) {
            Ok(()) => Ok(None),
            Err(Error::Step { index, .. }) => Ok(index),
            Err(other) => Err(other.into()),
        }
    }

    fn fill_range<R>(&self, start: i64, stride: i64, out: &Bound<'_, PyArrayDyn<R>>) -> Result<()>
    where
        R: Element + Float + 'static,
        f64: AsPrimitive<R>,
    {
        let mut guard = out.try_readwrite().map_err(|_| in_use("out"))?;
        let rates = guard.as_slice_mut()?;
        Ok(out.py().detach(|| self.0.fill_range(start, stride, rates))?)
    }
}

/// Looks a Python object up once. The lookup runs before the cell is locked: Python code may run finalizers, and a
/// finalizer that calls a schedule would deadlock on the cell.
fn once<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyAny>>,
    find: impl FnOnce() -> Result<Bound<'py, PyAny>>,
) -> Result<&'py Bound<'py, PyAny>> {
    if let Some(found) = cell.get(py) {
        return Ok(found.bind(py));
    }
    let found = find()?;
    Ok(cell.get_or_init(py, || found.unbind()).bind(py))
}

/// Until `NumPy` is imported no step can be an array of its.
fn is_numpy_imported(py: Python<'_>) -> Result<bool> {
    static IMPORTED: PyOnceLock<()> = PyOnceLock::new();

    if IMPORTED.get(py).is_some() {
        return Ok(true);
    }
    let imported = py.import("sys")?.getattr("modules")?.contains("numpy")?;
    if imported {
        IMPORTED.get_or_init(py, || ());
    }
    Ok(imported)
}

/// `numpy.empty`, after which rust-numpy has found what it needs. It locks meanwhile, so that no finalizer may run.
fn numpy_empty(py: Python<'_>) -> Result<&Bound<'_, PyAny>> {
    static EMPTY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

    once(py, &EMPTY, || {
        let empty = py.import("numpy")?.getattr("empty")?;
        let collector = py.import("gc")?;
        let is_enabled = collector.call_method0("isenabled")?.is_truthy()?;
        collector.call_method0("disable")?;
        drop(PyArray1::<f64>::zeros(py, 1, false).try_readwrite());
        if is_enabled {
            collector.call_method0("enable")?;
        }
        Ok(empty)
    })
}

/// Where a contiguous array lies in memory. (Borrowing it finds what shares its memory only if it has the same base.)
fn bytes_of<T: Element>(array: &Bound<'_, PyArrayDyn<T>>) -> std::ops::Range<usize> {
    let start = array.data() as usize;
    start..start + array.len() * size_of::<T>()
}

/// Two threads write, or read and write, one array at the same time.
fn in_use(argument: &str) -> PyErr {
    PyValueError::new_err(format!("Argument `{argument}` must not be in use by another call"))
}

#[pymodule(name = "_native", gil_used = true)] // not tested without
mod native {
    use pyo3::PyResult as Result;
    use pyo3::exceptions::PyImportError;
    use pyo3::prelude::*;
    use pyo3::sync::PyOnceLock;

    #[pymodule_export]
    use super::PyCurve;

    /// One interpreter of a process has the module: statics, here and in `PyO3`, hold objects of the one that came
    /// first, and those are no use once it has ended.
    #[pymodule_init]
    fn refuse_another_interpreter(module: &Bound<'_, PyModule>) -> Result<()> {
        static MODULES: PyOnceLock<Py<PyAny>> = PyOnceLock::new(); // each interpreter has its own `sys.modules`

        let py = module.py();
        let modules = py.import("sys")?.getattr("modules")?;
        if MODULES.get_or_init(py, || modules.clone().unbind()).is(&modules) {
            return Ok(());
        }
        Err(PyImportError::new_err(
            "learnrate's native core is in use by another interpreter of this process; \
             LEARNRATE_BACKEND=python works in each",
        ))
    }
}
