#pragma once

/*
 * Config: the settings of the daemon, from the table, a file and the command line, in that order.
 *
 * Lifetime:   ald_config_new() to ald_config_free(); read, then set, then check, then only asked.
 * Faults:     what is wrong with a setting is one line for people, in a struct ald_config_why, that says where it
 *             stands: `aldis.conf:12: [http] listen: ...`, `-s http.listen: ...`, or `default: [http] listen: ...`.
 * Pure but for config_default.c, which asks the machine for its name, and config_file.c.
 */

#include "base/buf.h"
#include "base/defs.h"
#include "base/str.h"
#include "daemon/config_table.h"

enum ald_config_key {
#define ALD_X(key, section, name, type, fallback, min, max, text) ALD_KEY_##key,
    ALD_CONFIG_KEYS(ALD_X)
#undef ALD_X
        ALD_N_KEYS
};

enum ald_config_type {
    ALD_CONFIG_TEXT,      /* any text of at most `max` bytes */
    ALD_CONFIG_NAME,      /* [A-Za-z_][A-Za-z0-9_]* */
    ALD_CONFIG_PATH,      /* a text that may not hold NUL, of at most `max` bytes */
    ALD_CONFIG_ADDRESSES, /* host:port, several separated by commas: see ald_config_address_next() */
    ALD_CONFIG_CHOICE,    /* one of a few words; the value is their place */
    ALD_CONFIG_YES,       /* yes, no, true, false */
    ALD_CONFIG_NUMBER,
    ALD_CONFIG_MODE,     /* permissions, octal */
    ALD_CONFIG_SIZE,     /* bytes: 4096, 64KiB, 16MiB, 1GiB */
    ALD_CONFIG_DURATION, /* microseconds: 0, 500ms, 5s, 2m, 1h */
    ALD_N_CONFIG_TYPES
};

struct ald_config_row {
    const char *section, *key;
    enum ald_config_type type;
    const char *fallback; /* NULL: see config_default.h */
    uint64_t min, max;
    const char *text;
};

extern const struct ald_config_row ald_config_rows[ALD_N_KEYS];

struct ald_config;

/* One line, without its end. Long enough for a path and a value of PATH_MAX bytes each would be too long for people. */
struct ald_config_why {
    char text[1024];
};

enum { ALD_CONFIG_BAD = 1 }; /* outcome: something is wrong with the settings, `ret_why` says what */

/* Gives the defaults; `fallbacks[key]` (borrows, may be NULL) is what the machine decides: see config_default.h.
 * Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_config_new(const char *const fallbacks[ALD_N_KEYS], struct ald_config **ret_config);
struct ald_config *ald_config_free(struct ald_config *config);
ALD_DEFINE_CLEANUP(struct ald_config *, ald_config_free);

/* Take the items of `text`, the content of the file `file` (for people; borrows both). Outcome: ALD_CONFIG_BAD. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_config_read(struct ald_config *config, const char *file, struct ald_str text,
                                  struct ald_config_why *ret_why);
/* The same for a file of at most ALD_CONFIG_FILE_MAX bytes; one that cannot be read is ALD_CONFIG_BAD too. */
enum { ALD_CONFIG_FILE_MAX = 1024 * 1024 };
ALD_NODISCARD int ald_config_read_file(struct ald_config *config, const char *path, struct ald_config_why *ret_why);
/* Take `SECTION.KEY=VALUE` of the command line; it wins over the file. Outcome: ALD_CONFIG_BAD. Errors:
 * ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_config_set(struct ald_config *config, struct ald_str assignment, struct ald_config_why *ret_why);
/* Look for settings that do not go together. Outcome: ALD_CONFIG_BAD. */
ALD_NODISCARD int ald_config_check(const struct ald_config *config, struct ald_config_why *ret_why);
/* The same for a hub in a program, which has a door of its own and may do without any other. */
ALD_NODISCARD int ald_config_check_in(const struct ald_config *config, struct ald_config_why *ret_why);

/* Numbers, modes, sizes, durations, places of choices, 0 and 1 of yes and no. */
uint64_t ald_config_number(const struct ald_config *config, enum ald_config_key key);
/* The text as it was given, without blanks around it; never NULL. */
const char *ald_config_text(const struct ald_config *config, enum ald_config_key key);

/* Say what is wrong with a key, and where it was set. Returns ALD_CONFIG_BAD. */
int ald_config_fault(const struct ald_config *config, enum ald_config_key key, struct ald_config_why *ret_why,
                     const char *format, ...) ALD_PRINTF(4, 5);

/* An address to listen at. */
struct ald_config_address {
    char host[256]; /* without brackets; "" for all addresses */
    uint16_t port;
};
/* Take the next address off a comma separated list that was checked; false at its end. */
bool ald_config_address_next(struct ald_str *list, struct ald_config_address *ret_address);
/* The host is a literal loopback address or localhost. */
bool ald_config_address_loopback(const struct ald_config_address *address);

/* Append the table for people: every key with default, limits and text, as it could stand in a file; and the same as
 * the manual page aldis.conf(5). Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_config_help(struct ald_buf *out);
ALD_NODISCARD int ald_config_manual(struct ald_buf *out);
