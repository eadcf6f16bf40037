/*
 * The section is read back before it is given to anybody: by the reader of the hub, together with the file that it will
 * stand in. So whatever would be refused there is refused here, and no name or pattern can be more than it seems.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/token.h"
#include "base/error.h"
#include "cli/auth.h"
#include "msg/json_write.h"

enum { TOKEN_SECTION_MAX = 64 * 1024 };

/* A title that would be trimmed, or lose quotes of its own, is put between quotes. */
static bool name_needs_quotes(struct ald_str name)
{
    return name.size > 0 &&
           (strchr(" \t\"", name.data[0]) != NULL || strchr(" \t\"", name.data[name.size - 1]) != NULL);
}

static int section_push(struct ald_buf *section, const char *key, const char *value)
{
    return value != NULL ? ald_buf_pushf(section, "%s = %s\n", key, value) : 0;
}

/* Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int section_write(struct ald_buf *section, const struct ald_auth_ask *ask, const char *hash)
{
    const char *quote = name_needs_quotes(ald_str(ask->words[1])) ? "\"" : "";
    int r = ald_buf_pushf(section, "[token %s%s%s]\n", quote, ask->words[1], quote);

    r = r == 0 ? section_push(section, "hash", hash) : r;
    r = r == 0 ? section_push(section, "register", ask->serve) : r;
    r = r == 0 ? section_push(section, "command", ask->command) : r;
    r = r == 0 ? section_push(section, "permission", ask->permission) : r;
    r = r == 0 ? section_push(section, "subscribe", ask->subscribe) : r;
    return r == 0 ? section_push(section, "manage", ask->manage) : r;
}

/* A line end in an argument would begin a line of its own in the file. */
static bool is_one_line(const char *text)
{
    return text == NULL || strpbrk(text, "\r\n") == NULL;
}

/* Read the section as the hub would, behind `before`. Returns 0 or the exit status. */
static int section_check(const struct ald_cli *cli, const struct ald_auth_ask *ask, struct ald_str before,
                         struct ald_str section)
{
    ALD_AUTO(ald_auth_unref) struct ald_auth *auth = NULL;
    const struct ald_principal *principal;
    struct ald_rules_why why = {""};
    struct ald_buf whole;
    int r;

    if (!is_one_line(ask->words[1]) || !is_one_line(ask->serve) || !is_one_line(ask->command) ||
        !is_one_line(ask->permission) || !is_one_line(ask->subscribe)) {
        return ald_cli_usage(cli, "a name or a list is one line");
    }
    ald_buf_init(&whole, before.size + section.size + 1);
    r = ald_buf_push(&whole, before);
    r = r == 0 && before.size > 0 ? ald_buf_push(&whole, ALD_STR("\n")) : r;
    r = r == 0 ? ald_buf_push(&whole, section) : r;
    r = r == 0 ? ald_auth_read(ask->file != NULL ? ask->file : "section", ald_buf_str(&whole), &auth, &why) : r;
    ald_buf_fini(&whole);
    if (r < 0) {
        return ald_cli_broke(r);
    }
    if (r > 0) {
        ald_cli_say("%s", why.text);
        return ALD_EXIT_TROUBLE;
    }
    principal = ald_rules_find(ald_auth_rules(auth), ald_str(ask->words[1]));
    return principal != NULL ? 0 : ald_cli_usage(cli, "\"%s\" cannot be the name of a token", ask->words[1]);
}

static int file_fault(const char *path)
{
    ald_cli_say("%s: %s", path, strerror(errno));
    return ALD_EXIT_TROUBLE;
}

/* What the file holds now; one that is not there yet holds nothing. Returns 0 or the exit status. */
static int file_read(int fd, const char *path, struct ald_buf *text)
{
    ssize_t size = 1;
    int r = 0;

    while (r == 0 && size > 0) {
        uint8_t *room;

        r = ald_buf_reserve(text, 4096, &room);
        size = r == 0 ? read(fd, room, 4096) : 0;
        if (size > 0) {
            ald_buf_commit(text, (size_t)size);
        }
    }
    if (r == ALD_BUF_FULL) {
        ald_cli_say("%s: larger than any file of tokens", path);
        return ALD_EXIT_TROUBLE;
    }
    if (r < 0) {
        return ald_cli_broke(r);
    }
    return size < 0 ? file_fault(path) : 0;
}

/* In one write, so that a hub that looks at the file sees all of it. Returns 0 or the exit status. */
static int file_append(int fd, const char *path, struct ald_str before, struct ald_str section)
{
    struct ald_buf piece;
    bool ended = before.size == 0 || before.data[before.size - 1] == '\n';
    int r;

    ald_buf_init(&piece, section.size + 2);
    r = ald_buf_push(&piece, before.size == 0 ? ALD_STR("") : ended ? ALD_STR("\n") : ALD_STR("\n\n"));
    r = r == 0 ? ald_buf_push(&piece, section) : r;
    if (r < 0) {
        ald_buf_fini(&piece);
        return ald_cli_broke(r);
    }
    errno = ENOSPC; /* what a short write means */
    r = write(fd, ald_buf_str(&piece).data, ald_buf_size(&piece)) == (ssize_t)ald_buf_size(&piece) ? 0
                                                                                                   : file_fault(path);
    ald_buf_fini(&piece);
    return r;
}

/* Put the section where it belongs. Returns 0 or the exit status. */
static int section_place(const struct ald_cli *cli, const struct ald_auth_ask *ask, struct ald_str section)
{
    struct ald_buf before;
    int fd, r;

    if (ask->file == NULL) {
        r = section_check(cli, ask, ALD_STR(""), section);
        if (r == 0 && !cli->json) {
            (void)fprintf(stderr, "%.*s", ALD_STR_ARG(section));
        }
        return r;
    }
    fd = open(ask->file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        return file_fault(ask->file);
    }
    ald_buf_init(&before, ALD_AUTH_FILE_MAX);
    r = file_read(fd, ask->file, &before);
    r = r == 0 ? section_check(cli, ask, ald_buf_str(&before), section) : r;
    r = r == 0 ? file_append(fd, ask->file, ald_buf_str(&before), section) : r;
    ald_buf_fini(&before);
    (void)close(fd);
    return r;
}

static int token_print_json(const struct ald_auth_ask *ask, const char *token, const char *hash, struct ald_str section)
{
    struct ald_json_writer json;
    struct ald_buf out;
    int r;

    ald_buf_init(&out, (size_t)8 * TOKEN_SECTION_MAX);
    ald_json_write_init(&json, &out, ALD_JSON_COMPACT);
    ald_json_write_object(&json);
    ald_json_write_member_str(&json, "principal", ald_str(ask->words[1]));
    ald_json_write_member_str(&json, "token", ald_str(token));
    ald_json_write_member_str(&json, "hash", ald_str(hash));
    ald_json_write_member_str(&json, "section", section);
    ald_json_write_end(&json);
    r = ald_json_write_done(&json);
    if (r == 0) {
        printf("%.*s\n", ALD_STR_ARG(ald_buf_str(&out)));
    }
    ald_buf_fini(&out);
    return r < 0 ? ald_cli_broke(r) : ald_cli_flush();
}

int ald_auth_token(const struct ald_cli *cli, const struct ald_auth_ask *ask)
{
    char token[ALD_TOKEN_TEXT + 1], hash_text[ALD_TOKEN_HASH_TEXT + 1];
    uint8_t hash[ALD_AUTH_HASH];
    struct ald_buf section;
    int r = ald_token_make(token);

    r = r < 0 ? r : ald_token_hash(ald_str(token), hash);
    if (r < 0) {
        return ald_cli_broke(r);
    }
    ald_token_hash_format(hash, hash_text);
    ald_buf_init(&section, TOKEN_SECTION_MAX);
    r = section_write(&section, ask, hash_text);
    if (r < 0) {
        r = ald_cli_broke(r);
    } else if (r > 0) {
        r = ald_cli_usage(cli, "so many rights do not fit into one section");
    } else {
        r = section_place(cli, ask, ald_buf_str(&section));
    }
    if (r == 0 && cli->json) {
        r = token_print_json(ask, token, hash_text, ald_buf_str(&section));
    } else if (r == 0) {
        puts(token);
        r = ald_cli_flush();
    }
    ald_buf_fini(&section);
    return r;
}
