#include "indexer.hpp"

#include <algorithm>

namespace logs {

void Indexer::addAll(std::vector<Entry> entries) {
    for (auto &entry : entries) add(std::move(entry));
}

void Indexer::add(Entry entry) {
    int row = size();
    addWord(entry.service, row);
    addWord(entry.level, row);
    for (const auto &word : wordsOf(entry.text)) addWord(word, row);
    for (const auto &[name, value] : entry.fields) addWord(name + "=" + value, row);
    entries_.push_back(std::move(entry));
}

void Indexer::addWord(const std::string &word, int row) {
    auto &rows = postings_[word].rows;
    if (rows.empty() || rows.back() != row) rows.push_back(row);
}

std::vector<int> Indexer::find(const std::string &word) const {
    auto found = postings_.find(word);
    return found == postings_.end() ? std::vector<int>() : found->second.rows;
}

/** Rows that have all of the words, the rarest looked up first. */
std::vector<int> Indexer::findAll(const std::vector<std::string> &words) const {
    std::vector<std::vector<int>> lists;
    for (const auto &word : words) lists.push_back(find(word));
    std::sort(lists.begin(), lists.end(), [](const auto &a, const auto &b) { return a.size() < b.size(); });
    std::vector<int> common = lists.empty() ? std::vector<int>() : lists[0];
    for (size_t list = 1; list < lists.size(); list++) {
        std::vector<int> both;
        std::set_intersection(common.begin(), common.end(), lists[list].begin(), lists[list].end(), std::back_inserter(both));
        common.swap(both);
    }
    return common;
}

void Indexer::forget() {
    entries_.clear();
    postings_.clear();
}

std::vector<std::string> wordsOf(const std::string &text) {
    std::vector<std::string> words;
    size_t begin = 0;
    while (begin < text.size()) {
        size_t end = text.find(' ', begin);
        if (end == std::string::npos) end = text.size();
        if (end > begin) words.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

}  // namespace logs
