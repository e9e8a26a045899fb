/* What the formula sets besides its parameters, what sets the errors, which rows hardly count. */
#include "cli.h"

#include <math.h>

enum { FIT_DERIVED = 40, FIT_DOWN_ROWS = 5 };

/* Names that the formula sets: 'b = 2*a: 4.2 +- 0.1'. */
void cli_fit_derived(Cli *cli, descend_walk *walk) {
    descend_derived line;
    size_t k = 0;
    for (; k < FIT_DERIVED && descend_walk_derived(walk, k, &line); k++) {
        text_add(&cli->out, line.words);
        text_add(&cli->out, cli_text(cli, MSG_VIEW_COLON));
        text_add(&cli->out, cli_number(line.value).s);
        if (isfinite(line.standard_error))
            text_format(&cli->out, " +- %s", cli_number(line.standard_error).s);
        text_add_char(&cli->out, '\n');
    }
    if (k > 0) text_add_char(&cli->out, '\n');
}

/* With a robust loss: the rows that it leaves out, more or less. */
static void scatter_rows(Cli *cli, descend_walk *walk) {
    descend_down_row row;
    cli_line(cli, descend_walk_text(walk, "loss", cli_language(cli)));
    for (size_t k = 0; k < FIT_DOWN_ROWS && descend_walk_down_row(walk, k, &row); k++) {
        NumberText value = cli_number(row.value), weight = number_round(row.weight, 2);
        if (row.line > 0)
            cli_say(cli, MSG_CLI_DOWN_LINE, number_integer(row.row).s, number_integer(row.line).s,
                    row.left, value.s, weight.s, NULL);
        else
            cli_say(cli, MSG_CLI_DOWN_ROW, number_integer(row.row).s, row.left, value.s, weight.s,
                    NULL);
    }
}

void cli_fit_scatter(Cli *cli, descend_walk *walk) {
    cli_line(cli, descend_walk_text(walk, "scatter", cli_language(cli)));
    scatter_rows(cli, walk);
}
