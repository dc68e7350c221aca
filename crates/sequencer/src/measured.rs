//! Which threads' metrics are the process's own.

use metrics::{NoopRecorder, with_local_recorder};

/// Does it; what it measures is told only where `is_measured`.
pub(crate) fn measured<T>(is_measured: bool, work: impl FnOnce() -> T) -> T {
    if is_measured { work() } else { with_local_recorder(&NoopRecorder, work) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use metrics::{
        Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    };

    use super::*;

    /// Adds up what is counted, whatever it is called.
    #[derive(Default)]
    struct Sum(Arc<AtomicU64>);

    impl Recorder for Sum {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(Arc::clone(&self.0))
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn what_is_not_measured_is_added_to_nothing() {
        let sum = Sum::default();
        with_local_recorder(&sum, || {
            for is_measured in [true, false, true] {
                measured(is_measured, || metrics::counter!("commands").increment(1));
            }
        });
        assert_eq!(sum.0.load(Ordering::Relaxed), 2);
    }
}
