//! What the process takes of its machine, under the names that Prometheus' own clients use.

use std::fmt;

use procfs::WithCurrentSystemInfo as _;
use procfs::process::{LimitValue, Process};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Reads `/proc/self` at each scrape; what can't be read is left out.
#[derive(Debug)]
pub struct Resources;

struct Reading {
    cpu: f64,
    started: f64,
    resident: u64,
    descriptors: usize,
    most_descriptors: Option<u64>,
}

fn read() -> procfs::ProcResult<Reading> {
    let process = Process::myself()?;
    let stat = process.stat()?;
    #[expect(clippy::cast_precision_loss, reason = "ticks stay far below 2^52")]
    let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
    #[expect(clippy::cast_precision_loss, reason = "seconds stay far below 2^52")]
    let booted = procfs::boot_time_secs()? as f64;
    Ok(Reading {
        cpu: seconds(stat.utime + stat.stime),
        started: booted + seconds(stat.starttime),
        resident: stat.rss_bytes().get(),
        descriptors: process.fd_count()?,
        most_descriptors: match process.limits()?.max_open_files.soft_limit {
            LimitValue::Value(value) => Some(value),
            LimitValue::Unlimited => None,
        },
    })
}

impl Collector for Resources {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Ok(reading) = read() else {
            return Ok(());
        };
        let mut tell = |name, help, metric: &dyn Told| metric.tell(&mut encoder, name, help);
        #[expect(
            clippy::cast_precision_loss,
            reason = "bytes and counts stay far below 2^52"
        )]
        let gauge = |value: u64| ConstGauge::new(value as f64);
        tell(
            "process_cpu_seconds",
            "Processor time that the process has used",
            &ConstCounter::new(reading.cpu),
        )?;
        tell(
            "process_start_time_seconds",
            "When the process started",
            &ConstGauge::new(reading.started),
        )?;
        tell(
            "process_resident_memory_bytes",
            "Memory of the process that is in RAM",
            &gauge(reading.resident),
        )?;
        tell(
            "process_open_fds",
            "Open file descriptors",
            &gauge(reading.descriptors as u64),
        )?;
        if let Some(most) = reading.most_descriptors {
            tell(
                "process_max_fds",
                "File descriptors that the process may open",
                &gauge(most),
            )?;
        }
        Ok(())
    }
}

/// A metric whose value is known at the scrape only.
trait Told {
    fn tell(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
    ) -> Result<(), fmt::Error>;
}

impl<M: EncodeMetric> Told for M {
    fn tell(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
    ) -> Result<(), fmt::Error> {
        self.encode(encoder.encode_descriptor(name, help, None, self.metric_type())?)
    }
}
