#include "daemon/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/ini.h"
#include "base/printable.h"
#include "daemon/config_value.h"

const struct ald_config_row ald_config_rows[ALD_N_KEYS] = {
#define ALD_X(id, section_, key_, type_, fallback_, min_, max_, text_)                                                 \
    [ALD_KEY_##id] = {                                                                                                 \
        .section = (section_),                                                                                         \
        .key = (key_),                                                                                                 \
        .type = ALD_CONFIG_##type_,                                                                                    \
        .fallback = (fallback_),                                                                                       \
        .min = (min_),                                                                                                 \
        .max = (max_),                                                                                                 \
        .text = (text_),                                                                                               \
    },
    ALD_CONFIG_KEYS(ALD_X)
#undef ALD_X
};

/* Where a value comes from; the later wins. */
enum origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_OPTION };

struct value {
    char *text;
    uint64_t number;
    unsigned line; /* in the file */
    enum origin origin;
};

struct ald_config {
    char *file; /* the one that was read, or NULL */
    struct value values[ALD_N_KEYS];
};

/* Where a complaint points to. */
struct place {
    enum origin origin;
    const char *file;
    unsigned line;
    struct ald_str section, key;
};

static int ALD_PRINTF(3, 0)
    why_vprint(struct ald_config_why *why, const struct place *place, const char *format, va_list args)
{
    char file[256];
    size_t size;

    switch (place->origin) {
    case ORIGIN_FILE:
        (void)ald_printable(ald_str(place->file), file, sizeof(file));
        (void)snprintf(why->text, sizeof(why->text), "%s:%u: ", file, place->line);
        break;
    case ORIGIN_OPTION:
        (void)snprintf(why->text, sizeof(why->text), "-s %.*s.%.*s: ", ALD_STR_ARG(place->section),
                       ALD_STR_ARG(place->key));
        break;
    case ORIGIN_DEFAULT:
        (void)snprintf(why->text, sizeof(why->text), "default: ");
        break;
    }

    size = strlen(why->text);
    if (place->origin != ORIGIN_OPTION && ald_str_present(place->section)) {
        (void)snprintf(why->text + size, sizeof(why->text) - size, "[%.*s] %.*s%s", ALD_STR_ARG(place->section),
                       ALD_STR_ARG(place->key), place->key.size > 0 ? ": " : "");
        size = strlen(why->text);
    }
    (void)vsnprintf(why->text + size, sizeof(why->text) - size, format, args);
    return ALD_CONFIG_BAD;
}

static int ALD_PRINTF(3, 4) why_print(struct ald_config_why *why, const struct place *place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)why_vprint(why, place, format, args);
    va_end(args);
    return ALD_CONFIG_BAD;
}

int ald_config_fault(const struct ald_config *config, enum ald_config_key key, struct ald_config_why *ret_why,
                     const char *format, ...)
{
    const struct value *value = &config->values[key];
    struct place place = {
        .origin = value->origin,
        .file = config->file,
        .line = value->line,
        .section = ald_str(ald_config_rows[key].section),
        .key = ald_str(ald_config_rows[key].key),
    };
    va_list args;

    va_start(args, format);
    (void)why_vprint(ret_why, &place, format, args);
    va_end(args);
    return ALD_CONFIG_BAD;
}

/* Sets the value; the old text goes. */
static int value_set(struct value *value, struct ald_str text, uint64_t number)
{
    char *copy = strndup(text.data, text.size);

    if (copy == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    free(value->text);
    value->text = copy;
    value->number = number;
    return 0;
}

/* The defaults are our own words, so a bad one is our mistake. */
static int value_fall_back(struct ald_config *config, enum ald_config_key key, const char *fallback)
{
    struct ald_config_value_why why;
    uint64_t number = 0;
    int r;

    fallback = fallback != NULL ? fallback : ald_config_rows[key].fallback;
    ald_assert(fallback != NULL);
    r = ald_config_value_parse(&ald_config_rows[key], ald_str(fallback), &number, &why);
    ald_assert(r == 0);

    r = value_set(&config->values[key], ald_str(fallback), number);
    return r < 0 ? ald_trace(r) : 0;
}

int ald_config_new(const char *const fallbacks[ALD_N_KEYS], struct ald_config **ret_config)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = calloc(1, sizeof(*config));

    if (config == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; i < ALD_N_KEYS; i++) {
        int r = value_fall_back(config, (enum ald_config_key)i, fallbacks[i]);

        if (r < 0) {
            return ald_trace(r);
        }
    }
    *ret_config = ald_steal(&config);
    return 0;
}

struct ald_config *ald_config_free(struct ald_config *config)
{
    if (config == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < ALD_N_KEYS; i++) {
        free(config->values[i].text);
    }
    free(config->file);
    free(config);
    return NULL;
}

/* The keys of a section for a complaint: " it has: a, b, c", or the sections when there is none of that name. */
static void known_print(struct ald_str section, bool known, char *to, size_t room)
{
    const char *last = "";
    size_t size = 0;

    to[0] = '\0';
    for (size_t i = 0; i < ALD_N_KEYS && size < room; i++) {
        const struct ald_config_row *row = &ald_config_rows[i];
        const char *word = known ? row->key : row->section;

        if ((known && !ald_str_equal(section, ald_str(row->section))) || strcmp(word, last) == 0) {
            continue;
        }
        size += (size_t)snprintf(to + size, room - size, "%s%s", last[0] != '\0' ? ", " : "", word);
        last = word;
    }
}

/* Outcome: ALD_CONFIG_BAD. */
static int key_find(const struct place *place, enum ald_config_key *ret_key, struct ald_config_why *why)
{
    bool known = false;
    char list[800];

    for (size_t i = 0; i < ALD_N_KEYS; i++) {
        if (!ald_str_equal(place->section, ald_str(ald_config_rows[i].section))) {
            continue;
        }
        if (ald_str_equal(place->key, ald_str(ald_config_rows[i].key))) {
            *ret_key = (enum ald_config_key)i;
            return 0;
        }
        known = true;
    }

    known_print(place->section, known, list, sizeof(list));
    return known ? why_print(why, place, "unknown key; the section has %s", list)
                 : why_print(why, place, "unknown section; there are %s", list);
}

static int value_take(struct ald_config *config, const struct place *place, struct ald_str text,
                      struct ald_config_why *why)
{
    struct ald_config_value_why value_why;
    enum ald_config_key key = ALD_N_KEYS;
    struct value *value;
    uint64_t number = 0;
    int r;

    r = key_find(place, &key, why);
    if (r != 0) {
        return r;
    }
    value = &config->values[key];
    if (value->origin == ORIGIN_FILE && place->origin == ORIGIN_FILE) {
        return why_print(why, place, "given twice; the first time in line %u", value->line);
    }
    r = ald_config_value_parse(&ald_config_rows[key], text, &number, &value_why);
    if (r != 0) {
        return why_print(why, place, "%s", value_why.text);
    }

    r = value_set(value, text, number);
    if (r < 0) {
        return ald_trace(r);
    }
    value->origin = place->origin;
    value->line = place->line;
    return 0;
}

int ald_config_read(struct ald_config *config, const char *file, struct ald_str text, struct ald_config_why *ret_why)
{
    struct ald_ini ini;
    struct ald_ini_item item;
    const char *what = NULL;
    int r;

    free(config->file);
    config->file = strdup(file);
    if (config->file == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }

    ald_ini_init(&ini, text);
    while ((r = ald_ini_next(&ini, &item, &what)) == 0) {
        struct place place = {
            .origin = ORIGIN_FILE,
            .file = config->file,
            .line = item.line,
            .section = item.section,
            .key = item.key,
        };

        r = value_take(config, &place, item.value, ret_why);
        if (r != 0) {
            return r < 0 ? ald_trace(r) : r;
        }
    }
    if (r == ALD_INI_MALFORMED) {
        struct place place = {.origin = ORIGIN_FILE, .file = config->file, .line = ini.line};

        return why_print(ret_why, &place, "%s", what);
    }
    return 0;
}

int ald_config_set(struct ald_config *config, struct ald_str assignment, struct ald_config_why *ret_why)
{
    size_t equals = ald_str_find(assignment, ALD_STR("="));
    struct ald_str name = {assignment.data, equals};
    size_t dot = ald_str_find(name, ALD_STR("."));
    struct place place = {.origin = ORIGIN_OPTION};
    int r;

    if (equals == assignment.size || dot == name.size) {
        char quoted[200];

        (void)ald_printable(assignment, quoted, sizeof(quoted));
        (void)snprintf(ret_why->text, sizeof(ret_why->text), "-s %s: not SECTION.KEY=VALUE", quoted);
        return ALD_CONFIG_BAD;
    }
    place.section = ald_str_trim((struct ald_str){name.data, dot});
    place.key = ald_str_trim(ald_str_from(name, dot + 1));

    r = value_take(config, &place, ald_str_trim(ald_str_from(assignment, equals + 1)), ret_why);
    return r < 0 ? ald_trace(r) : r;
}

uint64_t ald_config_number(const struct ald_config *config, enum ald_config_key key)
{
    return config->values[key].number;
}

const char *ald_config_text(const struct ald_config *config, enum ald_config_key key)
{
    return config->values[key].text;
}
