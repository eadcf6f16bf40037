/*
 * What somebody may do, as it is shown: to himself, to a control of a link in its account, and to whoever asks why. Nothing is
 * decided here.
 *
 * An account shows names (link.md 6.3), and its reader compares them letter by letter. So beside a pattern stand the permissions
 * of the schemas there are that fit it.
 */

#include <stdlib.h>

#include "base/error.h"
#include "conn/edge.h"
#include "daemon/accounts.h"
#include "daemon/warden_impl.h"
#include "msg/catalog.h"

const struct ald_catalog *ald_warden_catalog(const struct ald_warden *warden)
{
    return warden->edge != NULL ? ald_edge_catalog(warden->edge) : NULL;
}

/* --- the rights of a principal ------------------------------------------------------------------------------------ */

/* Append to the list `out`. Outcome: ALD_BUF_FULL, and nothing was appended. Errors: ALDIS_E_NOMEM. */
static int list_push(struct ald_buf *out, struct ald_str name)
{
    size_t before = ald_buf_size(out);
    int r = ald_buf_pushf(out, "%s%.*s", before > 0 ? "," : "", ALD_STR_ARG(name));

    if (r == ALD_BUF_FULL) {
        ald_buf_cut(out, before);
    }
    return r;
}

/* A list in the file. Outcome: ALD_BUF_FULL. Errors: ALDIS_E_NOMEM. */
static int list_push_rule(struct ald_buf *out, const struct ald_rule *rule, bool after_colon)
{
    struct ald_str list = rule->text.size > 0 ? rule->text : ALD_STR_NONE;
    struct ald_str word;
    int r = 0;

    while (r == 0 && ald_pattern_word_next(&list, &word)) {
        /* A target with a colon has it encoded. */
        r = list_push(out, after_colon ? ald_str_from(word, ald_str_find(word, ALD_STR(":")) + 1) : word);
    }
    return r;
}

static bool rule_is_open(const struct ald_rule *rule)
{
    return ald_str_find(rule->text, ALD_STR("*")) < rule->text.size;
}

static int permission_order(const void *a, const void *b)
{
    return ald_str_compare(*(const struct ald_str *)a, *(const struct ald_str *)b);
}

/* Those of the catalog that the principal holds, each once. One with a comma in it cannot be shown in a list. */
static int list_push_permissions(struct ald_buf *out, const struct ald_auth *auth,
                                 const struct ald_principal *principal, const struct ald_catalog *catalog)
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
        r = i == 0 || !ald_str_equal(found[i - 1], found[i]) ? list_push(out, found[i]) : 0;
    }
    free(found);
    return r;
}

/* Outcomes: ALD_GUARD_ANY, ALD_BUF_FULL: those that fit were appended. Errors: ALDIS_E_NOMEM. */
static int rights_write(const struct ald_auth *auth, const struct ald_principal *principal,
                        const struct ald_catalog *catalog, struct ald_buf *out)
{
    bool holds_all = ald_rules_holds_all(ald_auth_rules(auth), principal);
    int r;

    if (holds_all && ald_rules_commands_all(ald_auth_rules(auth), principal)) {
        return ALD_GUARD_ANY;
    }
    r = list_push_rule(out, &principal->command, true);
    if (r == 0) {
        r = holds_all ? list_push(out, ALD_AUTH_ADMIN) : list_push_rule(out, &principal->holding, false);
    }
    if (r == 0 && catalog != NULL && !holds_all && rule_is_open(&principal->holding)) {
        r = list_push_permissions(out, auth, principal, catalog);
    }
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

static void describe_permissions(struct ald_json_writer *json, const struct ald_warden *warden,
                                 const struct ald_principal *principal)
{
    if (principal->holding.line != 0 || !ald_rules_holds_all(ald_auth_rules(warden->auth), principal)) {
        describe_list(json, "permission", &principal->holding);
        return;
    }
    ald_json_write_name(json, ALD_STR("permission"));
    ald_json_write_array(json);
    ald_json_write_str(json, ALD_AUTH_ADMIN);
    ald_json_write_end(json);
}

void ald_warden_describe(const struct ald_warden *warden, const struct ald_pass *pass, struct ald_json_writer *json)
{
    const struct ald_principal *principal = pass->principal;

    ald_json_write_member_str(json, "principal", principal->name);
    describe_list(json, "register", &principal->serve);
    describe_list(json, "command", &principal->command);
    describe_permissions(json, warden, principal);
    ald_json_write_member_str(json, "manage", ald_str(ald_manage_name(ald_auth_manage(principal))));
}

int ald_warden_why(const struct ald_warden *warden, struct ald_str principal, struct ald_str target,
                   struct ald_str name, struct ald_buf *out, bool *ret_allowed)
{
    const struct ald_principal *found = ald_rules_find(ald_auth_rules(warden->auth), principal);
    int r;

    if (found != NULL && ald_str_present(name) && !ald_auth_is_own(target, name) &&
        ald_auth_may_command(warden->auth, found, target, name) && !ald_warden_holds(warden, found, name)) {
        *ret_allowed = false;
        r = ald_auth_why_lacks(warden->auth, principal, name,
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
           (old->catalog != new->catalog &&rule_is_open(&after->holding));
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
}
