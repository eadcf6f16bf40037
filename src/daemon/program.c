#include "daemon/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/error.h"
#include "daemon/config_default.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/manual.h"
#include "daemon/options.h"

enum { PROGRAM_HELP_MAX = 256 * 1024 };

/* The pure layers tell here what went wrong, and where; it is logged once more where something is done about it. */
static void program_sink(enum ald_sink_kind kind, const char *what, const char *file, int line)
{
    char place[512];

    if (kind == ALD_SINK_PANIC) {
        /* The log could leave it out, and there will be no other chance. */
        (void)fprintf(stderr, "aldisd: %s:%d: failed: %s\n", file, line, what);
        return;
    }
    (void)snprintf(place, sizeof(place), "%s:%d", file, line);
    ald_log(ALD_LOG_DEBUG, "error", {"what", ald_str(what)}, {"where", ald_str(place)});
}

static int complain(const struct ald_config_why *why)
{
    (void)fprintf(stderr, "%s\n", why->text);
    return EXIT_FAILURE;
}

static int complain_error(int error)
{
    (void)fprintf(stderr, "aldisd: %s\n", ald_error_text(error));
    return EXIT_FAILURE;
}

/* As many connections as we may have at all: the limits of the configuration are what counts. */
static void limits_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        /* Where that is not allowed, the soft limit stays, and the transport sheds what is beyond it. */
        ald_ignore(setrlimit(RLIMIT_NOFILE, &limit));
    }
}

static int program_print(int (*print)(struct ald_buf *out))
{
    struct ald_buf out;
    int r;

    ald_buf_init(&out, PROGRAM_HELP_MAX);
    r = print(&out);
    if (r == 0) {
        (void)fwrite(out.data + out.start, 1, ald_buf_size(&out), stdout);
    }
    ald_buf_fini(&out);
    ald_assert(r <= 0); /* the table is ours, and fits */
    return r < 0 ? complain_error(r) : EXIT_SUCCESS;
}

static int program_serve(const struct ald_config *config)
{
    ALD_AUTO(ald_daemon_free) struct ald_daemon *daemon = NULL;
    struct ald_config_why why;
    int r;

    ald_log_start((enum ald_log_level)ald_config_number(config, ALD_KEY_LOG_LEVEL),
                  (enum ald_log_format)ald_config_number(config, ALD_KEY_LOG_FORMAT));
    limits_raise();
    r = ald_daemon_new(config, &daemon, &why);
    if (r != 0) {
        return r < 0 ? complain_error(r) : complain(&why);
    }
    ald_daemon_run(daemon);
    return EXIT_SUCCESS;
}

static int program_verb(enum ald_options_verb verb, const struct ald_config *config)
{
    struct ald_config_why why;
    int r;

    switch (verb) {
    case ALD_OPTIONS_HELP:
        (void)fputs(ald_options_help, stdout);
        return EXIT_SUCCESS;
    case ALD_OPTIONS_HELP_KEYS:
        return program_print(ald_config_help);
    case ALD_OPTIONS_MANUAL:
        return program_print(ald_manual_page);
    case ALD_OPTIONS_MANUAL_KEYS:
        return program_print(ald_config_manual);
    case ALD_OPTIONS_VERSION:
        (void)printf("aldisd %s\n", ALDIS_VERSION);
        return EXIT_SUCCESS;
    case ALD_OPTIONS_RUN:
    case ALD_OPTIONS_CHECK:
        break;
    }

    r = ald_config_check(config, &why);
    if (r == 0 && verb == ALD_OPTIONS_CHECK) {
        r = ald_daemon_check(config, &why);
    }
    if (r != 0) {
        return r < 0 ? complain_error(r) : complain(&why);
    }
    return verb == ALD_OPTIONS_CHECK ? EXIT_SUCCESS : program_serve(config);
}

int ald_program_run(int argc, char *const *argv)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = NULL;
    struct ald_config_defaults defaults;
    enum ald_options_verb verb = ALD_OPTIONS_RUN;
    struct ald_config_why why;
    int r;

    ald_sink_set(program_sink);
    ald_config_defaults_init(&defaults);
    r = ald_config_new(defaults.fallbacks, &config);
    if (r == 0) {
        r = ald_options_read(argc, argv, config, &verb, &why);
    }
    if (r < 0) {
        return complain_error(r);
    }
    if (r > 0) {
        (void)complain(&why);
        return r == ALD_OPTIONS_USAGE ? 2 : EXIT_FAILURE;
    }
    return program_verb(verb, config);
}
