#include <stdio.h>

#include "base/roff.h"
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

int ald_config_help(struct ald_buf *out)
{
    int r = 0;

    for (size_t i = 0; i < ALD_N_KEYS && r == 0; i++) {
        const struct ald_config_row *row = &ald_config_rows[i];

        r = help_row(out, row, i == 0 || strcmp(row->section, ald_config_rows[i - 1].section) != 0);
    }
    return r;
}

/* --- the manual page ----------------------------------------------------------------------------------------------- */

static const char manual_about[] =
    "The settings of aldisd(8) stand in a file that is named with -c, in sections of keys; -s SECTION.KEY=VALUE sets "
    "one key, "
    "and wins over the file. A key that is not set has the default given here. An unknown key or a bad value is an "
    "error that "
    "names file, line and key; `aldisd -c FILE --check` looks for them and opens nothing.\n"
    "\n"
    "  # aldis.conf\n"
    "  [hub]\n"
    "  id = harbour\n"
    "  drain_timeout = 20s\n"
    "\n"
    "  [http]\n"
    "  listen = 127.0.0.1:8062, [::1]:8062\n"
    "\n"
    "Durations are written 500ms, 5s, 2m, 1h; sizes 4096, 64KiB, 16MiB, 1GiB. A line that begins with # or ; is a "
    "comment.\n";

/* "duration, from 1ms to 24h; default: 5s" */
static int manual_facts(struct ald_buf *out, const struct ald_config_row *row)
{
    int r = ald_buf_push(out, ALD_STR("("));

    r = r != 0 ? r : type_push(out, row);
    if (fallback_text(row)[0] != '\0') {
        r = r != 0 ? r : ald_buf_pushf(out, "; default: %s", row->fallback);
    }
    return r != 0 ? r : ald_buf_push(out, ald_str_of(")", 2)); /* with its terminator */
}

static int manual_row(struct ald_roff *roff, const struct ald_config_row *row, bool begins)
{
    struct ald_buf facts;
    char section[64];
    int r;

    if (begins) {
        (void)snprintf(section, sizeof(section), "[%s]", row->section);
        ald_roff_part(roff, section);
    }
    ald_roff_item(roff, row->key, NULL);
    ald_roff_prose(roff, row->text);
    ald_buf_init(&facts, ALD_KIB);
    r = manual_facts(&facts, row);
    if (r == 0) {
        ald_roff_prose(roff, ald_buf_str(&facts).data);
    }
    ald_buf_fini(&facts);
    return r;
}

int ald_config_manual(struct ald_buf *out)
{
    struct ald_roff roff;
    int r = 0;

    ald_roff_init(&roff, out, "aldis.conf", 5, "settings of the hub aldisd");
    ald_roff_section(&roff, "DESCRIPTION");
    ald_roff_prose(&roff, manual_about);
    ald_roff_section(&roff, "SETTINGS");
    for (size_t i = 0; i < ALD_N_KEYS && r == 0; i++) {
        const struct ald_config_row *row = &ald_config_rows[i];

        r = manual_row(&roff, row, i == 0 || strcmp(row->section, ald_config_rows[i - 1].section) != 0);
    }
    ald_roff_see(&roff, "aldisd(8), aldis(1)");
    return r != 0 ? r : ald_roff_done(&roff);
}
