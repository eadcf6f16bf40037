#include "cli/call_options.h"

#include <string.h>

#include "cli/duration.h"
#include "cli/params.h"
#include "cli/payload.h"

enum {
    CALL_DEADLINE = 1,
    CALL_MODE,
    CALL_CHANNEL,
    CALL_IDEMPOTENT,
    CALL_DURABLE,
    CALL_COLLAPSE,
    CALL_EVERYONE,
    CALL_CACHE,
    CALL_REPORT,
    CALL_FILTER
};

/* What a daemon of the communicator family keeps an event for (communicator.md 5.5). */
#define CACHE_MIN (10 * ALD_SEC)
#define CACHE_MAX (86400 * ALD_SEC)

const struct ald_option ald_call_option_table[ALD_CALL_N_OPTIONS] = {
    {CALL_DEADLINE, "deadline", "TIME", 0,
     "the outcome is told by then plus a second: 500ms, 5s, 2m, 1h (default 30s)"},
    {CALL_MODE, "mode", "any|primary|all", 0, "one live channel (default); the primary one; each of them"},
    {CALL_CHANNEL, "channel", "CHANNEL", 0, "the channel of this id (see `aldis channels`)"},
    {CALL_IDEMPOTENT, "idempotent", NULL, 0,
     "it may be given to an agent again when a link is lost, instead of ending as lost"},
    {CALL_DURABLE, "durable", NULL, 0, "it must survive a restart of the hub, or be refused"},
    {CALL_COLLAPSE, "collapse", "KEY", 0, "a newer command with this key replaces it while it is queued"},
};

const struct ald_option ald_send_option_table[ALD_SEND_N_OPTIONS] = {
    {CALL_DEADLINE, "ttl", "TIME", 0, "it is of no use after that: 500ms, 5s, 2m, 1h (default: the hub decides)"},
    {CALL_CHANNEL, "channel", "CHANNEL", 0, "the channel of this id (see `aldis channels`)"},
    {CALL_EVERYONE, "everyone", NULL, 0, "cd: to each channel of the target, on all hubs, and not to one of them"},
    {CALL_CACHE, "cache", "TIME|no|no;reply", 0,
     "cd: when the target is expected and not there, keep it so long: 10s to 24h; or not (default); or not, and say "
     "so"},
    {CALL_FILTER, "filter", "FILTER", 0,
     "only for those who subscribed with this filter, or without any; several with commas"},
    {CALL_REPORT, "report", NULL, 0, "cd: wait for what becomes of it: exit status 11 when it was not delivered"},
};

/* What was given, before it is looked at as a whole. */
struct call_given {
    const char *target, *name;
    const char *payload[ALD_PARAMS_MAX]; /* more than one are name=value */
    size_t n_payload;
    const char *mode, *channel;
    bool is_event, has_ttl, has_cache;
};

static int call_deadline(struct ald_cli *cli, const struct ald_arg *arg, ald_usec *ret_deadline)
{
    switch (ald_duration_parse(arg->value, ret_deadline)) {
    case 0:
        return 0;
    case ALD_DURATION_RANGE:
        return ald_cli_usage(cli, "%s %s: it must be more than nothing and at most a year", arg->text, arg->value);
    default:
        return ald_cli_usage(cli, "%s %s is no time; write for example 500ms, 5s or 2m", arg->text, arg->value);
    }
}

static int call_operand(struct ald_cli *cli, const char *value, struct call_given *given)
{
    const char **places[] = {&given->target, &given->name};

    for (size_t i = 0; i < ALD_COUNT(places); i++) {
        if (*places[i] == NULL) {
            *places[i] = value;
            return 0;
        }
    }
    if (given->n_payload == ALD_PARAMS_MAX || (given->n_payload > 0 && !ald_params_fits(given->payload[0]))) {
        return ald_cli_usage(cli, "\"%s\" is one argument too many; a payload with blanks needs quotes around it",
                             value);
    }
    given->payload[given->n_payload++] = value;
    return 0;
}

/* Returns 0, or the exit status. */
static int call_cache(struct ald_cli *cli, const struct ald_arg *arg, struct call_given *given,
                      struct ald_call_options *options)
{
    ald_usec ttl = 0;

    options->flags &= ~(uint32_t)(ALD_MSG_HOLD | ALD_MSG_TELL_AWAY);
    given->has_cache = false;
    if (strcmp(arg->value, "no") == 0) {
        return 0;
    }
    if (strcmp(arg->value, "no;reply") == 0) {
        options->flags |= ALD_MSG_TELL_AWAY;
        return 0;
    }
    if (ald_duration_parse(arg->value, &ttl) != 0 || ttl < CACHE_MIN || ttl > CACHE_MAX) {
        return ald_cli_usage(cli, "%s %s: it is a time from 10s to 24h, or no, or no;reply", arg->text, arg->value);
    }
    options->flags |= ALD_MSG_HOLD;
    options->deadline = ttl;
    given->has_cache = true;
    return 0;
}

/* Returns 0, or the exit status. */
static int call_take(struct ald_cli *cli, const struct ald_arg *arg, struct call_given *given,
                     struct ald_call_options *options)
{
    switch (arg->key) {
    case CALL_DEADLINE:
        given->has_ttl = true;
        return call_deadline(cli, arg, &options->deadline);
    case CALL_MODE:
        given->mode = arg->value;
        return 0;
    case CALL_CHANNEL:
        given->channel = arg->value;
        return 0;
    case CALL_IDEMPOTENT:
        options->flags |= ALD_MSG_IDEMPOTENT;
        return 0;
    case CALL_DURABLE:
        options->flags |= ALD_MSG_DURABLE;
        return 0;
    case CALL_COLLAPSE:
        options->collapse = arg->value;
        return 0;
    case CALL_EVERYONE:
        options->flags |= ALD_MSG_EVERYONE;
        return 0;
    case CALL_CACHE:
        return call_cache(cli, arg, given, options);
    case CALL_FILTER:
        options->filters = arg->value;
        return 0;
    case CALL_REPORT:
        options->flags |= ALD_MSG_REPORT;
        return 0;
    default:
        return call_operand(cli, arg->value, given);
    }
}

static bool call_name_valid(const char *name)
{
    return name[0] != '\0' && strlen(name) <= ALD_NAME_MAX && ald_utf8_valid(ald_str(name));
}

/* The scope in front of `.:lamp`, which the text of an address has no place for; the rest is that. */
static enum ald_scope call_scope(struct ald_str *text)
{
    static const struct {
        struct ald_str mark;
        enum ald_scope scope;
    } rows[] = {
        {ALD_STR(".:"), ALD_SCOPE_HERE}, {ALD_STR("?:"), ALD_SCOPE_NETWORK}, {ALD_STR("*:"), ALD_SCOPE_EVERYWHERE}};

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        if (ald_str_starts(*text, rows[i].mark)) {
            *text = ald_str_from(*text, rows[i].mark.size);
            return rows[i].scope;
        }
    }
    return ALD_SCOPE_ONE;
}

static int call_address(struct ald_cli *cli, const struct call_given *given, struct ald_call_options *options)
{
    struct ald_str text = ald_str(given->target);
    enum ald_scope scope = call_scope(&text);

    if (text.size > sizeof(options->scratch) || ald_address_parse(text, options->scratch, &options->to) != 0) {
        return ald_cli_usage(cli,
                             "\"%s\" is no target; write [HUB:]TARGET[#CHANNEL], with : # / * ? . %% and blanks "
                             "inside a name as %%3A and so on",
                             given->target);
    }
    options->to.scope = scope != ALD_SCOPE_ONE ? scope : options->to.scope;
    if (options->to.scope != ALD_SCOPE_ONE && !given->is_event) {
        return ald_cli_usage(cli, "\"%s\" names many targets, and this goes to one", given->target);
    }
    if (given->channel != NULL) {
        if (ald_str_present(options->to.channel) && !ald_str_equal(options->to.channel, ald_str(given->channel))) {
            return ald_cli_usage(cli, "--channel %s: the target names another channel", given->channel);
        }
        options->to.channel = ald_str(given->channel);
    }
    return 0;
}

/* A channel that is named is the mode; any other mode beside it would contradict it. */
static int call_mode(struct ald_cli *cli, const struct call_given *given, struct ald_call_options *options)
{
    bool named = ald_str_present(options->to.channel);
    int mode = given->mode != NULL ? ald_mode_find(ald_str(given->mode)) : ALD_MODE_ANY;

    if (mode < 0) {
        return ald_cli_usage(cli, "--mode %s: it is any, primary or all; or channel, with --channel ID", given->mode);
    }
    if (mode == ALD_MODE_CHANNEL && !named) {
        return ald_cli_usage(cli, "--mode channel: which one? name it with --channel ID");
    }
    if (named && given->mode != NULL && mode != ALD_MODE_CHANNEL) {
        return ald_cli_usage(cli, "--mode %s: the channel is named, so no other is chosen", given->mode);
    }
    options->mode = named ? ALD_MODE_CHANNEL : (enum ald_mode)mode;
    return 0;
}

static int call_params(struct ald_cli *cli, const struct call_given *given, struct ald_call_options *options)
{
    size_t at = 0;
    int r = ald_params_read(given->payload, given->n_payload, &options->payload, &at);

    if (r == ALD_PARAMS_BAD) {
        return ald_cli_usage(cli, "\"%s\": after the first name=value only others of other names may follow",
                             given->payload[at]);
    }
    return r < 0 ? ald_cli_broke(r) : 0;
}

static int call_check(struct ald_cli *cli, const struct call_given *given, struct ald_call_options *options)
{
    struct ald_payload_why why;
    int r;

    if (given->name == NULL) {
        return ald_cli_usage(cli, given->target == NULL ? "to whom, and what? give TARGET and NAME"
                                                        : "what shall it do? give NAME after TARGET");
    }
    if (!call_name_valid(given->name)) {
        return ald_cli_usage(cli, "the name must be UTF-8 of 1 to %d bytes", ALD_NAME_MAX);
    }
    if (options->collapse != NULL && !call_name_valid(options->collapse)) {
        return ald_cli_usage(cli, "--collapse: the key must be UTF-8 of 1 to %d bytes", ALD_NAME_MAX);
    }
    if (options->filters != NULL && ald_cli_is_family(cli)) {
        return ald_cli_usage(cli, "--filter: the communicator family (cd:) has no word for it");
    }
    options->name = given->name;
    r = call_address(cli, given, options);
    if (r == 0 && options->filters != NULL && !ald_cli_has_api(cli) && options->to.target.size > 0) {
        return ald_cli_usage(cli, "--filter: over links only of events for the hub itself, the target \"\"");
    }
    if (r == 0) {
        r = call_mode(cli, given, options);
    }
    if (r == 0 && given->has_ttl && given->has_cache) {
        return ald_cli_usage(cli, "--ttl and --cache TIME: what is kept is of use so long, so one of them says both");
    }
    if (r == 0 && (options->flags & ALD_MSG_EVERYONE) != 0 && !ald_str_present(options->to.target)) {
        return ald_cli_usage(cli, "--everyone: of which target? \"%s\" is everybody already", given->target);
    }
    if (r != 0 || given->n_payload == 0) {
        return r;
    }
    if (ald_params_fits(given->payload[0])) {
        return call_params(cli, given, options);
    }
    r = ald_payload_read(given->payload[0], &options->payload, &why);
    if (r == ALD_PAYLOAD_BAD) {
        return ald_cli_usage(cli, "%s", why.text);
    }
    return r < 0 ? ald_cli_broke(r) : 0;
}

int ald_call_options_read(struct ald_cli *cli, ald_usec deadline, struct ald_call_options *options)
{
    struct call_given given = {.is_event = deadline == ALD_NEVER};
    struct ald_arg arg;
    int r;

    *options = (struct ald_call_options){.deadline = deadline};
    while ((r = ald_cli_next(cli, &arg)) == 0) {
        r = call_take(cli, &arg, &given, options);
        if (r != 0) {
            return r;
        }
    }
    if (r == ALD_CLI_STOP) {
        return cli->status;
    }
    r = call_check(cli, &given, options);
    return r != 0 ? r : ALD_CALL_OPTIONS_READ;
}

void ald_call_options_fini(struct ald_call_options *options)
{
    ald_slice_clear(&options->payload);
}
