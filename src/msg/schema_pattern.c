#include "msg/schema_pattern.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"

enum {
    NEST_MAX = 64,           /* parentheses in parentheses: compiling calls itself for them */
    MATCH_MAX = 1000 * 1000, /* PCRE2's own counter, a second net */
    DEPTH_MAX = 100 * 1000,
    HEAP_KIB_MAX = 8 * 1024, /* that backtracking may hold */
    HEAP_KEPT = 256 * 1024,  /* bytes that a desk keeps between two matches */
    MOVES_PER_STEP = 16      /* characters that a repeat passes over for one step */
};

struct pattern {
    pcre2_code *code;
    bool refers_back;
};

struct pattern_desk {
    pcre2_match_context *context;
    pcre2_match_data *data;
    uint64_t steps; /* left */
    uint64_t each;  /* what a callout costs at least */
    size_t last;    /* where the last callout stood */
    size_t largest; /* piece of memory that matching has asked for since `data` was made */
};

/* PCRE2's memory is ours, so that tests can fail it. `desk` is NULL while compiling. */
static void *memory_get(size_t size, void *owner)
{
    struct pattern_desk *desk = owner;

    if (desk != NULL) {
        desk->largest = ALD_MAX(desk->largest, size);
    }
    return malloc(size);
}

static void memory_put(void *memory, void *owner)
{
    (void)owner;
    free(memory);
}

static pcre2_general_context *memory_new(struct pattern_desk *desk)
{
    return pcre2_general_context_create(memory_get, memory_put, desk);
}

/*
 * ECMA 262 has `\u` and `\x`, lets `[]` match nothing, an unset back reference match the empty text, and `$` only the very
 * end. The locks keep an expression from looking at single bytes.
 */
static const uint32_t pattern_options = PCRE2_UTF | PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS |
                                        PCRE2_MATCH_UNSET_BACKREF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C |
                                        PCRE2_AUTO_CALLOUT | PCRE2_NO_UTF_CHECK;

static int code_new(struct ald_str source, pcre2_compile_context *context, pcre2_code **ret_code, char *why)
{
    PCRE2_UCHAR text[PATTERN_WHY_MAX / 2];
    PCRE2_SIZE offset;
    int error;

    (void)pcre2_set_parens_nest_limit(context, NEST_MAX);
    (void)pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
    *ret_code = pcre2_compile((PCRE2_SPTR)source.data, source.size, pattern_options, &error, &offset, context);
    if (*ret_code != NULL) {
        return 0;
    }
    if (error == PCRE2_ERROR_HEAP_FAILED) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    (void)pcre2_get_error_message(error, text, sizeof(text)); /* cut off when it is longer */
    (void)snprintf(why, PATTERN_WHY_MAX, "%s (at byte %zu of it)", (const char *)text, (size_t)offset);
    return PATTERN_WRONG;
}

int pattern_new(struct ald_str source, struct pattern **ret_pattern, char why[PATTERN_WHY_MAX])
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));
    pcre2_general_context *memory = memory_new(NULL);
    pcre2_compile_context *context = memory != NULL ? pcre2_compile_context_create(memory) : NULL;
    uint32_t n_back = 0;
    int r;

    r = pattern != NULL && context != NULL ? code_new(source, context, &pattern->code, why) : ald_trace(ALDIS_E_NOMEM);
    pcre2_compile_context_free(context);
    pcre2_general_context_free(memory);
    if (r != 0) {
        free(pattern);
        return r;
    }
    (void)pcre2_pattern_info(pattern->code, PCRE2_INFO_BACKREFMAX, &n_back);
    pattern->refers_back = n_back > 0;
    *ret_pattern = pattern;
    return 0;
}

size_t pattern_size(const struct pattern *pattern)
{
    size_t size = 0;

    (void)pcre2_pattern_info(pattern->code, PCRE2_INFO_SIZE, &size);
    return sizeof(*pattern) + size;
}

struct pattern *pattern_free(struct pattern *pattern)
{
    if (pattern != NULL) {
        pcre2_code_free(pattern->code);
        free(pattern);
    }
    return NULL;
}

/* Before each item of the expression. A negative answer ends the match. */
static int desk_count(pcre2_callout_block *block, void *owner)
{
    struct pattern_desk *desk = owner;
    size_t at = block->current_position;
    uint64_t cost = desk->each + (at > desk->last ? at - desk->last : desk->last - at) / MOVES_PER_STEP;

    desk->last = at;
    if (cost > desk->steps) {
        desk->steps = 0;
        return PCRE2_ERROR_CALLOUT;
    }
    desk->steps -= cost;
    return 0;
}

static int desk_make(struct pattern_desk *desk)
{
    pcre2_general_context *memory = memory_new(desk);

    if (memory != NULL) {
        desk->context = pcre2_match_context_create(memory);
        desk->data = pcre2_match_data_create(1, memory);
    }
    pcre2_general_context_free(memory); /* both have copied what they need */
    if (desk->context == NULL || desk->data == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    (void)pcre2_set_match_limit(desk->context, MATCH_MAX);
    (void)pcre2_set_depth_limit(desk->context, DEPTH_MAX);
    (void)pcre2_set_heap_limit(desk->context, HEAP_KIB_MAX);
    (void)pcre2_set_callout(desk->context, desk_count, desk);
    return 0;
}

int pattern_desk_new(struct pattern_desk **ret_desk)
{
    struct pattern_desk *desk = calloc(1, sizeof(*desk));

    if (desk == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    if (desk_make(desk) < 0) {
        (void)pattern_desk_free(desk);
        return ald_trace(ALDIS_E_NOMEM);
    }
    *ret_desk = desk;
    return 0;
}

struct pattern_desk *pattern_desk_free(struct pattern_desk *desk)
{
    if (desk != NULL) {
        pcre2_match_context_free(desk->context);
        pcre2_match_data_free(desk->data);
        free(desk);
    }
    return NULL;
}

/* What one long text wanted is not kept for the short ones after it. When there is no memory, the large one serves on. */
static void desk_shrink(struct pattern_desk *desk)
{
    pcre2_general_context *memory;
    pcre2_match_data *data = NULL;

    if (desk->largest <= HEAP_KEPT) {
        return;
    }
    memory = memory_new(desk);
    if (memory != NULL) {
        data = pcre2_match_data_create(1, memory);
    }
    pcre2_general_context_free(memory);
    if (data != NULL) {
        pcre2_match_data_free(desk->data);
        desk->data = data;
        desk->largest = 0;
    }
}

int pattern_match(const struct pattern *pattern, struct pattern_desk *desk, struct ald_str subject, uint64_t *steps)
{
    int r;

    desk->steps = *steps;
    desk->last = 0;
    /* A back reference compares with as much as it had matched. */
    desk->each = 1 + (pattern->refers_back ? subject.size / MOVES_PER_STEP : 0);
    r = pcre2_match(pattern->code, (PCRE2_SPTR)subject.data, subject.size, 0, PCRE2_NO_UTF_CHECK, desk->data,
                    desk->context);
    *steps = desk->steps;
    desk_shrink(desk);
    switch (r) {
    case PCRE2_ERROR_NOMATCH:
        return PATTERN_MISSES;
    case PCRE2_ERROR_NOMEMORY:
        return ald_trace(ALDIS_E_NOMEM);
    default:
        /* Zero: it matched, and there were more parentheses than places to tell of. */
        return r >= 0 ? 0 : PATTERN_TOO_MUCH;
    }
}
