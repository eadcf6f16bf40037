#pragma once

/*
 * Desk: where commands and events of the API are handed in. For the hub it is one caller in the program itself
 * (conn/local.h), with the limits of one caller: what is over them is refused as busy.
 *
 * A command that somebody waits for is an *errand*: it holds the message and the visit, and ends with the outcome. A
 * visitor that leaves is forgotten; its command goes on.
 *
 * Lifetime:   ald_desk_init() to ald_desk_fini(), within that of the edge; the doors are closed before.
 * Threading:  the loop's thread only; nothing here may be called inside a step of the hub.
 * Memory:     as many errands as the hub lets one caller have in flight ([limits] caller_in_flight_max).
 */

#include "base/list.h"
#include "base/table.h"
#include "conn/visit.h"
#include "msg/signal.h"

struct ald_mgmt;
struct ald_note;
struct ald_local;

/* What the hub says while something is handed in. */
struct ald_desk_receipt {
    bool taken; /* the hub keeps a record of it */
    struct ald_id id;
    struct ald_str fate; /* of an event: static */
};

struct ald_desk {
    struct ald_mgmt *mgmt;
    struct ald_local *local; /* NULL: not open */
    struct ald_node errands;
    struct ald_table by_message;      /* by the address of the message */
    const struct ald_msg *handing;    /* being handed in just now */
    struct ald_desk_receipt *receipt; /* and what is said about it */
};

void ald_desk_init(struct ald_desk *desk, struct ald_mgmt *mgmt, const uint64_t seed[2]);
void ald_desk_fini(struct ald_desk *desk);

enum { ALD_DESK_CLOSED = 1 };

/* Be there for the hub. Outcome: ALD_DESK_CLOSED: it takes nothing any more. Errors: ALDIS_E_NOMEM. */
ALD_NODISCARD int ald_desk_open(struct ald_desk *desk);

/*
 * Hand in `signal` (takes its references), a command or an event; the desk is open. `visit` (NULL: nobody waits) is
 * answered with the command when it has its outcome, which may be before this returns. Errors: ALDIS_E_NOMEM.
 */
ALD_NODISCARD int ald_desk_hand_in(struct ald_desk *desk, struct ald_signal *signal, struct ald_visit *visit,
                                   struct ald_desk_receipt *ret_receipt);
