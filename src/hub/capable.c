#include "hub/capable.h"

#include <stdlib.h>

#include "hub/party.h"
#include "hub/round.h"
#include "hub/state.h"

static int capability_new(struct ald_hub *hub, struct ald_str name, struct ald_capability **ret_capability)
{
    struct ald_capability *capability = malloc(sizeof(*capability) + name.size);
    int r;

    if (capability == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *capability = (struct ald_capability){.n_holders = 0};
    memcpy(capability->text, name.data, name.size);
    capability->name = ald_str_of(capability->text, name.size);
    ald_node_init(&capability->holders);
    r = ald_table_add(&hub->capabilities, capability->name, capability);
    if (r < 0) {
        free(capability);
        return ald_trace(r);
    }
    ald_assert(r == 0);
    *ret_capability = capability;
    return 0;
}

static void capability_settle(struct ald_hub *hub, struct ald_capability *capability)
{
    if (capability->n_holders > 0) {
        return;
    }
    ald_round_forget(hub, &capability->holders);
    ald_table_remove(&hub->capabilities, capability->name);
    free(capability);
}

static bool party_holds(const struct ald_party *party, const struct ald_capability *capability)
{
    ald_list_each (it, &party->capabilities) {
        if (ald_list_entry(it, const struct ald_capability_holder, of_party)->capability == capability) {
            return true;
        }
    }
    return false;
}

static bool party_may_hold(const struct ald_hub *hub, const struct ald_party *party, struct ald_str name)
{
    return name.size <= ALD_NAME_MAX && party->n_capabilities < ALD_CAPABLE_NAMES_MAX &&
           party->capability_bytes + name.size <= ALD_CAPABLE_BYTES_MAX && hub->n_capable < ALD_CAPABLE_ALL_MAX;
}

static bool name_is_pattern(struct ald_str name)
{
    return name.data[name.size - 1] == '*'; /* none is empty */
}

static void party_hold(struct ald_hub *hub, struct ald_party *party, struct ald_capability *capability,
                       struct ald_capability_holder *holder)
{
    *holder = (struct ald_capability_holder){.capability = capability, .party = party, .number = ald_hub_number(hub)};
    ald_list_push_back(&capability->holders, &holder->of_name);
    ald_list_push_back(&party->capabilities, &holder->of_party);
    capability->n_holders++;
    party->n_capabilities++;
    party->n_patterns += name_is_pattern(capability->name) ? 1 : 0;
    party->capability_bytes += (uint32_t)capability->name.size;
    hub->n_capable++;
}

enum { CAPABLE_FULL = 1 };

/* Outcome: CAPABLE_FULL. Errors: ALDIS_E_NOMEM. */
static int party_add(struct ald_hub *hub, struct ald_party *party, struct ald_str name)
{
    struct ald_capability *capability = ald_capable_find(hub, name);
    struct ald_capability_holder *holder;
    int r;

    if (capability != NULL && party_holds(party, capability)) {
        return 0;
    }
    if (!party_may_hold(hub, party, name)) {
        return CAPABLE_FULL;
    }
    if (capability == NULL) {
        r = capability_new(hub, name, &capability);
        if (r < 0) {
            return ald_trace(r);
        }
    }
    holder = malloc(sizeof(*holder));
    if (holder == NULL) {
        capability_settle(hub, capability);
        return ald_trace(ALDIS_E_NOMEM);
    }
    party_hold(hub, party, capability, holder);
    return 0;
}

void ald_capable_signal(struct ald_hub *hub, struct ald_hub_conn *conn, const struct ald_signal *signal)
{
    struct ald_party *party = ald_party_find(conn, signal->party);
    struct ald_str names = signal->text;

    if (party == NULL) {
        ald_hub_count(hub, ALD_N_SIGNALS_INVALID);
        return;
    }
    for (int n = 0; names.size > 0 && n < ALD_CAPABLE_NAMES_MAX; n++) {
        struct ald_str name = ald_str_pop(&names); /* "split at commas, no trimming" (communicator 3) */
        int r = name.size > 0 ? party_add(hub, party, name) : 0;

        if (r < 0) {
            ald_hub_count(hub, ALD_N_OUT_OF_MEMORY);
        }
        if (r != 0) {
            ald_hub_count(hub, ALD_N_CAPABILITIES_DROPPED);
        }
    }
    if (names.size > 0) {
        ald_hub_count(hub, ALD_N_CAPABILITIES_DROPPED); /* the rest of the list, however long */
    }
}

struct ald_capability *ald_capable_find(const struct ald_hub *hub, struct ald_str name)
{
    return ald_table_find(&hub->capabilities, name);
}

static bool pattern_matches(struct ald_str pattern, struct ald_str name)
{
    if (!name_is_pattern(pattern)) {
        return ald_str_equal(pattern, name);
    }
    pattern.size--;
    return ald_str_starts(name, pattern);
}

bool ald_capable_takes(const struct ald_party *party, struct ald_str name)
{
    bool is_of_plugin = ald_str_find(name, ALD_STR(":")) < name.size;

    if (party->n_capabilities == 0 || (party->n_patterns > 0 && !is_of_plugin)) {
        return true;
    }
    ald_list_each (it, &party->capabilities) {
        if (pattern_matches(ald_list_entry(it, const struct ald_capability_holder, of_party)->capability->name, name)) {
            return true;
        }
    }
    return false;
}

bool ald_capable_part(struct ald_hub *hub, struct ald_party *party)
{
    struct ald_node *node = ald_list_first(&party->capabilities);
    struct ald_capability_holder *holder;

    if (node == NULL) {
        return false;
    }
    holder = ald_list_entry(node, struct ald_capability_holder, of_party);
    party->n_capabilities--;
    party->n_patterns -= name_is_pattern(holder->capability->name) ? 1 : 0;
    party->capability_bytes -= (uint32_t)holder->capability->name.size;
    hub->n_capable--;
    holder->capability->n_holders--;
    ald_round_pass(hub, &holder->of_name);
    ald_node_remove(&holder->of_name);
    ald_node_remove(&holder->of_party);
    capability_settle(hub, holder->capability);
    free(holder);
    return true;
}

void ald_capable_check(const struct ald_hub *hub, const struct ald_party *party)
{
    uint32_t n = 0;
    size_t bytes = 0;

    ald_list_each (it, &party->capabilities) {
        const struct ald_capability_holder *holder = ald_list_entry(it, const struct ald_capability_holder, of_party);

        ald_assert(holder->party == party);
        ald_assert(holder->capability->n_holders > 0);
        ald_assert(ald_capable_find(hub, holder->capability->name) == holder->capability);
        bytes += holder->capability->name.size;
        n++;
    }
    ald_assert(n == party->n_capabilities);
    ald_assert(n <= ALD_CAPABLE_NAMES_MAX);
    ald_assert(bytes == party->capability_bytes);
}
