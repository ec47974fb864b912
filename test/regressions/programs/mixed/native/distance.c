#include <stdlib.h>
#include <string.h>
#include "score.h"

#define MAXIMUM 512

static int least(int a, int b, int c) {
    int smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

static int cost_of(char a, char b) {
    return a == b ? 0 : 1;
}

static int same_beginning(const char *a, const char *b) {
    int same = 0;
    while (a[same] != 0 && a[same] == b[same]) same++;
    return same;
}

static void fill_row(int *row, const int *above, char letter, const char *b, int width) {
    for (int column = 1; column <= width; column++) {
        row[column] = least(row[column - 1] + 1, above[column] + 1, above[column - 1] + cost_of(letter, b[column - 1]));
    }
}

int edit_distance(const char *a, const char *b) {
    int same = same_beginning(a, b);
    a += same;
    b += same;
    int height = (int)strlen(a), width = (int)strlen(b);
    if (width >= MAXIMUM) return height > width ? height : width;
    int rows[2][MAXIMUM + 1];
    for (int column = 0; column <= width; column++) rows[0][column] = column;
    for (int line = 1; line <= height; line++) {
        int *row = rows[line % 2];
        row[0] = line;
        fill_row(row, rows[(line - 1) % 2], a[line - 1], b, width);
    }
    return rows[height % 2][width];
}
