#include "api/schemas.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/buf.h"
#include "base/error.h"
#include "loop/file.h"
#include "loop/folder.h"

/* A check lasts a tenth of a second at the very most (msg/schema.h), and takes one checker; so one of them, in turn. */
struct aldis_schemas {
    atomic_uint refs;
    atomic_bool is_used; /* by a client: it does not change any more */
    struct ald_catalog *catalog;
    pthread_mutex_t mutex;
    struct ald_schema_checker *checker; /* guarded by the mutex */
};

static _Thread_local char schemas_fault[ALD_BLUEPRINT_TEXT_MAX];

static void why_tell(char *why, size_t why_size, const char *where, const char *what)
{
    if (why != NULL && why_size > 0) {
        (void)snprintf(why, why_size, "%s%s%s", where, where[0] != '\0' ? ": " : "", what);
    }
}

/* --- a set -------------------------------------------------------------------------------------------------------- */

static struct aldis_schemas *schemas_ref(struct aldis_schemas *schemas)
{
    if (schemas != NULL) {
        atomic_fetch_add_explicit(&schemas->refs, 1, memory_order_relaxed);
    }
    return schemas;
}

struct aldis_schemas *aldis_schemas_free(struct aldis_schemas *schemas)
{
    if (schemas == NULL || atomic_fetch_sub_explicit(&schemas->refs, 1, memory_order_acq_rel) > 1) {
        return NULL;
    }
    (void)ald_catalog_unref(schemas->catalog);
    ald_schema_checker_free(schemas->checker);
    pthread_mutex_destroy(&schemas->mutex);
    free(schemas);
    return NULL;
}
ALD_DEFINE_CLEANUP(struct aldis_schemas *, aldis_schemas_free);

int aldis_schemas_new(struct aldis_schemas **ret_schemas)
{
    ALD_AUTO(aldis_schemas_free) struct aldis_schemas *schemas = NULL;
    int r;

    if (ret_schemas == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    schemas = calloc(1, sizeof(*schemas));
    if (schemas == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    atomic_init(&schemas->refs, 1);
    ald_assert(pthread_mutex_init(&schemas->mutex, NULL) == 0);
    r = ald_catalog_new(&schemas->catalog);
    if (r == 0) {
        r = ald_schema_checker_new(&schemas->checker);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    *ret_schemas = ald_steal(&schemas);
    return 0;
}

/* Errors: those of aldis_schemas_add(). `where` names the document for people; "": it has no name. */
static int schemas_put(struct aldis_schemas *schemas, struct ald_str document, const char *where, char *why,
                       size_t why_size)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    struct ald_catalog *catalog = NULL;
    char what[ALD_CATALOG_WHY_MAX];
    int r;

    r = ald_blueprint_new(document, &blueprint, what);
    if (r > 0) {
        why_tell(why, why_size, where, what);
        return ald_trace(ALDIS_E_INVALID);
    }
    if (r == 0) {
        r = ald_catalog_with(schemas->catalog, blueprint, &catalog);
    }
    if (r > 0) {
        why_tell(why, why_size, where, "there are too many messages");
        return ald_trace(ALDIS_E_INVALID);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    (void)ald_catalog_unref(schemas->catalog);
    schemas->catalog = catalog;
    return 0;
}

/* It may be added to. Errors: ALDIS_E_INVALID. */
static int schemas_open(const struct aldis_schemas *schemas, const char *what, char *why, size_t why_size)
{
    why_tell(why, why_size, "", "");
    if (schemas == NULL || what == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    if (atomic_load(&schemas->is_used)) {
        why_tell(why, why_size, "", "a client has the set already");
        return ald_trace(ALDIS_E_INVALID);
    }
    return 0;
}

int aldis_schemas_add(struct aldis_schemas *schemas, const char *document, size_t size, char *why, size_t why_size)
{
    int r = schemas_open(schemas, document, why, why_size);

    if (r < 0) {
        return r;
    }
    return schemas_put(schemas, ald_str_of(document, size != 0 ? size : strlen(document)), "", why, why_size);
}

/* --- a folder ----------------------------------------------------------------------------------------------------- */

static int schemas_add_file(struct aldis_schemas *schemas, const char *folder, const char *name, char *why,
                            size_t why_size)
{
    char path[4096];
    struct ald_buf text;
    int r;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    ald_buf_init(&text, ALD_CATALOG_DOCUMENT_MAX + sizeof(path));
    r = ald_file_read(path, &text);
    if (r == 0 || r == ALD_FILE_LARGE) { /* which it is told of */
        r = schemas_put(schemas, ald_buf_str(&text), path, why, why_size);
    } else if (r != ALDIS_E_NOMEM) {
        why_tell(why, why_size, path, strerror(errno));
        r = ald_trace(ALDIS_E_IO);
    }
    ald_buf_fini(&text);
    return r;
}

int aldis_schemas_add_folder(struct aldis_schemas *schemas, const char *folder, char *why, size_t why_size)
{
    struct ald_folder files;
    int r = schemas_open(schemas, folder, why, why_size);

    if (r < 0) {
        return r;
    }
    r = ald_folder_read(folder, &(struct ald_folder_filter){.suffix = ".json"}, &files);
    if (r < 0) {
        why_tell(why, why_size, folder, strerror(errno));
        return ald_trace(r);
    }
    for (size_t i = 0; r == 0 && i < files.n; i++) {
        r = schemas_add_file(schemas, folder, files.names[i], why, why_size);
    }
    ald_folder_fini(&files);
    return r;
}

/* --- a client's --------------------------------------------------------------------------------------------------- */

int aldis_client_use_schemas(struct aldis_client *client, struct aldis_schemas *schemas)
{
    struct aldis_schemas *former;

    if (client == NULL) {
        return ald_trace(ALDIS_E_INVALID);
    }
    if (schemas != NULL) {
        atomic_store(&schemas->is_used, true);
    }
    ald_engine_lock(client->engine);
    former = client->schemas;
    client->schemas = schemas_ref(schemas);
    ald_engine_unlock(client->engine);
    aldis_schemas_free(former);
    return 0;
}

int ald_api_schemas_hear(struct aldis_client *client, enum ald_api_payload what, struct ald_str name,
                         struct ald_str payload, char text[ALD_BLUEPRINT_TEXT_MAX])
{
    ALD_AUTO(aldis_schemas_free) struct aldis_schemas *schemas = NULL;
    const struct ald_blueprint *blueprint;
    int r;

    ald_engine_lock(client->engine);
    schemas = schemas_ref(client->schemas);
    ald_engine_unlock(client->engine);
    blueprint = schemas != NULL ? ald_catalog_find(schemas->catalog, name) : NULL;
    if (blueprint == NULL || blueprint->is_event != (what == ALD_API_EVENT)) {
        return 0;
    }
    ald_assert(pthread_mutex_lock(&schemas->mutex) == 0);
    r = ald_blueprint_check(blueprint, what == ALD_API_REPLY, schemas->checker, payload, text);
    ald_assert(pthread_mutex_unlock(&schemas->mutex) == 0);
    return r < 0 ? ald_trace(r) : r;
}

void ald_api_schemas_begin(void)
{
    schemas_fault[0] = '\0';
}

int ald_api_schemas_say(struct aldis_client *client, enum ald_api_payload what, struct ald_str name,
                        struct ald_str payload)
{
    int r;

    r = ald_api_schemas_hear(client, what, name, payload, schemas_fault);
    return r > 0 ? ald_trace(ALDIS_E_INVALID) : r;
}

const char *aldis_schemas_fault(void)
{
    return schemas_fault;
}
