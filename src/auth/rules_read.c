/*
 * The reader of the file of tokens. The text is copied once; names and patterns are views of the copy, or of a second one
 * as large, into which they are decoded: no pattern becomes longer by that. So the rules need as much memory as the file
 * has bytes, a few times over, and nothing in it can make them need more.
 */

#include <stdio.h>
#include <stdlib.h>

#include "auth/rules_impl.h"
#include "base/error.h"
#include "base/ini.h"
#include "base/printable.h"
#include "msg/address.h"

struct reader {
    struct ald_rules *rules;
    const char *file;
    ald_rules_user_fn user_find;
    struct ald_rules_why *why;
    struct ald_ini ini;
    struct ald_ini_item item;
    struct ald_principal *principal; /* whose section it is; NULL outside of one */
    size_t scratch_used;
};

/* Says what is wrong; `word` (may be absent) is what it is about. Returns ALD_RULES_BAD. */
static int read_fault(struct reader *reader, unsigned line, struct ald_str word, const char *what)
{
    char file[256], section[160], quoted[160];
    struct ald_str title = reader->item.title;

    (void)ald_printable(ald_str(reader->file), file, sizeof(file));
    (void)ald_printable(title, section, sizeof(section));
    (void)ald_printable(word, quoted, sizeof(quoted));
    if (!ald_str_present(reader->item.section)) {
        (void)snprintf(reader->why->text, sizeof(reader->why->text), "%s:%u: %s", file, line, what);
        return ALD_RULES_BAD;
    }
    (void)snprintf(reader->why->text, sizeof(reader->why->text), "%s:%u: [%.*s%s%s]%s%.*s: %s%s%s%s", file, line,
                   (int)ALD_MIN(reader->item.section.size, (size_t)80), reader->item.section.data,
                   ald_str_present(title) ? " " : "", section, ald_str_present(reader->item.key) ? " " : "",
                   (int)ALD_MIN(reader->item.key.size, (size_t)80),
                   ald_str_present(reader->item.key) ? reader->item.key.data : "", ald_str_present(word) ? "\"" : "",
                   quoted, ald_str_present(word) ? "\" " : "", what);
    return ALD_RULES_BAD;
}

/* The same about the item that is being read. */
static int read_wrong(struct reader *reader, struct ald_str word, const char *what)
{
    return read_fault(reader, reader->item.line, word, what);
}

/* Something of that name or number stands in `line` already. */
static int read_twice(struct reader *reader, struct ald_str word, unsigned line)
{
    char what[80];

    (void)snprintf(what, sizeof(what), "stands in line %u already", line);
    return read_wrong(reader, word, what);
}

/* Room for one more of an array. Errors: ALDIS_E_NOMEM. */
static int array_grow(void **array, size_t *room, size_t n, size_t size)
{
    size_t wanted = *room > 0 ? *room * 2 : 8;
    void *grown;

    if (n < *room) {
        return 0;
    }
    grown = realloc(*array, wanted * size);
    if (grown == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *array = grown;
    *room = wanted;
    return 0;
}

#define GROW(rules, member)                                                                                            \
    array_grow((void **)&(rules)->member, &(rules)->member##_room, (rules)->n_##member, sizeof(*(rules)->member))

/* --- values ------------------------------------------------------------------------------------------------------- */

static char *scratch_take(struct reader *reader, size_t size)
{
    char *room = reader->rules->scratch + reader->scratch_used;

    reader->scratch_used += size;
    return room;
}

/* How one word of a list becomes a pattern. */
typedef const char *(*pattern_fn)(struct ald_str word, char *scratch, struct ald_command_pattern *ret_pattern);

static const char *serve_parse(struct ald_str word, char *scratch, struct ald_command_pattern *ret_pattern)
{
    return word.size > 0 ? ald_pattern_parse(word, scratch, &ret_pattern->target) : "a target has a name";
}

static const char *primary_parse(struct ald_str word, char *scratch, struct ald_command_pattern *ret_pattern)
{
    return word.size > 0 ? ald_pattern_parse(word, scratch, &ret_pattern->name) : "a command has a name";
}

static const char *holding_parse(struct ald_str word, char *scratch, struct ald_command_pattern *ret_pattern)
{
    return word.size > 0 ? ald_pattern_parse(word, scratch, &ret_pattern->name) : "a permission has a name";
}

static const char *hearing_parse(struct ald_str word, char *scratch, struct ald_command_pattern *ret_pattern)
{
    return word.size > 0 ? ald_pattern_parse(word, scratch, &ret_pattern->name) : "an event has a name";
}

static int patterns_read(struct reader *reader, struct ald_rule *rule, pattern_fn parse)
{
    struct ald_rules *rules = reader->rules;
    struct ald_str list = rule->text.size > 0 ? rule->text : ALD_STR_NONE;
    struct ald_str word;

    rule->first = rules->n_patterns;
    while (ald_pattern_word_next(&list, &word)) {
        struct ald_command_pattern pattern = {.target = {.name = ALD_STR_NONE}};
        const char *wrong = parse(word, scratch_take(reader, word.size), &pattern);

        if (wrong != NULL) {
            return read_wrong(reader, word, wrong);
        }
        if (GROW(rules, patterns) < 0) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        rules->patterns[rules->n_patterns++] = pattern;
        rule->n++;
    }
    return 0;
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Outcome: ALD_RULES_BAD, and nothing said. */
static int hash_parse(struct ald_str word, uint8_t bytes[ALD_AUTH_HASH])
{
    struct ald_str mark = ALD_STR("sha256:");

    if (!ald_str_starts(word, mark) || word.size != mark.size + (size_t)2 * ALD_AUTH_HASH) {
        return ALD_RULES_BAD;
    }
    word = ald_str_from(word, mark.size);
    for (size_t i = 0; i < ALD_AUTH_HASH; i++) {
        int high = hex_digit(word.data[2 * i]);
        int low = hex_digit(word.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return ALD_RULES_BAD;
        }
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    return 0;
}

static int hash_read(struct reader *reader, struct ald_rule *rule)
{
    struct ald_rules *rules = reader->rules;
    struct ald_str list = rule->text;
    struct ald_str word;

    if (reader->principal->kind != ALD_PRINCIPAL_TOKEN) {
        return read_wrong(reader, ALD_STR_NONE, "only a [token NAME] has a hash");
    }
    while (ald_pattern_word_next(&list, &word)) {
        struct ald_token_hash hash = {.principal = reader->principal, .line = reader->item.line};

        if (hash_parse(word, hash.bytes) != 0) {
            /* It may be the token itself, which is nobody's business: it is not repeated here. */
            return read_wrong(reader, ALD_STR_NONE,
                              "a hash is written sha256: and 64 hexadecimal digits; aldis auth token makes one");
        }
        if (GROW(rules, hashes) < 0) {
            return ald_trace(ALDIS_E_NOMEM);
        }
        rules->hashes[rules->n_hashes++] = hash;
    }
    return 0;
}

static int manage_read(struct reader *reader, struct ald_rule *rule)
{
    static const char *const words[] = {
        [ALD_MANAGE_NONE] = "none",
        [ALD_MANAGE_READ] = "read",
        [ALD_MANAGE_WRITE] = "write",
    };

    for (size_t i = 0; i < ALD_COUNT(words); i++) {
        if (ald_str_equal(rule->text, ald_str(words[i]))) {
            reader->principal->manage = (uint8_t)i;
            return 0;
        }
    }
    return read_wrong(reader, rule->text, "is not none, read or write");
}

static int validity_read(struct reader *reader, struct ald_rule *rule)
{
    if (reader->principal->kind != ALD_PRINCIPAL_TOKEN) {
        return read_wrong(reader, ALD_STR_NONE, "only tokens are made at some time");
    }
    if (ald_str_u64(rule->text, &reader->principal->valid_after) != 0) {
        return read_wrong(reader, rule->text,
                          "is no number of seconds since 1970; date +%s says how many there are now");
    }
    return 0;
}

static int serve_read(struct reader *reader, struct ald_rule *rule)
{
    return patterns_read(reader, rule, serve_parse);
}

static int command_read(struct reader *reader, struct ald_rule *rule)
{
    return patterns_read(reader, rule, ald_command_pattern_parse);
}

static int holding_read(struct reader *reader, struct ald_rule *rule)
{
    return patterns_read(reader, rule, holding_parse);
}

static int hearing_read(struct reader *reader, struct ald_rule *rule)
{
    return patterns_read(reader, rule, hearing_parse);
}

/* --- sections ----------------------------------------------------------------------------------------------------- */

static int user_number(struct reader *reader, struct ald_principal *principal)
{
    const struct ald_principal *other;
    int r;

    if (ald_str_u64(principal->name, &principal->user) != 0 &&
        reader->user_find(principal->name, &principal->user) != 0) {
        return read_wrong(reader, ALD_STR_NONE, "this machine has no such user");
    }
    other = ald_rules_find_user(reader->rules, principal->user);
    if (other != NULL) {
        return read_twice(reader, ALD_STR("this user"), other->line);
    }
    r = ald_table_add_number(&reader->rules->by_user, principal->user, principal);
    return r < 0 ? ald_trace(r) : 0;
}

/* `principal` (takes) is made known by its name, and by its number if it has one. */
static int principal_add(struct reader *reader, struct ald_principal *principal)
{
    struct ald_rules *rules = reader->rules;
    const struct ald_principal *other = ald_rules_find(rules, principal->name);
    int r;

    if (other != NULL) {
        return read_twice(reader, principal->name, other->line);
    }
    r = GROW(rules, principals);
    r = r < 0 ? r : ald_table_add(&rules->by_name, principal->name, principal);
    if (r < 0) {
        return ald_trace(r);
    }
    rules->principals[rules->n_principals++] = principal;
    return 0;
}

static int principal_begin(struct reader *reader, enum ald_principal_kind kind)
{
    struct ald_str name = reader->item.title;
    struct ald_principal *principal;
    int r;

    if (!ald_str_present(name) || name.size == 0) {
        return read_wrong(reader, ALD_STR_NONE, "whose section is it? the name stands behind the word");
    }
    if (name.size > ALD_NAME_MAX) {
        return read_wrong(reader, ALD_STR_NONE, "no name is longer than 255 bytes");
    }
    principal = calloc(1, sizeof(*principal));
    if (principal == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    principal->name = name;
    principal->kind = (uint8_t)kind;
    principal->line = reader->item.line;
    r = principal_add(reader, principal);
    if (r != 0) {
        free(principal);
        return r;
    }
    reader->principal = principal;
    return kind == ALD_PRINCIPAL_USER ? user_number(reader, principal) : 0;
}

static int section_begin(struct reader *reader)
{
    static const char *const kinds[] = {
        [ALD_PRINCIPAL_TOKEN] = "token",
        [ALD_PRINCIPAL_SUBJECT] = "subject",
        [ALD_PRINCIPAL_USER] = "user",
    };
    struct ald_rules *rules = reader->rules;

    for (size_t i = 0; i < ALD_COUNT(kinds); i++) {
        if (ald_str_equal(reader->item.section, ald_str(kinds[i]))) {
            return principal_begin(reader, (enum ald_principal_kind)i);
        }
    }
    if (!ald_str_equal(reader->item.section, ALD_STR("primary_only"))) {
        return read_wrong(reader, ALD_STR_NONE, "a section is token, subject, user or primary_only");
    }
    if (ald_str_present(reader->item.title)) {
        return read_wrong(reader, ALD_STR_NONE, "primary_only is nobody's section");
    }
    if (rules->primary_line != 0) {
        return read_twice(reader, reader->item.section, rules->primary_line);
    }
    rules->primary_line = reader->item.line;
    return 0;
}

/* --- items -------------------------------------------------------------------------------------------------------- */

static int rule_begin(struct reader *reader, struct ald_rule *rule)
{
    if (rule->line != 0) {
        return read_twice(reader, reader->item.key, rule->line);
    }
    rule->line = reader->item.line;
    rule->text = reader->item.value;
    return 0;
}

static int principal_item(struct reader *reader)
{
    static const struct {
        const char *key;
        size_t rule;
        int (*read)(struct reader *reader, struct ald_rule *rule);
    } keys[] = {
        {"hash", offsetof(struct ald_principal, hash), hash_read},
        {"register", offsetof(struct ald_principal, serve), serve_read},
        {"command", offsetof(struct ald_principal, command), command_read},
        {"permission", offsetof(struct ald_principal, holding), holding_read},
        {"subscribe", offsetof(struct ald_principal, hearing), hearing_read},
        {"manage", offsetof(struct ald_principal, managing), manage_read},
        {"valid_after", offsetof(struct ald_principal, validity), validity_read},
    };

    for (size_t i = 0; i < ALD_COUNT(keys); i++) {
        struct ald_rule *rule = (struct ald_rule *)(void *)((char *)reader->principal + keys[i].rule);

        if (ald_str_equal(reader->item.key, ald_str(keys[i].key))) {
            int r = rule_begin(reader, rule);

            return r != 0 ? r : keys[i].read(reader, rule);
        }
    }
    return read_wrong(reader, ALD_STR_NONE,
                      "there is no such key; there are hash, register, command, permission, subscribe, manage and "
                      "valid_after");
}

static int primary_item(struct reader *reader)
{
    struct ald_rule *rule = &reader->rules->primary_only;
    int r;

    if (!ald_str_equal(reader->item.key, ALD_STR("commands"))) {
        return read_wrong(reader, ALD_STR_NONE, "there is no such key; there is commands");
    }
    r = rule_begin(reader, rule);
    return r != 0 ? r : patterns_read(reader, rule, primary_parse);
}

static int item_take(struct reader *reader)
{
    if (ald_str_present(reader->item.key)) {
        return reader->principal != NULL ? principal_item(reader) : primary_item(reader);
    }
    reader->principal = NULL;
    return section_begin(reader);
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static int hash_order(const void *a, const void *b)
{
    return memcmp(((const struct ald_token_hash *)a)->bytes, ((const struct ald_token_hash *)b)->bytes, ALD_AUTH_HASH);
}

/* Two principals with one token would be one of them, and nobody could say which. */
static int hashes_settle(struct reader *reader)
{
    struct ald_rules *rules = reader->rules;

    if (rules->n_hashes > 1) {
        qsort(rules->hashes, rules->n_hashes, sizeof(*rules->hashes), hash_order);
    }
    for (size_t i = 1; i < rules->n_hashes; i++) {
        const struct ald_token_hash *first = &rules->hashes[i - 1], *second = &rules->hashes[i];

        if (hash_order(first, second) == 0) {
            const struct ald_token_hash *later = first->line > second->line ? first : second;

            reader->item = (struct ald_ini_item){
                .section = ALD_STR("token"),
                .title = later->principal->name,
                .key = ALD_STR("hash"),
                .line = later->line,
            };
            return read_twice(reader, ALD_STR("the same token"), ALD_MIN(first->line, second->line));
        }
    }
    return 0;
}

static int read_all(struct reader *reader)
{
    const char *what = NULL;
    int r;

    while ((r = ald_ini_next(&reader->ini, &reader->item, &what)) == 0) {
        r = item_take(reader);
        if (r != 0) {
            return r;
        }
    }
    if (r == ALD_INI_MALFORMED) {
        reader->item = (struct ald_ini_item){.line = reader->ini.line};
        return read_wrong(reader, ALD_STR_NONE, what);
    }
    return hashes_settle(reader);
}

/* Errors: ALDIS_E_NOMEM. */
static int rules_new(struct ald_str text, struct ald_rules **ret_rules)
{
    /* The names are those of the operator's file: nobody can choose any that collide. */
    static const uint64_t seed[2] = {0, 0};
    ALD_AUTO(ald_rules_free) struct ald_rules *rules = calloc(1, sizeof(*rules));

    if (rules == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    ald_table_init(&rules->by_name, seed);
    ald_table_init(&rules->by_user, seed);
    rules->text = malloc(text.size + 1);
    rules->scratch = malloc(text.size + 1);
    if (rules->text == NULL || rules->scratch == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    if (text.size > 0) {
        memcpy(rules->text, text.data, text.size);
    }
    *ret_rules = ald_steal(&rules);
    return 0;
}

int ald_rules_parse(const char *file, struct ald_str text, ald_rules_user_fn user_find, struct ald_rules **ret_rules,
                    struct ald_rules_why *ret_why)
{
    ALD_AUTO(ald_rules_free) struct ald_rules *rules = NULL;
    struct reader reader = {.file = file, .user_find = user_find, .why = ret_why};
    int r;

    r = rules_new(text, &rules);
    if (r < 0) {
        return ald_trace(r);
    }
    reader.rules = rules;
    ald_ini_init_titled(&reader.ini, ald_str_of(rules->text, text.size));
    r = read_all(&reader);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_rules = ald_steal(&rules);
    return 0;
}
