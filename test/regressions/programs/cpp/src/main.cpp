// Indexes log lines and answers questions about them, until the wanted CPU time is used.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "indexer.hpp"
#include "reader.hpp"
#include "report.hpp"

static double option(int count, char **words, const char *name, double usual) {
    size_t length = strlen(name);
    for (int word = 1; word < count; word++)
        if (strncmp(words[word], name, length) == 0 && words[word][length] == '=') return atof(words[word] + length + 1);
    return usual;
}

static double used_seconds() { return double(clock()) / CLOCKS_PER_SEC; }

int main(int count, char **words) {
    const double wanted = option(count, words, "cpu-seconds", 5);
    const int lines = int(option(count, words, "lines", 2000));
    logs::Reader reader;
    logs::Indexer indexer;
    logs::Report report;
    long answered = 0;
    for (int batch = 0; used_seconds() < wanted; batch++) {
        indexer.addAll(reader.readBatch(batch, lines));
        for (int question = 0; question < 12; question++) answered += long(report.answer(indexer, batch + question).size());
        if (batch % 3 == 2) indexer.forget();
    }
    fprintf(stderr, "%ld letters\n", answered);
}
