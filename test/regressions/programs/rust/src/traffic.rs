/// The request with the given number, always the same, as it comes over the wire.
pub fn make_request(number: usize, tags: usize) -> String {
    let body = make_body(number, tags);
    format!(
        "POST /v1/{}/{} HTTP/1.1\r\nHost: gateway.example\r\nX-Client: client-{}\r\nAccept: application/json\r\nX-Trace: {:016x}\r\nContent-Length: {}\r\n\r\n{}",
        ["orders", "users", "stock", "mails"][number % 4],
        number % 15,
        number % 500,
        number * 7919,
        body.len(),
        body
    )
}

fn make_body(number: usize, tags: usize) -> String {
    let list: Vec<String> = (0..tags).map(|tag| format!("\"tag-{}\"", (number + tag * 3) % 90)).collect();
    format!(
        "{{\"id\":{number},\"name\":\"Item {} of the \\\"shop\\\"\",\"tags\":[{}],\"place\":{{\"row\":{},\"shelf\":{}}}}}",
        number % 1000,
        list.join(","),
        number % 40,
        number % 9
    )
}
