#include "base/ini.h"

void ald_ini_init(struct ald_ini *ini, struct ald_str text)
{
    /* Editors of other systems put a byte order mark before UTF-8; it says nothing. */
    struct ald_str mark = ALD_STR("\xEF\xBB\xBF");

    *ini = (struct ald_ini){.rest = ald_str_starts(text, mark) ? ald_str_from(text, mark.size) : text};
}

void ald_ini_init_titled(struct ald_ini *ini, struct ald_str text)
{
    ald_ini_init(ini, text);
    ini->titled = true;
}

/* Take one line off the text, without its end. */
static bool line_next(struct ald_ini *ini, struct ald_str *ret_line)
{
    size_t end;

    if (ini->rest.size == 0) {
        return false;
    }

    end = ald_str_find(ini->rest, ALD_STR("\n"));
    *ret_line = (struct ald_str){ini->rest.data, end};
    if (end > 0 && ini->rest.data[end - 1] == '\r') {
        ret_line->size--;
    }
    ini->rest = ald_str_from(ini->rest, ALD_MIN(end + 1, ini->rest.size));
    ini->line++;
    return true;
}

static bool name_valid(struct ald_str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) {
            return false;
        }
    }
    return name.size > 0;
}

static bool line_readable(struct ald_str line)
{
    for (size_t i = 0; i < line.size; i++) {
        unsigned char c = (unsigned char)line.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return ald_utf8_valid(line);
}

/* What stands behind the name of a section, without its quotes; absent when nothing does. */
static struct ald_str title_read(struct ald_str title)
{
    title = ald_str_trim(title);
    if (title.size >= 2 && title.data[0] == '"' && title.data[title.size - 1] == '"') {
        return (struct ald_str){title.data + 1, title.size - 2};
    }
    return title.size > 0 ? title : ALD_STR_NONE;
}

/* `line` begins with `[`. Returns what is wrong with it, or NULL. */
static const char *section_begin(struct ald_ini *ini, struct ald_str line)
{
    struct ald_str name;
    size_t end = 0;

    if (line.data[line.size - 1] != ']') {
        return "a section is written [name], with nothing behind the bracket";
    }
    name = ald_str_trim((struct ald_str){line.data + 1, line.size - 2});
    while (end < name.size && name.data[end] != ' ' && name.data[end] != '\t') {
        end++;
    }
    ini->title = ALD_STR_NONE;
    if (ini->titled) {
        ini->title = title_read(ald_str_from(name, end));
        name.size = end;
    }
    if (!name_valid(name)) {
        return "the name of a section is made of letters, digits, _ and -";
    }
    ini->section = name;
    return NULL;
}

/* Returns what is wrong with the line, or NULL. */
static const char *item_split(const struct ald_ini *ini, struct ald_str line, struct ald_ini_item *item)
{
    size_t equals = ald_str_find(line, ALD_STR("="));

    if (equals == line.size) {
        return "neither [section] nor key = value nor a comment";
    }
    if (!ald_str_present(ini->section)) {
        return "a key stands before the first [section]";
    }

    *item = (struct ald_ini_item){
        .section = ini->section,
        .title = ini->title,
        .key = ald_str_trim((struct ald_str){line.data, equals}),
        .value = ald_str_trim(ald_str_from(line, equals + 1)),
        .line = ini->line,
    };
    return name_valid(item->key) ? NULL : "the name of a key is made of letters, digits, _ and -";
}

int ald_ini_next(struct ald_ini *ini, struct ald_ini_item *ret_item, const char **ret_what)
{
    const char *what = NULL;
    struct ald_str line;

    while (line_next(ini, &line)) {
        if (!line_readable(line)) {
            what = "the line is not plain UTF-8 text";
            break;
        }

        line = ald_str_trim(line);
        if (line.size == 0 || line.data[0] == '#' || line.data[0] == ';') {
            continue;
        }

        if (line.data[0] != '[') {
            what = item_split(ini, line, ret_item);
            if (what == NULL) {
                return 0;
            }
            break;
        }
        what = section_begin(ini, line);
        if (what != NULL) {
            break;
        }
        if (ini->titled) {
            *ret_item = (struct ald_ini_item){.section = ini->section, .title = ini->title, .line = ini->line};
            return 0;
        }
    }

    ini->rest = ALD_STR("");
    if (what == NULL) {
        return ALD_INI_END;
    }
    *ret_what = what;
    return ALD_INI_MALFORMED;
}
