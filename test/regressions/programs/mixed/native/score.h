void score_all(const double *rows, const double *query, int count, int width, double *scores);
int edit_distance(const char *a, const char *b);
