#include "reader.hpp"

#include <charconv>

namespace logs {

static const char *services[] = {"checkout", "search", "mail", "stock", "login"};
static const char *levels[] = {"info", "info", "warn", "info", "error"};
static const char *texts[] = {"request done", "cache missed", "order placed", "slow answer from stock", "token renewed"};

std::vector<Entry> Reader::readBatch(int batch, int lines) const {
    std::vector<Entry> entries;
    entries.reserve(lines);
    for (int line = 0; line < lines; line++) entries.push_back(parseLine(makeLine(batch, line)));
    return entries;
}

std::string Reader::makeLine(int batch, int line) const {
    int mixed = batch * 31 + line * 7;
    std::string text = std::to_string(1700000000L + batch * 60 + line % 60);
    text += ' ';
    text += services[mixed % 5];
    text += ' ';
    text += levels[line % 5];
    text += " text=\"";
    text += texts[(mixed / 5) % 5];
    text += "\" user=u" + std::to_string(mixed % 900) + " ms=" + std::to_string(mixed % 257) + " path=/a/" + std::to_string(line % 40);
    return text;
}

Entry Reader::parseLine(std::string_view line) const {
    Entry entry;
    auto time = nextWord(line);
    std::from_chars(time.data(), time.data() + time.size(), entry.time);
    entry.service = nextWord(line);
    entry.level = nextWord(line);
    parseFields(line, entry);
    return entry;
}

void Reader::parseFields(std::string_view rest, Entry &entry) const {
    while (!rest.empty()) {
        size_t equals = rest.find('=');
        if (equals == std::string_view::npos) return;
        std::string name(rest.substr(0, equals));
        rest.remove_prefix(equals + 1);
        size_t end = !rest.empty() && rest[0] == '"' ? rest.find('"', 1) + 1 : rest.find(' ');
        if (end == std::string_view::npos || end == 0) end = rest.size();
        std::string value = unquote(rest.substr(0, end));
        if (name == "text") entry.text = value;
        else entry.fields.emplace_back(std::move(name), std::move(value));
        rest.remove_prefix(std::min(rest.size(), end + 1));
    }
}

std::string_view nextWord(std::string_view &text) {
    size_t end = text.find(' ');
    std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

std::string unquote(std::string_view text) {
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    return std::string(text);
}

}  // namespace logs
