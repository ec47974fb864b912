//! As much JSON as the gateway needs.

pub enum Value {
    Null,
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

pub fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { text: text.as_bytes(), at: 0 };
    reader.value()
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Value> {
        match self.peek()? {
            b'{' => self.map(),
            b'[' => self.list(),
            b'"' => self.string().map(Value::Text),
            b'n' => {
                self.at += 4;
                Some(Value::Null)
            }
            _ => self.number(),
        }
    }

    fn map(&mut self) -> Option<Value> {
        let mut fields = Vec::new();
        self.at += 1;
        while self.peek()? != b'}' {
            let name = self.string()?;
            self.skip(b':')?;
            fields.push((name, self.value()?));
            self.comma();
        }
        self.at += 1;
        Some(Value::Map(fields))
    }

    fn list(&mut self) -> Option<Value> {
        let mut values = Vec::new();
        self.at += 1;
        while self.peek()? != b']' {
            values.push(self.value()?);
            self.comma();
        }
        self.at += 1;
        Some(Value::List(values))
    }

    fn string(&mut self) -> Option<String> {
        self.skip(b'"')?;
        let mut text = Vec::with_capacity(16);
        loop {
            let letter = *self.text.get(self.at)?;
            self.at += 1;
            match letter {
                b'"' => return String::from_utf8(text).ok(),
                b'\\' => {
                    text.push(*self.text.get(self.at)?);
                    self.at += 1;
                }
                _ => text.push(letter),
            }
        }
    }

    fn number(&mut self) -> Option<Value> {
        let begin = self.at;
        while self.text.get(self.at).is_some_and(|letter| letter.is_ascii_digit() || b"+-.e".contains(letter)) {
            self.at += 1;
        }
        std::str::from_utf8(&self.text[begin..self.at]).ok()?.parse().ok().map(Value::Number)
    }

    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(|letter| letter.is_ascii_whitespace()) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, wanted: u8) -> Option<()> {
        if self.peek()? != wanted {
            return None;
        }
        self.at += 1;
        Some(())
    }

    fn comma(&mut self) {
        if self.peek() == Some(b',') {
            self.at += 1;
        }
    }
}

pub fn write(value: &Value, page: &mut String) {
    match value {
        Value::Null => page.push_str("null"),
        Value::Number(number) => page.push_str(&number.to_string()),
        Value::Text(text) => write_text(text, page),
        Value::List(values) => {
            page.push('[');
            for (place, one) in values.iter().enumerate() {
                if place > 0 {
                    page.push(',');
                }
                write(one, page);
            }
            page.push(']');
        }
        Value::Map(fields) => write_map(fields, page),
    }
}

fn write_map(fields: &[(String, Value)], page: &mut String) {
    page.push('{');
    for (place, (name, value)) in fields.iter().enumerate() {
        if place > 0 {
            page.push(',');
        }
        write_text(name, page);
        page.push(':');
        write(value, page);
    }
    page.push('}');
}

fn write_text(text: &str, page: &mut String) {
    page.push('"');
    for letter in text.chars() {
        if letter == '"' || letter == '\\' {
            page.push('\\');
        }
        page.push(letter);
    }
    page.push('"');
}
