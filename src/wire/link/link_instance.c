/*
 * The instances of a host. A host names them when it has connected, and tells when one changes (link.md 7.3); each that is
 * assigned to it is a party of its connection, whatever it is doing: who asks one that is stopped to start asks its host
 * (5), which answers for it otherwise too.
 *
 * An instance's party has the instance's number, so a host that resumes on another connection finds them under the same.
 */

#include <stdlib.h>

#include "base/error.h"
#include "msg/json_number.h"
#include "wire/link/link_impl.h"

/* Where it is, or would be. */
static size_t instance_place(const struct ald_link *link, int64_t id)
{
    size_t low = 0, high = link->n_instances;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (link->instances[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool ald_link_has_instance(const struct ald_link *link, int64_t id)
{
    size_t at = instance_place(link, id);

    return at < link->n_instances && link->instances[at] == id;
}

uint32_t ald_link_instance_party(const struct ald_link *link, int64_t id)
{
    return ald_link_has_instance(link, id) ? (uint32_t)id : 0;
}

/* Errors: ALDIS_E_NOMEM. */
static int instance_add(struct ald_link *link, int64_t id)
{
    size_t at = instance_place(link, id);
    int64_t *instances = realloc(link->instances, (link->n_instances + 1) * sizeof(*instances));

    if (instances == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    memmove(instances + at + 1, instances + at, (link->n_instances - at) * sizeof(*instances));
    instances[at] = id;
    link->instances = instances;
    link->n_instances++;
    return 0;
}

static void instance_remove(struct ald_link *link, int64_t id)
{
    size_t at = instance_place(link, id);

    link->n_instances--;
    memmove(link->instances + at, link->instances + at + 1, (link->n_instances - at) * sizeof(*link->instances));
}

/* --- to the hub ---------------------------------------------------------------------------------------------------- */

static int instance_register(struct ald_link *link, int64_t id)
{
    const struct ald_link_address address = {.type = ALD_LINK_INSTANCE, .id = id, .request = ALD_STR_NONE};
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_REGISTER);
    char room[ALD_LINK_ADDRESS_MAX];
    int r;

    if (id <= 0 || id > INT32_MAX || link->n_instances == ALD_LINK_INSTANCES_MAX) {
        ald_link_count(link, ALD_LINK_N_UNKNOWN_INSTANCE);
        return 0;
    }
    /* No alias is looked for twice, and views must not move: there is room for all of them (see the callers). */
    r = ald_link_keep(link, ald_link_target(ald_link_aliases(link), &address, room), &signal.target);
    if (r == 0) {
        r = instance_add(link, id);
    }
    if (r < 0) {
        return ald_trace(r);
    }
    signal.party = (uint32_t)id;
    signal.traits = ALD_CAN_RESUME;
    signal.taken = ALD_TAKEN_REFUSE;
    signal.party_kind = ALD_PARTY_INSTANCE;
    ald_link_say(link, &signal);
    return 0;
}

static void instance_unregister(struct ald_link *link, int64_t id)
{
    struct ald_signal signal = ald_signal_of(ALD_SIGNAL_UNREGISTER);

    instance_remove(link, id);
    signal.party = (uint32_t)id;
    ald_link_say(link, &signal);
}

int ald_link_instance_judged(struct ald_link *link, const struct ald_signal *signal)
{
    bool has = ald_link_has_instance(link, signal->party);
    int r = 0;

    if (signal->kind == ALD_SIGNAL_DENIED) {
        ald_link_count(link, ALD_LINK_N_UNKNOWN_INSTANCE);
        if (has) {
            instance_remove(link, signal->party);
        }
    } else if (!has) { /* its session came back with it */
        r = instance_add(link, signal->party);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- what a host says of them -------------------------------------------------------------------------------------- */

/* One of them, as far as it matters here. */
struct instance {
    int64_t id;
    bool is_gone; /* or not assigned */
};

static bool status_is_gone(struct ald_json_value status)
{
    static const struct ald_str words[] = {{"unassigned", 10}, {"deleted", 7}};

    for (size_t i = 0; status.type == ALD_JSON_STRING && i < ALD_COUNT(words); i++) {
        if (ald_json_string_is(status, words[i])) {
            return true;
        }
    }
    return false;
}

static struct ald_str separators_skip(struct ald_str json)
{
    while (json.size > 0 && strchr(" \t\r\n,", json.data[0]) != NULL) {
        json = ald_str_from(json, 1);
    }
    return json;
}

static bool id_in(struct ald_json_value object, struct ald_str name, int64_t *ret_id)
{
    struct ald_json_field inside = {.name = name};
    struct ald_json_scan scan;

    return object.type == ALD_JSON_OBJECT && ald_json_scan(object.raw, ALD_JSON_STRICT, &inside, 1, &scan) == 0 &&
           ald_json_i64(inside.value, ret_id) == 0;
}

/* Generation A's configuration is groups of fields: `{"groups":[{"name":"instance","fields":{"id":7}}]}`. */
static bool id_in_groups(struct ald_json_value config, int64_t *ret_id)
{
    struct ald_json_field groups = ALD_JSON_FIELD("groups");
    struct ald_json_scan scan;
    struct ald_str json;

    if (config.type != ALD_JSON_OBJECT || ald_json_scan(config.raw, ALD_JSON_STRICT, &groups, 1, &scan) != 0 ||
        groups.value.type != ALD_JSON_ARRAY) {
        return false;
    }
    json = separators_skip(ald_str_from(groups.value.raw, 1));
    while (json.data[0] != ']') {
        struct ald_json_field fields[] = {ALD_JSON_FIELD("name"), ALD_JSON_FIELD("fields")};

        if (ald_json_scan(json, ALD_JSON_TAIL_OK, fields, ALD_COUNT(fields), &scan) != 0) {
            return false;
        }
        if (fields[0].value.type == ALD_JSON_STRING && ald_json_string_is(fields[0].value, ALD_STR("instance"))) {
            return id_in(fields[1].value, ALD_STR("id"), ret_id);
        }
        json = separators_skip(ald_str_from(json, scan.end.offset));
    }
    return false;
}

/* Where the id of an instance may stand, and whether it is gone. */
enum { PLACE_ID, PLACE_INSTANCE_ID, PLACE_OLD_ID, PLACE_CONFIG, PLACE_OLD_CONFIG, PLACE_STATUS };

/* Its id stands in it, or in its configuration. False: it has none. */
static bool instance_id(const struct ald_json_field *fields, int64_t *ret_id)
{
    for (size_t i = PLACE_ID; i <= PLACE_OLD_ID; i++) {
        if (ald_json_i64(fields[i].value, ret_id) == 0) {
            return true;
        }
    }
    return id_in(fields[PLACE_CONFIG].value, ALD_STR("instance.id"), ret_id) ||
           id_in_groups(fields[PLACE_OLD_CONFIG].value, ret_id);
}

/* Read the object at the beginning of `json`, take it off. False: there is none, or it is no instance. */
static bool instance_take(struct ald_str *json, struct instance *ret_instance)
{
    struct ald_json_field fields[] = {
        [PLACE_ID] = ALD_JSON_FIELD("id"),
        [PLACE_INSTANCE_ID] = ALD_JSON_FIELD("instanceId"),
        [PLACE_OLD_ID] = ALD_JSON_FIELD("instance_id"),
        [PLACE_CONFIG] = ALD_JSON_FIELD("config"),
        [PLACE_OLD_CONFIG] = ALD_JSON_FIELD("serialized_config"),
        [PLACE_STATUS] = ALD_JSON_FIELD("status"),
    };
    struct ald_json_scan scan;

    if (ald_json_scan(*json, ALD_JSON_TAIL_OK, fields, ALD_COUNT(fields), &scan) != 0 ||
        !instance_id(fields, &ret_instance->id)) {
        return false;
    }
    ret_instance->is_gone = status_is_gone(fields[PLACE_STATUS].value);
    *json = ald_str_from(*json, scan.end.offset);
    return true;
}

/* Look through the list; with `named`, note who is in it. How many they are, or -1: it is none. */
static long list_walk(struct ald_str json, int64_t *named, size_t n_named_max)
{
    struct instance instance;
    long n = 0;

    json = separators_skip(ald_str_from(json, 1));
    while (json.data[0] != ']') {
        if (!instance_take(&json, &instance)) {
            return -1;
        }
        if (!instance.is_gone && (named == NULL || (size_t)n < n_named_max)) {
            if (named != NULL) {
                named[n] = instance.id;
            }
            n++;
        }
        json = separators_skip(json);
    }
    return n;
}

static bool is_named(const int64_t *named, size_t n, int64_t id)
{
    for (size_t i = 0; i < n; i++) {
        if (named[i] == id) {
            return true;
        }
    }
    return false;
}

static int list_apply(struct ald_link *link, const int64_t *named, size_t n)
{
    int r = ald_link_reserve(link, n * (ALD_NAME_MAX + 1));

    for (size_t i = link->n_instances; r == 0 && i > 0; i--) {
        if (!is_named(named, n, link->instances[i - 1])) {
            instance_unregister(link, link->instances[i - 1]);
        }
    }
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!ald_link_has_instance(link, named[i])) {
            r = instance_register(link, named[i]);
        }
    }
    return r < 0 ? ald_trace(r) : 0;
}

int ald_link_instances_update(struct ald_link *link, struct ald_json_value list)
{
    int64_t *named;
    long n = list.type == ALD_JSON_ARRAY ? list_walk(list.raw, NULL, 0) : -1;
    int r;

    if (n < 0) {
        return ALD_LINK_BAD_FRAME;
    }
    n = ALD_MIN(n, (long)ALD_LINK_INSTANCES_MAX);
    named = calloc((size_t)n + 1, sizeof(*named));
    if (named == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    n = list_walk(list.raw, named, (size_t)n);
    r = list_apply(link, named, (size_t)n);
    free(named);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_link_instance_changed(struct ald_link *link, struct ald_json_value data)
{
    struct ald_str json = data.raw;
    struct instance instance;
    int r;

    if (link->self.type != ALD_LINK_HOST_KIND || data.type != ALD_JSON_OBJECT || !instance_take(&json, &instance)) {
        return 0;
    }
    if (instance.is_gone && ald_link_has_instance(link, instance.id)) {
        instance_unregister(link, instance.id);
    }
    if (instance.is_gone || ald_link_has_instance(link, instance.id)) {
        return 0;
    }
    r = ald_link_reserve(link, ALD_NAME_MAX + 1);
    if (r == 0) {
        r = instance_register(link, instance.id);
    }
    return r < 0 ? ald_trace(r) : 0;
}
