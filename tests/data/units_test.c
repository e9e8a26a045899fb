/* Units: in the header, and in a row of their own below it. */
#include "tables.h"

#define REFUSED(text, want) check_refused(text, sizeof(text) - 1, NULL, want)

/* The units of all columns, 'time=s signal=-', and their names without them. */
static void check_units(const Table *table, const char *want) {
    Text got = {0};
    if (!table) return;
    for (size_t i = 0; i < table->n_columns; i++) {
        const Column *column = &table->columns[i];
        text_format(&got, "%s%s=%s", i ? "|" : "", column->bare ? column->bare : "-",
                    column->unit ? column->unit : "-");
    }
    CHECK_TEXT(text_string(&got), want);
    text_free(&got);
}

TEST(row_of_units) {
    static const char *const rows[] = {"s,mV",          "(s),(mV)", "[s], [mV]",    " s , mV ",
                                       "\"s\",\"mV\"", "(s),mV",   "（s）,［mV］", "【s】,( mV )"};
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        Text text = {0};
        text_format(&text, "# made\ntime,signal\n%s\n1,2\n\n3,4.5\n", rows[k]);
        Table *table = table_of(text_string(&text), MISSING_REFUSE);
        check_column(table, "time", COLUMN_NUMBER, "1 3");
        check_column(table, "signal", COLUMN_NUMBER, "2 4.5");
        check_units(table, "-=s|-=mV");
        if (table) CHECK(table->lines[0] == 4 && table->lines[1] == 6);
        data_free(table);
        text_free(&text);
    }
    Table *table = table_of("time,signal\ns,mV\n1,2\n", MISSING_REFUSE);
    check_notes(table, "line 2 holds units: time [s], signal [mV]\n");
    data_free(table);
    table = table_of("time;signal\r\ns;mV\r\n1,5;2\r\nNA;3,5\r\n", MISSING_DROP);
    check_column(table, "time", COLUMN_NUMBER, "1.5");
    check_units(table, "-=s|-=mV");
    data_free(table);
    table = table_of("time signal\n(s) (mV)\n1 2\n", MISSING_REFUSE);
    check_units(table, "-=s|-=mV");
    data_free(table);
    table = table_of("y\nmV\n1\n2\n", MISSING_REFUSE);
    check_column(table, "y", COLUMN_NUMBER, "1 2");
    data_free(table);
}

TEST(columns_without_units) {
    static const char *const rows[] = {"s,,", "s,-,", "(s),(-),[1]", "s,(),-"};
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        Text text = {0};
        text_format(&text, "time,sample,n\n%s\n1,A,7\n2,B,8\n", rows[k]);
        Table *table = table_of(text_string(&text), MISSING_REFUSE);
        check_column(table, "time", COLUMN_NUMBER, "1 2");
        check_column(table, "sample", COLUMN_CATEGORY, "1 2");
        check_units(table, "-=s|-=-|-=-");
        check_notes(table, "line 2 holds units: time [s]\n");
        data_free(table);
        text_free(&text);
    }
}

TEST(what_units_look_like) {
    static const char *const yes[] = {"m/s^2", "cm-1",  "mol/L", "W/m2", "m s-1", "kg*m^-3", "°C",
                                      "µV",    "%",     "a.u.",  "Ω",    "1/s",   "℃",       "秒",
                                      "V²",    "arb. units", "mmol/(L*h)"};
    static const char *const no[] = {"run12", "x_1", "a=b", "2nd", "12", "A:1", "1/",
                                     "a long remark of somebody"};
    for (size_t k = 0; k < COUNT_OF(yes); k++) {
        Text text = {0};
        text_format(&text, "x [%s],y\n,%s\n1,2\n", yes[k], yes[k]);
        Table *table = table_of(text_string(&text), MISSING_REFUSE);
        if (table) CHECK_TEXT(table->columns[0].unit, yes[k]);
        if (table) CHECK_TEXT(table->columns[1].unit, yes[k]);
        data_free(table);
        text_free(&text);
    }
    static const char *const used[] = {"z"};
    ReadOptions options = {.used = used, .n_used = 1};
    for (size_t k = 0; k < COUNT_OF(no); k++) {
        Text text = {0};
        text_format(&text, "x [%s],y\n-,%s\n1,2\n", no[k], no[k]);
        Table *table = NULL;
        CHECK_INT(data_parse("t", text_string(&text), text.length, &options, &table, NULL), 0);
        if (table) CHECK(!table->columns[0].unit && !table->columns[1].unit);
        if (table) CHECK_INT(table->n_rows, 2);
        data_free(table);
        text_free(&text);
    }
}

/* Rows of words in tables that hold words are data. */
TEST(words_are_no_units) {
    static const char *const texts[] = {
        "name,kind\nbob,red\nann,blue\n",      /* nothing but words */
        "kind,x\nred,1\nblue,2\n",             /* a number beside them */
        "kind,x\nred,\nblue,2\n",              /* or nothing beside them */
        "code,x\nA,NA\n7,2\n8,3\nB,4\n",       /* a later word in the same column */
        "code,x\nA,-\n7,2\n8,3\nyes,4\n",      /* a flag */
        "a,b\ns,mV\n",                         /* nothing below */
        "a,b\ns,mV\n,\n1,2\n",                 /* no data below */
        "d,x\ns,V\n2024-01-31,2\n",            /* a date below */
        "ok,x\nyes,-\nno,2\n",                 /* flags */
    };
    static const char *const used[] = {"z"};
    ReadOptions options = {.used = used, .n_used = 1};
    for (size_t k = 0; k < COUNT_OF(texts); k++) {
        Table *table = NULL;
        size_t lines = 0;
        for (const char *at = texts[k]; *at; at++) lines += *at == '\n';
        CHECK_INT(data_parse("t", texts[k], strlen(texts[k]), &options, &table, NULL), STATUS_OK);
        if (table) CHECK(table->n_rows >= lines - 2 && table->lines[0] == 2);
        if (table) CHECK(!table->columns[0].unit && !table->columns[1].unit);
        data_free(table);
    }
}

/* A mistake in a column that is used stays the mistake that is told. */
TEST(mistakes_below_units) {
    REFUSED("time,signal\ns,mV\n1,2\n2,oops\n3,4\n",
            "data.csv:4: column 2 'signal': 'oops' is not a number (correct the cell, or write NA "
            "and use --na drop)");
    REFUSED("time,signal\ns,mV\n1,oops\n2,2\n3,4\n",
            "data.csv:3: column 2 'signal': 'oops' is not a number (correct the cell, or write NA "
            "and use --na drop)");
    REFUSED("time,signal\ns,mV\n1,a\n2,b\n",
            "data.csv:2: column 1 'time': 's' is not a number (correct the cell, or write NA and "
            "use --na drop)");
    REFUSED("time,signal\ns,mV\n1,2\n3\n",
            "data.csv:4: 1 cells where 2 are expected (line 1 has 2; quote a cell that holds the "
            "separator)");
}

TEST(units_in_the_header) {
    Table *table = table_of("time (s),signal[mV], 温度（℃） ,n,f(x)(a.u.),r (mol/(L*h))\n1,2,3,4,5,6\n",
                            MISSING_REFUSE);
    check_units(table, "time=s|signal=mV|温度=℃|-=-|f(x)=a.u.|r=mol/(L*h)");
    check_column(table, "time", COLUMN_NUMBER, "1");
    check_column(table, "time (s)", COLUMN_NUMBER, "1");
    check_column(table, "signal", COLUMN_NUMBER, "2");
    check_column(table, "温度", COLUMN_NUMBER, "3");
    check_notes(table, "names may be written without their unit: time [s], signal [mV], 温度 [℃], "
                       "f(x) [a.u.], r [mol/(L*h)]\n");
    if (table) CHECK_TEXT(table->columns[0].name, "time (s)");
    data_free(table);
    table = table_of("(s),[mV],time (run 12),time ()\n1,2,3,4\n", MISSING_REFUSE);
    check_units(table, "-=-|-=-|-=-|-=-");
    check_notes(table, "");
    data_free(table);
}

/* A name that could mean two columns means neither, or the one that is called so. */
TEST(names_that_meet) {
    Table *table = table_of("t (s),t (h),t [min],x,x (m)\n1,2,3,4,5\n", MISSING_REFUSE);
    check_units(table, "-=s|-=h|-=min|-=-|-=m");
    CHECK_INT(data_find(table, "t"), -1);
    CHECK_INT(data_find(table, "x"), 3);
    CHECK_INT(data_find(table, "x (m)"), 4);
    check_notes(table, "");
    data_free(table);
}

/* A column that a formula calls by its bare name is held to account. */
TEST(bare_names_are_used) {
    static const char text[] = "time (s),signal\n1,2\nNA,3\n";
    static const char *const used[] = {"time"};
    ReadOptions options = {.used = used, .n_used = 1};
    check_refused(text, sizeof text - 1, &options,
                  "data.csv:3: column 1 'time (s)': 'NA' is not a number (--na drop leaves such "
                  "rows out)");
}

TEST_MAIN(row_of_units, columns_without_units, what_units_look_like, words_are_no_units,
          mistakes_below_units, units_in_the_header, names_that_meet, bare_names_are_used)
