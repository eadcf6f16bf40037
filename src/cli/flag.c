/*
 * The verb flag: messages to an administrator, in files. It needs no hub.
 */

#include "cli/flag.h"

#include <string.h>
#include <time.h>

#include "base/error.h"
#include "cli/verbs.h"

enum { FLAG_PRIORITY = 1, FLAG_TAG, FLAG_MANUAL, FLAG_DIR };

static const struct ald_option flag_options[] = {
    {.key = FLAG_PRIORITY,
     .name = "priority",
     .value = "N",
     .letter = 'p',
     .help = "raise: 0, hardly worth a look, to 100 (default: 5); 50 and more is urgent"},
    {.key = FLAG_TAG,
     .name = "tag",
     .value = "WORD",
     .letter = 't',
     .help = "raise: a word to find it by; may be given again"},
    {.key = FLAG_MANUAL,
     .name = "manual",
     .letter = 'm',
     .help = "raise: no program lowers it; it stands until somebody says aldis flag lower"},
    {.key = FLAG_DIR,
     .name = "dir",
     .value = "DIR",
     .letter = 'd',
     .help = "the folder of flags (default: the environment variable ALDIS_FLAGS_DIR, else path of "
             "/etc/communicator/flags.conf, else /var/lib/communicator/flags)"},
};

int ald_flag_fault(const struct ald_cli *cli, int r, const struct ald_flag_why *why)
{
    if (r == ALD_FLAG_BAD) {
        return ald_cli_usage(cli, "%s", why->text);
    }
    ald_cli_say("%s%s", r == ALD_FLAG_UNREADABLE ? "its file cannot be read: " : "",
                why->text[0] != '\0' ? why->text : ald_error_text(r));
    return ALD_EXIT_TROUBLE;
}

struct ald_flag_id ald_flag_ask_id(const struct ald_flag_ask *ask)
{
    return (struct ald_flag_id){ald_str(ask->words[1]), ald_str(ask->words[2]), ald_str(ask->words[3])};
}

/* --- raise and lower ----------------------------------------------------------------------------------------------- */

static struct ald_flag_store flag_store(const struct ald_flag_ask *ask)
{
    return (struct ald_flag_store){.folder = ask->folder.path, .patience = ALD_FLAG_PATIENCE};
}

static int flag_raise(const struct ald_cli *cli, const struct ald_flag_ask *ask)
{
    const struct ald_flag_store store = flag_store(ask);
    const struct ald_flag flag = {
        .id = ald_flag_ask_id(ask),
        .message = ald_str(ask->words[4]),
        .tags = ald_str(ask->tags),
        .priority = ald_flag_priority(ask->priority),
        .manual_down = ask->manual,
    };
    struct ald_flag_why why = {""};
    int r = ald_flag_store_save(&store, &flag, (ald_wall)time(NULL) * ALD_SEC, &why);

    if (r != 0) {
        return ald_flag_fault(cli, r, &why);
    }
    return cli->json ? ald_flag_show(cli, ask) : ALD_EXIT_OK;
}

/* Whoever types this is the hand that a flag with --manual waits for. */
static int flag_lower(const struct ald_cli *cli, const struct ald_flag_ask *ask)
{
    const struct ald_flag_store store = flag_store(ask);
    const struct ald_flag_id id = ald_flag_ask_id(ask);
    struct ald_flag_why why = {""};
    int r = ald_flag_store_remove(&store, &id, true, &why);

    if (r != 0 && r != ALD_FLAG_NONE) {
        return ald_flag_fault(cli, r, &why);
    }
    if (cli->json) {
        printf("{\"lowered\":%s}\n", r == 0 ? "true" : "false");
    } else if (r == ALD_FLAG_NONE) {
        ald_cli_say("it was not raised");
    }
    return ald_cli_flush();
}

/* --- what was asked for -------------------------------------------------------------------------------------------- */

/* What may follow the verb. */
static const struct {
    const char *name;
    size_t n; /* operands, the word included */
    const char *usage;
    int (*run)(const struct ald_cli *cli, const struct ald_flag_ask *ask);
} words[] = {
    {"raise", 5, "raise SERVICE SECTION NAME TEXT", flag_raise},
    {"lower", 4, "lower SERVICE SECTION NAME", flag_lower},
    {"list", 1, "list", ald_flag_list_show},
    {"show", 4, "show SERVICE SECTION NAME", ald_flag_show},
};

/* Numbers beyond 0 and 100 are cut to them, as the original does (communicator.md section 8). */
static int priority_take(const struct ald_cli *cli, struct ald_flag_ask *ask, const char *text)
{
    bool negative = text[0] == '-';
    uint64_t number;

    if (ald_str_u64(ald_str(text + negative), &number) != 0) {
        return ald_cli_usage(cli, "--priority: \"%s\" is no number from 0 to %d", text, ALD_FLAG_PRIORITY_MAX);
    }
    ask->priority = negative ? 0 : (int64_t)ALD_MIN(number, (uint64_t)ALD_FLAG_PRIORITY_MAX);
    return 0;
}

static int tag_take(const struct ald_cli *cli, struct ald_flag_ask *ask, const char *tag)
{
    size_t size = strlen(ask->tags);

    if (tag[0] == '\0' || size + 1 + strlen(tag) >= sizeof(ask->tags)) {
        return ald_cli_usage(cli, "--tag: %s", tag[0] == '\0' ? "it is empty" : "these are too many");
    }
    snprintf(ask->tags + size, sizeof(ask->tags) - size, "%s%s", size > 0 ? "," : "", tag);
    return 0;
}

/* Returns 0, or the exit status. */
static int flag_take(const struct ald_cli *cli, struct ald_flag_ask *ask, const struct ald_arg *arg)
{
    ask->details |= arg->key != 0 && arg->key != FLAG_DIR;
    switch (arg->key) {
    case FLAG_PRIORITY:
        return priority_take(cli, ask, arg->value);
    case FLAG_TAG:
        return tag_take(cli, ask, arg->value);
    case FLAG_MANUAL:
        ask->manual = true;
        return 0;
    case FLAG_DIR:
        ask->dir = arg->value;
        return arg->value[0] != '\0' ? 0 : ald_cli_usage(cli, "--dir: it is empty");
    default:
        break;
    }
    if (ask->n_words == ALD_FLAG_ASK_WORDS) {
        return ald_cli_usage(cli, "\"%s\" is one argument too many", arg->text);
    }
    ask->words[ask->n_words++] = arg->value;
    return 0;
}

static int flag_dispatch(const struct ald_cli *cli, struct ald_flag_ask *ask)
{
    struct ald_flag_why why;

    for (size_t i = 0; ask->n_words > 0 && i < ALD_COUNT(words); i++) {
        if (strcmp(ask->words[0], words[i].name) != 0) {
            continue;
        }
        if (ask->n_words != words[i].n) {
            return ald_cli_usage(cli, "it is written: aldis flag %s", words[i].usage);
        }
        if (ask->details && words[i].run != flag_raise) {
            return ald_cli_usage(cli, "--priority, --tag and --manual say how a flag is raised");
        }
        return ald_flag_folder_find(ask->dir, &ask->folder, &why) == 0 ? words[i].run(cli, ask)
                                                                       : ald_flag_fault(cli, ALD_FLAG_BAD, &why);
    }
    return ald_cli_usage(cli, "it is raise, lower, list or show");
}

static int flag_run(struct ald_cli *cli)
{
    struct ald_flag_ask ask = {.priority = ALD_FLAG_PRIORITY_DEFAULT};
    struct ald_arg arg;
    int r;

    cli->offline = true;
    while ((r = ald_cli_next(cli, &arg)) == 0) {
        r = flag_take(cli, &ask, &arg);
        if (r != 0) {
            return r;
        }
    }
    return r == ALD_CLI_STOP ? cli->status : flag_dispatch(cli, &ask);
}

static const char flag_examples[] =
    "  aldis flag raise lamp-7 lens dirty 'The lens is dirty: wipe it.' --priority 60 --tag optics\n"
    "  aldis flag list\n"
    "  aldis flag show lamp-7 lens dirty\n"
    "  aldis flag lower lamp-7 lens dirty\n"
    "  aldis flag list --json | jq '.flags[] | select(.priority >= 50)'\n";

static const char flag_help[] =
    "A flag tells whoever runs this machine that something is wrong. It is a file, so it can be raised when nothing "
    "runs, "
    "and stands until it is lowered; the hub shows those of the folder that [communicator] flags_dir names. The files "
    "are "
    "those of the communicator's flags.\n"
    "\n"
    "SERVICE is who raises it, SECTION about which of its parts, NAME what it is: letters, digits and -, beginning "
    "with a "
    "letter; upper case is lowered. TEXT says what is wrong and what to do, in several lines if need be.\n"
    "\n"
    "raise counts a flag that is up already once more, and keeps the date of the first time. lower takes it down, "
    "whoever "
    "raised it and whether or not it was to be lowered by hand; one that is not up is no error. list shows the most "
    "urgent "
    "first, at most a hundred, and names files that cannot be read. show tells all of one flag; exit status 1: it is "
    "not up.\n";

const struct ald_verb ald_verb_flag = {
    .name = "flag",
    .summary = "tell an administrator what is wrong",
    .synopsis = "raise|lower|list|show [SERVICE SECTION NAME [TEXT]]",
    .examples = flag_examples,
    .help = flag_help,
    .options = flag_options,
    .n_options = ALD_COUNT(flag_options),
    .run = flag_run,
};
