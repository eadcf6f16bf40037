/*
 * The verb schema: what messages must look like: those of a hub, and a file before it is given to one.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/grid.h"
#include "cli/read.h"
#include "cli/schema.h"
#include "cli/verbs.h"
#include "msg/catalog.h"
#include "wire/http/http_url.h"

enum { SCHEMA_RESPONSE = 1 };

enum { SCHEMA_PATH_MAX = 4096 };

static const struct ald_option schema_options[] = {
    {SCHEMA_RESPONSE, "response", NULL, 'r', "check: hold PAYLOAD against what the reply must look like"},
};

struct schema_ask {
    const char **words; /* the operands, the first one is the word itself */
    size_t n_words, words_room;
    bool response;
};

/* --- of a hub --- */

static const char *places_text(const struct ald_json_node *message, const char *member, struct ald_read_text *room)
{
    size_t at = 0;

    room->text[0] = '\0';
    ald_json_each(it, ald_json_find(message, ald_str(member)))
    {
        struct ald_str place = it->type == ALD_JSON_STRING ? ald_json_inner(ald_json_value(it)) : ALD_STR("?");
        int size = snprintf(room->text + at, sizeof(room->text) - at, "%s%.*s", at > 0 ? "," : "",
                            (int)ALD_MIN(place.size, 16), place.data);

        at = ALD_MIN(at + (size_t)size, sizeof(room->text) - 1);
    }
    return strcmp(room->text, "host,instance,control,controller") == 0 ? "any" : room->text;
}

static int schema_row(void *owner, const struct ald_json_node *message)
{
    struct ald_grid *grid = owner;
    struct ald_read_text room;
    bool schema = ald_read_bool(message, "has_schema"), response = ald_read_bool(message, "has_response");
    int r;

    r = ald_grid_add(grid, ald_read_str(message, "name", &room));
    r = r == 0 ? ald_grid_add(grid, ald_read_str(message, "kind", &room)) : r;
    r = r == 0 ? ald_grid_add(grid, places_text(message, "src", &room)) : r;
    r = r == 0 ? ald_grid_add(grid, places_text(message, "dst", &room)) : r;
    r = r == 0 ? ald_grid_add(grid, schema && response ? "payload,reply"
                                    : schema           ? "payload"
                                    : response         ? "reply"
                                                       : "")
               : r;
    r = r == 0 ? ald_grid_add(grid, ald_read_str(message, "permission", &room)) : r;
    return r < 0 ? ald_cli_broke(r) : 0;
}

static int schema_list(const struct ald_cli *cli, const struct schema_ask *ask ALD_UNUSED)
{
    static const struct ald_grid_column columns[] = {
        {"MESSAGE", false}, {"KIND", false}, {"FROM", false}, {"TO", false}, {"CHECKED", false}, {"PERMISSION", false},
    };
    struct ald_grid grid;
    int r;

    if (cli->json) {
        return ald_read_list_json(cli, "/api/v1/schemas", "schemas");
    }
    ald_grid_init(&grid, columns, ALD_COUNT(columns));
    r = ald_read_list(cli, "/api/v1/schemas", "schemas", schema_row, &grid);
    if (r == 0) {
        ald_grid_print(&grid, stdout);
        r = ald_cli_flush();
    }
    ald_grid_fini(&grid);
    return r;
}

static int schema_path(const struct ald_cli *cli, struct ald_str name, char path[SCHEMA_PATH_MAX])
{
    char room[3 * 1024];
    struct ald_str encoded;

    if (name.size == 0 || ald_http_encode(name, room, sizeof(room), &encoded) != 0) {
        return ald_cli_usage(cli, "that is no name of a message");
    }
    (void)snprintf(path, SCHEMA_PATH_MAX, "/api/v1/schemas/%.*s", ALD_STR_ARG(encoded));
    return 0;
}

/* Ask for something about the message called `name`; print what comes, if it is to be seen. */
static int schema_request(const struct ald_cli *cli, const char *method, struct ald_str name, struct ald_str body,
                          bool shown)
{
    char path[SCHEMA_PATH_MAX];
    const struct ald_api_ask ask = {.method = method, .target = path, .body = body};
    struct ald_read read;
    struct ald_api api;
    int r = schema_path(cli, name, path);

    if (r != 0) {
        return r;
    }
    ald_read_init(&read);
    r = ald_api_open(&api, cli);
    if (r == 0) {
        r = ald_api_ask(&api, &ask, &read.answer);
    }
    if (r == 0 && read.answer.status != 200 && read.answer.status != 201) {
        r = ald_api_problem(&read.answer);
    }
    if (r == 0 && (shown || cli->json)) {
        r = ald_read_print(&read);
    }
    ald_api_close(&api);
    ald_read_fini(&read);
    return r;
}

static int schema_show(const struct ald_cli *cli, const struct schema_ask *ask)
{
    return schema_request(cli, "GET", ald_str(ask->words[1]), ALD_STR_NONE, true);
}

static int schema_remove(const struct ald_cli *cli, const struct schema_ask *ask)
{
    return schema_request(cli, "DELETE", ald_str(ask->words[1]), ALD_STR_NONE, false);
}

/* --- of a file --- */

static int schema_check(const struct ald_cli *cli, const struct schema_ask *ask)
{
    return ald_cli_schema_check(cli, ask->words + 1, ask->n_words - 1, ask->response);
}

static int schema_add(const struct ald_cli *cli, const struct schema_ask *ask)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    struct ald_slice text = ALD_SLICE_NONE;
    char why[ALD_CATALOG_WHY_MAX];
    int r = ald_cli_schema_read(ask->words[1], &text);

    if (r != 0) {
        return r;
    }
    r = ald_blueprint_new(ald_slice_str(text), &blueprint, why);
    if (r == 0) {
        r = schema_request(cli, "PUT", blueprint->name, ald_slice_str(text), false);
    } else {
        r = r < 0 ? ald_cli_broke(r) : ald_cli_schema_wrong(ask->words[1], why);
    }
    ald_slice_clear(&text);
    return r;
}

/* --- the verb --- */

/* What may follow the verb. */
static const struct {
    const char *name;
    size_t n_min, n_max; /* operands, the word included */
    const char *usage;
    int (*run)(const struct ald_cli *cli, const struct schema_ask *ask);
} words[] = {
    {"list", 1, 1, "list", schema_list},
    {"show", 2, 2, "show NAME", schema_show},
    {"check", 2, SIZE_MAX, "check FILE... [PAYLOAD]", schema_check},
    {"add", 2, 2, "add FILE", schema_add},
    {"remove", 2, 2, "remove NAME", schema_remove},
};

static int schema_dispatch(const struct ald_cli *cli, const struct schema_ask *ask)
{
    for (size_t i = 0; ask->n_words > 0 && i < ALD_COUNT(words); i++) {
        if (strcmp(ask->words[0], words[i].name) != 0) {
            continue;
        }
        if (ask->n_words < words[i].n_min || ask->n_words > words[i].n_max) {
            return ald_cli_usage(cli, "it is written: aldis schema %s", words[i].usage);
        }
        if (ask->response && words[i].run != schema_check) {
            return ald_cli_usage(cli, "--response goes with check");
        }
        return words[i].run(cli, ask);
    }
    return ald_cli_usage(cli, "it is list, show, check, add or remove");
}

/* Errors: ALDIS_E_NOMEM. */
static int ask_add(struct schema_ask *ask, const char *word)
{
    size_t room = ask->words_room > 0 ? 2 * ask->words_room : 8;

    if (ask->n_words == ask->words_room) {
        const char **grown = realloc(ask->words, room * sizeof(*grown));

        if (grown == NULL) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        ask->words = grown;
        ask->words_room = room;
    }
    ask->words[ask->n_words++] = word;
    return 0;
}

static int schema_run(struct ald_cli *cli)
{
    struct schema_ask ask = {.n_words = 0};
    struct ald_arg arg;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (arg.key == SCHEMA_RESPONSE) {
            ask.response = true;
        } else if (ask_add(&ask, arg.value) < 0) {
            r = ALD_CLI_STOP;
            cli->status = ald_cli_broke(ALDIS_E_NOMEM);
            break;
        }
        cli->offline = ask.n_words > 0 && strcmp(ask.words[0], "check") == 0;
    }
    r = r == ALD_CLI_STOP ? cli->status : schema_dispatch(cli, &ask);
    free(ask.words);
    return r;
}

static const char schema_examples[] =
    "  aldis schema list\n"
    "  aldis schema show foo:EchoRequest\n"
    "  aldis schema check EchoRequest.json '{\"text\":\"hello\"}'    would that payload do?\n"
    "  aldis schema check EchoRequest.json --response @reply.json\n"
    "  aldis schema check /etc/aldis/schemas                      all files of a folder, as the hub would read them\n"
    "  aldis schema add EchoRequest.json\n"
    "  aldis schema remove foo:EchoRequest\n";

static const char schema_help[] =
    "A message is described by a JSON document: its name, whether it is a request or an "
    "event, from and to what kinds of "
    "party it goes, and a JSON Schema (draft-07) of its payload and of the payload of "
    "its reply. A hub refuses what breaks "
    "it, and says where and by which rule.\n"
    "\n"
    "check asks no hub: is FILE such a document, or a schema by itself, and does PAYLOAD "
    "keep to it? PAYLOAD is JSON, - for standard input or @FILE. Without one there may be "
    "several files, and folders, of which each NAME.json is looked at as [link] schemas "
    "would be. Everything that is wrong is said, with the file, the place in it and the "
    "rule; with --json in a line for each file. The exit status is 0 "
    "when all is well, 1 when something is wrong, and 2 when the question is.\n"
    "\n"
    "add and remove change the hub that runs, and the folder of [link] schemas if it has "
    "one. Only who may manage the hub "
    "can: whoever comes over its Unix socket, or with a token that may.\n";

const struct ald_verb ald_verb_schema = {
    .name = "schema",
    .summary = "say what messages must look like, and check them",
    .synopsis = "list|show|check|add|remove [ARGUMENT...]",
    .examples = schema_examples,
    .help = schema_help,
    .options = schema_options,
    .n_options = ALD_COUNT(schema_options),
    .run = schema_run,
};
