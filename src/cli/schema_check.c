/*
 * Files with schemas, as the hub would read them. A folder is what [link] schemas names: each file in it describes a message, and
 * no two the same one. All files are looked at, whatever is wrong with the first.
 */

#include "cli/schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/payload.h"
#include "cli/term.h"
#include "loop/folder.h"
#include "msg/catalog.h"
#include "msg/json_scan.h"
#include "msg/json_write.h"

enum {
    CHECK_PATH_MAX = 4096 + 256,
    SHOWN_FROM = 256, /* files, before a person is told how far it is; fewer take no time */
    SHOWN_EACH = 64
};

struct checking {
    const struct ald_cli *cli;
    const char *payload; /* NULL: none */
    bool response;
    int status;                  /* to exit with, so far */
    struct ald_catalog *catalog; /* of the folder that is read; NULL outside of one */
    size_t n_done, n_all;        /* files of it */
    bool live, shown;            /* how far it is is shown; stands on the terminal */
};

/* --- what is said ------------------------------------------------------------------------------------------------- */

static void progress_erase(struct checking *checking)
{
    if (checking->shown) {
        (void)fputs("\r\033[K", stderr);
        checking->shown = false;
    }
}

static void progress_show(struct checking *checking)
{
    if (checking->live && checking->n_done >= SHOWN_FROM && checking->n_done % SHOWN_EACH == 0) {
        (void)fprintf(stderr, "\r\033[Kchecked %zu of %zu files", checking->n_done, checking->n_all);
        (void)fflush(stderr);
        checking->shown = true;
    }
}

int ald_cli_schema_wrong(const char *file, const char *why)
{
    char room[CHECK_PATH_MAX];
    struct ald_str shown = ald_cli_printable(ald_str(file), room, sizeof(room));

    ald_cli_say("%.*s: %s", ALD_STR_ARG(shown), why);
    return ALD_EXIT_TROUBLE;
}

/* One line for programs; `why` NULL: nothing is wrong. Returns 0 or the exit status. */
static int verdict_print(const char *file, const char *why)
{
    struct ald_json_writer json;
    struct ald_buf out;
    int r;

    ald_buf_init(&out, (size_t)8 * CHECK_PATH_MAX);
    ald_json_write_init(&json, &out, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "file", ald_str(file));
    ald_json_write_member_bool(&json, "valid", why == NULL);
    ald_json_write_member_some(&json, "why", ald_str(why));
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    if (r == 0) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&out)));
    }
    ald_buf_fini(&out);
    return r < 0 ? ald_cli_broke(r) : 0;
}

/* What became of one file; `why` NULL: nothing is wrong with it. Returns 0, or the exit status when it is all over. */
static int verdict_take(struct checking *checking, const char *file, const char *why)
{
    progress_erase(checking);
    if (why != NULL) {
        checking->status = ALD_EXIT_TROUBLE;
    }
    if (checking->cli->json) {
        return verdict_print(file, why);
    }
    if (why != NULL) {
        ald_ignore(ald_cli_schema_wrong(file, why)); /* it is the status already */
    }
    return 0;
}

/* --- one file ----------------------------------------------------------------------------------------------------- */

/* Outcome: ALD_PAYLOAD_BAD. Errors: ALDIS_E_NOMEM. */
static int text_read(const char *file, struct ald_slice *ret_text, struct ald_payload_why *why)
{
    char argument[CHECK_PATH_MAX];

    (void)snprintf(argument, sizeof(argument), "%s%s", strcmp(file, "-") == 0 ? "" : "@", file);
    return ald_payload_read(argument, ret_text, why);
}

int ald_cli_schema_read(const char *file, struct ald_slice *ret_text)
{
    struct ald_payload_why why;
    int r = text_read(file, ret_text, &why);

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

/* Hold the payload, if there is one, against `schema` (NULL: anything will do). Returns 0 or the exit status. */
static int payload_check(struct checking *checking, const char *file, const struct ald_schema *schema)
{
    ALD_AUTO(ald_schema_checker_free) struct ald_schema_checker *checker = NULL;
    struct ald_slice payload = ALD_SLICE_NONE;
    struct ald_schema_fault fault;
    struct ald_payload_why why;
    char text[ALD_SCHEMA_TEXT_MAX];
    int r = checking->payload != NULL ? ald_payload_read(checking->payload, &payload, &why) : 0;

    if (r > 0) {
        return verdict_take(checking, "payload", why.text);
    }
    if (r == 0 && checking->payload != NULL && schema != NULL) {
        r = ald_schema_checker_new(&checker);
        r = r < 0 ? r : ald_schema_check(schema, checker, ald_slice_str(payload), &fault);
    }
    ald_slice_clear(&payload);
    if (r < 0) {
        return ald_cli_broke(r);
    }
    return r > 0 ? verdict_take(checking, "payload", ald_schema_fault_text(&fault, text))
                 : verdict_take(checking, file, NULL);
}

/* Is there another of this name in the folder? Outcome: ALD_CATALOG_WRONG. Errors: ALDIS_E_NOMEM. */
static int folder_add(struct checking *checking, struct ald_blueprint *blueprint, char why[ALD_CATALOG_WHY_MAX])
{
    struct ald_catalog *catalog = NULL;
    int r = 0;

    if (checking->catalog == NULL) {
        return 0;
    }
    if (ald_catalog_find(checking->catalog, blueprint->name) != NULL) {
        (void)snprintf(why, ALD_CATALOG_WHY_MAX, "another file describes a message of this name");
        return ALD_CATALOG_WRONG;
    }
    r = ald_catalog_with(checking->catalog, blueprint, &catalog);
    if (r > 0) {
        (void)snprintf(why, ALD_CATALOG_WHY_MAX, "a hub takes %d messages, and this is one too many",
                       ALD_CATALOG_MESSAGES_MAX);
        return ALD_CATALOG_WRONG;
    }
    if (r == 0) {
        (void)ald_catalog_unref(checking->catalog);
        checking->catalog = catalog;
    }
    return r;
}

static int document_check(struct checking *checking, const char *file, struct ald_str text)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    char why[ALD_CATALOG_WHY_MAX];
    int r = ald_blueprint_new(text, &blueprint, why);

    r = r == 0 ? folder_add(checking, blueprint, why) : r;
    if (r != 0) {
        return r < 0 ? ald_cli_broke(r) : verdict_take(checking, file, why);
    }
    return payload_check(checking, file, checking->response ? blueprint->response : blueprint->schema);
}

static int bare_check(struct checking *checking, const char *file, struct ald_str text)
{
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    struct ald_schema_fault fault;
    char why[ALD_SCHEMA_TEXT_MAX];
    int r = ald_schema_new(text, &schema, &fault);

    if (r != 0) {
        return r < 0 ? ald_cli_broke(r) : verdict_take(checking, file, ald_schema_fault_text(&fault, why));
    }
    return payload_check(checking, file, schema);
}

/* Returns 0, or the exit status when it is all over. */
static int file_check(struct checking *checking, const char *file)
{
    struct ald_slice text = ALD_SLICE_NONE;
    struct ald_payload_why why;
    int r = text_read(file, &text, &why);

    if (r != 0) {
        return r < 0 ? ald_cli_broke(r) : verdict_take(checking, file, why.text);
    }
    /* Nothing in a folder is a schema by itself: no hub would know what it is for. */
    r = checking->catalog != NULL || text_is_document(ald_slice_str(text))
            ? document_check(checking, file, ald_slice_str(text))
            : bare_check(checking, file, ald_slice_str(text));
    ald_slice_clear(&text);
    return r;
}

/* --- a folder ----------------------------------------------------------------------------------------------------- */

static int folder_files(struct checking *checking, const char *folder, const struct ald_folder *files)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < files->n; i++) {
        char path[CHECK_PATH_MAX];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, files->names[i]);
        r = file_check(checking, path);
        checking->n_done++;
        progress_show(checking);
    }
    progress_erase(checking);
    return r;
}

static int folder_check(struct checking *checking, const char *folder)
{
    struct ald_folder files;
    int r = ald_folder_read(folder, &(struct ald_folder_filter){.suffix = ".json"}, &files);

    if (r < 0) {
        return verdict_take(checking, folder, strerror(errno));
    }
    checking->n_done = 0;
    checking->n_all = files.n;
    r = ald_catalog_new(&checking->catalog);
    r = r < 0 ? ald_cli_broke(r) : folder_files(checking, folder, &files);
    checking->catalog = ald_catalog_unref(checking->catalog);
    ald_folder_fini(&files);
    return r;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

/* The last operand is no file, but what is to be held against one: JSON, also if it is broken, or where some is to be found. */
static bool is_payload(const char *operand)
{
    struct ald_json_scan scan;

    return strcmp(operand, "-") == 0 || (operand[0] != '\0' && strchr("@{[\"", operand[0]) != NULL) ||
           ald_json_check(ald_str(operand), ALD_JSON_STRICT, &scan) == 0;
}

static bool is_folder(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 && S_ISDIR(file.st_mode);
}

int ald_cli_schema_check(const struct ald_cli *cli, const char *const *operands, size_t n, bool response)
{
    struct checking checking = {.cli = cli, .response = response, .live = !cli->json && ald_term_live(stderr)};
    int r = 0;

    if (n > 1 && is_payload(operands[n - 1])) {
        checking.payload = operands[--n];
    }
    if (checking.payload != NULL && (n > 1 || is_folder(operands[0]))) {
        return ald_cli_usage(cli, "a payload is held against one file");
    }
    if (response && checking.payload == NULL) {
        return ald_cli_usage(cli, "--response says what PAYLOAD is, and there is none");
    }
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = is_folder(operands[i]) ? folder_check(&checking, operands[i]) : file_check(&checking, operands[i]);
    }
    if (r == 0 && cli->json) {
        r = ald_cli_flush();
    }
    return r != 0 ? r : checking.status;
}
