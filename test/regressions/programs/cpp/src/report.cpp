#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <set>

namespace logs {

static const char *asked[][2] = {{"checkout", "warn"}, {"search", "slow"}, {"mail", "info"}, {"stock", "error"}, {"login", "token"}};

std::string Report::answer(const Indexer &indexer, int question) const {
    const auto &words = asked[question % 5];
    auto rows = indexer.findAll({words[0], words[1]});
    return table(indexer, rows) + slowest(indexer, rows) + users(indexer, rows);
}

std::string Report::table(const Indexer &indexer, const std::vector<int> &rows) const {
    std::string page;
    int shown = 0;
    for (int row : rows) {
        if (++shown > 40) break;
        const Entry &entry = indexer.entry(row);
        char line[160];
        snprintf(line, sizeof line, "%-10ld %-10s %-6s %-40s\n", entry.time, entry.service.c_str(), entry.level.c_str(), entry.text.c_str());
        page += line;
    }
    return page;
}

std::string Report::slowest(const Indexer &indexer, const std::vector<int> &rows) const {
    std::vector<std::pair<int, int>> times;
    times.reserve(rows.size());
    for (int row : rows) times.emplace_back(millisecondsOf(indexer.entry(row)), row);
    size_t kept = std::min<size_t>(10, times.size());
    std::partial_sort(times.begin(), times.begin() + kept, times.end(), std::greater<>());
    std::string page;
    for (size_t place = 0; place < kept; place++) page += std::to_string(times[place].first) + " ms\n";
    return page;
}

/** Each user once, in the order of the alphabet. */
std::string Report::users(const Indexer &indexer, const std::vector<int> &rows) const {
    std::set<std::string> names;
    for (int row : rows)
        if (const std::string *user = fieldOf(indexer.entry(row), "user")) names.insert(*user);
    std::string page;
    for (const auto &name : names) page += name + " ";
    return page;
}

int millisecondsOf(const Entry &entry) {
    const std::string *text = fieldOf(entry, "ms");
    return text == nullptr ? 0 : std::stoi(*text);
}

const std::string *fieldOf(const Entry &entry, const char *name) {
    for (const auto &[known, value] : entry.fields)
        if (known == name) return &value;
    return nullptr;
}

}  // namespace logs
