#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "reader.hpp"

namespace logs {

struct Posting {
    std::vector<int> rows;
};

class Indexer {
public:
    void addAll(std::vector<Entry> entries);
    std::vector<int> find(const std::string &word) const;
    std::vector<int> findAll(const std::vector<std::string> &words) const;
    const Entry &entry(int row) const { return entries_[row]; }
    int size() const { return int(entries_.size()); }
    void forget();

private:
    void add(Entry entry);
    void addWord(const std::string &word, int row);
    std::vector<Entry> entries_;
    std::unordered_map<std::string, Posting> postings_;
};

std::vector<std::string> wordsOf(const std::string &text);

}  // namespace logs
