#include "flag/flag_json.h"

#include <stdio.h>
#include <time.h>

void ald_flag_instant(uint64_t seconds, char to[ALD_FLAG_INSTANT])
{
    time_t time = (time_t)seconds;
    struct tm date;

    to[0] = '\0';
    /* A file may tell of a year that no calendar has. */
    if (seconds != 0 && seconds <= INT64_MAX && gmtime_r(&time, &date) != NULL) {
        (void)snprintf(to, ALD_FLAG_INSTANT, "%04lld-%02d-%02dT%02d:%02d:%02dZ", (long long)date.tm_year + 1900,
                       date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec);
    }
}

static void instant_write(struct ald_json_writer *json, const char *name, uint64_t seconds)
{
    char text[ALD_FLAG_INSTANT];

    ald_flag_instant(seconds, text);
    if (text[0] != '\0') {
        ald_json_write_member_str(json, name, ald_str(text));
    }
}

/* All of them: the original's list in JSON keeps the last one only (communicator.md section 9, raise-flag). */
static void tags_write(struct ald_json_writer *json, struct ald_str tags)
{
    struct ald_str tag;

    ald_json_write_name(json, ALD_STR("tags"));
    ald_json_write_array(json);
    while (ald_flag_next_tag(&tags, &tag)) {
        ald_json_write_str(json, tag);
    }
    ald_json_write_end(json);
}

void ald_flag_json(struct ald_json_writer *json, const struct ald_flag *flag)
{
    ald_json_write_object(json);
    ald_json_write_member_str(json, "unit", flag->id.unit);
    ald_json_write_member_str(json, "section", flag->id.section);
    ald_json_write_member_str(json, "name", flag->id.name);
    ald_json_write_member_str(json, "message", flag->message);
    ald_json_write_member_u64(json, "priority", flag->priority);
    ald_json_write_member_bool(json, "manual_down", flag->manual_down);
    tags_write(json, flag->tags);
    ald_json_write_member_u64(json, "count", flag->count);
    instant_write(json, "date", flag->date);
    instant_write(json, "modified", flag->modified);
    ald_json_write_member_some(json, "hostname", flag->hostname);
    ald_json_write_member_some(json, "version", flag->version);
    ald_json_write_member_some(json, "source_file", flag->source_file);
    ald_json_write_member_some(json, "function", flag->function);
    if (flag->line != 0) {
        ald_json_write_member_u64(json, "line", flag->line);
    }
    ald_json_write_end(json);
}

void ald_flag_json_list(struct ald_json_writer *json, const struct ald_flag_list *list)
{
    ald_json_write_member_str(json, "folder", ald_str(list->folder));
    ald_json_write_name(json, ALD_STR("flags"));
    ald_json_write_array(json);
    for (size_t i = 0; i < list->n_flags; i++) {
        ald_flag_json(json, list->flags[i]);
    }
    ald_json_write_end(json);
    ald_json_write_name(json, ALD_STR("unreadable"));
    ald_json_write_array(json);
    for (size_t i = 0; i < list->n_broken; i++) {
        ald_json_write_object(json);
        ald_json_write_member_str(json, "file", ald_str(list->broken[i].file));
        ald_json_write_member_str(json, "why", ald_str(list->broken[i].why.text));
        ald_json_write_end(json);
    }
    ald_json_write_end(json);
    ald_json_write_member_u64(json, "files", list->n_files);
}
