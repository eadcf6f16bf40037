#include "daemon/config.h"
#include "daemon/config_value.h"

enum { HELP_WIDTH = 100 };

static const char *const type_names[ALD_N_CONFIG_TYPES] = {
    [ALD_CONFIG_TEXT] = "text",           [ALD_CONFIG_NAME] = "name",   [ALD_CONFIG_PATH] = "path",
    [ALD_CONFIG_ADDRESSES] = "addresses", [ALD_CONFIG_CHOICE] = "word", [ALD_CONFIG_YES] = "yes or no",
    [ALD_CONFIG_NUMBER] = "number",       [ALD_CONFIG_MODE] = "mode",   [ALD_CONFIG_SIZE] = "size",
    [ALD_CONFIG_DURATION] = "duration",
};

static const char *fallback_text(const struct ald_config_row *row)
{
    return row->fallback != NULL ? row->fallback : "";
}

/* "duration, from 1ms to 24h"; only numbers have a range that people must know. */
static int type_push(struct ald_buf *out, const struct ald_config_row *row)
{
    char min[32], max[32];
    bool range = row->type == ALD_CONFIG_NUMBER || row->type == ALD_CONFIG_SIZE || row->type == ALD_CONFIG_DURATION;

    if (!range) {
        return ald_buf_pushf(out, "%s", type_names[row->type]);
    }
    ald_config_value_format(row->type, row->min, min, sizeof(min));
    ald_config_value_format(row->type, row->max, max, sizeof(max));
    return ald_buf_pushf(out, "%s, from %s to %s", type_names[row->type], min, max);
}

/* The text as comment lines of a configuration file, broken between words. */
static int comment_push(struct ald_buf *out, const char *text)
{
    while (*text != '\0') {
        size_t size = strlen(text);
        int r;

        if (size > HELP_WIDTH) {
            size = HELP_WIDTH;
            while (text[size] != ' ') {
                size--;
            }
        }
        r = ald_buf_pushf(out, "# %.*s\n", (int)size, text);
        if (r != 0) {
            return r;
        }
        text += size;
        text += *text == ' ';
    }
    return 0;
}

static int help_row(struct ald_buf *out, const struct ald_config_row *row, bool begins)
{
    int r;

    if (begins) {
        r = ald_buf_pushf(out, "[%s]\n", row->section);
        if (r != 0) {
            return r;
        }
    }
    r = comment_push(out, row->text);
    r = r != 0 ? r : ald_buf_pushf(out, "# (");
    r = r != 0 ? r : type_push(out, row);
    r = r != 0 ? r
               : ald_buf_pushf(out, ")\n%s%s =%s%s\n\n", row->fallback == NULL ? "#" : "", row->key,
                               fallback_text(row)[0] != '\0' ? " " : "", fallback_text(row));
    return r;
}

/* Roff takes a leading dot or quote for a command and a backslash for an escape; a test sees to it that the table has
 * none. */
static int manual_row(struct ald_buf *out, const struct ald_config_row *row, bool begins)
{
    int r;

    if (begins) {
        r = ald_buf_pushf(out, ".SS [%s]\n", row->section);
        if (r != 0) {
            return r;
        }
    }
    r = ald_buf_pushf(out, ".TP\n.B %s\n%s\n(", row->key, row->text);
    r = r != 0 ? r : type_push(out, row);
    if (row->fallback != NULL && row->fallback[0] != '\0') {
        r = r != 0 ? r : ald_buf_pushf(out, "; default: %s", row->fallback);
    }
    r = r != 0 ? r : ald_buf_pushf(out, ")\n");
    return r;
}

static int rows_push(struct ald_buf *out, int (*push)(struct ald_buf *, const struct ald_config_row *, bool))
{
    for (size_t i = 0; i < ALD_N_KEYS; i++) {
        const struct ald_config_row *row = &ald_config_rows[i];
        bool begins = i == 0 || strcmp(row->section, ald_config_rows[i - 1].section) != 0;
        int r = push(out, row, begins);

        if (r != 0) {
            return r;
        }
    }
    return 0;
}

int ald_config_help(struct ald_buf *out)
{
    return rows_push(out, help_row);
}

int ald_config_manual(struct ald_buf *out)
{
    return rows_push(out, manual_row);
}
