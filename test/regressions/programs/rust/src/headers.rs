/// Headers of a request, their names in small letters.
pub struct Headers {
    pairs: Vec<(String, String)>,
}

impl Headers {
    pub fn parse(text: &str) -> Headers {
        let mut pairs = Vec::with_capacity(8);
        for line in text.split("\r\n") {
            if let Some((name, value)) = line.split_once(':') {
                pairs.push((fold(name), value.trim().to_string()));
            }
        }
        Headers { pairs }
    }

    pub fn get(&self, wanted: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }
}

fn fold(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}
