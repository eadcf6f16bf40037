/*
 * What aldis flag list and show print. Texts of flags are somebody else's: a terminal gets them with what it might obey
 * replaced, programs get them whole.
 */

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/error.h"
#include "cli/flag.h"
#include "cli/grid.h"
#include "msg/json_write.h"

enum {
    FLAG_JSON_MAX = 8 * ALD_FLAG_LIST_MAX * ALD_FLAG_FILE_MAX, /* the largest flags there can be, each byte escaped */
    FLAG_MESSAGE_SHOWN = 200                                   /* bytes of a message in a table */
};

/* A cell, or a line: longer ones are cut. */
struct text {
    char text[600];
};

static const char *text_of(struct ald_str from, struct text *room)
{
    struct ald_str shown = ald_cli_printable(from, room->text, sizeof(room->text) - 1);

    room->text[shown.size] = '\0';
    return room->text;
}

/* Of several lines only the first, and that there are more. */
static const char *message_of(struct ald_str message, struct text *room)
{
    size_t end = ALD_MIN(ald_str_find(message, ALD_STR("\n")), (size_t)FLAG_MESSAGE_SHOWN);

    while (end > 0 && end < message.size && ((uint8_t)message.data[end] & 0xc0) == 0x80) {
        end--; /* not within a character */
    }
    text_of(ald_str_of(message.data, end), room);
    if (end < message.size) {
        snprintf(room->text + strlen(room->text), 8, " …");
    }
    return room->text;
}

/* --- list ---------------------------------------------------------------------------------------------------------- */

static int list_row(struct ald_grid *grid, const struct ald_flag *flag)
{
    char instant[ALD_FLAG_INSTANT];
    struct text room;
    int r;

    r = ald_grid_add_u64(grid, flag->priority);
    r = r == 0 ? ald_grid_add(grid, text_of(flag->id.unit, &room)) : r;
    r = r == 0 ? ald_grid_add(grid, text_of(flag->id.section, &room)) : r;
    r = r == 0 ? ald_grid_add(grid, text_of(flag->id.name, &room)) : r;
    r = r == 0 ? ald_grid_add_u64(grid, flag->count) : r;
    ald_flag_instant(flag->date, instant);
    r = r == 0 ? ald_grid_add(grid, instant) : r;
    ald_flag_instant(flag->modified, instant);
    r = r == 0 ? ald_grid_add(grid, instant) : r;
    return r == 0 ? ald_grid_add(grid, message_of(flag->message, &room)) : r;
}

/* Returns the exit status. */
static int list_table(const struct ald_flag_list *list)
{
    static const struct ald_grid_column columns[] = {
        {"PRIORITY", true}, {"SERVICE", false}, {"SECTION", false}, {"NAME", false},
        {"COUNT", true},    {"FIRST", false},   {"LAST", false},    {"MESSAGE", false},
    };
    struct ald_grid grid;
    int r = 0;

    ald_grid_init(&grid, columns, ALD_COUNT(columns));
    for (size_t i = 0; r == 0 && i < list->n_flags; i++) {
        r = list_row(&grid, list->flags[i]);
    }
    if (r == 0) {
        ald_grid_print(&grid, stdout);
    }
    ald_grid_fini(&grid);
    return r < 0 ? ald_cli_broke(r) : ald_cli_flush();
}

static int list_json(const struct ald_flag_list *list)
{
    struct ald_json_writer json;
    struct ald_buf out;
    int r;

    ald_buf_init(&out, FLAG_JSON_MAX);
    ald_json_write_init(&json, &out, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_flag_json_list(&json, list);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    if (r == 0) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&out)));
    }
    ald_buf_fini(&out);
    return r < 0 ? ald_cli_broke(r) : ald_cli_flush();
}

static int list_people(const struct ald_flag_list *list)
{
    struct text room;
    int r = ALD_EXIT_OK;

    if (list->n_flags > 0) {
        r = list_table(list);
    } else if (list->n_broken == 0) {
        ald_cli_say("no flag is raised in %s%s", text_of(ald_str(list->folder), &room),
                    list->there ? "" : ", which is not there");
    }
    for (size_t i = 0; i < list->n_broken; i++) {
        ald_cli_say("%s cannot be read: %s", text_of(ald_str(list->broken[i].file), &room), list->broken[i].why.text);
    }
    return r;
}

int ald_flag_list_show(const struct ald_cli *cli, const struct ald_flag_ask *ask)
{
    ALD_AUTO(ald_flag_list_free) struct ald_flag_list *list = NULL;
    struct ald_flag_why why = {""};
    int r = ald_flag_list_read(ask->folder.path, (ald_wall)time(NULL) * ALD_SEC, &list, &why);

    if (r < 0) {
        return ald_flag_fault(cli, r, &why);
    }
    return cli->json ? list_json(list) : list_people(list);
}

/* --- show ---------------------------------------------------------------------------------------------------------- */

static void show_some(const char *title, struct ald_str value)
{
    struct text room;

    if (ald_str_present(value) && value.size > 0) {
        printf("%-10s %s\n", title, text_of(value, &room));
    }
}

static void show_times(const struct ald_flag *flag)
{
    char first[ALD_FLAG_INSTANT], last[ALD_FLAG_INSTANT];

    ald_flag_instant(flag->date, first);
    ald_flag_instant(flag->modified, last);
    printf("%-10s %" PRIu64 "%s", "raised", flag->count, flag->count == 1 ? " time" : " times");
    printf("%s%s%s%s\n", first[0] != '\0' ? ", first " : "", first, last[0] != '\0' ? ", last " : "", last);
}

static void show_tags(struct ald_str tags)
{
    struct ald_str tag;
    struct text room;
    const char *before = "tags       ";

    while (ald_flag_next_tag(&tags, &tag)) {
        printf("%s%s", before, text_of(tag, &room));
        before = ", ";
    }
    printf("%s", before[0] == ',' ? "\n" : "");
}

static void show_source(const struct ald_flag *flag)
{
    struct text file, function;

    if (flag->source_file.size == 0 && flag->function.size == 0) {
        return;
    }
    printf("%-10s %s", "from", text_of(flag->source_file, &file));
    if (flag->line != 0) {
        printf(":%" PRIu64, flag->line);
    }
    text_of(flag->function, &function);
    printf("%s%s\n", function.text[0] == '\0' ? "" : flag->source_file.size > 0 ? " in " : "", function.text);
}

/* Line by line, each whole. */
static void show_message(struct ald_str message)
{
    char room[ALD_FLAG_FILE_MAX];

    putchar('\n');
    while (message.size > 0) {
        size_t end = ald_str_find(message, ALD_STR("\n"));

        printf("%.*s\n", ALD_STR_ARG(ald_cli_printable(ald_str_of(message.data, end), room, sizeof(room))));
        message = ald_str_from(message, ALD_MIN(end + 1, message.size));
    }
}

static int show_people(const struct ald_flag *flag)
{
    printf("%-10s %.*s %.*s %.*s\n", "flag", ALD_STR_ARG(flag->id.unit), ALD_STR_ARG(flag->id.section),
           ALD_STR_ARG(flag->id.name));
    printf("%-10s %u%s\n", "priority", flag->priority, flag->priority >= ALD_FLAG_PRIORITY_URGENT ? ", urgent" : "");
    show_times(flag);
    printf("%-10s %s\n", "lowered", flag->manual_down ? "by hand only" : "by whoever raised it, or by hand");
    show_tags(flag->tags);
    show_some("on", flag->hostname);
    show_some("by", flag->version);
    show_source(flag);
    show_message(flag->message);
    return ald_cli_flush();
}

static int show_json(const struct ald_flag *flag)
{
    struct ald_json_writer json;
    struct ald_buf out;
    int r;

    ald_buf_init(&out, FLAG_JSON_MAX);
    ald_json_write_init(&json, &out, ALD_JSON_COMPACT);
    ald_flag_json(&json, flag);
    r = ald_json_write_done(&json);
    if (r == 0) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&out)));
    }
    ald_buf_fini(&out);
    return r < 0 ? ald_cli_broke(r) : ald_cli_flush();
}

int ald_flag_show(const struct ald_cli *cli, const struct ald_flag_ask *ask)
{
    ALD_AUTO(ald_flag_free) struct ald_flag *flag = NULL;
    const struct ald_flag_store store = {.folder = ask->folder.path};
    const struct ald_flag_id id = ald_flag_ask_id(ask);
    struct ald_flag_why why = {""};
    int r = ald_flag_store_load(&store, &id, &flag, &why);

    if (r == ALD_FLAG_NONE) {
        struct text room;

        ald_cli_say("this flag is not raised in %s", text_of(ald_str(ask->folder.path), &room));
        return ALD_EXIT_TROUBLE;
    }
    if (r != 0) {
        return ald_flag_fault(cli, r, &why);
    }
    return cli->json ? show_json(flag) : show_people(flag);
}
