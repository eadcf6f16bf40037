#include "flag/flag_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/printable.h"

/* --- names --------------------------------------------------------------------------------------------------------- */

static char byte_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

void ald_flag_lower(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        text[i] = byte_lower(text[i]);
    }
}

static bool byte_is_letter(char byte)
{
    return byte_lower(byte) >= 'a' && byte_lower(byte) <= 'z';
}

/* What is wrong with a part of a name, or a tag (section 8, "unit/section/name"); NULL: nothing. */
static const char *part_fault(struct ald_str part)
{
    if (part.size == 0) {
        return "it is empty";
    }
    if (!byte_is_letter(part.data[0])) {
        return "it must begin with a letter";
    }
    for (size_t i = 0; i < part.size; i++) {
        char byte = part.data[i];

        if (!byte_is_letter(byte) && !(byte >= '0' && byte <= '9') && byte != '-') {
            return "only letters, digits and - may be in it";
        }
        if (byte == '-' && (i + 1 == part.size || part.data[i + 1] == '-')) {
            return i + 1 == part.size ? "it may not end in -" : "-- may not be in it";
        }
    }
    return NULL;
}

static int part_check(const char *what, struct ald_str part, struct ald_flag_why *why)
{
    const char *fault = part_fault(part);
    char quoted[80];

    if (fault == NULL) {
        return 0;
    }
    (void)ald_printable(part, quoted, sizeof(quoted));
    (void)snprintf(why->text, sizeof(why->text), "\"%s\" cannot be the %s of a flag: %s", quoted, what, fault);
    return ALD_FLAG_BAD;
}

static int id_check(const struct ald_flag_id *id, struct ald_flag_why *why)
{
    int r = part_check("unit", id->unit, why);

    r = r == 0 ? part_check("section", id->section, why) : r;
    r = r == 0 ? part_check("name", id->name, why) : r;
    if (r == 0 && id->unit.size + id->section.size + id->name.size > ALD_FLAG_PARTS_MAX) {
        (void)snprintf(why->text, sizeof(why->text), "unit, section and name of a flag have more than %d bytes",
                       ALD_FLAG_PARTS_MAX);
        return ALD_FLAG_BAD;
    }
    return r;
}

int ald_flag_file_name(const struct ald_flag_id *id, char ret_file[ALD_FLAG_FILE_ROOM], struct ald_flag_why *ret_why)
{
    int r = id_check(id, ret_why);

    if (r != 0) {
        return r;
    }
    (void)snprintf(ret_file, ALD_FLAG_FILE_ROOM, "%.*s_%.*s_%.*s" ALD_FLAG_SUFFIX, ALD_STR_ARG(id->unit),
                   ALD_STR_ARG(id->section), ALD_STR_ARG(id->name));
    ald_flag_lower(ret_file, strlen(ret_file));
    return 0;
}

/* The piece of `*rest` before the next `_`, or all of it. */
static struct ald_str part_next(struct ald_str *rest)
{
    size_t end = ald_str_find(*rest, ALD_STR("_"));
    struct ald_str part = ald_str_of(rest->data, end);

    *rest = ald_str_from(*rest, ALD_MIN(end + 1, rest->size));
    return part;
}

int ald_flag_file_id(struct ald_str file, struct ald_flag_id *ret_id, struct ald_flag_why *ret_why)
{
    struct ald_str suffix = ALD_STR(ALD_FLAG_SUFFIX);
    struct ald_flag_id id;
    struct ald_str rest;

    if (file.size < suffix.size || !ald_str_equal(ald_str_from(file, file.size - suffix.size), suffix)) {
        (void)snprintf(ret_why->text, sizeof(ret_why->text), "its name does not end in " ALD_FLAG_SUFFIX);
        return ALD_FLAG_BAD;
    }
    rest = ald_str_of(file.data, file.size - suffix.size);
    id.unit = part_next(&rest);
    id.section = part_next(&rest);
    id.name = rest;
    if (part_fault(id.unit) != NULL || part_fault(id.section) != NULL || part_fault(id.name) != NULL) {
        (void)snprintf(ret_why->text, sizeof(ret_why->text), "its name is not UNIT_SECTION_NAME" ALD_FLAG_SUFFIX);
        return ALD_FLAG_BAD;
    }
    *ret_id = id;
    return 0;
}

/* --- what is raised ------------------------------------------------------------------------------------------------ */

static int text_check(const char *what, struct ald_str text, size_t size_max, struct ald_flag_why *why)
{
    const char *fault = text.size > size_max    ? "is too long"
                        : !ald_utf8_valid(text) ? "is not UTF-8"
                        : memchr(text.data != NULL ? text.data : "", '\0', text.size) != NULL ? "has a NUL in it"
                                                                                              : NULL;

    if (fault == NULL) {
        return 0;
    }
    (void)snprintf(why->text, sizeof(why->text), "the %s of the flag %s", what, fault);
    return ALD_FLAG_BAD;
}

bool ald_flag_next_tag(struct ald_str *tags, struct ald_str *ret_tag)
{
    while (tags->size > 0) {
        struct ald_str tag = ald_str_trim(ald_str_pop(tags));

        if (tag.size > 0) {
            *ret_tag = tag;
            return true;
        }
    }
    return false;
}

uint8_t ald_flag_priority(int64_t priority)
{
    return (uint8_t)ALD_MIN(ALD_MAX(priority, 0), ALD_FLAG_PRIORITY_MAX);
}

int ald_flag_check(const struct ald_flag *flag, struct ald_flag_why *ret_why)
{
    struct ald_str tags = flag->tags, tag;
    int r;

    if (flag->message.size == 0) {
        (void)snprintf(ret_why->text, sizeof(ret_why->text), "a flag without a message says nothing");
        return ALD_FLAG_BAD;
    }
    r = text_check("message", flag->message, ALD_FLAG_MESSAGE_MAX, ret_why);
    r = r == 0 ? text_check("source file", flag->source_file, ALD_FLAG_SOURCE_MAX, ret_why) : r;
    r = r == 0 ? text_check("function", flag->function, ALD_FLAG_SOURCE_MAX, ret_why) : r;
    r = r == 0 ? text_check("tag list", flag->tags, ALD_FLAG_TAGS_MAX, ret_why) : r;
    while (r == 0 && ald_flag_next_tag(&tags, &tag)) {
        r = part_check("tag", tag, ret_why);
    }
    return r;
}

/* The texts of a flag, one after the other. */
static struct ald_str *flag_text(struct ald_flag *flag, size_t i)
{
    struct ald_str *const texts[] = {&flag->id.unit,     &flag->id.section, &flag->id.name,
                                     &flag->message,     &flag->hostname,   &flag->version,
                                     &flag->source_file, &flag->function,   &flag->tags};

    return i < ALD_COUNT(texts) ? texts[i] : NULL;
}

int ald_flag_copy(const struct ald_flag *flag, struct ald_flag **ret_flag)
{
    struct ald_flag from = *flag;
    struct ald_flag *copy;
    struct ald_str *text;
    size_t size = 0;
    char *room;

    for (size_t i = 0; (text = flag_text(&from, i)) != NULL; i++) {
        size += text->size + 1;
    }
    copy = malloc(sizeof(*copy) + size);
    if (copy == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *copy = from;
    room = (char *)(copy + 1);
    for (size_t i = 0; (text = flag_text(copy, i)) != NULL; i++) {
        if (ald_str_present(*text)) {
            memcpy(room, text->data, text->size);
            room[text->size] = '\0';
            text->data = room;
            room += text->size + 1;
        }
    }
    *ret_flag = copy;
    return 0;
}

struct ald_flag *ald_flag_free(struct ald_flag *flag)
{
    free(flag);
    return NULL;
}

int ald_flag_compare(const void *a, const void *b)
{
    const struct ald_flag *one = *(const struct ald_flag *const *)a, *other = *(const struct ald_flag *const *)b;
    int order = (other->priority > one->priority) - (other->priority < one->priority);

    order = order != 0 ? order : ald_str_compare(one->id.unit, other->id.unit);
    order = order != 0 ? order : ald_str_compare(one->id.section, other->id.section);
    return order != 0 ? order : ald_str_compare(one->id.name, other->id.name);
}
