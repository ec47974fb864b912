#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace logs {

struct Entry {
    long time;
    std::string service;
    std::string level;
    std::string text;
    std::vector<std::pair<std::string, std::string>> fields;
};

class Reader {
public:
    std::vector<Entry> readBatch(int batch, int lines) const;

private:
    std::string makeLine(int batch, int line) const;
    Entry parseLine(std::string_view line) const;
    void parseFields(std::string_view rest, Entry &entry) const;
};

std::string_view nextWord(std::string_view &text);
std::string unquote(std::string_view text);

}  // namespace logs
