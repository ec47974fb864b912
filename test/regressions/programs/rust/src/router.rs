use std::collections::HashMap;

/// Which service answers which paths.
pub struct Router {
    routes: HashMap<String, String>,
}

impl Router {
    pub fn new(count: usize) -> Router {
        let names = ["orders", "users", "stock", "mails"];
        let routes = (0..count)
            .map(|row| (format!("/v1/{}/{}", names[row % 4], row / 4), format!("service-{}", row % 7)))
            .collect();
        Router { routes }
    }

    pub fn find(&self, path: &str) -> Option<&str> {
        let plain = strip_query(path);
        self.routes.get(plain).map(|service| service.as_str())
    }
}

fn strip_query(path: &str) -> &str {
    path.split('?').next().unwrap_or(path).trim_end_matches('/')
}
