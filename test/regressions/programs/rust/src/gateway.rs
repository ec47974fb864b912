use crate::headers::Headers;
use crate::json::{self, Value};
use crate::limiter::Limiter;
use crate::router::Router;

pub struct Gateway {
    router: Router,
    limiter: Limiter,
}

pub struct Request<'a> {
    pub path: &'a str,
    pub headers: Headers,
    pub body: &'a str,
}

impl Gateway {
    pub fn new(routes: usize) -> Gateway {
        Gateway { router: Router::new(routes), limiter: Limiter::new() }
    }

    pub fn serve(&mut self, text: &str) -> String {
        let Some(request) = parse_request(text) else { return refuse(400) };
        if !self.limiter.allows(request.headers.get("x-client").unwrap_or("nobody")) {
            return refuse(429);
        }
        let Some(service) = self.router.find(request.path) else { return refuse(404) };
        let Some(value) = json::parse(request.body) else { return refuse(422) };
        answer(service, &request, &value)
    }
}

fn parse_request(text: &str) -> Option<Request<'_>> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let (first, rest) = head.split_once("\r\n")?;
    let path = first.split(' ').nth(1)?;
    Some(Request { path, headers: Headers::parse(rest), body })
}

fn answer(service: &str, request: &Request, value: &Value) -> String {
    let mut page = String::with_capacity(512);
    page.push_str("HTTP/1.1 200 OK\r\nX-Service: ");
    page.push_str(service);
    page.push_str("\r\nX-Trace: ");
    page.push_str(request.headers.get("x-trace").unwrap_or("none"));
    page.push_str("\r\n\r\n");
    json::write(value, &mut page);
    page.push_str(&summarize(value));
    page
}

/// Tags in order, each once.
fn summarize(value: &Value) -> String {
    let Value::Map(fields) = value else { return String::new() };
    let mut tags: Vec<&str> = Vec::new();
    for (name, field) in fields {
        if name == "tags" {
            collect_tags(field, &mut tags);
        }
    }
    tags.sort_unstable();
    tags.dedup();
    tags.join(" ")
}

fn collect_tags<'a>(value: &'a Value, tags: &mut Vec<&'a str>) {
    match value {
        Value::List(values) => values.iter().for_each(|one| collect_tags(one, tags)),
        Value::Text(text) => tags.push(text),
        _ => {}
    }
}

fn refuse(status: u16) -> String {
    format!("HTTP/1.1 {status} Refused\r\n\r\n")
}
