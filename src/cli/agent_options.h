#pragma once

/*
 * Agent options: the arguments of `aldis agent`, read and checked.
 */

#include "cli/cli.h"

enum {
    ALD_AGENT_HANDLERS_MAX = 256, /* more commands than anyone writes on one line */
    ALD_AGENT_JOBS_MAX = 10000    /* children at once: beyond it the system's own limits bite first */
};

/* `--on NAME=PROGRAM` */
struct ald_agent_handler {
    struct ald_str name;
    const char *program;
};

struct ald_agent_options {
    const char *target;
    struct ald_agent_handler handlers[ALD_AGENT_HANDLERS_MAX];
    size_t n_handlers;
    const char *health; /* NULL: always healthy */
    bool echo;
    size_t jobs;
};

enum { ALD_AGENT_N_OPTIONS = 5 };
extern const struct ald_option ald_agent_option_table[ALD_AGENT_N_OPTIONS];

/* Returns ALD_AGENT_OPTIONS_READ, or the exit status when all is said already. */
enum { ALD_AGENT_OPTIONS_READ = -1 };
int ald_agent_options_read(struct ald_cli *cli, struct ald_agent_options *options);

/* The program for the command `name`, or NULL. */
const char *ald_agent_options_find(const struct ald_agent_options *options, struct ald_str name);
