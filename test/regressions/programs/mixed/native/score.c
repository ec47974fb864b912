#include <math.h>
#include "score.h"

static double dot(const double *a, const double *b, int width) {
    double sum = 0;
    for (int column = 0; column < width; column++) sum += a[column] * b[column];
    return sum;
}

static double length_of(const double *vector, int width) {
    return sqrt(dot(vector, vector, width));
}

static double cosine(const double *a, const double *b, double length_b, int width) {
    double length_a = length_of(a, width);
    if (length_a == 0 || length_b == 0) return 0;
    return dot(a, b, width) / (length_a * length_b);
}

void score_all(const double *rows, const double *query, int count, int width, double *scores) {
    double length = length_of(query, width);
    for (int row = 0; row < count; row++) {
        scores[row] = cosine(rows + row * width, query, length, width);
    }
}
