#pragma once

/*
 * Kind: who is a host, an instance, a control, so that a broadcast can aim at all of a kind (link 4.8; ald_msg.to_kind).
 *
 * A host or an instance counts while it is registered under a target, a control from its REGISTER on; a caller that does not say
 * that it is a control hears no broadcast, and neither does another hub. Whoever is away counts, and hears it when it is back.
 * What is for instances is told to their host, once, since it has the other half of the way: to the first party of their
 * session, or party 0 of their connection, or, without one, to one of them.
 */

#include "msg/signal.h"

struct ald_hub;
struct ald_parcel;
struct ald_party;
struct ald_round;

/* It is registered as `kind` (enum ald_party_kind), instead of what it was; or it is nothing of the sort any more. */
void ald_kind_join(struct ald_hub *hub, struct ald_party *party, uint8_t kind);
void ald_kind_part(struct ald_hub *hub, struct ald_party *party);

/* Those that `to_kind` means, of ald_party.of_kind. */
struct ald_node *ald_kind_list(struct ald_hub *hub, uint8_t to_kind);
/* Whom to tell for one of them; NULL: nobody, as it is where `parcel` comes from, was told, or has no use for it. */
struct ald_party *ald_kind_addressee(const struct ald_parcel *parcel, const struct ald_round *round,
                                     struct ald_party *party);
