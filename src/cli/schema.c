/*
 * The verb schema: what messages must look like: those of a hub, and a file before it is given to one.
 */

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/grid.h"
#include "cli/payload.h"
#include "cli/read.h"
#include "cli/verbs.h"
#include "msg/catalog.h"
#include "msg/json_scan.h"
#include "wire/http/http_url.h"

enum { SCHEMA_RESPONSE = 1 };

enum { SCHEMA_WORDS_MAX = 3, SCHEMA_PATH_MAX = 4096 };

static const struct ald_option schema_options[] = {
    {SCHEMA_RESPONSE, "response", NULL, 'r', "check: hold PAYLOAD against what the reply must look like"},
};

struct schema_ask {
    const char *words[SCHEMA_WORDS_MAX];
    size_t n_words;
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

/* The JSON in a file, `-` being standard input. Returns 0, or the exit status. */
static int file_read(const char *file, struct ald_slice *ret_text)
{
    struct ald_payload_why why;
    char argument[SCHEMA_PATH_MAX];
    int r;

    (void)snprintf(argument, sizeof(argument), "%s%s", strcmp(file, "-") == 0 ? "" : "@", file);
    r = ald_payload_read(argument, ret_text, &why);
    if (r > 0) {
        ald_cli_say("%s", why.text);
        return ALD_EXIT_TROUBLE;
    }
    return r < 0 ? ald_cli_broke(r) : 0;
}

/* Does the text describe a message? Else it is taken for a schema by itself. */
static bool text_is_document(struct ald_str text)
{
    struct ald_json_field fields[] = {ALD_JSON_FIELD("name"), ALD_JSON_FIELD("kind")};
    struct ald_json_scan scan;

    return ald_json_scan(text, ALD_JSON_STRICT, fields, ALD_COUNT(fields), &scan) == 0 &&
           fields[0].value.type == ALD_JSON_STRING && fields[1].value.type == ALD_JSON_STRING;
}

static int file_wrong(const char *file, const char *why)
{
    ald_cli_say("%s: %s", file, why);
    return ALD_EXIT_TROUBLE;
}

/* Returns 0 when the payload keeps to the schema (NULL: to anything), else the exit status, and all is said. */
static int payload_check(const struct ald_schema *schema, const char *argument)
{
    ALD_AUTO(ald_schema_checker_free) struct ald_schema_checker *checker = NULL;
    struct ald_slice payload = ALD_SLICE_NONE;
    struct ald_schema_fault fault;
    struct ald_payload_why why;
    char text[ALD_SCHEMA_TEXT_MAX];
    int r = ald_payload_read(argument, &payload, &why);

    if (r > 0) {
        return file_wrong("payload", why.text);
    }
    if (r == 0) {
        r = ald_schema_checker_new(&checker);
    }
    if (r == 0 && schema != NULL) {
        r = ald_schema_check(schema, checker, ald_slice_str(payload), &fault);
    }
    ald_slice_clear(&payload);
    if (r > 0) {
        return file_wrong("payload", ald_schema_fault_text(&fault, text));
    }
    return r < 0 ? ald_cli_broke(r) : 0;
}

static int document_check(const struct schema_ask *ask, struct ald_str text)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    char why[ALD_CATALOG_WHY_MAX];
    int r = ald_blueprint_new(text, &blueprint, why);

    if (r != 0) {
        return r < 0 ? ald_cli_broke(r) : file_wrong(ask->words[1], why);
    }
    return ask->n_words > 2 ? payload_check(ask->response ? blueprint->response : blueprint->schema, ask->words[2]) : 0;
}

static int bare_check(const struct schema_ask *ask, struct ald_str text)
{
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    struct ald_schema_fault fault;
    char why[ALD_SCHEMA_TEXT_MAX];
    int r = ald_schema_new(text, &schema, &fault);

    if (r != 0) {
        return r < 0 ? ald_cli_broke(r) : file_wrong(ask->words[1], ald_schema_fault_text(&fault, why));
    }
    return ask->n_words > 2 ? payload_check(schema, ask->words[2]) : 0;
}

static int schema_check(const struct ald_cli *cli ALD_UNUSED, const struct schema_ask *ask)
{
    struct ald_slice text = ALD_SLICE_NONE;
    int r = file_read(ask->words[1], &text);

    if (r == 0) {
        r = text_is_document(ald_slice_str(text)) ? document_check(ask, ald_slice_str(text))
                                                  : bare_check(ask, ald_slice_str(text));
    }
    ald_slice_clear(&text);
    return r;
}

static int schema_add(const struct ald_cli *cli, const struct schema_ask *ask)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    struct ald_slice text = ALD_SLICE_NONE;
    char why[ALD_CATALOG_WHY_MAX];
    int r = file_read(ask->words[1], &text);

    if (r != 0) {
        return r;
    }
    r = ald_blueprint_new(ald_slice_str(text), &blueprint, why);
    if (r == 0) {
        r = schema_request(cli, "PUT", blueprint->name, ald_slice_str(text), false);
    } else {
        r = r < 0 ? ald_cli_broke(r) : file_wrong(ask->words[1], why);
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
    {"check", 2, 3, "check FILE [PAYLOAD]", schema_check},
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

static int schema_run(struct ald_cli *cli)
{
    struct schema_ask ask = {.n_words = 0};
    struct ald_arg arg;
    int r;

    while ((r = ald_cli_next(cli, &arg)) == 0) {
        if (arg.key == SCHEMA_RESPONSE) {
            ask.response = true;
        } else if (ask.n_words == SCHEMA_WORDS_MAX) {
            return ald_cli_usage(cli, "\"%s\" is one argument too many", arg.text);
        } else {
            ask.words[ask.n_words++] = arg.value;
        }
        cli->offline = ask.n_words > 0 && strcmp(ask.words[0], "check") == 0;
    }
    return r == ALD_CLI_STOP ? cli->status : schema_dispatch(cli, &ask);
}

static const char schema_examples[] =
    "  aldis schema list\n"
    "  aldis schema show foo:EchoRequest\n"
    "  aldis schema check EchoRequest.json '{\"text\":\"hello\"}'    would that payload do?\n"
    "  aldis schema check EchoRequest.json --response @reply.json\n"
    "  aldis schema add EchoRequest.json\n"
    "  aldis schema remove foo:EchoRequest\n";

static const char schema_help[] = "A message is described by a JSON document: its name, whether it is a request or an "
                                  "event, from and to what kinds of "
                                  "party it goes, and a JSON Schema (draft-07) of its payload and of the payload of "
                                  "its reply. A hub refuses what breaks "
                                  "it, and says where and by which rule.\n"
                                  "\n"
                                  "check asks no hub: is FILE such a document, or a schema by itself, and does PAYLOAD "
                                  "keep to it? The exit status is 0 "
                                  "when all is well, else 1. PAYLOAD is JSON, - for standard input or @FILE.\n"
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
