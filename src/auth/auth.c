/*
 * Time and tokens: what is looked up is the hash of what was shown, so whoever measures how long that takes learns
 * something about hashes, of which nobody can choose any: to make one with given first bytes costs as many tries as to
 * guess them, and knowing all of a hash still leaves the 256 bits of its token to guess. The search may therefore go by
 * the first bytes; what decides is compared in constant time.
 */

#include "auth/auth.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/token.h"
#include "base/error.h"
#include "base/printable.h"

struct ald_auth {
    struct ald_rules *rules;
    char *file;
    unsigned refs;
};

static int user_find(struct ald_str name, uint64_t *ret_number)
{
    char terminated[256], room[4096];
    struct passwd entry, *found = NULL;

    if (name.size >= sizeof(terminated)) {
        return 1;
    }
    memcpy(terminated, name.data, name.size);
    terminated[name.size] = '\0';
    if (getpwnam_r(terminated, &entry, room, sizeof(room), &found) != 0 || found == NULL) {
        return 1;
    }
    *ret_number = entry.pw_uid;
    return 0;
}

int ald_auth_read(const char *file, struct ald_str text, struct ald_auth **ret_auth, struct ald_rules_why *ret_why)
{
    ALD_AUTO(ald_auth_unref) struct ald_auth *auth = calloc(1, sizeof(*auth));
    int r;

    if (auth == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    auth->refs = 1;
    auth->file = strdup(file);
    if (auth->file == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    r = ald_rules_parse(auth->file, text, user_find, &auth->rules, ret_why);
    if (r != 0) {
        return r < 0 ? ald_trace(r) : r;
    }
    *ret_auth = ald_steal(&auth);
    return 0;
}

static int file_fault(const char *path, const char *what, struct ald_rules_why *why)
{
    char quoted[256];

    (void)ald_printable(ald_str(path), quoted, sizeof(quoted));
    (void)snprintf(why->text, sizeof(why->text), "%s: %s", quoted, what);
    return ALD_RULES_BAD;
}

/* Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM, ALDIS_E_IO with errno. */
static int file_read(int fd, struct ald_buf *text)
{
    for (;;) {
        uint8_t *room;
        ssize_t size;
        int r = ald_buf_reserve(text, 4096, &room);

        if (r != 0) {
            return r;
        }
        size = read(fd, room, 4096);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return size < 0 ? ALDIS_E_IO : 0;
        }
        ald_buf_commit(text, (size_t)size);
    }
}

/* Whoever may write to it gives himself any right. */
static bool file_is_everybodys(int fd)
{
    struct stat file;

    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && (file.st_mode & S_IWOTH) != 0;
}

int ald_auth_load(const char *path, struct ald_auth **ret_auth, struct ald_rules_why *ret_why)
{
    struct ald_buf text;
    int r;
    /* A path that names no file (a pipe that nobody writes to) must not stop a hub that reads it again. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return file_fault(path, strerror(errno), ret_why);
    }
    if (file_is_everybodys(fd)) {
        (void)close(fd);
        return file_fault(path, "everybody on this machine may write to it", ret_why);
    }
    ald_buf_init(&text, ALD_AUTH_FILE_MAX + 4096);
    r = file_read(fd, &text);
    if (r == ALD_BUF_FULL || ald_buf_size(&text) > ALD_AUTH_FILE_MAX) {
        r = file_fault(path, "larger than 16 MiB, which no file of tokens is", ret_why);
    } else if (r == ALDIS_E_IO) {
        r = file_fault(path, strerror(errno), ret_why);
    } else if (r == 0) {
        r = ald_auth_read(path, ald_buf_str(&text), ret_auth, ret_why);
    }
    ald_buf_fini(&text);
    (void)close(fd);
    return r < 0 ? ald_trace(r) : r;
}

struct ald_auth *ald_auth_ref(struct ald_auth *auth)
{
    auth->refs++;
    return auth;
}

struct ald_auth *ald_auth_unref(struct ald_auth *auth)
{
    if (auth == NULL) {
        return NULL;
    }
    ald_assert(auth->refs > 0);
    auth->refs--;
    if (auth->refs == 0) {
        ald_rules_free(auth->rules);
        free(auth->file);
        free(auth);
    }
    return NULL;
}

const struct ald_rules *ald_auth_rules(const struct ald_auth *auth)
{
    return auth->rules;
}

const struct ald_principal *ald_auth_hashed(const struct ald_auth *auth, const uint8_t hash[ALD_AUTH_HASH])
{
    const struct ald_principal *principal = NULL;
    const struct ald_token_hash *hashes;
    size_t n;

    ald_rules_hashes(auth->rules, hash, &hashes, &n);
    for (size_t i = 0; i < n; i++) {
        if (ald_token_hash_equal(hashes[i].bytes, hash)) {
            principal = hashes[i].principal;
        }
    }
    return principal;
}

const struct ald_principal *ald_auth_bearer(const struct ald_auth *auth, struct ald_str token)
{
    uint8_t hash[ALD_AUTH_HASH];

    return ald_token_hash(token, hash) == 0 ? ald_auth_hashed(auth, hash) : NULL;
}

const struct ald_principal *ald_auth_subject(const struct ald_auth *auth, struct ald_str subject)
{
    return ald_rules_find_subject(auth->rules, subject);
}

const struct ald_principal *ald_auth_proved(const struct ald_auth *auth, struct ald_str name, uint64_t issued)
{
    return ald_rules_find_proved(auth->rules, name, issued);
}

const struct ald_principal *ald_auth_user(const struct ald_auth *auth, uint64_t uid)
{
    return ald_rules_find_user(auth->rules, uid);
}

bool ald_auth_may_register(const struct ald_auth *auth, const struct ald_principal *principal, struct ald_str target)
{
    return ald_str_present(target) && ald_rules_may_register(auth->rules, principal, target);
}

struct ald_str ald_auth_assigned(const struct ald_auth *auth, const struct ald_principal *principal)
{
    return ald_rules_assigned(auth->rules, principal);
}

bool ald_auth_is_own(struct ald_str target, struct ald_str name)
{
    return target.size == 0 &&
           (ald_str_equal(name, ALD_STR("aldis:Outcome")) || ald_str_equal(name, ALD_STR("aldis:Cancel")));
}

bool ald_auth_may_command(const struct ald_auth *auth, const struct ald_principal *principal, struct ald_str target,
                          struct ald_str name)
{
    return ald_auth_is_own(target, name) || ald_rules_may_command(auth->rules, principal, target, name);
}

bool ald_auth_holds(const struct ald_auth *auth, const struct ald_principal *principal, struct ald_str permission)
{
    return ald_rules_holds(auth->rules, principal, permission);
}

bool ald_auth_may_subscribe(const struct ald_auth *auth, const struct ald_principal *principal, struct ald_str name)
{
    return ald_rules_may_subscribe(auth->rules, principal, name);
}

bool ald_auth_primary_only(const struct ald_auth *auth, struct ald_str name)
{
    return ald_rules_primary_only(auth->rules, name);
}

enum ald_manage ald_auth_manage(const struct ald_principal *principal)
{
    return (enum ald_manage)principal->manage;
}

const char *ald_manage_name(enum ald_manage manage)
{
    static const char *const names[] = {
        [ALD_MANAGE_NONE] = "none",
        [ALD_MANAGE_READ] = "read",
        [ALD_MANAGE_WRITE] = "write",
    };

    return names[manage];
}

/* --- why ---------------------------------------------------------------------------------------------------------- */

/* One question, and how it is said. */
struct question {
    const struct ald_auth *auth;
    const struct ald_principal *principal;
    struct ald_str target, name; /* name absent: may it serve the target? target absent: may it subscribe? */
    char what[600];              /* "command signal at lamp", "serve lamp" */
};

static void question_say(struct question *question)
{
    char target[280], name[280];

    (void)ald_printable(question->target, target, sizeof(target));
    (void)ald_printable(question->name, name, sizeof(name));
    if (!ald_str_present(question->name)) {
        (void)snprintf(question->what, sizeof(question->what), "serve %s", target);
    } else if (!ald_str_present(question->target)) {
        (void)snprintf(question->what, sizeof(question->what), "subscribe to %s", name);
    } else {
        (void)snprintf(question->what, sizeof(question->what), "command %s at %s", name,
                       target[0] != '\0' ? target : "the hub itself, or to all");
    }
}

/* The rule that says it, or the place where one would have to stand. */
static int why_rule(const struct question *question, const char *key, const struct ald_rule *rule, bool allowed,
                    struct ald_buf *out)
{
    char file[256], name[280], text[400];

    (void)ald_printable(ald_str(question->auth->file), file, sizeof(file));
    (void)ald_printable(question->principal->name, name, sizeof(name));
    (void)ald_printable(rule->text, text, sizeof(text));
    if (rule->line == 0) {
        return ald_buf_pushf(out, "%s may not %s: %s:%u: its section has no %s", name, question->what, file,
                             question->principal->line, key);
    }
    return ald_buf_pushf(out, "%s may%s %s: %s:%u: %s = %s", name, allowed ? "" : " not", question->what, file,
                         rule->line, key, text);
}

static int why_assigned(const struct question *question, struct ald_buf *out)
{
    struct ald_str assigned = ald_auth_assigned(question->auth, question->principal);
    char target[280];

    if (ald_str_present(question->name) || !ald_str_present(assigned)) {
        return 0;
    }
    (void)ald_printable(assigned, target, sizeof(target));
    return ald_buf_pushf(out, "; whatever it asks for, it is given %s", target);
}

static int why_primary(const struct question *question, struct ald_buf *out)
{
    const struct ald_rule *rule = ald_rules_primary_rule(question->auth->rules);
    char file[256];

    if (!ald_str_present(question->name) || !ald_auth_primary_only(question->auth, question->name)) {
        return 0;
    }
    (void)ald_printable(ald_str(question->auth->file), file, sizeof(file));
    return ald_buf_pushf(out, "; but only while its channel is the primary one of its target: %s:%u", file, rule->line);
}

/* Without a line of its own another one may give it. */
static int why_subscribes(const struct question *question, struct ald_buf *out, bool *ret_allowed)
{
    const struct ald_principal *principal = question->principal;
    const char *key = "subscribe";
    const struct ald_rule *rule = &principal->hearing;

    *ret_allowed = ald_auth_may_subscribe(question->auth, principal, question->name);
    if (rule->line == 0 && *ret_allowed) {
        bool reads = principal->manage >= ALD_MANAGE_READ;

        key = reads ? "manage" : "command";
        rule = reads ? &principal->managing : &principal->command;
    }
    return why_rule(question, key, rule, *ret_allowed, out);
}

static int why_known(const struct question *question, struct ald_buf *out, bool *ret_allowed)
{
    bool serves = !ald_str_present(question->name);
    const struct ald_principal *principal = question->principal;
    bool allowed = serves ? ald_auth_may_register(question->auth, principal, question->target)
                          : ald_auth_may_command(question->auth, principal, question->target, question->name);
    int r;

    if (!serves && !ald_str_present(question->target)) {
        return why_subscribes(question, out, ret_allowed);
    }
    *ret_allowed = allowed;
    if (!serves && ald_auth_is_own(question->target, question->name)) {
        return ald_buf_push(out, ALD_STR("whoever is let in may ask the hub about commands of his own"));
    }
    r = serves ? why_rule(question, "register", &principal->serve, allowed, out)
               : why_rule(question, "command", &principal->command, allowed, out);
    if (r == 0 && allowed) {
        r = why_primary(question, out);
    }
    return r == 0 ? why_assigned(question, out) : r;
}

int ald_auth_why(const struct ald_auth *auth, struct ald_str principal, struct ald_str target, struct ald_str name,
                 struct ald_buf *out, bool *ret_allowed)
{
    struct question question = {
        .auth = auth,
        .principal = ald_rules_find(auth->rules, principal),
        .target = target,
        .name = name,
    };
    char file[256], who[280];
    int r;

    if (question.principal == NULL) {
        (void)ald_printable(ald_str(auth->file), file, sizeof(file));
        (void)ald_printable(principal, who, sizeof(who));
        *ret_allowed = false;
        r = ald_buf_pushf(out, "nobody is called %s: %s has no such section", who, file);
    } else {
        question_say(&question);
        r = why_known(&question, out, ret_allowed);
    }
    return r < 0 ? ald_trace(r) : r;
}

int ald_auth_why_lacks(const struct ald_auth *auth, struct ald_str principal, struct ald_str name, bool subscribes,
                       struct ald_str permission, struct ald_buf *out)
{
    const struct ald_principal *found = ald_rules_find(auth->rules, principal);
    char file[256], who[280], what[280], lacked[280], text[400];
    const struct ald_rule *rule;
    int r;

    ald_assert(found != NULL);
    rule = &found->holding;
    (void)ald_printable(ald_str(auth->file), file, sizeof(file));
    (void)ald_printable(principal, who, sizeof(who));
    (void)ald_printable(name, what, sizeof(what));
    (void)ald_printable(permission, lacked, sizeof(lacked));
    (void)ald_printable(rule->text, text, sizeof(text));
    r = ald_buf_pushf(out, "%s may not %s %s, which takes the permission %s: %s:%u: ", who,
                      subscribes ? "subscribe to" : "command", what, lacked, file,
                      rule->line != 0 ? rule->line : found->line);
    if (r == 0) {
        r = rule->line != 0 ? ald_buf_pushf(out, "permission = %s", text)
                            : ald_buf_push(out, ALD_STR("its section has no permission"));
    }
    return r < 0 ? ald_trace(r) : r;
}
