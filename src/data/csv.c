/* csv: text -> records -> cells (RFC 4180, and what people write beside it).
 *
 * Blank lines and lines that start with '#' are left out; a line ends with LF, CRLF or CR; blanks
 * around a cell do not count. Where runs of blanks separate, a '#' before a cell ends a record. */
#include "data.h"

DataCsv data_csv_start(const char *text, const char *limit, char separator) {
    return (DataCsv){.at = text, .limit = limit, .separator = separator, .line = 1};
}

static bool data_csv_blank(const DataCsv *csv, char c) {
    return c == ' ' || (c == '\t' && csv->separator != '\t');
}

static void data_csv_skip_blanks(DataCsv *csv) {
    while (csv->at < csv->limit && data_csv_blank(csv, *csv->at)) csv->at++;
}

bool data_csv_line_end(DataCsv *csv) {
    if (csv->at >= csv->limit || (*csv->at != '\n' && *csv->at != '\r')) return false;
    if (*csv->at == '\r') {
        bool both = csv->limit - csv->at > 1 && csv->at[1] == '\n';
        csv->at += both;
        csv->crlf = csv->crlf || both;
        csv->cr = csv->cr || !both;
    }
    csv->at++;
    csv->line++;
    return true;
}

static void data_csv_skip_line(DataCsv *csv) {
    while (csv->at < csv->limit && *csv->at != '\n' && *csv->at != '\r') csv->at++;
    data_csv_line_end(csv);
}

bool data_csv_record(DataCsv *csv) {
    for (;;) {
        data_csv_skip_blanks(csv);
        if (csv->at >= csv->limit) return false;
        if (data_csv_line_end(csv)) continue;
        if (*csv->at != '#') break;
        csv->comments++;
        data_csv_skip_line(csv);
    }
    csv->record_line = csv->line;
    return true;
}

long data_line_at(const char *text, const char *at) {
    DataCsv csv = data_csv_start(text, at, ',');
    while (csv.at < at) data_csv_skip_line(&csv);
    return csv.line;
}

/* After a cell: takes the separator or the line end. */
static DataEnd data_csv_after(DataCsv *csv) {
    data_csv_skip_blanks(csv);
    if (csv->at >= csv->limit || data_csv_line_end(csv)) return DATA_END_RECORD;
    if (csv->separator == ' ') {
        if (*csv->at != '#') return DATA_END_CELL;
        csv->comments++;
        data_csv_skip_line(csv);
        return DATA_END_RECORD;
    }
    if (*csv->at != csv->separator) return DATA_END_GARBAGE;
    csv->at++;
    return DATA_END_CELL;
}

DataEnd data_csv_number(DataCsv *csv, double *value) {
    const char *at = csv->at, *limit = csv->limit, *end;
    while (at < limit && data_csv_blank(csv, *at)) at++;
    bool negative = at < limit && *at == '-';
    if (at < limit && (*at == '-' || *at == '+')) at++;
    if (!number_parse(at, limit, &end, value)) return DATA_END_NOT;
    at = end;
    while (end < limit && data_csv_blank(csv, *end)) end++;
    bool apart = csv->separator == ' ' && end > at;
    if (end < limit && *end != csv->separator && *end != '\n' && *end != '\r' && !apart)
        return DATA_END_NOT;
    if (negative) *value = -*value;
    csv->at = end;
    return data_csv_after(csv);
}

static DataEnd data_csv_quoted(DataCsv *csv, DataCell *cell) {
    csv->quotes = true;
    csv->at++;
    cell->start = csv->at;
    for (;;) {
        if (csv->at >= csv->limit) return DATA_END_OPEN;
        if (*csv->at == '"') {
            if (csv->limit - csv->at < 2 || csv->at[1] != '"') break;
            cell->doubled = true;
            csv->at += 2;
        } else if (!data_csv_line_end(csv)) {
            csv->at++;
        }
    }
    cell->end = csv->at++;
    if (csv->separator == ' ' && csv->at < csv->limit && !data_csv_blank(csv, *csv->at) &&
        *csv->at != '\n' && *csv->at != '\r')
        return DATA_END_GARBAGE;
    return data_csv_after(csv);
}

DataEnd data_csv_cell(DataCsv *csv, DataCell *cell) {
    data_csv_skip_blanks(csv);
    *cell = (DataCell){.start = csv->at, .end = csv->at};
    if (csv->at < csv->limit && *csv->at == '"') return data_csv_quoted(csv, cell);
    while (csv->at < csv->limit && *csv->at != csv->separator && *csv->at != '\n' &&
           *csv->at != '\r') {
        bool blank = data_csv_blank(csv, *csv->at);
        if (blank && csv->separator == ' ') break;
        csv->at++;
        if (!blank) cell->end = csv->at;
    }
    return data_csv_after(csv);
}

/* ---- which separator ------------------------------------------------------------------------- */

/* How the first records look when a separator is tried. */
typedef struct DataTrial {
    size_t cells;             /* in the first record */
    size_t records, agreeing; /* with the first one's number of cells */
    size_t broken;            /* records with a cell like '1,5 2': numbers with blanks between */
} DataTrial;

/* 'NUMBER blank NUMBER', as a cell has when blanks were meant to separate. */
static bool data_two_numbers(const DataCell *cell) {
    const char *at = cell->start;
    double value;
    if (at < cell->end && (*at == '-' || *at == '+')) at++;
    if (!number_parse(at, cell->end, &at, &value) || at == cell->end) return false;
    const char *blank = at;
    while (at < cell->end && (*at == ' ' || *at == '\t')) at++;
    if (at < cell->end && (*at == '-' || *at == '+')) at++;
    return at > blank && number_parse(at, cell->end, &at, &value) && at == cell->end;
}

static DataTrial data_try(const char *text, const char *limit, char separator) {
    enum { DATA_TRIAL_RECORDS = 30 };
    DataCsv csv = data_csv_start(text, limit, separator);
    DataTrial trial = {0};
    while (trial.records < DATA_TRIAL_RECORDS && data_csv_record(&csv)) {
        size_t cells = 0;
        bool broken = false;
        DataEnd end = DATA_END_CELL;
        while (end == DATA_END_CELL) {
            DataCell cell;
            end = data_csv_cell(&csv, &cell);
            broken = broken || data_two_numbers(&cell);
            cells++;
        }
        if (end != DATA_END_RECORD) break;
        if (trial.records++ == 0) trial.cells = cells;
        trial.agreeing += cells == trial.cells;
        trial.broken += broken;
    }
    return trial;
}

/* The first of tab, semicolon, comma and blanks that cuts most records like the first one. */
char data_csv_separator(const char *text, const char *limit) {
    static const char separators[] = {'\t', ';', ',', ' '};
    DataTrial blanks = data_try(text, limit, ' ');
    bool blanks_fit = blanks.cells > 1 && blanks.agreeing * 2 > blanks.records;
    for (size_t i = 0; i < sizeof separators; i++) {
        DataTrial trial = data_try(text, limit, separators[i]);
        if (trial.cells < 2 || trial.agreeing * 2 <= trial.records) continue;
        if (separators[i] == ',' && blanks_fit && trial.broken * 2 > trial.records) continue;
        return separators[i];
    }
    return ',';
}
