//! Metrics of the process itself, under the names that Prometheus' own clients use.

use procfs::WithCurrentSystemInfo as _;
use procfs::process::{LimitValue, Process};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, Gauge};

use super::VALID;

/// Reads `/proc/self` at each scrape, and reports nothing if that fails.
#[derive(Clone)]
pub struct ProcessMetrics {
    cpu: Counter,
    started: Gauge,
    resident: Gauge,
    open_fds: Gauge,
    max_fds: Gauge,
}

impl Default for ProcessMetrics {
    fn default() -> Self {
        let gauge = |name: &str, help: &str| Gauge::new(name, help).expect(VALID);
        Self {
            cpu: Counter::new(
                "process_cpu_seconds_total",
                "Processor time that the process has used.",
            )
            .expect(VALID),
            started: gauge("process_start_time_seconds", "When the process started."),
            resident: gauge(
                "process_resident_memory_bytes",
                "Memory of the process that is in RAM.",
            ),
            open_fds: gauge("process_open_fds", "Open file descriptors."),
            max_fds: gauge(
                "process_max_fds",
                "File descriptors that the process may open.",
            ),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "ticks, seconds, bytes and counts stay far below 2^52"
)]
impl ProcessMetrics {
    fn update(&self) -> procfs::ProcResult<()> {
        let process = Process::myself()?;
        let stat = process.stat()?;
        let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
        let cpu = seconds(stat.utime + stat.stime);
        self.cpu.inc_by((cpu - self.cpu.get()).max(0.0));
        let booted = procfs::boot_time_secs()? as f64;
        self.started.set(booted + seconds(stat.starttime));
        self.resident.set(stat.rss_bytes().get() as f64);
        self.open_fds.set(process.fd_count()? as f64);
        self.max_fds
            .set(match process.limits()?.max_open_files.soft_limit {
                LimitValue::Value(value) => value as f64,
                LimitValue::Unlimited => f64::INFINITY,
            });
        Ok(())
    }
}

impl Collector for ProcessMetrics {
    fn desc(&self) -> Vec<&Desc> {
        let gauges = [&self.started, &self.resident, &self.open_fds, &self.max_fds];
        let gauges = gauges.into_iter().flat_map(Collector::desc);
        self.cpu.desc().into_iter().chain(gauges).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        if self.update().is_err() {
            return Vec::new();
        }
        let mut families = self.cpu.collect();
        for gauge in [&self.started, &self.resident, &self.open_fds, &self.max_fds] {
            // An unlimited number is left out.
            if gauge.get().is_finite() {
                families.extend(gauge.collect());
            }
        }
        families
    }
}
