#include "cli/agent_options.h"

#include <string.h>

#include "msg/address.h"

enum { AGENT_TARGET = 1, AGENT_ON, AGENT_ECHO, AGENT_HEALTH, AGENT_JOBS };

const struct ald_option ald_agent_option_table[ALD_AGENT_N_OPTIONS] = {
    {AGENT_TARGET, "target", "TARGET", 't', "the name to serve; over links the number of a host"},
    {AGENT_ON, "on", "NAME=PROGRAM", 0, "serve command NAME with PROGRAM; may be given again"},
    {AGENT_ECHO, "echo", NULL, 0, "answer every other command with its payload"},
    {AGENT_HEALTH, "health", "PROGRAM", 0,
     "answer health checks: exit status 0 within 4 s is healthy, its output is the detail"},
    {AGENT_JOBS, "jobs", "N", 'j', "programs at once (default 16); 1024 more commands wait, others are refused"},
};

const char *ald_agent_options_find(const struct ald_agent_options *options, struct ald_str name)
{
    for (size_t i = 0; i < options->n_handlers; i++) {
        if (ald_str_equal(options->handlers[i].name, name)) {
            return options->handlers[i].program;
        }
    }
    return NULL;
}

static int agent_on(struct ald_cli *cli, const char *value, struct ald_agent_options *options)
{
    const char *equals = strchr(value, '=');
    struct ald_str name = ald_str_of(value, equals != NULL ? (size_t)(equals - value) : 0);

    if (name.size == 0 || equals[1] == '\0') {
        return ald_cli_usage(cli, "--on \"%s\": write NAME=PROGRAM, for example --on uptime='uptime'", value);
    }
    if (name.size > ALD_NAME_MAX || !ald_utf8_valid(name)) {
        return ald_cli_usage(cli, "--on \"%s\": the name must be UTF-8 of at most %d bytes", value, ALD_NAME_MAX);
    }
    if (ald_agent_options_find(options, name) != NULL) {
        return ald_cli_usage(cli, "--on \"%s\": this command has a program already", value);
    }
    if (options->n_handlers == ALD_AGENT_HANDLERS_MAX) {
        return ald_cli_usage(cli, "--on: more than %d of them", ALD_AGENT_HANDLERS_MAX);
    }
    options->handlers[options->n_handlers++] = (struct ald_agent_handler){name, equals + 1};
    return 0;
}

static int agent_jobs(struct ald_cli *cli, const char *value, struct ald_agent_options *options)
{
    uint64_t jobs;

    if (ald_str_u64(ald_str(value), &jobs) != 0 || jobs == 0 || jobs > ALD_AGENT_JOBS_MAX) {
        return ald_cli_usage(cli, "--jobs %s: a number from 1 to %d", value, ALD_AGENT_JOBS_MAX);
    }
    options->jobs = (size_t)jobs;
    return 0;
}

/* Returns 0, or the exit status. */
static int agent_take(struct ald_cli *cli, const struct ald_arg *arg, struct ald_agent_options *options)
{
    switch (arg->key) {
    case AGENT_TARGET:
        options->target = arg->value;
        return 0;
    case AGENT_ON:
        return agent_on(cli, arg->value, options);
    case AGENT_ECHO:
        options->echo = true;
        return 0;
    case AGENT_HEALTH:
        options->health = arg->value;
        return 0;
    case AGENT_JOBS:
        return agent_jobs(cli, arg->value, options);
    default:
        return ald_cli_usage(cli, "\"%s\" is one argument too many; a program with blanks needs quotes around it",
                             arg->value);
    }
}

static int agent_check(struct ald_cli *cli, const struct ald_agent_options *options)
{
    struct ald_str target = ald_str(options->target);

    if (options->target == NULL) {
        return ald_cli_usage(cli, "as whom? name the target to serve with --target NAME");
    }
    if (target.size == 0 || target.size > ALD_NAME_MAX || !ald_utf8_valid(target)) {
        return ald_cli_usage(cli, "--target: the name must be UTF-8 of 1 to %d bytes", ALD_NAME_MAX);
    }
    if (options->n_handlers == 0 && !options->echo) {
        return ald_cli_usage(cli, "what shall it serve? give --on NAME=PROGRAM, or --echo");
    }
    return ALD_AGENT_OPTIONS_READ;
}

int ald_agent_options_read(struct ald_cli *cli, struct ald_agent_options *options)
{
    struct ald_arg arg;
    int r;

    *options = (struct ald_agent_options){.jobs = 16};
    while ((r = ald_cli_next(cli, &arg)) == 0) {
        r = agent_take(cli, &arg, options);
        if (r != 0) {
            return r;
        }
    }
    return r == ALD_CLI_STOP ? cli->status : agent_check(cli, options);
}
