/*
 * Flags for programs: what they hand in is looked at, and given to src/flag.
 */

#include "aldis/flag.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/api.h"
#include "base/error.h"
#include "flag/flag_folder.h"
#include "flag/flag_list.h"

_Static_assert(ALDIS_FLAG_PRIORITY_DEFAULT == (int)ALD_FLAG_PRIORITY_DEFAULT, "the header tells the default");
_Static_assert(ALDIS_FLAG_PRIORITY_URGENT == (int)ALD_FLAG_PRIORITY_URGENT, "and what is urgent");
_Static_assert(ALDIS_FLAG_PRIORITY_MAX == (int)ALD_FLAG_PRIORITY_MAX, "and the highest one");

static void why_tell(const struct ald_flag_why *from, char *why, size_t why_size)
{
    if (why != NULL && why_size > 0) {
        (void)snprintf(why, why_size, "%s", from->text);
    }
}

static ald_wall wall_now(void)
{
    return (ald_wall)time(NULL) * ALD_SEC;
}

static int folder_find(const char *given, struct ald_flag_folder *ret_folder, struct ald_flag_why *why)
{
    if (!ald_api_text_fits(given)) {
        (void)snprintf(why->text, sizeof(why->text), "the path of the folder is not UTF-8");
        return ALD_FLAG_BAD;
    }
    return ald_flag_folder_find(given, ret_folder, why);
}

/* Write a list of tags, as it stands in a file, into `to`. Outcome: ALD_FLAG_BAD. */
static int tags_join(const char *const *tags, char to[ALD_FLAG_TAGS_MAX + 1], struct ald_flag_why *why)
{
    size_t size = 0;

    for (size_t i = 0; tags != NULL && tags[i] != NULL; i++) {
        size_t length = strlen(tags[i]);

        if (length > ALD_FLAG_TAGS_MAX || size + (i > 0) + length > ALD_FLAG_TAGS_MAX) {
            (void)snprintf(why->text, sizeof(why->text), "the tags have more than %d bytes", ALD_FLAG_TAGS_MAX);
            return ALD_FLAG_BAD;
        }
        if (length == 0 || strchr(tags[i], ',') != NULL) {
            (void)snprintf(why->text, sizeof(why->text), "a tag is empty, or has a comma in it");
            return ALD_FLAG_BAD;
        }
        if (i > 0) {
            to[size++] = ',';
        }
        memcpy(to + size, tags[i], length);
        size += length;
    }
    to[size] = '\0';
    return 0;
}

static int raise_do(const struct aldis_flag *flag, struct ald_flag_why *why)
{
    struct ald_flag it = {
        .id = {ald_str(flag->unit), ald_str(flag->section), ald_str(flag->name)},
        .message = ald_str(flag->message),
        .source_file = ald_str(flag->source_file),
        .function = ald_str(flag->function),
        .line = flag->line,
        .priority = flag->priority != 0 ? ald_flag_priority(flag->priority) : ALD_FLAG_PRIORITY_DEFAULT,
        .manual_down = flag->manual,
    };
    char tags[ALD_FLAG_TAGS_MAX + 1];
    struct ald_flag_folder folder;
    struct ald_flag_store store = {.folder = folder.path, .patience = ALD_FLAG_PATIENCE};
    int r = tags_join(flag->tags, tags, why);

    r = r == 0 ? folder_find(flag->folder, &folder, why) : r;
    if (r != 0) {
        return r;
    }
    it.tags = ald_str(tags);
    return ald_flag_store_save(&store, &it, wall_now(), why);
}

int aldis_flag_raise(const struct aldis_flag *flag, char *why, size_t why_size)
{
    struct ald_flag_why told = {""};
    int r = ALD_FLAG_BAD;

    if (flag == NULL || flag->size != sizeof(*flag)) {
        (void)snprintf(told.text, sizeof(told.text), "the flag was not begun with ALDIS_FLAG");
    } else {
        r = raise_do(flag, &told);
    }
    why_tell(&told, why, why_size);
    r = r == ALD_FLAG_BAD ? ALDIS_E_INVALID : r;
    return r < 0 ? ald_trace(r) : 0;
}

static int lower_do(const char *given, const struct ald_flag_id *id, struct ald_flag_why *why)
{
    struct ald_flag_folder folder;
    struct ald_flag_store store = {.folder = folder.path, .patience = ALD_FLAG_PATIENCE};
    int r = folder_find(given, &folder, why);

    return r == 0 ? ald_flag_store_remove(&store, id, false, why) : r;
}

int aldis_flag_lower(const char *folder, const char *unit, const char *section, const char *name, char *why,
                     size_t why_size)
{
    const struct ald_flag_id id = {ald_str(unit), ald_str(section), ald_str(name)};
    struct ald_flag_why told = {""};
    int r = lower_do(folder, &id, &told);

    why_tell(&told, why, why_size);
    switch (r) {
    case ALD_FLAG_BAD:
        return ald_trace(ALDIS_E_INVALID);
    case ALD_FLAG_NONE:
        return ALDIS_FLAG_DOWN;
    case ALD_FLAG_MANUAL:
        return ALDIS_FLAG_BY_HAND;
    case ALD_FLAG_UNREADABLE:
        return ALDIS_FLAG_UNREADABLE;
    default:
        return r < 0 ? ald_trace(r) : 0;
    }
}

/* --- listing ------------------------------------------------------------------------------------------------------- */

static const char *text_of(struct ald_str text)
{
    return ald_str_present(text) ? text.data : "";
}

/* One flag's tags, cut apart: `room` has what `tags` point to. */
struct tags {
    char room[ALD_FLAG_FILE_MAX + 1];
    const char *list[ALD_FLAG_FILE_MAX / 2 + 2];
    size_t n;
};

static void tags_cut(struct tags *tags, struct ald_str text)
{
    struct ald_str tag;
    char *at = tags->room;

    tags->n = 0;
    while (ald_flag_next_tag(&text, &tag)) {
        memcpy(at, tag.data, tag.size);
        at[tag.size] = '\0';
        tags->list[tags->n++] = at;
        at += tag.size + 1;
    }
    tags->list[tags->n] = NULL;
}

static void flag_tell(const struct ald_flag *flag, bool in_file, struct tags *tags, aldis_flag_fn *fn, void *data)
{
    char file[ALD_FLAG_FILE_ROOM];
    struct ald_flag_why why;
    struct aldis_flag_report report = {
        .file = in_file ? file : "",
        .unit = text_of(flag->id.unit),
        .section = text_of(flag->id.section),
        .name = text_of(flag->id.name),
        .message = text_of(flag->message),
        .tags = tags->list,
        .priority = flag->priority,
        .manual = flag->manual_down,
        .count = flag->count,
        .raised_s = flag->date,
        .again_s = flag->modified,
        .hostname = text_of(flag->hostname),
        .version = text_of(flag->version),
        .source_file = text_of(flag->source_file),
        .function = text_of(flag->function),
        .line = flag->line,
    };

    tags_cut(tags, flag->tags);
    report.n_tags = tags->n;
    /* Every flag of a list has such a name. */
    ald_ignore(ald_flag_file_name(&flag->id, file, &why));
    fn(&report, data);
}

static void broken_tell(const struct ald_flag_broken *broken, aldis_flag_fn *fn, void *data)
{
    static const char *const none[] = {NULL};
    const struct aldis_flag_report report = {
        .problem = broken->why.text,
        .file = broken->file,
        .unit = "",
        .section = "",
        .name = "",
        .message = "",
        .tags = none,
        .hostname = "",
        .version = "",
        .source_file = "",
        .function = "",
    };

    fn(&report, data);
}

static int list_tell(const struct ald_flag_list *list, aldis_flag_fn *fn, void *data)
{
    struct tags *tags = malloc(sizeof(*tags));

    if (tags == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; i < list->n_flags; i++) {
        flag_tell(list->flags[i], list->flags[i] != list->too_many, tags, fn, data);
    }
    for (size_t i = 0; i < list->n_broken; i++) {
        broken_tell(&list->broken[i], fn, data);
    }
    free(tags);
    return 0;
}

static int list_do(const char *given, aldis_flag_fn *fn, void *data, struct ald_flag_why *why)
{
    ALD_AUTO(ald_flag_list_free) struct ald_flag_list *list = NULL;
    struct ald_flag_folder folder;
    int r = folder_find(given, &folder, why);

    r = r == 0 ? ald_flag_list_read(folder.path, wall_now(), &list, why) : ALDIS_E_INVALID;
    r = r == 0 ? list_tell(list, fn, data) : r;
    return r < 0 ? ald_trace(r) : 0;
}

int aldis_flag_list(const char *folder, aldis_flag_fn *fn, void *data, char *why, size_t why_size)
{
    struct ald_flag_why told = {""};
    int r = fn != NULL ? list_do(folder, fn, data, &told) : ALDIS_E_INVALID;

    why_tell(&told, why, why_size);
    return r < 0 ? ald_trace(r) : 0;
}
