use std::collections::HashMap;

/// So many requests of one client in a window.
pub struct Limiter {
    counts: HashMap<String, u32>,
    seen: u32,
}

const WINDOW: u32 = 20_000;
const MOST: u32 = 100;

impl Limiter {
    pub fn new() -> Limiter {
        Limiter { counts: HashMap::new(), seen: 0 }
    }

    pub fn allows(&mut self, client: &str) -> bool {
        self.seen += 1;
        if self.seen % WINDOW == 0 {
            self.forget();
        }
        let count = self.counts.entry(client.to_string()).or_insert(0);
        *count += 1;
        *count <= MOST
    }

    fn forget(&mut self) {
        self.counts.clear();
    }
}
