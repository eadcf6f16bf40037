#pragma once

/*
 * Cli: what all verbs of the program `aldis` share: the options that each of them understands, the hubs to talk to, and
 * what the exit status means.
 *
 * A verb is one file that defines a struct ald_verb, and one row in verbs.c.
 *
 * Standard output carries what was asked for and nothing else; everything said to a person goes to standard error.
 */

#include <stdio.h>

#include "base/str.h"
#include "cli/args.h"

/* What the exit status means (DESIGN section 9). 10 to 14 are the outcomes of a command, in the order of enum ald_outcome. */
enum ald_exit {
    ALD_EXIT_OK = 0,
    ALD_EXIT_TROUBLE = 1, /* the output could not be written, the thing asked for is not there, memory is short */
    ALD_EXIT_USAGE = 2,
    ALD_EXIT_NO_HUB = 3,
    ALD_EXIT_FAILED = 10,
    ALD_EXIT_REFUSED = 11,
    ALD_EXIT_CANCELLED = 12,
    ALD_EXIT_EXPIRED = 13,
    ALD_EXIT_LOST = 14
};

struct ald_cli;
struct ald_client_options;

/* What a verb is, and all that is said about it: `aldis help NAME`, the manual page and completion are made of this. The
 * texts are as base/prose.h has them. */
struct ald_verb {
    const char *name;
    const char *summary;  /* one line of `aldis help` */
    const char *synopsis; /* what follows its name: operands in capitals, `[...]` for what may be left out; "": nothing.
                           * NULL: `help` is the whole help */
    const char *examples; /* literal lines */
    const char *help;     /* what there is to know before the options; "" or NULL: nothing */
    const char *notes;    /* and after them */
    const struct ald_option *options;
    size_t n_options;
    int (*run)(struct ald_cli *cli); /* takes its arguments with ald_cli_next(); returns the exit status */
};

/* The options of every verb. */
extern const struct ald_option_table ald_cli_options;

/* All of them, in the order of the help; ends with NULL. */
extern const struct ald_verb *const ald_verbs[];
/* NULL when there is none of that name. */
const struct ald_verb *ald_verb_find(const char *name);

enum { ALD_CLI_URLS_MAX = 64 };

struct ald_cli {
    const struct ald_verb *verb; /* NULL until it was read */
    struct ald_args args;
    int status;                             /* after ALD_CLI_STOP: what to exit with */
    const char *urls[ALD_CLI_URLS_MAX + 1]; /* of the hubs, in order; ends with NULL */
    size_t n_urls;
    bool urls_given;     /* else they are the environment's, or the default */
    char url_room[4096]; /* where those are kept */
    const char *ca_file;
    const char *cert_file; /* NULL: none is shown */
    const char *key_file;
    char token[1024];  /* "": none is shown */
    char secret[1024]; /* of datagrams; "": none is shown */
    bool insecure;
    bool json;
    bool offline; /* set by a verb that asks no hub, before its arguments end */
};

/* Outcomes of ald_cli_next(): all arguments are taken; or the program must end with cli->status, everything is said. */
enum { ALD_CLI_END = 1, ALD_CLI_STOP };

/* Gives the verb its next option or operand, and deals with those of all verbs by itself. */
ALD_NODISCARD int ald_cli_next(struct ald_cli *cli, struct ald_arg *ret_arg);

/* What every connection of a client has of the command line: whom to reach, and how to prove who we are (borrows). */
void ald_cli_client_options(const struct ald_cli *cli, struct ald_client_options *options);

/* A hub of the command line is reached in a way on which there is an API. */
bool ald_cli_has_api(const struct ald_cli *cli);
/* All of them are reached in the way of the communicator family; over links, say, there is no API either. */
bool ald_cli_is_family(const struct ald_cli *cli);

/* Say in one line what is wrong with the arguments and where to look. Returns ALD_EXIT_USAGE. */
int ald_cli_usage(const struct ald_cli *cli, const char *format, ...) ALD_PRINTF(2, 3);

/* Say one line on standard error, with the program's name in front. */
void ald_cli_say(const char *format, ...) ALD_PRINTF(1, 2);
/* Our own side broke. Returns ALD_EXIT_TROUBLE. */
int ald_cli_broke(int error);
/*
 * Flush standard output. Returns ALD_EXIT_OK or ALD_EXIT_TROUBLE; a reader that left early (`| head -1`) is told nothing.
 */
int ald_cli_flush(void);

/* Text from outside, with everything a terminal might obey replaced. The view lies in `room`, cut to its size. */
struct ald_str ald_cli_printable(struct ald_str text, char *room, size_t size);

/* What `aldis` does. */
int ald_cli_main(char **argv);
