#include "auth/rules_impl.h"

#include <stdlib.h>

struct ald_rules *ald_rules_free(struct ald_rules *rules)
{
    if (rules == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < rules->n_principals; i++) {
        free(rules->principals[i]);
    }
    ald_table_fini(&rules->by_name);
    ald_table_fini(&rules->by_user);
    free(rules->principals);
    free(rules->patterns);
    free(rules->hashes);
    free(rules->scratch);
    free(rules->text);
    free(rules);
    return NULL;
}

size_t ald_rules_principals(const struct ald_rules *rules)
{
    return rules->n_principals;
}

const struct ald_principal *ald_rules_find(const struct ald_rules *rules, struct ald_str name)
{
    return ald_table_find(&rules->by_name, name);
}

const struct ald_principal *ald_rules_find_subject(const struct ald_rules *rules, struct ald_str subject)
{
    const struct ald_principal *principal = ald_rules_find(rules, subject);

    return principal != NULL && principal->kind == ALD_PRINCIPAL_SUBJECT ? principal : NULL;
}

const struct ald_principal *ald_rules_find_proved(const struct ald_rules *rules, struct ald_str name, uint64_t issued)
{
    const struct ald_principal *principal = ald_rules_find(rules, name);

    return principal != NULL && principal->kind == ALD_PRINCIPAL_TOKEN && issued >= principal->valid_after ? principal
                                                                                                           : NULL;
}

const struct ald_principal *ald_rules_find_user(const struct ald_rules *rules, uint64_t number)
{
    return ald_table_find_number(&rules->by_user, number);
}

enum { HASH_PREFIX = 8 };

void ald_rules_hashes(const struct ald_rules *rules, const uint8_t hash[ALD_AUTH_HASH],
                      const struct ald_token_hash **ret_hashes, size_t *ret_n)
{
    size_t first = 0, end = rules->n_hashes, n = 0;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (memcmp(rules->hashes[middle].bytes, hash, HASH_PREFIX) < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    while (first + n < rules->n_hashes && memcmp(rules->hashes[first + n].bytes, hash, HASH_PREFIX) == 0) {
        n++;
    }
    *ret_hashes = n > 0 ? &rules->hashes[first] : NULL;
    *ret_n = n;
}

bool ald_rules_may_register(const struct ald_rules *rules, const struct ald_principal *principal, struct ald_str target)
{
    for (size_t i = 0; i < principal->serve.n; i++) {
        if (ald_pattern_fits(&rules->patterns[principal->serve.first + i].target, target)) {
            return true;
        }
    }
    return false;
}

struct ald_str ald_rules_assigned(const struct ald_rules *rules, const struct ald_principal *principal)
{
    const struct ald_pattern *pattern;

    if (principal->serve.n != 1) {
        return ALD_STR_NONE;
    }
    pattern = &rules->patterns[principal->serve.first].target;
    return pattern->open ? ALD_STR_NONE : pattern->name;
}

bool ald_rules_may_command(const struct ald_rules *rules, const struct ald_principal *principal, struct ald_str target,
                           struct ald_str name)
{
    for (size_t i = 0; i < principal->command.n; i++) {
        const struct ald_command_pattern *pattern = &rules->patterns[principal->command.first + i];

        if (ald_pattern_fits(&pattern->target, target) && ald_pattern_fits(&pattern->name, name)) {
            return true;
        }
    }
    return false;
}

static bool pattern_is_all(const struct ald_pattern *pattern)
{
    return pattern->open && pattern->name.size == 0;
}

bool ald_rules_commands_all(const struct ald_rules *rules, const struct ald_principal *principal)
{
    for (size_t i = 0; i < principal->command.n; i++) {
        const struct ald_command_pattern *pattern = &rules->patterns[principal->command.first + i];

        if (pattern_is_all(&pattern->target) && pattern_is_all(&pattern->name)) {
            return true;
        }
    }
    return false;
}

bool ald_rules_holds_all(const struct ald_rules *rules, const struct ald_principal *principal)
{
    if (principal->holding.line == 0) {
        return ald_rules_commands_all(rules, principal);
    }
    for (size_t i = 0; i < principal->holding.n; i++) {
        const struct ald_pattern *pattern = &rules->patterns[principal->holding.first + i].name;

        /* `core.*` is not meant to be everything. */
        if (pattern_is_all(pattern) || (!pattern->open && ald_str_equal(pattern->name, ALD_AUTH_ADMIN))) {
            return true;
        }
    }
    return false;
}

bool ald_rules_holds(const struct ald_rules *rules, const struct ald_principal *principal, struct ald_str permission)
{
    for (size_t i = 0; i < principal->holding.n; i++) {
        if (ald_pattern_fits(&rules->patterns[principal->holding.first + i].name, permission)) {
            return true;
        }
    }
    return ald_rules_holds_all(rules, principal);
}

bool ald_rules_may_subscribe(const struct ald_rules *rules, const struct ald_principal *principal, struct ald_str name)
{
    for (size_t i = 0; i < principal->hearing.n; i++) {
        if (ald_pattern_fits(&rules->patterns[principal->hearing.first + i].name, name)) {
            return true;
        }
    }
    return ald_rules_subscribes_all(rules, principal);
}

bool ald_rules_subscribes_all(const struct ald_rules *rules, const struct ald_principal *principal)
{
    if (principal->hearing.line == 0) {
        /* Who may read sees every event there is: `aldis watch`. */
        return principal->manage >= ALD_MANAGE_READ || ald_rules_commands_all(rules, principal);
    }
    for (size_t i = 0; i < principal->hearing.n; i++) {
        if (pattern_is_all(&rules->patterns[principal->hearing.first + i].name)) {
            return true;
        }
    }
    return false;
}

bool ald_rules_primary_only(const struct ald_rules *rules, struct ald_str name)
{
    for (size_t i = 0; i < rules->primary_only.n; i++) {
        if (ald_pattern_fits(&rules->patterns[rules->primary_only.first + i].name, name)) {
            return true;
        }
    }
    return false;
}

const struct ald_rule *ald_rules_primary_rule(const struct ald_rules *rules)
{
    return &rules->primary_only;
}
