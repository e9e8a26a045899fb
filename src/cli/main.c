/* descend: the command. */
#include "cli.h"

int main(int argc, char **argv) {
    Cli cli = {0};
    cli_style_from_environment(&cli);
    cli_watch_signals();
    int code = cli_run(&cli, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
    if (!cli_flush(&cli)) code = CLI_EXIT_REFUSED;
    text_free(&cli.out);
    return code;
}
