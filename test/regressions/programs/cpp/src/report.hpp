#pragma once
#include <string>
#include <vector>

#include "indexer.hpp"

namespace logs {

class Report {
public:
    std::string answer(const Indexer &indexer, int question) const;

private:
    std::string table(const Indexer &indexer, const std::vector<int> &rows) const;
    std::string slowest(const Indexer &indexer, const std::vector<int> &rows) const;
    std::string users(const Indexer &indexer, const std::vector<int> &rows) const;
};

int millisecondsOf(const Entry &entry);
const std::string *fieldOf(const Entry &entry, const char *name);

}  // namespace logs
