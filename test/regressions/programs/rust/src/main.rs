//! A gateway that answers requests made up on the spot, until the wanted CPU time is used.
mod gateway;
mod headers;
mod json;
mod limiter;
mod router;
mod traffic;

use std::collections::HashMap;

fn main() {
    let options = read_options();
    let option = |name: &str, usual: f64| options.get(name).copied().unwrap_or(usual);
    let wanted = option("cpu-seconds", 5.0);
    let tags = option("tags", 12.0) as usize;
    let mut gateway = gateway::Gateway::new(option("routes", 60.0) as usize);
    let (mut number, mut letters) = (0usize, 0usize);
    while used_seconds() < wanted {
        for _ in 0..200 {
            letters += gateway.serve(&traffic::make_request(number, tags)).len();
            number += 1;
        }
    }
    eprintln!("{number} requests, {letters} letters");
}

fn read_options() -> HashMap<String, f64> {
    std::env::args()
        .skip(1)
        .filter_map(|word| word.split_once('=').map(|(name, value)| (name.to_string(), value.parse().unwrap_or(0.0))))
        .collect()
}

/// User and system time of this process, in ticks of 10 ms.
fn used_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
