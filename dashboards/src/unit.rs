//! Formats and checks values by Grafana's names of units.

const BYTES: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
const SHORT: [&str; 5] = ["", " K", " Mil", " Bil", " Tri"];

/// A value with its unit, as people read it.
#[must_use]
pub fn text(value: f64, unit: &str) -> String {
    match unit {
        "percentunit" => format!("{} %", number(value * 100.0)),
        "s" => duration(value),
        "bytes" => scaled(value, 1024.0, &BYTES.map(|unit| format!(" {unit}"))),
        "Bps" => scaled(value, 1024.0, &BYTES.map(|unit| format!(" {unit}/s"))),
        "short" => scaled(value, 1000.0, &SHORT.map(str::to_owned)),
        "reqps" => format!("{} req/s", number(value)),
        "wps" | "ops" => format!("{} /s", number(value)),
        _ => number(value),
    }
}

/// Why a value is impossible for this unit: then its query asks for something else than the panel claims.
#[must_use]
pub fn objection(value: f64, unit: &str, min: Option<f64>, max: Option<f64>) -> Option<String> {
    /// Ten years: what is longer is a point in time, not a duration.
    const LONGEST: f64 = 315e6;
    let slack = 1e-9;
    if min.is_some_and(|min| value < min - slack) || max.is_some_and(|max| value > max + slack) {
        return Some(format!("{value} is outside of the panel's own bounds"));
    }
    match unit {
        "percentunit" if value > 1.0 + slack => Some(format!("{value} is not a share of a whole")),
        "s" if value.abs() > LONGEST => Some(format!("{value} is not a duration in seconds")),
        "reqps" | "wps" | "ops" if value < 0.0 => Some(format!("{value} is not a rate")),
        "bytes" if value < 0.0 => Some(format!("{value} is not a size")),
        _ => None,
    }
}

fn number(value: f64) -> String {
    let size = value.abs();
    if size < 1e-9 {
        "0".to_owned()
    } else if value.fract().abs() < 1e-9 || size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.1}")
    } else if size >= 0.001 {
        format!("{value:.3}")
    } else {
        format!("{value:.0e}")
    }
}

fn duration(seconds: f64) -> String {
    let size = seconds.abs();
    if size == 0.0 {
        "0 s".to_owned()
    } else if size < 0.001 {
        format!("{} µs", number(seconds * 1e6))
    } else if size < 1.0 {
        format!("{} ms", number(seconds * 1e3))
    } else if size < 120.0 {
        format!("{} s", number(seconds))
    } else if size < 7200.0 {
        format!("{} min", number(seconds / 60.0))
    } else if size < 48.0 * 3600.0 {
        format!("{} h", number(seconds / 3600.0))
    } else {
        format!("{} d", number(seconds / 86400.0))
    }
}

fn scaled(value: f64, base: f64, names: &[String; 5]) -> String {
    let (mut value, mut at) = (value, 0);
    while value.abs() >= base && at + 1 < names.len() {
        value /= base;
        at += 1;
    }
    format!("{}{}", number(value), names[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_formatted_in_their_unit() {
        let cases = [
            (0.9991, "percentunit", "99.9 %"),
            (0.3, "s", "300 ms"),
            (0.000_25, "s", "250 µs"),
            (90.0, "s", "90 s"),
            (5400.0, "s", "90 min"),
            (3.5 * 86400.0, "s", "3.5 d"),
            (1536.0, "bytes", "1.5 KiB"),
            (8e6, "bytes", "7.6 MiB"),
            (1_234_567.0, "short", "1.2 Mil"),
            (12.34, "reqps", "12.3 req/s"),
            (0.0, "wps", "0 /s"),
            (-1.0, "none", "-1"),
        ];
        for (value, unit, expected) in cases {
            assert_eq!(text(value, unit), expected, "{value} {unit}");
        }
    }

    #[test]
    fn impossible_values_are_named() {
        assert!(objection(0.5, "percentunit", Some(0.0), None).is_none());
        assert!(objection(50.0, "percentunit", Some(0.0), None).is_some());
        assert!(objection(1.8e9, "s", None, None).is_some());
        assert!(objection(-0.1, "reqps", None, None).is_some());
        assert!(objection(-1.0, "none", Some(0.0), None).is_some());
        assert!(objection(3.0, "none", Some(0.0), Some(1.0)).is_some());
        assert!(objection(3.0, "none", Some(0.0), None).is_none());
    }
}
