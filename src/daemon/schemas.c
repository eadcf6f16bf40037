#include "daemon/schemas.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "conn/edge.h"
#include "daemon/log.h"
#include "daemon/warden.h"
#include "loop/file.h"
#include "loop/folder.h"
#include "msg/catalog.h"

#define SUFFIX ".json"

enum { PATH_ROOM = 4096 + 256, FILE_NAME_MAX = 255 };

/* A file of the folder, and the message that it describes. */
struct filed {
    char name[FILE_NAME_MAX + 1];
    struct ald_blueprint *blueprint;
};

/* What a folder holds. */
struct shelf {
    struct filed *files;
    size_t n;
    struct ald_catalog *catalog;
};

struct ald_schemas {
    const char *folder; /* "": none */
    struct ald_edge *edge;
    struct ald_warden *warden; /* NULL: nobody has to prove who he is */
    bool strict;
    struct shelf shelf;
};

static void shelf_fini(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->n; i++) {
        (void)ald_blueprint_unref(shelf->files[i].blueprint);
    }
    free(shelf->files);
    (void)ald_catalog_unref(shelf->catalog);
    *shelf = (struct shelf){.n = 0};
}

/* --- reading a folder --- */

/* What is wrong with a file of the folder: always ALD_CONFIG_BAD. */
static int shelf_wrong(char *why, size_t room, const char *folder, const char *name, const char *what)
{
    (void)snprintf(why, room, "%s/%s: %s", folder, name, what);
    return ALD_CONFIG_BAD;
}

/* Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
static int blueprint_load(const char *folder, const char *name, struct ald_blueprint **ret_blueprint, char *why,
                          size_t room)
{
    char path[PATH_ROOM], what[ALD_CATALOG_WHY_MAX];
    struct ald_buf text;
    int r;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    ald_buf_init(&text, ALD_CATALOG_DOCUMENT_MAX + 4096);
    r = ald_file_read(path, &text);
    if (r == 0) {
        r = ald_blueprint_new(ald_buf_str(&text), ret_blueprint, what);
        if (r > 0) {
            r = shelf_wrong(why, room, folder, name, what);
        }
    } else if (r != ALDIS_E_NOMEM) {
        r = shelf_wrong(why, room, folder, name, r == ALD_FILE_LARGE ? "is too large" : strerror(errno));
    }
    ald_buf_fini(&text);
    return r < 0 ? ald_trace(r) : r;
}

/* Put a message on the shelf, which has room for its file. Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. */
static int shelf_add(struct shelf *shelf, const char *folder, const char *name, char *why, size_t room)
{
    struct filed *filed = &shelf->files[shelf->n];
    struct ald_catalog *catalog;
    int r;

    (void)snprintf(filed->name, sizeof(filed->name), "%s", name);
    r = blueprint_load(folder, name, &filed->blueprint, why, room);
    if (r != 0) {
        return r;
    }
    shelf->n++;
    if (ald_catalog_find(shelf->catalog, filed->blueprint->name) != NULL) {
        return shelf_wrong(why, room, folder, name, "another file describes a message of this name");
    }
    r = ald_catalog_with(shelf->catalog, filed->blueprint, &catalog);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : shelf_wrong(why, room, folder, name, "there are too many messages");
    }
    (void)ald_catalog_unref(shelf->catalog);
    shelf->catalog = catalog;
    return 0;
}

static int shelf_fill(struct shelf *shelf, const char *folder, const struct ald_folder *files, char *why, size_t room)
{
    int r = 0;

    if (files->n > ALD_CATALOG_MESSAGES_MAX) {
        (void)snprintf(why, room, "%s: more than %d messages", folder, ALD_CATALOG_MESSAGES_MAX);
        return ALD_CONFIG_BAD;
    }
    /* One more than there are, since there may be none, and no memory for nothing is a failure to some systems. */
    shelf->files = calloc(files->n + 1, sizeof(*shelf->files));
    if (shelf->files == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; r == 0 && i < files->n; i++) {
        r = shelf_add(shelf, folder, files->names[i], why, room);
    }
    return r;
}

/* Read `folder` ("": none). Outcome: ALD_CONFIG_BAD. Errors: ALDIS_E_NOMEM. On failure the shelf is empty. */
static int shelf_read(struct shelf *shelf, const char *folder, char *why, size_t room)
{
    struct ald_folder files = {.n = 0};
    int r = 0;

    *shelf = (struct shelf){.n = 0};
    if (folder[0] != '\0') {
        r = ald_folder_read(folder, &(struct ald_folder_filter){.suffix = SUFFIX}, &files);
    }
    if (r < 0) {
        (void)snprintf(why, room, "%s: %s", folder, strerror(errno));
        return ALD_CONFIG_BAD;
    }
    r = ald_catalog_new(&shelf->catalog);
    if (r == 0) {
        r = shelf_fill(shelf, folder, &files, why, room);
    }
    ald_folder_fini(&files);
    if (r != 0) {
        shelf_fini(shelf);
    }
    return r;
}

static int schemas_fault(const struct ald_config *config, const char *what, struct ald_config_why *ret_why)
{
    return ald_config_fault(config, ALD_KEY_LINK_SCHEMAS, ret_why, "%s", what);
}

int ald_schemas_check(const struct ald_config *config, struct ald_config_why *ret_why)
{
    struct shelf shelf;
    char why[sizeof(ret_why->text)];
    int r = shelf_read(&shelf, ald_config_text(config, ALD_KEY_LINK_SCHEMAS), why, sizeof(why));

    if (r > 0) {
        return schemas_fault(config, why, ret_why);
    }
    shelf_fini(&shelf);
    return r < 0 ? ald_trace(r) : 0;
}

/* --- while the hub runs --- */

/* An empty catalog asks nothing of anybody, unless names must be known. */
static int schemas_install(struct ald_schemas *schemas, struct ald_catalog *catalog)
{
    struct ald_catalog *current = ald_edge_catalog(schemas->edge);
    ALD_AUTO(ald_catalog_unref) struct ald_catalog *old = current != NULL ? ald_catalog_ref(current) : NULL;
    bool idle = ald_catalog_at(catalog, 0) == NULL && !schemas->strict;
    int r;

    r = ald_edge_set_catalog(schemas->edge, idle ? NULL : catalog, schemas->strict);
    if (r < 0) {
        return ald_trace(r);
    }
    if (schemas->warden != NULL) {
        ald_warden_schemas_changed(schemas->warden, old);
    }
    return 0;
}

int ald_schemas_new(const struct ald_config *config, struct ald_edge *edge, struct ald_warden *warden,
                    struct ald_schemas **ret_schemas, struct ald_config_why *ret_why)
{
    ALD_AUTO(ald_schemas_free) struct ald_schemas *schemas = calloc(1, sizeof(*schemas));
    char why[sizeof(ret_why->text)];
    int r;

    if (schemas == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    schemas->folder = ald_config_text(config, ALD_KEY_LINK_SCHEMAS);
    schemas->strict = ald_config_number(config, ALD_KEY_LINK_STRICT) != 0;
    schemas->edge = edge;
    schemas->warden = warden;
    r = shelf_read(&schemas->shelf, schemas->folder, why, sizeof(why));
    if (r > 0) {
        return schemas_fault(config, why, ret_why);
    }
    r = r == 0 ? schemas_install(schemas, schemas->shelf.catalog) : r;
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_schemas = ald_steal(&schemas);
    return 0;
}

struct ald_schemas *ald_schemas_free(struct ald_schemas *schemas)
{
    if (schemas != NULL) {
        shelf_fini(&schemas->shelf);
        free(schemas);
    }
    return NULL;
}

bool ald_schemas_reload(struct ald_schemas *schemas)
{
    struct shelf shelf;
    char why[2048], number[24];
    int r;

    if (schemas->folder[0] == '\0') {
        return false;
    }
    r = shelf_read(&shelf, schemas->folder, why, sizeof(why));
    if (r == 0) {
        r = schemas_install(schemas, shelf.catalog);
        if (r < 0) {
            shelf_fini(&shelf);
        }
    }
    if (r != 0) {
        ald_log(ALD_LOG_ERROR, "schemas stay as they were", {"why", r > 0 ? ald_str(why) : ald_str(ald_error_text(r))});
        return true;
    }
    shelf_fini(&schemas->shelf);
    schemas->shelf = shelf;
    (void)snprintf(number, sizeof(number), "%zu", shelf.n);
    ald_log(ALD_LOG_INFO, "schemas read", {"folder", ald_str(schemas->folder)}, {"messages", ald_str(number)});
    return true;
}

/* --- over the API --- */

static struct filed *shelf_find(struct shelf *shelf, struct ald_str name)
{
    for (size_t i = 0; i < shelf->n; i++) {
        if (ald_str_equal(shelf->files[i].blueprint->name, name)) {
            return &shelf->files[i];
        }
    }
    return NULL;
}

/* The file for a message of `name`: what a path cannot say, or does not say plainly, is percent-encoded. False: too long. */
static bool file_name_make(struct ald_str name, char file[FILE_NAME_MAX + 1])
{
    size_t at = 0;

    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                     c == '-' || (c == '.' && i > 0);

        if (at + 3 + sizeof(SUFFIX) > FILE_NAME_MAX) {
            return false;
        }
        at += (size_t)sprintf(file + at, plain ? "%c" : "%%%02X", plain ? c : (unsigned char)c);
    }
    (void)strcpy(file + at, SUFFIX);
    return true;
}

static int schemas_refuse(char why[ALD_MGMT_SCHEMAS_WHY_MAX], const char *file, const char *what)
{
    (void)snprintf(why, ALD_MGMT_SCHEMAS_WHY_MAX, "%s: %s", file, what);
    return ALD_MGMT_SCHEMA_CONFLICT;
}

/* Which file is to hold `blueprint`. Outcome: ALD_MGMT_SCHEMA_CONFLICT. */
static int schemas_choose_file(struct ald_schemas *schemas, const struct ald_blueprint *blueprint,
                               char file[FILE_NAME_MAX + 1], char why[ALD_MGMT_SCHEMAS_WHY_MAX])
{
    const struct filed *filed = shelf_find(&schemas->shelf, blueprint->name);

    if (filed != NULL) {
        (void)strcpy(file, filed->name);
        return 0;
    }
    if (!file_name_make(blueprint->name, file)) {
        return schemas_refuse(why, "the name", "is too long for a file");
    }
    for (size_t i = 0; i < schemas->shelf.n; i++) {
        if (strcmp(schemas->shelf.files[i].name, file) == 0) {
            return schemas_refuse(why, file, "this file describes another message");
        }
    }
    return 0;
}

/* Outcome: ALD_MGMT_SCHEMA_CONFLICT. Errors: ALDIS_E_NOMEM. */
static int schemas_write(const struct ald_schemas *schemas, const char *file, struct ald_str document,
                         char why[ALD_MGMT_SCHEMAS_WHY_MAX])
{
    char path[PATH_ROOM];
    int r;

    if (schemas->folder[0] == '\0') {
        return 0;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", schemas->folder, file);
    r = ald_file_replace(path, document, true);
    return r == ALDIS_E_IO ? schemas_refuse(why, path, strerror(errno)) : r;
}

/* The shelf has a place for a file more. Errors: ALDIS_E_NOMEM. */
static int shelf_reserve(struct shelf *shelf)
{
    struct filed *files = realloc(shelf->files, (shelf->n + 1) * sizeof(*files));

    if (files == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    shelf->files = files;
    return 0;
}

/* From now on `catalog` (takes) holds. Errors: ALDIS_E_NOMEM, and nothing has changed. */
static int schemas_turn(struct ald_schemas *schemas, struct ald_catalog *catalog)
{
    int r = schemas_install(schemas, catalog);

    if (r < 0) {
        (void)ald_catalog_unref(catalog);
        return ald_trace(r);
    }
    (void)ald_catalog_unref(schemas->shelf.catalog);
    schemas->shelf.catalog = catalog;
    return 0;
}

static void shelf_put(struct shelf *shelf, const char *file, struct ald_blueprint *blueprint)
{
    struct filed *filed = shelf_find(shelf, blueprint->name);

    if (filed != NULL) {
        (void)ald_blueprint_unref(filed->blueprint);
    } else {
        filed = &shelf->files[shelf->n++];
        (void)snprintf(filed->name, sizeof(filed->name), "%s", file);
    }
    filed->blueprint = ald_blueprint_ref(blueprint);
}

static int schemas_put(void *owner, struct ald_blueprint *blueprint, char why[ALD_MGMT_SCHEMAS_WHY_MAX])
{
    struct ald_schemas *schemas = owner;
    struct ald_catalog *catalog = NULL;
    char file[FILE_NAME_MAX + 1];
    int r;

    r = schemas_choose_file(schemas, blueprint, file, why);
    r = r != 0 ? r : shelf_reserve(&schemas->shelf);
    if (r != 0) {
        return r;
    }
    r = ald_catalog_with(schemas->shelf.catalog, blueprint, &catalog);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : schemas_refuse(why, "the hub", "it has as many messages as it takes");
    }
    r = schemas_write(schemas, file, blueprint->document, why);
    if (r != 0) {
        (void)ald_catalog_unref(catalog);
        return r;
    }
    r = schemas_turn(schemas, catalog);
    if (r == 0) {
        shelf_put(&schemas->shelf, file, blueprint);
    }
    return r;
}

static int schemas_remove(void *owner, struct ald_str name, char why[ALD_MGMT_SCHEMAS_WHY_MAX])
{
    struct ald_schemas *schemas = owner;
    struct filed *filed = shelf_find(&schemas->shelf, name);
    struct ald_catalog *catalog = NULL;
    char path[PATH_ROOM];
    int r;

    r = filed != NULL ? ald_catalog_without(schemas->shelf.catalog, name, &catalog) : ALD_CATALOG_UNKNOWN;
    if (r != 0) {
        return r < 0 ? ald_trace(r) : ALD_MGMT_SCHEMA_UNKNOWN;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", schemas->folder, filed->name);
    r = schemas->folder[0] != '\0' ? ald_file_remove(path) : 0;
    if (r < 0) {
        (void)ald_catalog_unref(catalog);
        return r == ALDIS_E_IO ? schemas_refuse(why, path, strerror(errno)) : ald_trace(r);
    }
    r = schemas_turn(schemas, catalog);
    if (r == 0) {
        (void)ald_blueprint_unref(filed->blueprint);
        *filed = schemas->shelf.files[--schemas->shelf.n];
    }
    return r;
}

struct ald_mgmt_schemas ald_schemas_pages(struct ald_schemas *schemas)
{
    return (struct ald_mgmt_schemas){
        .put = schemas_put,
        .remove = schemas_remove,
        .owner = schemas,
        .stored = schemas->folder[0] != '\0',
        .strict = schemas->strict,
    };
}
