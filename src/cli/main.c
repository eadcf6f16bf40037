#include <signal.h>

#include "cli/cli.h"

int main(int argc ALD_UNUSED, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a reader that leaves is an error of write(), and no death */
    return ald_cli_main(argv);
}
