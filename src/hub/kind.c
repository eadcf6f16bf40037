#include "hub/kind.h"

#include "hub/capable.h"
#include "hub/parcel.h"
#include "hub/party.h"
#include "hub/session.h"
#include "hub/state.h"

void ald_kind_part(struct ald_hub *hub, struct ald_party *party)
{
    if (ald_node_linked(&party->of_kind)) {
        ald_round_pass(hub, &party->of_kind);
        ald_node_remove(&party->of_kind);
    }
}

void ald_kind_join(struct ald_hub *hub, struct ald_party *party, uint8_t kind)
{
    ald_kind_part(hub, party);
    party->kind = kind < ALD_N_PARTY_KINDS ? kind : (uint8_t)ALD_PARTY_HOST;
    if (party->peering != ALD_PEERING_NONE || (party->channel == NULL && party->kind != ALD_PARTY_CONTROL)) {
        return;
    }
    party->of_kind_since = ald_hub_number(hub);
    ald_list_push_back(&hub->kinds[party->kind], &party->of_kind);
}

struct ald_node *ald_kind_list(struct ald_hub *hub, uint8_t to_kind)
{
    ald_assert(to_kind > ALD_TO_CAPABLE && to_kind < ALD_N_TO_KINDS);
    return &hub->kinds[to_kind - ALD_TO_HOSTS];
}

_Static_assert(ALD_TO_INSTANCES - ALD_TO_HOSTS == ALD_PARTY_INSTANCE, "kinds stand in the same order");
_Static_assert(ALD_TO_CONTROLS - ALD_TO_HOSTS == ALD_PARTY_CONTROL, "kinds stand in the same order");

/* "never delivered back to the link it came from" (link 4.8), which may be another connection by now. */
static bool party_is_origin(const struct ald_parcel *parcel, const struct ald_party *party)
{
    if (party->session != NULL && party->session->number == parcel->session) {
        return true;
    }
    return party->conn != NULL && party->conn->number == parcel->conn;
}

static struct ald_party *instance_host(struct ald_party *party)
{
    struct ald_party *host = party->session != NULL ? party->session->first
                             : party->conn != NULL  ? ald_party_find(party->conn, 0)
                                                    : NULL;

    return host != NULL ? host : party;
}

/* Rounds go one after the other, so the number of the latest one tells whether it is told of already. */
static bool instance_was_told(const struct ald_round *round, struct ald_party *party)
{
    uint64_t *told = party->session != NULL ? &party->session->told : party->conn != NULL ? &party->conn->told : NULL;

    if (told == NULL || *told == round->number) {
        return true;
    }
    *told = round->number;
    return false;
}

struct ald_party *ald_kind_addressee(const struct ald_parcel *parcel, const struct ald_round *round,
                                     struct ald_party *party)
{
    if (party_is_origin(parcel, party)) {
        return NULL;
    }
    if (parcel->msg->to_kind == ALD_TO_INSTANCES) {
        if (instance_was_told(round, party)) {
            return NULL;
        }
        party = instance_host(party);
    }
    /* "target controls: every control connection except origin (no plugin filter)" (link 4.8) */
    return parcel->msg->to_kind == ALD_TO_CONTROLS || ald_capable_takes(party, parcel->msg->name) ? party : NULL;
}
