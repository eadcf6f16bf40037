/*
 * The members of the outermost object are read here, everything within them by the walk of json_lex.h, whose sink does
 * nothing.
 *
 * A field is looked for where the last one was found, and on from there: peers write members in one order nearly always,
 * so the first comparison hits when the caller asks in that order. The sizes of names tell most of them apart, so a
 * table of names was not faster for the ten or so fields an envelope has.
 */

#include "msg/json_scan.h"

#include "msg/json_lex.h"

LEX_INLINE bool pass_leaf(void *sink, struct ald_json_lex *lex, const uint8_t *begin, enum ald_json_type type)
{
    (void)sink, (void)lex, (void)begin, (void)type;
    return true;
}

LEX_INLINE bool pass_open(void *sink, struct ald_json_lex *lex, enum ald_json_type type)
{
    (void)sink, (void)lex, (void)type;
    return true;
}

LEX_INLINE void pass_close(void *sink, struct ald_json_lex *lex)
{
    (void)sink, (void)lex;
}

static const struct lex_sink pass = {.leaf = pass_leaf, .open = pass_open, .close = pass_close};

LEX_INLINE enum ald_json_type type_of(uint8_t first)
{
    switch (first) {
    case '{':
        return ALD_JSON_OBJECT;
    case '[':
        return ALD_JSON_ARRAY;
    case '"':
        return ALD_JSON_STRING;
    case 't':
        return ALD_JSON_TRUE;
    case 'f':
        return ALD_JSON_FALSE;
    case 'n':
        return ALD_JSON_NULL;
    default:
        return ALD_JSON_NUMBER;
    }
}

/* The value that was read from `begin` on. */
LEX_INLINE struct ald_json_value value_of(const struct ald_json_lex *lex, const uint8_t *begin)
{
    enum ald_json_type type = type_of(*begin);
    unsigned told = type >= ALD_JSON_ARRAY ? ALD_JSON_BROKEN : ~0u; /* of a container, not what its members are */

    return (struct ald_json_value){
        .raw = {(const char *)begin, (size_t)(lex->at - begin)},
        .type = (uint8_t)type,
        .flags = (uint8_t)(lex->flags & told),
    };
}

/* What the scanner carries from member to member. */
struct scan {
    struct ald_json_field *fields;
    struct ald_json_field *end;
    struct ald_json_field *next; /* where the next name is looked for first */
    unsigned flags;              /* of all members so far */
    uint32_t n_unknown;
};

/* The field in [at, end) that a name without escapes asks for, or `end`. */
LEX_INLINE struct ald_json_field *fields_find(struct ald_json_field *at, const struct ald_json_field *end,
                                              struct ald_str name)
{
    while (at != end && !ald_str_equal(at->name, name)) {
        at++;
    }
    return at;
}

/* A name that must be decoded to be compared. */
static struct ald_json_field *scan_find_encoded(const struct scan *scan, struct ald_json_value name)
{
    for (struct ald_json_field *field = scan->fields; field != scan->end; field++) {
        if (ald_json_string_is(name, field->name)) {
            return field;
        }
    }
    return NULL;
}

/* The field that a name asks for, or NULL. */
LEX_INLINE struct ald_json_field *scan_find(struct scan *scan, struct ald_json_value name)
{
    struct ald_json_field *field;

    if (!ald_json_is_plain(name)) {
        return scan_find_encoded(scan, name);
    }
    field = fields_find(scan->next, scan->end, ald_json_inner(name));
    if (field == scan->end) {
        field = fields_find(scan->fields, scan->next, ald_json_inner(name));
        if (field == scan->next) {
            return NULL;
        }
    }
    scan->next = field + 1;
    return field;
}

LEX_INLINE bool scan_member(struct scan *scan, struct ald_json_lex *lex)
{
    struct ald_json_value name = {.type = ALD_JSON_STRING};
    struct ald_json_field *field;
    const uint8_t *begin, *end;

    lex->flags = 0;
    if (!lex_name(lex, &begin, &end)) {
        return false;
    }
    name.raw = ald_str_of(begin, (size_t)(end - begin));
    name.flags = (uint8_t)lex->flags;
    scan->flags |= lex->flags;
    field = scan_find(scan, name);

    lex->flags = 0;
    if (!lex_blanks(lex)) {
        return false;
    }
    begin = lex->at;
    /* Most values of an envelope are strings, which need no walk. */
    if (*begin == '"' ? !lex_string(lex) : !lex_walk(lex, 1, &pass, NULL)) {
        return false;
    }
    if (field != NULL) {
        field->value = value_of(lex, begin);
    } else {
        scan->n_unknown++;
    }
    scan->flags |= lex->flags;
    return true;
}

/* From the opening brace to behind the closing one. */
static bool scan_object(struct scan *scan, struct ald_json_lex *lex)
{
    lex->at++;
    if (!lex_blanks(lex)) {
        return false;
    }
    if (*lex->at == '}') {
        lex->at++;
        return true;
    }
    for (;;) {
        if (!scan_member(scan, lex) || !lex_blanks(lex)) {
            return false;
        }
        if (*lex->at == '}') {
            lex->at++;
            return true;
        }
        if (*lex->at != ',') {
            return lex_fail(lex, lex->at, ALD_JSON_COMMA);
        }
        lex->at++;
    }
}

/* One value and what follows it; `scan` is NULL when nothing in it is wanted. */
LEX_INLINE bool scan_text(struct scan *scan, struct ald_json_lex *lex, struct ald_json_value *ret_value)
{
    const uint8_t *begin;
    bool sound;

    if (!lex_blanks(lex)) {
        return false;
    }
    begin = lex->at;
    if (scan != NULL && *begin == '{') {
        sound = scan_object(scan, lex);
        lex->flags = scan->flags;
    } else {
        sound = lex_walk(lex, 0, &pass, NULL);
    }
    if (!sound) {
        return false;
    }
    *ret_value = value_of(lex, begin);
    return lex_tail(lex);
}

static int scan_run(struct ald_str text, unsigned options, struct scan *scan, struct ald_json_scan *ret_scan)
{
    struct ald_json_lex lex = lex_make(text, options);
    const uint8_t *start = lex.at;
    struct ald_json_value value;
    bool sound;

    sound = scan_text(scan, &lex, &value);
    ret_scan->value = sound ? value : (struct ald_json_value){.type = ALD_JSON_NONE};
    ret_scan->end = (struct ald_json_end){.offset = (size_t)(lex.at - start), .reason = lex.reason};
    ret_scan->flags = lex.flags;
    ret_scan->n_unknown = scan != NULL ? scan->n_unknown : 0;
    return sound ? 0 : ALD_JSON_MALFORMED;
}

int ald_json_scan(struct ald_str text, unsigned options, struct ald_json_field *fields, size_t n_fields,
                  struct ald_json_scan *ret_scan)
{
    struct ald_json_field *const end = n_fields > 0 ? fields + n_fields : fields; /* nothing may be added to NULL */
    struct scan scan = {.fields = fields, .end = end, .next = fields};
    int r;

    ald_assert(fields != NULL || n_fields == 0);
    ald_assert(ret_scan != NULL);

    for (size_t i = 0; i < n_fields; i++) {
        fields[i].value = (struct ald_json_value){.type = ALD_JSON_NONE};
    }
    r = scan_run(text, options, &scan, ret_scan);
    if (r == 0 && ret_scan->value.type != ALD_JSON_OBJECT) {
        return ALD_JSON_NOT_OBJECT;
    }
    return r;
}

int ald_json_check(struct ald_str text, unsigned options, struct ald_json_scan *ret_scan)
{
    ald_assert(ret_scan != NULL);
    return scan_run(text, options, NULL, ret_scan);
}
