#include "cli/watch_options.h"

#include <string.h>

#include "loop/loop.h"
#include "loop/wall.h"
#include "msg/msg.h"
#include "wire/http/http_url.h"

enum {
    WATCH_TARGET = 1,
    WATCH_NAME,
    WATCH_KIND,
    WATCH_OUTCOME,
    WATCH_PAYLOAD,
    WATCH_COUNT,
    WATCH_AS,
    WATCH_NAMES,
    WATCH_FILTER,
    WATCH_SINCE
};

const struct ald_option ald_watch_option_table[ALD_WATCH_N_OPTIONS] = {
    {WATCH_TARGET, "target", "TARGET", 't', "only what concerns this target"},
    {WATCH_NAME, "name", "NAME", 0, "only commands and events of this name"},
    {WATCH_KIND, "kind", "command|event|channel", 'k', "only this kind; several with commas, or given again"},
    {WATCH_OUTCOME, "outcome", "succeeded|failed|refused|cancelled|expired|lost", 0,
     "only commands that end so, and only their end; several with commas, or given again"},
    {WATCH_FILTER, "filter", "FILTER", 0,
     "only events that are for this filter, or for all; several with commas, or given again"},
    {WATCH_SINCE, "since", "TIME", 0,
     "first the events of these names since then: 10m ago, 2026-11-21T07:11:09Z, or 0 for all that the hub remembers"},
    {WATCH_PAYLOAD, "payload", NULL, 0, "show what commands and events carry, and replies"},
    {WATCH_COUNT, "count", "COUNT", 'n', "end after so many lines"},
    {WATCH_AS, "as", "NAME", 0, "cd: be the service NAME, and show what is sent to it; no other may be called so"},
    {WATCH_NAMES, "names", "NAME[,NAME...]", 0,
     "cd: show messages to everybody that have one of these names (default: what the hub tells of services, hubs, "
     "clock and "
     "cluster)"},
};

/* What was given; words are gathered with commas between them. */
struct watch_given {
    const char *target, *name, *since;
    const char *events[ALD_WATCH_EVENTS_MAX];
    size_t n_events;
    char kinds[128], outcomes[128], filters[ALD_NAME_MAX + 1];
    bool payload;
};

static bool watch_is_kind(struct ald_str word)
{
    return ald_str_equal(word, ALD_STR("command")) || ald_str_equal(word, ALD_STR("event")) ||
           ald_str_equal(word, ALD_STR("channel"));
}

static bool watch_is_outcome(struct ald_str word)
{
    return ald_outcome_find(word) > ALD_OUTCOME_NONE;
}

/* Add the words of `value` to `list`, once each, so that it always has room. Returns 0 or the exit status. */
static int watch_words(struct ald_cli *cli, const struct ald_arg *arg, bool (*is)(struct ald_str), const char *those,
                       char *list, size_t room)
{
    struct ald_str rest = ald_str(arg->value);

    while (ald_str_present(rest)) {
        size_t end = ald_str_find(rest, ALD_STR(","));
        struct ald_str word = ald_str_of(rest.data, end);
        size_t used = strlen(list);

        rest = end < rest.size ? ald_str_from(rest, end + 1) : ALD_STR_NONE;
        if (!is(word)) {
            return ald_cli_usage(cli, "%s %s: it is %s", arg->text, arg->value, those);
        }
        if (ald_str_find(ald_str(list), word) == used) {
            snprintf(list + used, room - used, "%s%.*s", used > 0 ? "," : "", ALD_STR_ARG(word));
        }
    }
    return 0;
}

/* One behind the other, with commas between them. Returns 0 or the exit status. */
static int watch_filter(struct ald_cli *cli, const struct ald_arg *arg, struct watch_given *given)
{
    size_t used = strlen(given->filters);

    if (arg->value[0] == '\0' || used + 1 + strlen(arg->value) >= sizeof(given->filters)) {
        return ald_cli_usage(cli, "--filter: all of them together are 1 to %d bytes", ALD_NAME_MAX - 1);
    }
    snprintf(given->filters + used, sizeof(given->filters) - used, "%s%s", used > 0 ? "," : "", arg->value);
    return 0;
}

/* Returns 0 or the exit status. */
static int watch_event(struct ald_cli *cli, const struct ald_arg *arg, struct watch_given *given)
{
    if (given->n_events == ALD_WATCH_EVENTS_MAX) {
        return ald_cli_usage(cli, "\"%s\" is one name too many: at most %d events are watched at once", arg->value,
                             ALD_WATCH_EVENTS_MAX);
    }
    given->events[given->n_events++] = arg->value;
    return 0;
}

/* Returns 0 or the exit status. */
static int watch_take(struct ald_cli *cli, const struct ald_arg *arg, struct watch_given *given,
                      struct ald_watch_options *options)
{
    switch (arg->key) {
    case WATCH_TARGET:
        given->target = arg->value;
        return 0;
    case WATCH_NAME:
        given->name = arg->value;
        return 0;
    case WATCH_KIND:
        return watch_words(cli, arg, watch_is_kind, "command, event or channel", given->kinds, sizeof(given->kinds));
    case WATCH_OUTCOME:
        return watch_words(cli, arg, watch_is_outcome, "succeeded, failed, refused, cancelled, expired or lost",
                           given->outcomes, sizeof(given->outcomes));
    case WATCH_FILTER:
        return watch_filter(cli, arg, given);
    case WATCH_SINCE:
        given->since = arg->value;
        return 0;
    case WATCH_PAYLOAD:
        given->payload = options->payload = true;
        return 0;
    case WATCH_AS:
        options->as = arg->value;
        return 0;
    case WATCH_NAMES:
        options->names = arg->value;
        return 0;
    case WATCH_COUNT:
        if (ald_str_u64(ald_str(arg->value), &options->count) != 0 || options->count == 0) {
            return ald_cli_usage(cli, "%s %s: a number from 1", arg->text, arg->value);
        }
        return 0;
    default:
        return watch_event(cli, arg, given);
    }
}

/* Returns 0 or the exit status. */
static int watch_query(struct ald_cli *cli, struct ald_watch_options *options, const char *name, const char *value)
{
    size_t used = strlen(options->path);
    char room[3 * ALD_NAME_MAX];
    struct ald_str encoded;

    if (value == NULL || value[0] == '\0') {
        return 0;
    }
    if (strlen(value) > ALD_NAME_MAX || ald_http_encode(ald_str(value), room, sizeof(room), &encoded) != 0) {
        return ald_cli_usage(cli, "--%s: more than %d bytes", name, ALD_NAME_MAX);
    }
    if (used + strlen(name) + encoded.size + 3 > sizeof(options->path)) {
        return ald_cli_usage(cli, "--%s: all names and filters together are too long", name);
    }
    snprintf(options->path + used, sizeof(options->path) - used, "%c%s=%.*s",
             strchr(options->path, '?') != NULL ? '&' : '?', name, ALD_STR_ARG(encoded));
    return 0;
}

/* Returns 0 or the exit status. */
static int watch_query_events(struct ald_cli *cli, struct ald_watch_options *options, const struct watch_given *given)
{
    int r = 0;

    for (size_t i = 0; i < given->n_events && r == 0; i++) {
        r = watch_query(cli, options, "name", given->events[i]);
    }
    r = r == 0 ? watch_query(cli, options, "filter", given->filters) : r;
    return r == 0 ? watch_query(cli, options, "since", given->since) : r;
}

/* What is watched as a service of the family is listed there with commas. Returns 0 or the exit status. */
static int watch_list_events(struct ald_cli *cli, struct ald_watch_options *options, const struct watch_given *given)
{
    size_t used = 0;

    if (given->n_events == 0) {
        return 0;
    }
    if (options->names != NULL) {
        return ald_cli_usage(cli, "--names: the names are given already, as arguments");
    }
    for (size_t i = 0; i < given->n_events; i++) {
        used += (size_t)snprintf(options->path + used, sizeof(options->path) - used, "%s%s", i > 0 ? "," : "",
                                 given->events[i]);
        if (used >= sizeof(options->path)) {
            return ald_cli_usage(cli, "all names together are too long");
        }
    }
    options->names = options->path;
    return 0;
}

/* Over links what is subscribed to may be chosen as well. Returns 0 or the exit status. */
static int watch_choose(struct ald_cli *cli, struct ald_watch_options *options, const struct watch_given *given)
{
    options->since = ALD_NEVER;
    memcpy(options->filters, given->filters, sizeof(options->filters));
    if ((given->filters[0] != '\0' || given->since != NULL) && options->names == NULL) {
        return ald_cli_usage(cli, "--filter and --since: of which events? name them");
    }
    if (given->since != NULL && ald_wall_parse_since(ald_str(given->since), ald_loop_wall(), &options->since) != 0) {
        return ald_cli_usage(cli, "--since %s: a time like 2026-11-21T07:11:09Z, how long ago like 90s or 10m, or 0",
                             given->since);
    }
    return 0;
}

/* What can be said at one kind of hub is not understood at the other. Returns 0 or the exit status. */
static int watch_check_way(struct ald_cli *cli, const struct watch_given *given,
                           const struct ald_watch_options *options)
{
    bool chooses =
        given->target != NULL || given->name != NULL || given->kinds[0] != '\0' || given->outcomes[0] != '\0';
    bool chooses_events = given->filters[0] != '\0' || given->since != NULL;
    struct ald_str as = ald_str(options->as);

    if (ald_cli_has_api(cli)) {
        return options->as == NULL && options->names == NULL
                   ? 0
                   : ald_cli_usage(
                         cli, "--as and --names: only where the hub speaks to the communicator family (-H cd:...)");
    }
    if (chooses_events && ald_cli_is_family(cli)) {
        return ald_cli_usage(cli, "--filter and --since: the communicator family (cd:) has no word for them");
    }
    if (chooses) {
        return ald_cli_usage(cli, "--target, --name, --kind and --outcome: only at unix:, ws:// and wss://, where the "
                                  "hub tells of everything; "
                                  "here --as and names say what it tells");
    }
    if (options->as != NULL && (as.size == 0 || as.size > ALD_NAME_MAX || !ald_utf8_valid(as))) {
        return ald_cli_usage(cli, "--as: the name must be UTF-8 of 1 to %d bytes", ALD_NAME_MAX);
    }
    return 0;
}

/* Events that are named, and what only events have, are what is wanted, unless something else is said. */
static bool watch_is_of_events(const struct watch_given *given)
{
    return given->n_events > 0 || given->filters[0] != '\0' || given->since != NULL;
}

/* The hub takes one outcome; among several we choose. */
static const char *watch_outcome(const struct watch_given *given, struct ald_watch_options *options)
{
    struct ald_str rest = ald_str(given->outcomes);

    if (ald_str_find(rest, ALD_STR(",")) == rest.size) {
        return given->outcomes;
    }
    while (rest.size > 0) {
        options->outcomes |= 1U << ald_outcome_find(ald_str_pop(&rest));
    }
    return NULL;
}

int ald_watch_options_read(struct ald_cli *cli, struct ald_watch_options *options)
{
    struct watch_given given = {.payload = false};
    struct ald_arg arg;
    int r;

    *options = (struct ald_watch_options){.path = "/api/v1/events"};
    while ((r = ald_cli_next(cli, &arg)) == 0) {
        r = watch_take(cli, &arg, &given, options);
        if (r != 0) {
            return r;
        }
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    r = watch_check_way(cli, &given, options);
    if (r != 0) {
        return r;
    }
    if (!ald_cli_has_api(cli)) {
        r = watch_list_events(cli, options, &given);
        r = r == 0 ? watch_choose(cli, options, &given) : r;
        return r != 0 ? r : ALD_WATCH_OPTIONS_READ;
    }
    if (given.since != NULL && given.n_events == 0 && given.name == NULL) {
        return ald_cli_usage(cli, "--since: of which events? name them; no others are remembered");
    }
    if (given.n_events > 0 && given.name != NULL) {
        return ald_cli_usage(cli, "--name: the names are given already, as arguments");
    }
    if (given.outcomes[0] != '\0' && given.kinds[0] != '\0' && strcmp(given.kinds, "command") != 0) {
        return ald_cli_usage(cli, "--outcome: only commands have one, so --kind can only be command");
    }
    r = watch_query(cli, options, "kinds",
                    given.outcomes[0] != '\0'                              ? "command"
                    : given.kinds[0] == '\0' && watch_is_of_events(&given) ? "event"
                                                                           : given.kinds);
    r = r == 0 ? watch_query(cli, options, "target", given.target) : r;
    r = r == 0 ? watch_query(cli, options, "name", given.name) : r;
    r = r == 0 ? watch_query_events(cli, options, &given) : r;
    r = r == 0 ? watch_query(cli, options, "outcome", watch_outcome(&given, options)) : r;
    r = r == 0 ? watch_query(cli, options, "payload", given.payload ? "true" : NULL) : r;
    return r != 0 ? r : ALD_WATCH_OPTIONS_READ;
}
