/*
 * The file of a flag, against itself: whatever comes is a flag or is refused with a reason; a flag that was read, if it
 * could have been raised, is written so that it is read as the same; and so is a flag whose message is any text.
 */

#include <stdio.h>
#include <stdlib.h>

#include "flag/flag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

static void text_check(struct ald_str text)
{
    if (ald_str_present(text)) {
        must(text.data[text.size] == '\0' && strlen(text.data) == text.size);
        must(ald_utf8_valid(text));
    }
}

static void flag_check(const struct ald_flag *flag)
{
    struct ald_flag_why why;
    char file[ALD_FLAG_FILE_ROOM];
    struct ald_flag_id id;

    must(ald_flag_file_name(&flag->id, file, &why) == 0);
    must(ald_flag_file_id(ald_str(file), &id, &why) == 0);
    must(ald_str_equal(id.unit, flag->id.unit) && ald_str_equal(id.section, flag->id.section) &&
         ald_str_equal(id.name, flag->id.name));
    text_check(flag->message);
    text_check(flag->hostname);
    text_check(flag->version);
    text_check(flag->source_file);
    text_check(flag->function);
    text_check(flag->tags);
    must(flag->count > 0 && flag->priority <= ALD_FLAG_PRIORITY_MAX);
}

static void same(const struct ald_flag *flag)
{
    ALD_AUTO(ald_flag_free) struct ald_flag *again = NULL;
    struct ald_flag_why why;
    struct ald_buf text, once_more;

    ald_buf_init(&text, ALD_FLAG_FILE_MAX);
    ald_buf_init(&once_more, ALD_FLAG_FILE_MAX);
    /* What is too large for a file has a host name or a version that nobody here would write. */
    if (ald_flag_format(flag, &text) == 0) {
        must(ald_flag_parse(ald_buf_str(&text), &again, &why) == 0);
        flag_check(again);
        must(ald_str_equal(again->message, flag->message));
        must(again->count == flag->count && again->date == flag->date && again->modified == flag->modified);
        must(again->priority == flag->priority && again->manual_down == flag->manual_down && again->line == flag->line);
        must(ald_flag_format(again, &once_more) == 0);
        must(ald_str_equal(ald_buf_str(&text), ald_buf_str(&once_more)));
    }
    ald_buf_fini(&text);
    ald_buf_fini(&once_more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ALD_AUTO(ald_flag_free) struct ald_flag *flag = NULL;
    struct ald_flag any = {.id = {ald_str("a"), ald_str("b"), ald_str("c")}, .count = 1};
    struct ald_flag_why why = {""};
    int r = ald_flag_parse(ald_str_of(data, size), &flag, &why);

    must((r == 0) == (flag != NULL));
    must(r == 0 || (r == ALD_FLAG_BAD && why.text[0] != '\0'));
    if (flag != NULL) {
        flag_check(flag);
        if (ald_flag_check(flag, &why) == 0) {
            same(flag);
        }
    }
    any.message = ald_str_of(data, size);
    any.tags = any.message;
    if (ald_flag_check(&any, &why) != 0) {
        any.tags = ALD_STR_NONE;
    }
    if (ald_flag_check(&any, &why) == 0) {
        same(&any);
    }
    return 0;
}
