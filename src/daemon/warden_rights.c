/*
 * What somebody may do, as it is shown: to himself, to a control of a link in its account, and to whoever asks why. Nothing is
 * decided here.
 *
 * An account shows names (link.md 6.3), and its reader compares them letter by letter. So beside a pattern stand the permissions
 * of the schemas there are that fit it. It shows no targets: a pattern of names for some targets only would be taken for all of
 * them, and is left out. `core.admin` is taken for everything, and shown only for that, or where the file says it.
 */

#include <stdlib.h>

#include "base/error.h"
#include "base/table.h"
#include "conn/edge.h"
#include "daemon/accounts.h"
#include "daemon/warden_impl.h"
#include "msg/catalog.h"

const struct ald_catalog *ald_warden_catalog(const struct ald_warden *warden)
{
    return warden->edge != NULL ? ald_edge_catalog(warden->edge) : NULL;
}

/* --- the rights of a principal ------------------------------------------------------------------------------------ */

/* Words with commas between, each once. */
struct list {
    struct ald_buf *out;
    struct ald_table words; /* of the rules and the catalog, which outlive it */
};

static void list_init(struct list *list, struct ald_buf *out)
{
    /* The words are those of the operator's files: nobody can choose any that collide. */
    static const uint64_t seed[2] = {0, 0};

    list->out = out;
    ald_table_init(&list->words, seed);
}

/* Append `word`, unless it is there. Outcome: ALD_BUF_FULL, and nothing was appended. Errors: ALDIS_E_NOMEM. */
static int list_push(struct list *list, struct ald_str word)
{
    size_t before = ald_buf_size(list->out);
    int r = ald_table_add(&list->words, word, list);

    if (r == ALD_TABLE_TAKEN) {
        return 0;
    }
    r = r < 0 ? r : ald_buf_pushf(list->out, "%s%.*s", before > 0 ? "," : "", ALD_STR_ARG(word));
    if (r == ALD_BUF_FULL) {
        ald_buf_cut(list->out, before);
    }
    return r < 0 ? ald_trace(r) : r;
}

static bool word_is_open(struct ald_str word)
{
    return word.size > 0 && word.data[word.size - 1] == '*';
}

/* The names of commands. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int list_push_commands(struct list *list, const struct ald_rule *rule)
{
    struct ald_str words = rule->text.size > 0 ? rule->text : ALD_STR_NONE;
    struct ald_str word;
    int r = 0;

    while (r == 0 && ald_pattern_word_next(&words, &word)) {
        struct ald_str name =
            ald_str_from(word, ald_str_find(word, ALD_STR(":")) + 1); /* a target has its colons encoded */

        if (ald_str_starts(word, ALD_STR("*:")) || !word_is_open(name)) {
            r = list_push(list, name);
        }
    }
    return r < 0 ? ald_trace(r) : r;
}

/* A list in the file. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int list_push_rule(struct list *list, const struct ald_rule *rule)
{
    struct ald_str words = rule->text.size > 0 ? rule->text : ALD_STR_NONE;
    struct ald_str word;
    int r = 0;

    while (r == 0 && ald_pattern_word_next(&words, &word)) {
        r = list_push(list, word);
    }
    return r < 0 ? ald_trace(r) : r;
}

static bool rule_is_open(const struct ald_rule *rule)
{
    return ald_str_find(rule->text, ALD_STR("*")) < rule->text.size;
}

static int permission_order(const void *a, const void *b)
{
    return ald_str_compare(*(const struct ald_str *)a, *(const struct ald_str *)b);
}

/* Those of the catalog that the principal holds, in order. One with a comma in it cannot be shown in a list. */
static int list_push_permissions(struct list *list, const struct ald_auth *auth, const struct ald_principal *principal,
                                 const struct ald_catalog *catalog)
{
    struct ald_str *found = malloc(ALD_CATALOG_MESSAGES_MAX * sizeof(*found));
    const struct ald_blueprint *blueprint;
    size_t n = 0;
    int r = 0;

    if (found == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    for (size_t i = 0; (blueprint = ald_catalog_at(catalog, i)) != NULL; i++) {
        if (ald_str_present(blueprint->permission) && ald_auth_holds(auth, principal, blueprint->permission) &&
            ald_str_find(blueprint->permission, ALD_STR(",")) == blueprint->permission.size) {
            found[n++] = blueprint->permission;
        }
    }
    qsort(found, n, sizeof(*found), permission_order);
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = list_push(list, found[i]);
    }
    free(found);
    return r < 0 ? ald_trace(r) : r;
}

/* Nothing of what an account shows is missing to him. */
static bool rights_are_all(const struct ald_rules *rules, const struct ald_principal *principal)
{
    return ald_rules_commands_all(rules, principal) && ald_rules_holds_all(rules, principal) &&
           ald_rules_subscribes_all(rules, principal);
}

/* Permissions that the schemas name are shown: one that holds all without saying so is shown as all there are when it is no admin
 * because of what it may not hear. */
static bool rights_follow_catalog(const struct ald_principal *principal)
{
    return (principal->holding.line == 0 && principal->hearing.line != 0) || rule_is_open(&principal->holding);
}

/* Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int list_push_rights(struct list *list, const struct ald_auth *auth, const struct ald_principal *principal,
                            const struct ald_catalog *catalog)
{
    bool is_admin = principal->holding.line != 0 && ald_rules_holds_all(ald_auth_rules(auth), principal);
    int r = list_push_commands(list, &principal->command);

    if (r == 0) {
        r = is_admin ? list_push(list, ALD_AUTH_ADMIN) : list_push_rule(list, &principal->holding);
    }
    if (r == 0 && catalog != NULL && !is_admin && rights_follow_catalog(principal)) {
        r = list_push_permissions(list, auth, principal, catalog);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* Outcomes: ALD_GUARD_ANY, ALD_BUF_FULL: those that fit were appended. Errors: ALDIS_E_NOMEM. */
static int rights_write(const struct ald_auth *auth, const struct ald_principal *principal,
                        const struct ald_catalog *catalog, struct ald_buf *out)
{
    struct list list;
    int r;

    if (rights_are_all(ald_auth_rules(auth), principal)) {
        return ALD_GUARD_ANY;
    }
    list_init(&list, out);
    r = list_push_rights(&list, auth, principal, catalog);
    ald_table_fini(&list.words);
    return r < 0 ? ald_trace(r) : r;
}

int ald_warden_rights(const struct ald_warden *warden, const struct ald_pass *pass, struct ald_buf *out)
{
    struct ald_buf list;
    int r, pushed;

    ald_buf_init(&list, ALD_GUARD_RIGHTS_MAX);
    r = rights_write(warden->auth, pass->principal, ald_warden_catalog(warden), &list);
    if (r == 0 || r == ALD_BUF_FULL) {
        pushed = ald_buf_push(out, ald_buf_str(&list));
        r = pushed != 0 ? pushed : r;
    }
    ald_buf_fini(&list);
    return r < 0 ? ald_trace(r) : r;
}

/* --- in the API --------------------------------------------------------------------------------------------------- */

static void describe_list(struct ald_json_writer *json, const char *name, const struct ald_rule *rule)
{
    struct ald_str list = rule->text.size > 0 ? rule->text : ALD_STR_NONE;
    struct ald_str word;

    ald_json_write_name(json, ald_str(name));
    ald_json_write_array(json);
    while (ald_pattern_word_next(&list, &word)) {
        ald_json_write_str(json, word);
    }
    ald_json_write_end(json);
}

/* The same where `all`, unless there is a line, stands for everything: NONE where it is nothing. */
static void describe_list_or(struct ald_json_writer *json, const char *name, const struct ald_rule *rule,
                             struct ald_str all)
{
    const struct ald_rule given = {.text = all};

    describe_list(json, name, rule->line != 0 ? rule : &given);
}

void ald_warden_describe(const struct ald_warden *warden, const struct ald_pass *pass, struct ald_json_writer *json)
{
    const struct ald_rules *rules = ald_auth_rules(warden->auth);
    const struct ald_principal *principal = pass->principal;

    ald_json_write_member_str(json, "principal", principal->name);
    describe_list(json, "register", &principal->serve);
    describe_list(json, "command", &principal->command);
    describe_list_or(json, "permission", &principal->holding,
                     ald_rules_holds_all(rules, principal) ? ALD_AUTH_ADMIN : ALD_STR_NONE);
    describe_list_or(json, "subscribe", &principal->hearing,
                     ald_rules_subscribes_all(rules, principal) ? ALD_STR("*") : ALD_STR_NONE);
    ald_json_write_member_str(json, "manage", ald_str(ald_manage_name(ald_auth_manage(principal))));
}

/* Is it only a permission that is missing to him? */
static bool principal_lacks(const struct ald_warden *warden, const struct ald_principal *principal,
                            struct ald_str target, struct ald_str name)
{
    bool given = ald_str_present(target)
                     ? !ald_auth_is_own(target, name) && ald_auth_may_command(warden->auth, principal, target, name)
                     : ald_auth_may_subscribe(warden->auth, principal, name);

    return given && !ald_warden_holds(warden, principal, name);
}

int ald_warden_why(const struct ald_warden *warden, struct ald_str principal, struct ald_str target,
                   struct ald_str name, struct ald_buf *out, bool *ret_allowed)
{
    const struct ald_principal *found = ald_rules_find(ald_auth_rules(warden->auth), principal);
    int r;

    if (found != NULL && ald_str_present(name) && principal_lacks(warden, found, target, name)) {
        *ret_allowed = false;
        r = ald_auth_why_lacks(warden->auth, principal, name, !ald_str_present(target),
                               ald_catalog_find(ald_warden_catalog(warden), name)->permission, out);
    } else {
        r = ald_auth_why(warden->auth, principal, target, name, out, ret_allowed);
    }
    return r < 0 ? ald_trace(r) : r;
}

/* --- when they change --------------------------------------------------------------------------------------------- */

/* Rules and schemas: what decides what an account shows. */
struct basis {
    const struct ald_auth *auth;
    const struct ald_catalog *catalog;
};

static bool rule_equal(const struct ald_rule *a, const struct ald_rule *b)
{
    return (a->line == 0) == (b->line == 0) && (a->line == 0 || ald_str_equal(a->text, b->text));
}

/* Can it have changed? Most have not, and need not be written out to see that. */
static bool rights_may_differ(const struct ald_principal *before, const struct ald_principal *after,
                              const struct basis *old, const struct basis *new)
{
    return !rule_equal(&before->command, &after->command) || !rule_equal(&before->holding, &after->holding) ||
           !rule_equal(&before->hearing, &after->hearing) ||
           (old->catalog != new->catalog &&rights_follow_catalog(after));
}

/* Tell the control what it may do by `new`, unless that is what it might before. Errors: ALDIS_E_NOMEM. */
static int control_tell(struct ald_accounts *accounts, const struct ald_channel_view *channel, const struct basis *old,
                        const struct basis *new)
{
    const struct ald_principal *before = ald_rules_find(ald_auth_rules(old->auth), channel->principal);
    const struct ald_principal *after = ald_rules_find(ald_auth_rules(new->auth), channel->principal);
    struct ald_buf was, is;
    int r, r_was = 0;

    if (before == NULL || after == NULL || !rights_may_differ(before, after, old, new)) {
        return 0; /* who is not in the rules any more is gone in a moment */
    }
    ald_buf_init(&was, ALD_GUARD_RIGHTS_MAX);
    ald_buf_init(&is, ALD_GUARD_RIGHTS_MAX);
    r_was = rights_write(old->auth, before, old->catalog, &was);
    r = rights_write(new->auth, after, new->catalog, &is);
    if (r >= 0 && (r_was != r || !ald_str_equal(ald_buf_str(&was), ald_buf_str(&is)))) {
        char name[ALD_NAME_MAX];
        struct ald_str target = ald_str_of(name, ALD_MIN(channel->target.size, sizeof(name)));

        memcpy(name, channel->target.data, target.size); /* the hub is stepped, and what was shown is gone */
        r = ald_accounts_tell(accounts, target,
                              r == ALD_GUARD_ANY      ? ALD_STR_NONE
                              : ald_buf_size(&is) > 0 ? ald_buf_str(&is)
                                                      : ALD_STR(""));
    }
    ald_buf_fini(&was);
    ald_buf_fini(&is);
    return r < 0 ? ald_trace(r) : 0;
}

static void controls_tell(struct ald_warden *warden, const struct basis *old, const struct basis *new)
{
    struct ald_accounts accounts;
    struct ald_channel_view channel;
    uint64_t cursor = 0;

    if (warden->edge == NULL) {
        return;
    }
    ald_accounts_init(&accounts, warden->edge);
    while (ald_hub_next_channel(ald_edge_hub(warden->edge), ALD_STR_NONE, &cursor, &channel)) {
        if (channel.party_kind == ALD_PARTY_CONTROL && channel.session != 0 && channel.state != ALD_CHANNEL_GONE &&
            control_tell(&accounts, &channel, old, new) < 0) {
            warden->counters.accounts_untold++;
        }
    }
    ald_accounts_fini(&accounts);
}

void ald_warden_rules_changed(struct ald_warden *warden, const struct ald_auth *old)
{
    const struct ald_catalog *catalog = ald_warden_catalog(warden);

    controls_tell(warden, &(struct basis){old, catalog}, &(struct basis){warden->auth, catalog});
}

void ald_warden_schemas_changed(struct ald_warden *warden, const struct ald_catalog *old)
{
    controls_tell(warden, &(struct basis){warden->auth, old},
                  &(struct basis){warden->auth, ald_warden_catalog(warden)});
    ald_warden_end_subscriptions(warden);
}
