#include "flag/flag_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

/* --- writing ------------------------------------------------------------------------------------------------------- */

/* A file that is being written. Failure is sticky: after the first one nothing more is. */
struct writing {
    struct ald_buf *out;
    int status;
};

static void writing_push(struct writing *writing, struct ald_str bytes)
{
    if (writing->status == 0) {
        writing->status = ald_buf_push(writing->out, bytes);
    }
}

/* A reader would drop what is at its ends: blanks, or quotes of its own. */
static bool value_needs_quotes(struct ald_str value)
{
    char first, last;

    if (value.size == 0) {
        return false;
    }
    first = value.data[0];
    last = value.data[value.size - 1];
    return first == ' ' || last == ' ' || (value.size > 1 && first == last && (first == '"' || first == '\''));
}

static void writing_push_value(struct writing *writing, struct ald_str value)
{
    static const char *const escapes[256] = {['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
    struct ald_str quote = value_needs_quotes(value) ? ALD_STR("\"") : ALD_STR("");
    size_t from = 0;

    writing_push(writing, quote);
    for (size_t i = 0; i < value.size; i++) {
        const char *escape = escapes[(uint8_t)value.data[i]];

        if (escape != NULL) {
            writing_push(writing, ald_str_of(value.data + from, i - from));
            writing_push(writing, ald_str(escape));
            from = i + 1;
        }
    }
    writing_push(writing, ald_str_from(value, from));
    writing_push(writing, quote);
}

static void writing_text(struct writing *writing, const char *key, struct ald_str value)
{
    if (ald_str_present(value)) {
        writing_push(writing, ald_str(key));
        writing_push(writing, ALD_STR("="));
        writing_push_value(writing, value);
        writing_push(writing, ALD_STR("\n"));
    }
}

static void writing_number(struct writing *writing, const char *key, uint64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    writing_text(writing, key, ald_str(text));
}

static int tag_compare(const void *a, const void *b)
{
    return ald_str_compare(*(const struct ald_str *)a, *(const struct ald_str *)b);
}

/* Lowered, in their order, each once: `lowered` holds their bytes. */
static size_t tags_sort(struct ald_str tags, char *lowered, struct ald_str *sorted, size_t room)
{
    struct ald_str tag;
    size_t n = 0, kept = 0;

    while (n < room && ald_flag_next_tag(&tags, &tag)) {
        memcpy(lowered, tag.data, tag.size);
        ald_flag_lower(lowered, tag.size);
        sorted[n++] = ald_str_of(lowered, tag.size);
        lowered += tag.size;
    }
    qsort(sorted, n, sizeof(*sorted), tag_compare);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || !ald_str_equal(sorted[kept - 1], sorted[i])) {
            sorted[kept++] = sorted[i];
        }
    }
    return kept;
}

static void writing_tags(struct writing *writing, struct ald_str tags)
{
    struct ald_str sorted[ALD_FLAG_TAGS_MAX / 2 + 1]; /* the shortest are one letter and a comma */
    char lowered[ALD_FLAG_TAGS_MAX];
    size_t n =
        tags_sort(ald_str_of(tags.data, ALD_MIN(tags.size, sizeof(lowered))), lowered, sorted, ALD_COUNT(sorted));

    for (size_t i = 0; i < n; i++) {
        writing_push(writing, i == 0 ? ALD_STR("tags=") : ALD_STR(","));
        writing_push_value(writing, sorted[i]);
    }
    writing_push(writing, n > 0 ? ALD_STR("\n") : ALD_STR(""));
}

int ald_flag_format(const struct ald_flag *flag, struct ald_buf *out)
{
    struct writing writing = {.out = out};

    writing_push(&writing, ALD_STR("# A flag: something needs to be looked at by whoever runs this machine.\n"
                                   "# It was written by aldis; aldis flag list and raise-flag --list show it.\n"
                                   "# It stands until this file is removed, as aldis flag lower does.\n"));
    writing_number(&writing, "count", flag->count);
    writing_number(&writing, "date", flag->date);
    writing_text(&writing, "function", flag->function);
    writing_text(&writing, "hostname", flag->hostname);
    if (flag->line != 0) {
        writing_number(&writing, "line", flag->line);
    }
    writing_text(&writing, "manual_down", flag->manual_down ? ALD_STR("yes") : ALD_STR("no"));
    writing_text(&writing, "message", flag->message);
    writing_number(&writing, "modified", flag->modified);
    writing_text(&writing, "name", flag->id.name);
    writing_number(&writing, "priority", flag->priority);
    writing_text(&writing, "section", flag->id.section);
    writing_text(&writing, "source_file", flag->source_file);
    writing_tags(&writing, flag->tags);
    writing_text(&writing, "unit", flag->id.unit);
    writing_text(&writing, "version", flag->version);
    return writing.status < 0 ? ald_trace(writing.status) : writing.status;
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

enum flag_key {
    KEY_COUNT,
    KEY_DATE,
    KEY_FUNCTION,
    KEY_HOSTNAME,
    KEY_LINE,
    KEY_MANUAL_DOWN,
    KEY_MESSAGE,
    KEY_MODIFIED,
    KEY_NAME,
    KEY_PRIORITY,
    KEY_SECTION,
    KEY_SOURCE_FILE,
    KEY_TAGS,
    KEY_UNIT,
    KEY_VERSION,
    N_KEYS
};

static const char *const key_names[] = {
    [KEY_COUNT] = "count",       [KEY_DATE] = "date",         [KEY_FUNCTION] = "function",
    [KEY_HOSTNAME] = "hostname", [KEY_LINE] = "line",         [KEY_MANUAL_DOWN] = "manual_down",
    [KEY_MESSAGE] = "message",   [KEY_MODIFIED] = "modified", [KEY_NAME] = "name",
    [KEY_PRIORITY] = "priority", [KEY_SECTION] = "section",   [KEY_SOURCE_FILE] = "source_file",
    [KEY_TAGS] = "tags",         [KEY_UNIT] = "unit",         [KEY_VERSION] = "version",
};
_Static_assert(ALD_COUNT(key_names) == N_KEYS, "a key has no name");

/* A flag that is read: its values as they stand in the file, then in `room`, which is behind the flag. */
struct reading {
    struct ald_str rest;
    struct ald_str values[N_KEYS];
    enum flag_key last; /* whose value the line before belongs to; N_KEYS: no value that is known */
    char *room;
};

/* The original takes `-` and `_` in a key for the same. */
static bool key_is(struct ald_str key, const char *name)
{
    if (key.size != strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < key.size; i++) {
        if ((key.data[i] == '-' ? '_' : key.data[i]) != name[i]) {
            return false;
        }
    }
    return true;
}

static enum flag_key key_find(struct ald_str key)
{
    for (int i = 0; i < N_KEYS; i++) {
        if (key_is(key, key_names[i])) {
            return (enum flag_key)i;
        }
    }
    return N_KEYS;
}

/* Take a line, without its end, off `*rest`. */
static struct ald_str line_next(struct ald_str *rest)
{
    size_t end = ald_str_find(*rest, ALD_STR("\n"));
    struct ald_str line = ald_str_of(rest->data, end);

    *rest = ald_str_from(*rest, ALD_MIN(end + 1, rest->size));
    return line;
}

/* The line goes on with the message: everything up to its end is the value now. */
static void reading_go_on(struct reading *reading, struct ald_str line)
{
    struct ald_str *value = &reading->values[KEY_MESSAGE];

    *value = ald_str_of(value->data, (size_t)(line.data + line.size - value->data));
}

static void reading_take(struct reading *reading, struct ald_str line)
{
    size_t middle = ald_str_find(line, ALD_STR("="));
    enum flag_key key = middle < line.size ? key_find(ald_str_trim(ald_str_of(line.data, middle))) : N_KEYS;

    if (key == N_KEYS && reading->last == KEY_MESSAGE) {
        reading_go_on(reading, line);
        return;
    }
    /* Whatever else is unknown (a comment, a key of a later version) says nothing to us. */
    reading->last = key;
    if (key != N_KEYS) {
        reading->values[key] = ald_str_from(line, middle + 1);
    }
}

static bool byte_is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct ald_str space_trim(struct ald_str text)
{
    while (text.size > 0 && byte_is_space(text.data[0])) {
        text = ald_str_from(text, 1);
    }
    while (text.size > 0 && byte_is_space(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* What `\` and this byte stand for; 0: nothing, both are meant. */
static char byte_unescape(char byte)
{
    switch (byte) {
    case '\\':
        return '\\';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* Bytes in who knows what encoding: what is left can be read, and it can be seen where something is missing. */
static void text_mend(char *text, size_t size)
{
    if (ald_utf8_valid(ald_str_of(text, size))) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        if ((uint8_t)text[i] >= 0x80) {
            text[i] = '?';
        }
    }
}

/* The value, read, in the room behind the flag: it is never longer than it was, and its `=` or line end made place for
 * the NUL. */
static struct ald_str reading_value(struct reading *reading, enum flag_key key)
{
    struct ald_str raw = space_trim(reading->values[key]);
    char *text = reading->room;
    size_t size = 0;

    if (!ald_str_present(reading->values[key])) {
        return ALD_STR_NONE;
    }
    if (raw.size > 1 && raw.data[0] == raw.data[raw.size - 1] && (raw.data[0] == '"' || raw.data[0] == '\'')) {
        raw = ald_str_of(raw.data + 1, raw.size - 2);
    }
    for (size_t i = 0; i < raw.size; i++) {
        char escaped = raw.data[i] == '\\' && i + 1 < raw.size ? byte_unescape(raw.data[i + 1]) : 0;

        text[size++] = escaped != 0 ? escaped : raw.data[i];
        i += escaped != 0;
    }
    text[size] = '\0';
    reading->room += size + 1;
    text_mend(text, size);
    return ald_str_of(text, size);
}

/* A number, or `otherwise` where there is none. */
static uint64_t reading_number(const struct reading *reading, enum flag_key key, uint64_t otherwise)
{
    uint64_t number;

    return ald_str_u64(space_trim(reading->values[key]), &number) == 0 ? number : otherwise;
}

static uint8_t reading_priority(const struct reading *reading)
{
    struct ald_str text = space_trim(reading->values[KEY_PRIORITY]);
    uint64_t number;

    if (text.size > 0 && text.data[0] == '-') {
        return ald_str_u64(ald_str_from(text, 1), &number) == 0 ? 0 : ALD_FLAG_PRIORITY_DEFAULT;
    }
    number = reading_number(reading, KEY_PRIORITY, ALD_FLAG_PRIORITY_DEFAULT);
    return ald_flag_priority((int64_t)ALD_MIN(number, (uint64_t)ALD_FLAG_PRIORITY_MAX));
}

/* Names that others wrote in upper case are lowered, as if they had been raised so. */
static struct ald_str reading_part(struct reading *reading, enum flag_key key)
{
    char *text = reading->room;
    struct ald_str part = reading_value(reading, key);

    ald_flag_lower(text, part.size);
    return part;
}

static void reading_fill(struct reading *reading, struct ald_flag *flag)
{
    flag->id.unit = reading_part(reading, KEY_UNIT);
    flag->id.section = reading_part(reading, KEY_SECTION);
    flag->id.name = reading_part(reading, KEY_NAME);
    flag->message = reading_value(reading, KEY_MESSAGE);
    flag->hostname = reading_value(reading, KEY_HOSTNAME);
    flag->version = reading_value(reading, KEY_VERSION);
    flag->source_file = reading_value(reading, KEY_SOURCE_FILE);
    flag->function = reading_value(reading, KEY_FUNCTION);
    flag->tags = reading_value(reading, KEY_TAGS);
    flag->line = reading_number(reading, KEY_LINE, 0);
    flag->count = ALD_MAX(reading_number(reading, KEY_COUNT, 1), 1);
    flag->date = reading_number(reading, KEY_DATE, 0);
    flag->modified = reading_number(reading, KEY_MODIFIED, 0);
    flag->priority = reading_priority(reading);
    flag->manual_down = ald_str_equal(space_trim(reading->values[KEY_MANUAL_DOWN]), ALD_STR("yes"));
}

/* Section 8: "a file without unit, section, name or message is invalid". */
static int reading_check(const struct reading *reading, struct ald_flag_why *why)
{
    static const enum flag_key needed[] = {KEY_UNIT, KEY_SECTION, KEY_NAME, KEY_MESSAGE};

    for (size_t i = 0; i < ALD_COUNT(needed); i++) {
        if (!ald_str_present(reading->values[needed[i]])) {
            (void)snprintf(why->text, sizeof(why->text), "it has no %s", key_names[needed[i]]);
            return ALD_FLAG_BAD;
        }
    }
    return 0;
}

int ald_flag_parse(struct ald_str text, struct ald_flag **ret_flag, struct ald_flag_why *ret_why)
{
    struct reading reading = {.rest = text, .last = N_KEYS};
    ALD_AUTO(ald_flag_free) struct ald_flag *flag = NULL;
    char file[ALD_FLAG_FILE_ROOM];
    int r;

    if (text.size > ALD_FLAG_FILE_MAX || (text.size > 0 && memchr(text.data, '\0', text.size) != NULL)) {
        (void)snprintf(ret_why->text, sizeof(ret_why->text), "it is %s",
                       text.size > ALD_FLAG_FILE_MAX ? "too large for a flag" : "no text");
        return ALD_FLAG_BAD;
    }
    while (reading.rest.size > 0) {
        reading_take(&reading, line_next(&reading.rest));
    }
    r = reading_check(&reading, ret_why);
    if (r != 0) {
        return r;
    }
    flag = calloc(1, sizeof(*flag) + text.size + 1);
    if (flag == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    reading.room = (char *)(flag + 1);
    reading_fill(&reading, flag);
    r = ald_flag_file_name(&flag->id, file, ret_why);
    if (r == 0) {
        *ret_flag = ald_steal(&flag);
    }
    return r;
}
