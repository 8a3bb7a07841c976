//! The steps of situations that no failover drill injects: most of them on the monitor.

use crate::failover::fault::{Input, Step, Which};

const fn on_monitor(command: &'static str, undo: &'static str) -> Step {
    Step::Run {
        on: Which::Monitor,
        command,
        undo,
        input: Input::Nothing,
    }
}

/// A certificate that ends in five days, and a target by which Prometheus probes it.
pub(super) const SHORT_CERTIFICATE: Step = on_monitor(
    r#"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 5 -subj /CN=short \
       -keyout /tmp/key.pem -out /tmp/cert.pem 2>/dev/null && \
       systemd-run --quiet --collect --unit=short-certificate --property=RuntimeMaxSec=600 \
       openssl s_server -accept 127.0.0.1:8443 -www -key /tmp/key.pem -cert /tmp/cert.pem && \
       echo '[{"targets": ["127.0.0.1:8443"], "labels": {"instance": "short"}}]' >/etc/prometheus/targets/certificate.json"#,
    "systemctl stop short-certificate 2>/dev/null; echo '[]' >/etc/prometheus/targets/certificate.json",
);

/// Sessions that an operator forgot: all that the database allows but one.
pub(super) const FORGOTTEN_SESSIONS: Step = Step::Run {
    on: Which::Monitor,
    command: r#"read -r uri && n=$(psql "$uri" -Atc "
        SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int - count(*)
        FROM pg_stat_activity WHERE datid IS NOT NULL") && \
        systemd-run --quiet --collect --unit=sessions --property=RuntimeMaxSec=600 --setenv=URI="$uri" bash -c "
        for i in \$(seq $n); do sleep 600 | psql \"\$URI\" & done; wait""#,
    undo: "systemctl stop sessions 2>/dev/null; true",
    input: Input::DatabaseUri,
};

/// Spaces refuses the key from now on.
pub(super) const WRONG_BACKUP_KEY: Step = on_monitor(
    "cp --preserve /etc/minitwit-backup/rclone.conf /root/ && \
     sed -i 's/^secret_access_key.*/secret_access_key = wrong/' /etc/minitwit-backup/rclone.conf && \
     systemctl start --no-block minitwit-backup",
    "[ ! -e /root/rclone.conf ] || mv /root/rclone.conf /etc/minitwit-backup/; systemctl start minitwit-backup",
);

/// By its metric, the newest dump is two days old.
pub(super) const OLD_BACKUP: Step = on_monitor(
    r#"cp --preserve /var/lib/minitwit-backup/backup.prom /root/ && \
       sed -i "s/^\(minitwit_backup_last_success_timestamp_seconds\) .*/\1 $(($(date +%s) - 172800))/" \
       /var/lib/minitwit-backup/backup.prom"#,
    "[ ! -e /root/backup.prom ] || mv /root/backup.prom /var/lib/minitwit-backup/",
);

pub(super) const STOP_ON_STANDBY: Step = Step::Run {
    on: Which::Standby,
    command: "systemctl stop minitwit",
    undo: "systemctl start minitwit",
    input: Input::Nothing,
};

/// The power is cut; the droplet boots when the fault ends.
pub(super) const KILLED: &str = r#"{"kind":"droplet-killed"}"#;
